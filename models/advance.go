package models

import "fmt"

// Advance moves a unit to the next step, or completes it when it stands at the last one.
type Advance struct {
	From From
	// Skip leaves the current step without having done it.
	Skip bool
}

func (c Advance) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	at, err := path.currentIndex(&unit, c.From)
	if err != nil {
		return Change{}, err
	}
	return path.move(unit, at, path.next(&unit, at), c.Skip)
}

// next returns the index of the next step. It passes steps that are done and that an edit of the path moved ahead.
func (p *Path) next(unit *Unit, at int) int {
	i := at + 1
	for i < len(p.Steps) {
		if mark := unit.Marks.Of(p.Steps[i].Number); mark != StepCompleted && mark != StepWaived {
			break
		}
		i++
	}
	return i
}

// AdvanceTo moves a unit forward to a step, as far as the path's mode allows. Exactly one of the targets is set.
type AdvanceTo struct {
	// StepIndex is the index of the target. One more than the index of the last step completes the unit.
	StepIndex *int
	StepID    *string
	From      From
}

// check returns an Invalid error unless exactly one target is set.
func (c AdvanceTo) check() error {
	switch {
	case c.StepIndex == nil && c.StepID == nil:
		return InvalidError("targetStepIndex", "is required")
	case c.StepIndex != nil && c.StepID != nil:
		return InvalidError("targetStepIndex", "must not be given together with targetStepId")
	}
	return nil
}

func (c AdvanceTo) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	target, err := c.target(path)
	if err != nil {
		return Change{}, err
	}
	at, err := path.currentIndex(&unit, c.From)
	if err != nil {
		return Change{}, err
	}
	switch {
	case target == at:
		return Change{}, ConflictError("Serial number %s already stands at %s", unit.SerialNumber, path.Steps[at].Name)
	case target < at:
		return Change{}, ConflictError("Serial number %s cannot go back to %s", unit.SerialNumber, path.Steps[target].Name)
	}
	if path.AdvancementMode == Strict && target > path.next(&unit, at) {
		return Change{}, ConflictError("Serial number %s can only go to the next step: the path is strict", unit.SerialNumber)
	}
	return path.move(unit, at, target, false)
}

func (c AdvanceTo) target(path *Path) (int, error) {
	if c.StepID != nil {
		if i := path.StepIndex(*c.StepID); i >= 0 {
			return i, nil
		}
		return 0, NotFoundError("Step", *c.StepID)
	}
	if *c.StepIndex > len(path.Steps) {
		return 0, InvalidError("targetStepIndex", fmt.Sprintf("must be at most %d", len(path.Steps)))
	}
	return *c.StepIndex, nil
}

// move moves a unit from one step to a later one, by their indexes. The index after the last step completes the unit. With skip
// the unit has not done the step that it leaves.
func (p *Path) move(unit Unit, at, target int, skip bool) (Change, error) {
	here := &p.Steps[at]
	if here.DependencyType == CompletionGate {
		if owed := p.deferred(&unit, at); len(owed) > 0 {
			return Change{}, ConflictError("Serial number %s cannot leave %s while these steps are deferred: %s",
				unit.SerialNumber, here.Name, names(owed))
		}
	}
	var bypassed []StepState
	left := StepCompleted
	if skip {
		state := p.stepState(&unit, at, at)
		var ok bool
		if left, ok = p.bypassedStatus(&unit, &state); !ok {
			return Change{}, ConflictError("Serial number %s cannot skip %s: the step is required; override it first",
				unit.SerialNumber, here.Name)
		}
		bypassed = append(bypassed, StepState{Step: here, Index: at, Status: left})
	}
	between, err := p.bypass(&unit, at, target)
	if err != nil {
		return Change{}, err
	}
	bypassed = append(bypassed, between...)
	// A status that follows from the current step alone becomes a mark before the current step changes.
	marks := make(Marks, 0, at+1+len(between))
	for i := range p.Steps[:at] {
		marks = append(marks, Mark{p.Steps[i].Number, p.stepState(&unit, at, i).Status})
	}
	marks = append(marks, Mark{here.Number, left})
	for _, state := range between {
		marks = append(marks, Mark{state.Step.Number, state.Status})
	}
	unit.Marks = unit.Marks.WithAll(marks)
	unit.KnownStepNumber = p.LastStepNumber

	change := Change{Type: UnitAdvanced, Bypassed: bypassed}
	data := movedData{FromStepID: here.ID, FromStepName: here.Name, Bypassed: stepsData(bypassed)}
	if target == len(p.Steps) {
		unit.Status, unit.StepID = Completed, nil
		if owed := p.deferred(&unit, target); len(owed) > 0 {
			return Change{}, ConflictError("Serial number %s cannot be completed while these steps are deferred: %s",
				unit.SerialNumber, names(owed))
		}
		change.Type, change.StepID = UnitCompleted, &here.ID
	} else {
		there := &p.Steps[target]
		unit.StepID, change.StepID = &there.ID, &there.ID
		data.ToStepID, data.ToStepName = there.ID, there.Name
	}
	change.Unit, change.Data = unit, data
	return change, nil
}

