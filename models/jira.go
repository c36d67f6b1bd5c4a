package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
)

// Jira has the fields that a job copies from its Jira ticket. A field is set once; nil means that it was never set.
type Jira struct {
	TicketKey     *string
	TicketSummary *string
	PartNumber    *string
	Priority      *string
	EpicLink      *string
	// Labels keep their order. An empty list differs from nil.
	Labels Labels `gorm:"type:text"`
}

// HasTicket reports whether the job is linked to a ticket. A blank key, which a form may send, counts as none.
func (j *Jira) HasTicket() bool {
	return j.TicketKey != nil && strings.TrimSpace(*j.TicketKey) != ""
}

// Fill sets the fields that are not set yet.
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
	// BusyUntil is the time until which a push is in progress. A push that has not ended by then has failed.
	BusyUntil Millis
}

// CheckLinkable returns a Conflict error if the job is already linked to a ticket.
func (j *Job) CheckLinkable() error {
	if j.Jira.HasTicket() {
		return ConflictError("Job is already linked to %s", *j.Jira.TicketKey)
	}
	return nil
}

// CheckPushable returns a Conflict error if the job is not linked to a ticket.
func (j *Job) CheckPushable() error {
	if !j.Jira.HasTicket() {
		return ConflictError("Job is not linked to a Jira ticket")
	}
	return nil
}

// Ticket has the fields of a Jira ticket that a job copies. An empty field is not set.
type Ticket struct {
	Key, Summary, PartNumber, Priority, EpicLink string
	Labels                                       []string
	// Quantity is 0 if the ticket has none.
	Quantity int64
}

// The lengths, in characters, that the contract allows for the fields of a job, and the largest number of labels. A longer
// value of a ticket is cut.
const (
	maxFilteredField = 255
	maxText          = 10000
	maxLabels        = 1000
)

// NewJob returns a job for the ticket. Its name is the ticket's summary, or the key of a ticket without a summary. Its goal
// is the given one, or the ticket's quantity, or 1.
func (t Ticket) NewJob(goal *int64) Job {
	job := Job{Name: cleanText(t.Summary, maxText), GoalQuantity: max(t.Quantity, 1), Jira: t.Jira()}
	if strings.TrimSpace(job.Name) == "" {
		job.Name = t.Key
	}
	set(&job.GoalQuantity, goal)
	return job
}

// Jira returns the fields of a job that the ticket sets.
func (t Ticket) Jira() Jira {
	fields := Jira{
		TicketKey:     &t.Key,
		TicketSummary: optionalText(t.Summary, maxText),
		PartNumber:    optionalText(t.PartNumber, maxFilteredField),
		Priority:      optionalText(t.Priority, maxFilteredField),
		EpicLink:      optionalText(t.EpicLink, maxFilteredField),
		Labels:        Labels{},
	}
	for _, label := range t.Labels[:min(len(t.Labels), maxLabels)] {
		fields.Labels = append(fields.Labels, cleanText(label, maxFilteredField))
	}
	return fields
}

// optionalText returns nil for a text that is empty.
func optionalText(text string, limit int) *string {
	text = cleanText(text, limit)
	if text == "" {
		return nil
	}
	return &text
}

// cleanText returns the first characters of a text, at most limit, without NUL characters, which PostgreSQL cannot store.
func cleanText(text string, limit int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit])
	}
	return text
}

// JobLabel says that a job has a label. The filter by label searches this table.
type JobLabel struct {
	Label string `gorm:"primaryKey"`
	JobID string `gorm:"primaryKey"`
}

// LabelRows returns one row for each different label of the job.
func (j *Job) LabelRows() []JobLabel {
	var labels []JobLabel
	seen := map[string]bool{}
	for _, label := range j.Jira.Labels {
		if !seen[label] {
			seen[label] = true
			labels = append(labels, JobLabel{Label: label, JobID: j.ID})
		}
	}
	return labels
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

// Text returns what is stored, nil for NULL.
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
