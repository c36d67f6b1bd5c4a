package models

// Move is the creation of a unit, an advance to another step, or the end of a unit: its completion, forced completion, or
// scrapping. A move that is undone is deleted, so the moves of a unit form a chain: each begins at the step at which the one
// before ended. The insights are computed from moves.
type Move struct {
	// At is when the work was done, see [Event.DoneAt].
	At Millis `gorm:"primaryKey;autoIncrement:false"`
	// EventID is the event that records the move.
	EventID string `gorm:"primaryKey"`
	// Type is the type of the event.
	Type  EventType
	JobID string
	// FromStepID is the step that the unit left, and EnteredAt when the unit had entered it. Both are nil for a creation.
	FromStepID *string
	EnteredAt  *Millis
	// ToStepID is the step that the unit entered. It is nil for the end of a unit.
	ToStepID    *string
	ScrapReason *ScrapReason
}

// IsMove reports whether events of this type record a [Move].
func (t EventType) IsMove() bool {
	switch t {
	case UnitCreated, UnitAdvanced, UnitCompleted, UnitForceCompleted, UnitScrapped:
		return true
	default:
		return false
	}
}

// DoneAt returns when the work that the event records was done.
func (e *Event) DoneAt() Millis {
	if e.OccurredAt != nil {
		return *e.OccurredAt
	}
	return e.At
}

// NewMove returns the move of a unit that an event records. The event's type must be one of a move. Before is the state of the
// unit before the move, nil for a creation.
func NewMove(event *Event, before *State, unit *Unit) Move {
	move := Move{At: event.DoneAt(), EventID: event.ID, Type: event.Type, JobID: unit.JobID}
	if before != nil {
		move.FromStepID, move.EnteredAt = before.StepID, &before.EnteredAt
	}
	switch unit.Status {
	case InProgress:
		move.ToStepID = unit.StepID
	case Scrapped:
		move.ScrapReason = unit.ScrapReason
	case Completed:
	}
	return move
}

// QuarterHourMillis is the length of a [QuarterHour].
const QuarterHourMillis Millis = 15 * 60 * 1000

// QuarterHour counts the units that were created, completed, and scrapped in a quarter of an hour, over all jobs. It equals
// what counting the moves would give. Every hour of every time zone begins with a quarter of an hour.
type QuarterHour struct {
	Start Millis `gorm:"primaryKey;autoIncrement:false"`
	// Completed includes ForceCompleted.
	Created, Completed, ForceCompleted, Scrapped int64
}

// Add adds n to the counts in which the move is included. It returns false for an advance, which is in no count.
func (q *QuarterHour) Add(move *Move, n int64) bool {
	switch move.Type {
	case UnitCreated:
		q.Created += n
	case UnitCompleted:
		q.Completed += n
	case UnitForceCompleted:
		q.Completed += n
		q.ForceCompleted += n
	case UnitScrapped:
		q.Scrapped += n
	default:
		return false
	}
	return true
}