// bypass returns the new statuses of the steps between two indexes, or why one of the steps cannot be bypassed.
func (p *Path) bypass(unit *Unit, at, target int) ([]StepState, error) {
	var bypassed []StepState
	for i := at + 1; i < target; i++ {
		state := p.stepState(unit, at, i)
		status, ok := p.bypassedStatus(unit, &state)
		switch {
		case !ok:
			return nil, ConflictError("Serial number %s cannot bypass %s", unit.SerialNumber, state.Step.Name)
		case status == StepCompleted || status == StepWaived:
			continue
		}
		bypassed = append(bypassed, StepState{Step: state.Step, Index: i, Status: status})
	}
	return bypassed, nil
}

// bypassedStatus returns the status that a step gets when the unit leaves it behind without doing it, and whether the unit may
// do so. A step that the unit has done before keeps its status.
func (p *Path) bypassedStatus(unit *Unit, state *StepState) (StepStatus, bool) {
	mark := unit.Marks.Of(state.Step.Number)
	switch {
	case mark == StepCompleted || mark == StepWaived:
		return mark, true
	case state.Step.Optional || state.Overridden:
		return StepSkipped, true
	case p.AdvancementMode == Strict,
		state.Step.DependencyType == Physical,
		p.AdvancementMode == PerStep && state.Step.DependencyType == CompletionGate:
		return "", false
	default:
		return StepDeferred, true
	}
}

// From is where the caller expects the unit, so that a command is carried out once although it is given twice. The zero value
// expects nothing.
type From struct {
	StepIndex *int
	StepID    *string
}

// currentIndex returns the index at which a unit in progress stands. It returns a Conflict error if the unit is not in
// progress, or does not stand where the caller expects it.
func (p *Path) currentIndex(unit *Unit, from From) (int, error) {
	at := p.CurrentStepIndex(unit)
	switch {
	case from.StepIndex != nil && *from.StepIndex != at:
		return 0, ConflictError("Serial number %s is no longer at %s", unit.SerialNumber, p.placeName(*from.StepIndex))
	case from.StepID != nil && !equal(from.StepID, unit.StepID):
		expected := "step " + *from.StepID
		if i := p.StepIndex(*from.StepID); i >= 0 {
			expected = p.placeName(i)
		}
		return 0, ConflictError("Serial number %s is not at %s: %s", unit.SerialNumber, expected, p.whereabouts(unit))
	}
	return at, inProgress(unit)
}

// whereabouts returns the end of a sentence that says where the unit is.
func (p *Path) whereabouts(unit *Unit) string {
	if unit.Status != InProgress {
		return "it is " + string(unit.Status)
	}
	return "it stands at " + p.placeName(p.CurrentStepIndex(unit))
}

// placeName returns what people call the step with the given index: "Deburring (step 2)", or "step 9" for a path that has no
// such step.
func (p *Path) placeName(index int) string {
	if index < 0 || index >= len(p.Steps) {
		return fmt.Sprintf("step %d", index+1)
	}
	return fmt.Sprintf("%s (step %d)", p.Steps[index].Name, index+1)
}
