package models

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
