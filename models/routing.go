package models

import (
	"fmt"
	"strings"
)

// This file has the rules by which units move. A command is applied to one unit on its path and returns the unit's new state,
// or an error that says why the command is refused. Nothing here reads a clock, a database, or the network.
//
// The status of a step for a unit follows from three things, in this order:
//
//  1. The unit's current step is in progress.
//  2. A step with a mark has the status of the mark. A unit gets a mark when it passes, skips, defers, waives, or completes a
//     step.
//  3. A step without a mark is pending if it is ahead of the unit. If it is behind the unit, a planner put it there after the
//     unit had passed: an added step is not required of the unit (skipped), and a required step that was moved there is still
//     owed (deferred).

// Command is something that a person asks of a unit.
type Command interface {
	// apply returns the change, or an *Error. It does not modify the unit's marks in place.
	apply(path *Path, unit Unit, by Actor) (Change, error)
}

// Actor says who gives a command, and when.
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
}

// Apply returns the effect of a command on a unit. Its error is an *[Error] that says why the command is refused.
func Apply(command Command, path *Path, unit Unit, by Actor) (Change, error) {
	if err := path.CheckOpen(); err != nil {
		return Change{}, err
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
	case unit.Status == InProgress && i == at:
		state.Status = StepInProgress
	case mark != "" && mark != Overridden:
		// The mark is the status.
	case unit.Status == Completed:
		// The step was added after the unit was completed.
		state.Status = StepSkipped
	case i >= at:
		state.Status = StepPending
	case step.Optional || state.Overridden || step.Number > unit.KnownStepNumber:
		state.Status = StepSkipped
		state.Overridden = false
	default:
		state.Status = StepDeferred
	}
	return state
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
	// FromStepIndex is the index at which the caller expects the unit. Nil expects nothing.
	FromStepIndex *int
}

func (c Advance) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	at, err := path.currentIndex(&unit, c.FromStepIndex)
	if err != nil {
		return Change{}, err
	}
	return path.move(unit, at, path.next(&unit, at))
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
	// FromStepIndex is the index at which the caller expects the unit. Nil expects nothing.
	FromStepIndex *int
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
	at, err := path.currentIndex(&unit, c.FromStepIndex)
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
	return path.move(unit, at, target)
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

// move moves a unit from one step to a later one, by their indexes. The index after the last step completes the unit.
func (p *Path) move(unit Unit, at, target int) (Change, error) {
	here := &p.Steps[at]
	if here.DependencyType == CompletionGate {
		if owed := p.deferred(&unit, at); len(owed) > 0 {
			return Change{}, ConflictError("Serial number %s cannot leave %s while these steps are deferred: %s",
				unit.SerialNumber, here.Name, names(owed))
		}
	}
	before := unit
	bypassed, err := p.bypass(&before, at, target)
	if err != nil {
		return Change{}, err
	}
	// A status that follows from the current step alone becomes a mark before the current step changes.
	for i := range p.Steps[:at] {
		if mark := unit.Marks.Of(p.Steps[i].Number); mark == "" || mark == Overridden {
			unit.Marks = unit.Marks.With(p.Steps[i].Number, p.stepState(&before, at, i).Status)
		}
	}
	unit.Marks = unit.Marks.With(here.Number, StepCompleted)
	for _, state := range bypassed {
		unit.Marks = unit.Marks.With(state.Step.Number, state.Status)
	}
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
		step := state.Step
		switch {
		case state.Status == StepCompleted || state.Status == StepWaived:
			// The unit no longer owes this step.
			continue
		case step.Optional || state.Overridden:
			state.Status = StepSkipped
		case p.AdvancementMode == PerStep && step.DependencyType != Preferred:
			return nil, ConflictError("Serial number %s cannot bypass %s", unit.SerialNumber, step.Name)
		default:
			state.Status = StepDeferred
		}
		state.Overridden = false
		bypassed = append(bypassed, state)
	}
	return bypassed, nil
}

