package models

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
	StepOverridden     EventType = "serial.step_overridden"
	OverrideCleared    EventType = "serial.override_cleared"
	StepWasWaived      EventType = "serial.step_waived"
	StepWasCompleted   EventType = "serial.step_completed"
)

// Event records a change: what happened, when, and who did it. It is written in the transaction of the change and never
// changed.
type Event struct {
	// Seq orders the events by their commits, from 1. A transaction that is rolled back leaves a gap.
	Seq  int64 `gorm:"primaryKey;autoIncrement:false;->"`
	ID   string
	Type EventType
	At   Millis
	// UserID is who made the change, as the caller says.
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
