package models

import "time"

// EventType says what happened.
type EventType string

// The events of jobs.
const (
	JobCreated  EventType = "job.created"
	JobUpdated  EventType = "job.updated"
	JobClosed   EventType = "job.closed"
	JobReopened EventType = "job.reopened"
	JobDeleted  EventType = "job.deleted"
	JobLinked   EventType = "job.linked"
	JobPushed   EventType = "job.pushed"
)

// The events of templates.
const (
	TemplateCreated EventType = "template.created"
	TemplateUpdated EventType = "template.updated"
	TemplateDeleted EventType = "template.deleted"
)

// The events of paths and steps.
const (
	PathCreated EventType = "path.created"
	PathUpdated EventType = "path.updated"
	PathDeleted EventType = "path.deleted"
	StepUpdated EventType = "step.updated"
)

// The events of units.
const (
	UnitCreated        EventType = "serial.created"
	UnitAdvanced       EventType = "serial.advanced"
	UnitCompleted      EventType = "serial.completed"
	UnitScrapped       EventType = "serial.scrapped"
	UnitForceCompleted EventType = "serial.force_completed"
	UnitUndone         EventType = "serial.undone"
	UnitNoted          EventType = "serial.noted"
	UnitDeleted        EventType = "serial.deleted"
	StepOverridden     EventType = "serial.step_overridden"
	OverrideCleared    EventType = "serial.override_cleared"
	StepWasWaived      EventType = "serial.step_waived"
	StepWasCompleted   EventType = "serial.step_completed"
)

// StayEndings are the events by which a unit leaves a step or ends.
func StayEndings() []EventType {
	return []EventType{UnitAdvanced, UnitCompleted, UnitScrapped, UnitForceCompleted}
}

// Event records a change: what happened, when, and who did it. It is written in the transaction of the change and never
// changed.
type Event struct {
	// Seq orders the events by their commits, from 1. A transaction that is rolled back leaves a gap.
	Seq  int64 `gorm:"primaryKey;autoIncrement:false;->"`
	ID   string
	Type EventType
	// At is when the change was recorded, and OccurredAt is when it happened according to the caller. OccurredAt is nil if the
	// caller did not send it. It does not change the order of events.
	At         Millis
	OccurredAt *Millis
	// UserID is who made the change according to the caller.
	UserID string
	// KeyName is the name of the API key that the request was sent with. It is nil where the API was open.
	KeyName      *string
	JobID        *string
	PathID       *string
	SerialNumber *string `gorm:"column:serial_id"`
	StepID       *string
	// Data is a JSON object. Its fields depend on the type.
	Data string
	// Before is the [State] of the unit before the change, as JSON, for an undo. It is nil for a change that cannot be undone.
	Before *string
}

// The data of a unit's events. They contain the names of steps, so that the history is readable after a step is removed.
type (
	movedData struct {
		FromStepID   string         `json:"fromStepId"`
		FromStepName string         `json:"fromStepName"`
		ToStepID     string         `json:"toStepId,omitempty"`
		ToStepName   string         `json:"toStepName,omitempty"`
		Bypassed     []stepWithData `json:"bypassed,omitempty"`
	}
	scrappedData struct {
		StepName    string      `json:"stepName"`
		Reason      ScrapReason `json:"reason"`
		Explanation *string     `json:"explanation,omitempty"`
	}
	forcedData struct {
		Reason    *string        `json:"reason,omitempty"`
		OpenSteps []stepWithData `json:"openSteps"`
	}
	stepData struct {
		StepName   string  `json:"stepName"`
		Reason     *string `json:"reason,omitempty"`
		ApproverID *string `json:"approverId,omitempty"`
	}
	undoneData struct {
		Reason    *string   `json:"reason,omitempty"`
		EventID   string    `json:"eventId"`
		EventType EventType `json:"eventType"`
	}
	noteData struct {
		Text     string `json:"text"`
		StepName string `json:"stepName,omitempty"`
	}
	stepWithData struct {
		StepID   string     `json:"stepId"`
		StepName string     `json:"stepName"`
		Status   StepStatus `json:"status"`
	}
)

func stepsData(states []StepState) []stepWithData {
	var data []stepWithData
	for _, state := range states {
		data = append(data, stepWithData{StepID: state.Step.ID, StepName: state.Step.Name, Status: state.Status})
	}
	return data
}

// maxEventAge is how long before its event a change may have happened, and clockSkew is how fast the caller's clock may be.
const (
	maxEventAge = 7 * 24 * time.Hour
	clockSkew   = time.Minute
)

// CheckOccurredAt returns an Invalid error unless a change that is recorded now can have happened at the given time: at most 7
// days ago, and at most a minute in the future. Nil is valid.
func CheckOccurredAt(occurredAt *Millis, now Millis) error {
	switch {
	case occurredAt == nil:
		return nil
	case *occurredAt > now+Millis(clockSkew.Milliseconds()):
		return InvalidError("occurredAt", "must not be in the future")
	case *occurredAt < now-Millis(maxEventAge.Milliseconds()):
		return InvalidError("occurredAt", "must be at most 7 days ago")
	default:
		return nil
	}
}
