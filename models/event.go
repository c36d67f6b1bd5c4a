package models

// EventType names what happened.
type EventType string

// What happens to jobs.
const (
	JobCreated EventType = "job.created"
	JobUpdated EventType = "job.updated"
	JobDeleted EventType = "job.deleted"
	JobLinked  EventType = "job.linked"
	JobPushed  EventType = "job.pushed"
)

// What happens to paths and steps.
const (
	PathCreated EventType = "path.created"
	PathUpdated EventType = "path.updated"
	PathDeleted EventType = "path.deleted"
	StepUpdated EventType = "step.updated"
)

// What happens to units.
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

// Event is one change: what, when, by whom. It is written in the transaction of the change and never again.
type Event struct {
	// Seq orders the events as they were committed, from 1, with gaps where a transaction was rolled back.
	Seq          int64 `gorm:"primaryKey;autoIncrement:false;->"`
	ID           string
	Type         EventType
	At           Millis
	UserID       string
	JobID        *string
	PathID       *string
	SerialNumber *string `gorm:"column:serial_id"`
	StepID       *string
	// Data is a JSON object with what the type needs to be understood without looking elsewhere.
	Data string
	// Before is the unit as it was before the change, for undo; nil where there is nothing to take back.
	Before *string
}

// The data of a unit's events. Steps are named as they were at the time, so that history outlives a step.
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
