package models

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
