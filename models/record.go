package models

import (
	"encoding/json"
	"fmt"
	"maps"
)

// StepRecord says who gave a step its status for a unit, and when.
type StepRecord struct {
	UserID string
	At     Millis
}

// RecordSteps completes the statuses of a unit's steps with the records, from all events of the unit in their order. A pending
// step has no record, and neither has a step that got its status by an edit of the path alone.
func RecordSteps(states []StepState, events []Event) error {
	history := stepHistory{moment: moment{records: map[string]StepRecord{}}, before: map[string]moment{}}
	for i := range events {
		if err := history.add(&events[i]); err != nil {
			return fmt.Errorf("models: data of event %s: %w", events[i].ID, err)
		}
	}
	for i := range states {
		if record, ok := history.records[states[i].Step.ID]; ok && states[i].Status != StepPending {
			states[i].Record = &record
		}
	}
	return nil
}

// stepHistory follows the events of one unit.
type stepHistory struct {
	moment
	// before has the moment before each event, by the event's id, for an undo.
	before map[string]moment
}

// moment is what the events up to some time have said about the steps of a unit.
type moment struct {
	records map[string]StepRecord
	// current is the id of the step at which the unit stands.
	current string
}

// eventData has the fields of a unit's events that name steps or another event.
type eventData struct {
	movedData
	EventID string `json:"eventId"`
}

func (h *stepHistory) add(event *Event) error {
	var data eventData
	if err := json.Unmarshal([]byte(event.Data), &data); err != nil {
		return err
	}
	if event.Type == UnitUndone {
		if before, ok := h.before[data.EventID]; ok {
			h.moment = before
		}
		return nil
	}
	h.before[event.ID] = h.moment
	h.records = maps.Clone(h.records)
	record := StepRecord{UserID: event.UserID, At: event.At}
	switch event.Type {
	case UnitCreated:
		h.current = *event.StepID
		h.records[h.current] = record
	case UnitAdvanced, UnitCompleted:
		h.records[data.FromStepID] = record
		for _, step := range data.Bypassed {
			h.records[step.StepID] = record
		}
		if h.current = data.ToStepID; h.current != "" {
			h.records[h.current] = record
		}
	case StepOverridden:
		// The override of a step that the unit owes makes the step skipped. Other overrides change no status.
		if *event.StepID != h.current {
			h.records[*event.StepID] = record
		}
	case StepWasWaived, StepWasCompleted:
		h.records[*event.StepID] = record
	default:
		// The other events change the status of no step that is not pending.
	}
	return nil
}
