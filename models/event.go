package models

// EventType names what happened.
type EventType string

// What happens to jobs.
const (
	JobCreated EventType = "job.created"
	JobUpdated EventType = "job.updated"
	JobDeleted EventType = "job.deleted"
)

// Event is one change: what, when, by whom. It is written in the transaction of the change and never again.
type Event struct {
	// Seq orders the events as they were committed, from 1, with gaps where a transaction was rolled back.
	Seq      int64 `gorm:"primaryKey;autoIncrement:false;->"`
	ID       string
	Type     EventType
	At       Millis
	UserID   string
	JobID    *string
	PathID   *string
	SerialID *string
	StepID   *string
	// Data is a JSON object with what the type needs to be understood without looking elsewhere.
	Data string
	// Before is the unit as it was before the change, for undo; nil where there is nothing to take back.
	Before *string
}
