// Package models has the resources of Routecard (jobs, paths, units, events, API keys) and the rules that they follow. It
// knows neither HTTP nor SQL. The struct tags are for GORM, and describe each table once: package store and its row writer
// take the columns from here.
package models

import (
	"strconv"
	"strings"
	"time"
)

// JobPriority is how urgent a job is.
type JobPriority string

// The priorities, the most urgent first.
const (
	Urgent JobPriority = "urgent"
	High   JobPriority = "high"
	Normal JobPriority = "normal"
	Low    JobPriority = "low"
)

// Job is one production order.
type Job struct {
	ID           string `gorm:"primaryKey"`
	Name         string
	GoalQuantity int64
	Jira         Jira `gorm:"embedded;embeddedPrefix:jira_"`
	// DueDate is a day such as 2026-12-01, nil for none.
	DueDate *string
	// Priority is nil unless it was set. The job is then sorted like one with the priority normal.
	Priority *JobPriority
	Notes    *string
	// ExternalID is the number of the job in another system. No two jobs have the same one.
	ExternalID *string
	// ClosedAt is nil while the job is open.
	ClosedAt    *Millis
	CloseReason *string
	// Urgency sorts jobs, see UrgencyText.
	Urgency string
	// SearchText is what the filter q searches, see FoldSearchText.
	SearchText string
	// Version counts the changes of the job's own fields, from 1. Progress does not change it.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
}

// FoldSearchText returns what a person searches a job by, in lower case: name, ticket key, ticket summary, part number, and external
// id.
// Go folds the case and not the database, because SQLite only folds ASCII and PostgreSQL depends on its locale.
func (j *Job) FoldSearchText() string {
	parts := []string{j.Name}
	for _, part := range []*string{j.Jira.TicketKey, j.Jira.TicketSummary, j.Jira.PartNumber, j.ExternalID} {
		if part != nil {
			parts = append(parts, *part)
		}
	}
	return FoldCase(strings.Join(parts, "\n"))
}

// FoldCase makes texts equal that differ only in case. It goes through upper case, because some letters have two lower-case
// forms, such as the Greek sigma within a word and at its end.
func FoldCase(text string) string { return strings.ToLower(strings.ToUpper(text)) }

// dateLayout is the form of a due date.
const dateLayout = "2006-01-02"

// DateAt returns the day of a moment in a time zone, as due dates are written.
func DateAt(at time.Time, zone *time.Location) string { return at.In(zone).Format(dateLayout) }

// CheckDueDate returns an Invalid error for a day that does not exist, such as 2026-02-30. Nil is no date.
func CheckDueDate(date *string) error {
	if date == nil {
		return nil
	}
	if _, err := time.Parse(dateLayout, *date); err != nil {
		return InvalidError("dueDate", "must be a date like 2026-12-01")
	}
	return nil
}

// ranks are the digits by which priorities sort.
var ranks = map[JobPriority]int{Urgent: 0, High: 1, Normal: 2, Low: 3}

// noDueDate sorts after every due date.
const noDueDate = "99999999"

// UrgencyText returns a text that sorts jobs, the most urgent first: a digit for open (0) or closed (1), a digit for the
// priority, and the due date as 8 digits. A job without a due date comes after those with one.
func (j *Job) UrgencyText() string {
	closed, priority, due := "0", Normal, noDueDate
	if j.ClosedAt != nil {
		closed = "1"
	}
	if j.Priority != nil {
		priority = *j.Priority
	}
	if j.DueDate != nil {
		due = strings.ReplaceAll(*j.DueDate, "-", "")
	}
	return closed + strconv.Itoa(ranks[priority]) + due
}

// Rank returns a text that sorts open jobs, the most urgent first, and of equally urgent jobs the oldest. It is nil for a closed
// job. The steps of the job keep it, so that the work of a station can be read in this order.
func (j *Job) Rank() *string {
	if j.ClosedAt != nil {
		return nil
	}
	return new(j.Urgency + "." + j.ID)
}

// Close closes the job. It returns a Conflict error if the job is closed already.
func (j *Job) Close(at Millis, reason *string) error {
	if j.ClosedAt != nil {
		return ConflictError("Job %s is closed already", j.Name)
	}
	j.ClosedAt, j.CloseReason = &at, reason
	return nil
}

// Reopen opens a closed job. It returns a Conflict error if the job is not closed.
func (j *Job) Reopen() error {
	if j.ClosedAt == nil {
		return ConflictError("Job %s is not closed", j.Name)
	}
	j.ClosedAt, j.CloseReason = nil, nil
	return nil
}

// ExternalIDTakenError returns the Conflict error for an external id that another job has.
func ExternalIDTakenError(other Job) *Error {
	return ConflictError("externalId %s is already used by job %s (%s)", *other.ExternalID, other.Name, other.ID)
}

// JobChange has the new values of a job's fields. A nil field stays as it is.
type JobChange struct {
	Name         *string
	GoalQuantity *int64
	// A pointer to nil clears DueDate, Priority, Notes, or ExternalID.
	DueDate    **string
	Priority   **JobPriority
	Notes      **string
	ExternalID **string
}

// Check returns an Invalid error for a due date that does not exist.
func (c JobChange) Check() error {
	if c.DueDate == nil {
		return nil
	}
	return CheckDueDate(*c.DueDate)
}

// Cleared returns the API's names of the fields that the change clears.
func (c JobChange) Cleared() []string {
	var names []string
	for _, field := range []struct {
		name    string
		cleared bool
	}{
		{"dueDate", c.DueDate != nil && *c.DueDate == nil},
		{"priority", c.Priority != nil && *c.Priority == nil},
		{"notes", c.Notes != nil && *c.Notes == nil},
		{"externalId", c.ExternalID != nil && *c.ExternalID == nil},
	} {
		if field.cleared {
			names = append(names, field.name)
		}
	}
	return names
}

// Apply changes the job's fields.
func (c JobChange) Apply(job *Job) {
	set(&job.Name, c.Name)
	set(&job.GoalQuantity, c.GoalQuantity)
	set(&job.DueDate, c.DueDate)
	set(&job.Priority, c.Priority)
	set(&job.Notes, c.Notes)
	set(&job.ExternalID, c.ExternalID)
}