// currentIndex returns the index at which a unit in progress stands. It returns a Conflict error if the unit is not in
// progress, or does not stand where the caller expects it.
func (p *Path) currentIndex(unit *Unit, from *int) (int, error) {
	at := p.CurrentStepIndex(unit)
	if from != nil && *from != at {
		return 0, ConflictError("Serial number %s is no longer at %s", unit.SerialNumber, p.placeName(*from))
	}
	return at, inProgress(unit)
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

// Scrap takes a unit out of production.
type Scrap struct {
	Reason      ScrapReason
	Explanation *string
}

// check returns an Invalid error when the reason is "other" and there is no explanation.
func (c Scrap) check() error {
	if c.Reason == ReasonOther && (c.Explanation == nil || strings.TrimSpace(*c.Explanation) == "") {
		return InvalidError("explanation", "is required")
	}
	return nil
}

func (c Scrap) apply(path *Path, unit Unit, by Actor) (Change, error) {
	if err := inProgress(&unit); err != nil {
		return Change{}, err
	}
	here := &path.Steps[path.CurrentStepIndex(&unit)]
	unit.Status = Scrapped
	unit.ScrapReason, unit.ScrapExplanation = &c.Reason, c.Explanation
	unit.EndedBy, unit.EndedAt = &by.UserID, &by.At
	return Change{Unit: unit, Type: UnitScrapped, StepID: &here.ID, Data: scrappedData{
		StepName: here.Name, Reason: c.Reason, Explanation: c.Explanation,
	}}, nil
}

// ForceComplete completes a unit that has open steps. The steps keep showing that they were not done.
type ForceComplete struct {
	Reason *string
}

func (c ForceComplete) apply(path *Path, unit Unit, by Actor) (Change, error) {
	if err := inProgress(&unit); err != nil {
		return Change{}, err
	}
	at := path.CurrentStepIndex(&unit)
	var open []StepState
	onlyHere := true
	before := unit
	for _, state := range path.StepsOf(&before) {
		required := !state.Step.Optional && !state.Overridden
		switch {
		case state.Index == at:
			state.Status = StepPending
			if required {
				open = append(open, state)
			}
		case state.Status == StepDeferred, state.Status == StepPending && required:
			open = append(open, state)
			onlyHere = false
		}
		unit.Marks = unit.Marks.With(state.Step.Number, state.Status)
	}
	if onlyHere {
		return Change{}, ConflictError("Serial number %s has no open steps: advance it to complete it", unit.SerialNumber)
	}
	unit.Status, unit.StepID = Completed, nil
	unit.ForceCompleted, unit.ForceReason = true, c.Reason
	unit.EndedBy, unit.EndedAt = &by.UserID, &by.At
	return Change{Unit: unit, Type: UnitForceCompleted, StepID: before.StepID, Data: forcedData{
		Reason: c.Reason, OpenSteps: stepsData(open),
	}}, nil
}

// Override makes a step that the unit has not passed count as optional for the unit.
type Override struct {
	StepID string
	Reason string
}

func (c Override) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	state, err := path.ownStep(&unit, c.StepID)
	switch {
	case err != nil:
		return Change{}, err
	case state.Overridden:
		return Change{}, ConflictError("Step %s is already overridden for serial number %s", state.Step.Name, unit.SerialNumber)
	case state.Status != StepPending && state.Status != StepInProgress:
		return Change{}, ConflictError("Step %s has already been passed by serial number %s", state.Step.Name, unit.SerialNumber)
	}
	return marked(unit, state.Step, Overridden, StepOverridden, stepData{StepName: state.Step.Name, Reason: &c.Reason}), nil
}

// ClearOverride takes an override back.
type ClearOverride struct {
	StepID string
}

func (c ClearOverride) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	state, err := path.ownStep(&unit, c.StepID)
	switch {
	case err != nil:
		return Change{}, err
	case !state.Overridden:
		return Change{}, ConflictError("Step %s is not overridden for serial number %s", state.Step.Name, unit.SerialNumber)
	}
	return marked(unit, state.Step, "", OverrideCleared, stepData{StepName: state.Step.Name}), nil
}

// Waive excuses a unit from a deferred step.
type Waive struct {
	StepID     string
	Reason     string
	ApproverID string
}

func (c Waive) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	step, err := path.deferredStep(&unit, c.StepID)
	if err != nil {
		return Change{}, err
	}
	return marked(unit, step, StepWaived, StepWasWaived, stepData{
		StepName: step.Name, Reason: &c.Reason, ApproverID: &c.ApproverID,
	}), nil
}

// CompleteStep reports a deferred step as done.
type CompleteStep struct {
	StepID string
}

func (c CompleteStep) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	step, err := path.deferredStep(&unit, c.StepID)
	if err != nil {
		return Change{}, err
	}
	return marked(unit, step, StepCompleted, StepWasCompleted, stepData{StepName: step.Name}), nil
}

// deferredStep returns a step that the unit still owes. It returns a Conflict error if the unit is not in progress or does not
// owe the step.
func (p *Path) deferredStep(unit *Unit, id string) (*Step, error) {
	state, err := p.ownStep(unit, id)
	switch {
	case err != nil:
		return nil, err
	case state.Status != StepDeferred:
		return nil, ConflictError("Step %s is not deferred for serial number %s", state.Step.Name, unit.SerialNumber)
	}
	return state.Step, nil
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

// Undo restores the state of a unit before its last change.
type Undo struct {
	Reason *string
	// Last is the event that is taken back, and Before the state before it. Both are nil if there is nothing to undo.
	Last   *Event
	Before *State
}

func (c Undo) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	if c.Last == nil || c.Before == nil {
		return Change{}, ConflictError("Serial number %s has nothing to undo", unit.SerialNumber)
	}
	unit.State = *c.Before
	if unit.Status == InProgress && path.CurrentStepIndex(&unit) < 0 {
		return Change{}, ConflictError("Serial number %s cannot go back: its step is no longer on the path", unit.SerialNumber)
	}
	return Change{Unit: unit, Type: UnitUndone, StepID: unit.StepID, Data: undoneData{
		Reason: c.Reason, EventID: c.Last.ID, EventType: c.Last.Type,
	}}, nil
}

// names returns the names of the steps, separated by commas.
func names(states []StepState) string {
	list := make([]string, len(states))
	for i, state := range states {
		list[i] = state.Step.Name
	}
	return strings.Join(list, ", ")
}
