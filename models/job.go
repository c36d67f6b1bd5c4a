// Package models holds what Routecard keeps (jobs, paths, units, events) and the rules that it obeys. It knows neither HTTP
// nor SQL; the tags are for GORM, which only the store imports.
package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
)

// Job is one production order.
type Job struct {
	ID           string `gorm:"primaryKey"`
	Name         string
	GoalQuantity int64
	Jira         Jira `gorm:"embedded;embeddedPrefix:jira_"`
	// SearchText is what the filter q looks through, see FoldSearchText.
	SearchText string
	// Version counts the changes of the job's own fields, from 1. Progress does not move it.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
}

// Jira is what a job knows of the ticket it began as. It is written once; a nil field was never given.
type Jira struct {
	TicketKey     *string
	TicketSummary *string
	PartNumber    *string
	Priority      *string
	EpicLink      *string
	// Labels keep their order. An empty list is not the same as none.
	Labels Labels `gorm:"type:text"`
}

// HasTicket tells whether the job is linked to a ticket. An empty key, such as a form sends, names none.
func (j *Jira) HasTicket() bool {
	return j.TicketKey != nil && strings.TrimSpace(*j.TicketKey) != ""
}

// Fill takes the fields that the job does not have yet: what was written once stays.
func (j *Jira) Fill(from Jira) {
	if !j.HasTicket() {
		j.TicketKey = from.TicketKey
	}
	for _, field := range []struct{ own, other **string }{
		{&j.TicketSummary, &from.TicketSummary},
		{&j.PartNumber, &from.PartNumber},
		{&j.Priority, &from.Priority},
		{&j.EpicLink, &from.EpicLink},
	} {
		if *field.own == nil {
			*field.own = *field.other
		}
	}
	if j.Labels == nil {
		j.Labels = from.Labels
	}
}

// JiraPush is the state of writing a job's progress to its ticket.
type JiraPush struct {
	JobID string `gorm:"primaryKey"`
	// CommentID is Jira's id of our comment, "" before the first push.
	CommentID string
	// BusyUntil is the time up to which a push is under way; one that has not ended by then has died.
	BusyUntil Millis
}

// JobLabel says that a job carries a label: the index behind the filter by labels.
type JobLabel struct {
	Label string `gorm:"primaryKey"`
	JobID string `gorm:"primaryKey"`
}

// FoldSearchText makes the text that q is looked for in: what a person would search a job by, in lower case. Go folds the
// case and not the database, because SQLite knows only ASCII's and PostgreSQL goes by its locale.
func (j *Job) FoldSearchText() string {
	parts := []string{j.Name}
	for _, part := range []*string{j.Jira.TicketKey, j.Jira.TicketSummary, j.Jira.PartNumber} {
		if part != nil {
			parts = append(parts, *part)
		}
	}
	return FoldCase(strings.Join(parts, "\n"))
}

// FoldCase makes texts that differ in case alone equal. Through upper case, because some letters have two lower ones: the
// Greek sigma at the end of a word is another one than within.
func FoldCase(text string) string { return strings.ToLower(strings.ToUpper(text)) }

// JobChange is what to change of a job; a nil field stays as it is.
type JobChange struct {
	Name         *string
	GoalQuantity *int64
}

// Apply changes the job.
func (c JobChange) Apply(job *Job) {
	set(&job.Name, c.Name)
	set(&job.GoalQuantity, c.GoalQuantity)
}

// Labels is stored as a JSON array, or NULL when nil.
type Labels []string

// Value implements driver.Valuer.
func (l Labels) Value() (driver.Value, error) {
	if text := l.Text(); text != nil {
		return *text, nil
	}
	return nil, nil
}

// Text is what is stored; nil for NULL.
func (l Labels) Text() *string {
	if l == nil {
		return nil
	}
	text, _ := json.Marshal([]string(l)) //nolint:errchkjson // Strings can always be encoded.
	stored := string(text)
	return &stored
}

// Scan implements sql.Scanner.
func (l *Labels) Scan(source any) error {
	*l = nil
	switch text := source.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(text), (*[]string)(l))
	case []byte:
		return json.Unmarshal(text, (*[]string)(l))
	default:
		return fmt.Errorf("labels stored as %T", source)
	}
}
