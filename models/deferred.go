package models

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
