package models

import "strings"

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
	From        From
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
	at, err := path.currentIndex(&unit, c.From)
	if err != nil {
		return Change{}, err
	}
	here := &path.Steps[at]
	unit.Status = Scrapped
	unit.ScrapReason, unit.ScrapExplanation = &c.Reason, c.Explanation
	unit.EndedBy, unit.EndedAt = &by.UserID, &by.At
	return Change{Unit: unit, Type: UnitScrapped, StepID: &here.ID, Data: scrappedData{
		StepName: here.Name, Reason: c.Reason, Explanation: c.Explanation,
	}}, nil
}

// ForceComplete completes a unit that has open steps. The steps keep showing that they were not done.
type ForceComplete struct {
	From   From
	Reason *string
}

func (c ForceComplete) apply(path *Path, unit Unit, by Actor) (Change, error) {
	at, err := path.currentIndex(&unit, c.From)
	if err != nil {
		return Change{}, err
	}
	var open []StepState
	onlyHere := true
	before := unit
	marks := make(Marks, 0, len(path.Steps))
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
		marks = append(marks, Mark{state.Step.Number, state.Status})
	}
	unit.Marks = unit.Marks.WithAll(marks)
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

// Override makes a step that the unit has not passed, or that the unit owes, count as optional for the unit.
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
	case state.Status != StepPending && state.Status != StepInProgress && state.Status != StepDeferred:
		return Change{}, ConflictError("Step %s has already been passed by serial number %s", state.Step.Name, unit.SerialNumber)
	}
	return marked(unit, state.Step, Overridden, StepOverridden, stepData{StepName: state.Step.Name, Reason: &c.Reason}), nil
}

// ClearOverride removes an override.
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

// names returns the names of the steps, separated by commas.
func names(states []StepState) string {
	list := make([]string, len(states))
	for i, state := range states {
		list[i] = state.Step.Name
	}
	return strings.Join(list, ", ")
}
