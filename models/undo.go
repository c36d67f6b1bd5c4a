package models

// Undo restores the state of a unit before its last change.
type Undo struct {
	Reason *string
	// EventID is the event that the caller wants to undo. Nil undoes the last event.
	EventID *string
	// Last is the event that is undone, and Before the state before it. Both are nil if there is nothing to undo.
	Last   *Event
	Before *State
}

func (c Undo) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	if c.Last == nil || c.Before == nil {
		return Change{}, ConflictError("Serial number %s has nothing to undo", unit.SerialNumber)
	}
	if c.EventID != nil && *c.EventID != c.Last.ID {
		return Change{}, ConflictError("Event %s cannot be undone: the last change of serial number %s is event %s (%s)",
			*c.EventID, unit.SerialNumber, c.Last.ID, c.Last.Type)
	}
	now := unit.Status
	unit.State = *c.Before
	if unit.Status == InProgress && path.CurrentStepIndex(&unit) < 0 {
		advice := "create a new serial number for the part"
		if now == InProgress {
			advice = "move the unit forward instead"
		}
		return Change{}, ConflictError("Serial number %s cannot go back: its step is no longer on the path; %s",
			unit.SerialNumber, advice)
	}
	return Change{Unit: unit, Type: UnitUndone, StepID: unit.StepID, Data: undoneData{
		Reason: c.Reason, EventID: c.Last.ID, EventType: c.Last.Type,
	}}, nil
}

// Note adds a text to the history of a unit, and changes nothing else.
type Note struct {
	Text string
}

func (c Note) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	data := noteData{Text: c.Text}
	if at := path.CurrentStepIndex(&unit); at >= 0 {
		data.StepName = path.Steps[at].Name
	}
	return Change{Unit: unit, Type: UnitNoted, StepID: unit.StepID, Data: data}, nil
}

// Delete deletes a unit that was created by mistake.
type Delete struct {
	// Moved says that the unit has moved, or was scrapped or completed, even if that was undone.
	Moved bool
}

func (c Delete) apply(path *Path, unit Unit, _ Actor) (Change, error) {
	if err := inProgress(&unit); err != nil {
		return Change{}, err
	}
	if c.Moved {
		return Change{}, ConflictError("Serial number %s cannot be deleted because it has moved; scrap it instead", unit.SerialNumber)
	}
	here := &path.Steps[path.CurrentStepIndex(&unit)]
	return Change{Unit: unit, Type: UnitDeleted, StepID: &here.ID, Data: stepData{StepName: here.Name}}, nil
}
