package models

import (
	"fmt"
	"strings"
)

// This file has the rules by which units move. A command is applied to one unit on its path and returns the unit's new state,
// or an error that says why the command is refused. Nothing here reads a clock, a database, or the network.
//
// The status of a step for a unit follows from these rules, the first of which that applies:
//
//  1. The unit's current step is in progress. A scrapped unit stands at the step where it was scrapped.
//  2. A step that the unit has completed, or that was waived, stays so. Units keep this in marks.
//  3. A step ahead of the unit is pending, unless the unit has deferred it.
//  4. A step behind the unit that is optional or overridden is skipped: the unit does not owe it.
//  5. A step behind the unit that has ever stood ahead of it is deferred: the unit owes it, also when a planner moved the step.
//  6. A step behind the unit that a planner added there is skipped.
//
// The steps of a completed unit keep their statuses. A step that was added later is skipped.

// Command is a request to change a unit.
type Command interface {
	// apply returns the change, or an *Error. It does not modify the unit's marks in place.
	apply(path *Path, unit Unit, by Actor) (Change, error)
}

// Actor is who sends a command, and when.
type Actor struct {
	UserID string
	At     Millis
}

// Change is the effect of a command.
type Change struct {
	Unit Unit
	// Type, StepID, and Data are those of the event.
	Type   EventType
	StepID *string
	Data   any
	// Bypassed are the steps that AdvanceTo jumped over.
	Bypassed []StepState
}

// StepState is a step with its status for one unit.
type StepState struct {
	Step   *Step
	Index  int
	Status StepStatus
	// Overridden is true while an override is active.
	Overridden bool
	// Record is who gave the step its status, and when. Only [RecordSteps] sets it.
	Record *StepRecord
}

// Apply returns the effect of a command on a unit. Its error is an *[Error] that says why the command is refused.
func Apply(command Command, path *Path, unit Unit, by Actor) (Change, error) {
	// A note moves nothing, so it is allowed on a closed job.
	if _, isNote := command.(Note); !isNote {
		if err := path.CheckOpen(); err != nil {
			return Change{}, err
		}
	}
	return command.apply(path, unit, by)
}

// CheckCommand returns an Invalid error for a command that is wrong for every unit.
func CheckCommand(command Command) error {
	if checked, ok := command.(interface{ check() error }); ok {
		return checked.check()
	}
	return nil
}

// StepsOf returns the status of each step of the path for the unit.
func (p *Path) StepsOf(unit *Unit) []StepState {
	states := make([]StepState, len(p.Steps))
	at := p.CurrentStepIndex(unit)
	for i := range p.Steps {
		states[i] = p.stepState(unit, at, i)
	}
	return states
}

// CurrentStepIndex returns the index of the step at which the unit stands, or -1 if it stands at no step of the path.
func (p *Path) CurrentStepIndex(unit *Unit) int {
	if unit.StepID == nil {
		return -1
	}
	return p.StepIndex(*unit.StepID)
}

func (p *Path) stepState(unit *Unit, at, i int) StepState {
	step := &p.Steps[i]
	mark := unit.Marks.Of(step.Number)
	state := StepState{Step: step, Index: i, Status: mark, Overridden: mark == Overridden}
	switch {
	case unit.Status == Completed:
		if mark == "" || state.Overridden {
			state.Status = StepSkipped
		}
	case i == at:
		state.Status = StepInProgress
	case mark == StepCompleted, mark == StepWaived:
		// The mark is the status.
	case at < 0 && mark != "" && !state.Overridden:
		// The step at which the unit was scrapped was removed, so no step is ahead or behind.
	case i > at && mark == StepDeferred && !step.Optional:
		state.Status = StepDeferred
	case i > at:
		state.Status = StepPending
	case step.Optional || state.Overridden || !p.isOwed(unit, at, step, mark):
		state.Status, state.Overridden = StepSkipped, false
	default:
		state.Status = StepDeferred
	}
	return state
}

// isOwed reports whether a unit owes a required step behind it.
func (p *Path) isOwed(unit *Unit, at int, step *Step, mark StepStatus) bool {
	switch {
	case mark == StepDeferred:
		return true
	case mark == "" && step.Number <= unit.KnownStepNumber:
		// A move marks every step behind the unit, so the step was ahead of the unit when it last moved.
		return true
	default:
		// The step was added since the unit last moved, or was passed without being owed. Since then it may have stood ahead.
		until, ok := step.StoodAhead.Of(p.Steps[at].Number)
		return ok && until >= unit.KnownStepNumber
	}
}

// deferred returns the steps before the given index that the unit still owes.
func (p *Path) deferred(unit *Unit, before int) []StepState {
	var owed []StepState
	at := p.CurrentStepIndex(unit)
	for i := range p.Steps[:before] {
		if state := p.stepState(unit, at, i); state.Status == StepDeferred {
			owed = append(owed, state)
		}
	}
	return owed
}

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

func inProgress(unit *Unit) error {
	switch unit.Status {
	case Completed:
		return ConflictError("Serial number %s is already completed", unit.SerialNumber)
	case Scrapped:
		return ConflictError("Serial number %s is scrapped", unit.SerialNumber)
	default:
		return nil
	}
}

// ownStep returns a step of the path. It returns a Conflict error if the unit is not in progress.
func (p *Path) ownStep(unit *Unit, id string) (StepState, error) {
	i := p.StepIndex(id)
	if i < 0 {
		return StepState{}, NotFoundError("Step", id)
	}
	return p.stepState(unit, p.CurrentStepIndex(unit), i), inProgress(unit)
}

// marked returns a change that only sets the mark of a step.
func marked(unit Unit, step *Step, mark StepStatus, event EventType, data stepData) Change {
	unit.Marks = unit.Marks.With(step.Number, mark)
	return Change{Unit: unit, Type: event, StepID: &step.ID, Data: data}
}

// names returns the names of the steps, separated by commas.
func names(states []StepState) string {
	list := make([]string, len(states))
	for i, state := range states {
		list[i] = state.Step.Name
	}
	return strings.Join(list, ", ")
}
