// Package models has the resources of Routecard (jobs, paths, units, events, API keys) and the rules that they follow. It
// knows neither HTTP nor SQL. The struct tags are for GORM, and describe each table once: package store and its row writer
// take the columns from here.
package models

import "strings"

// Job is one production order.
type Job struct {
	ID           string `gorm:"primaryKey"`
	Name         string
	GoalQuantity int64
	Jira         Jira `gorm:"embedded;embeddedPrefix:jira_"`
	// SearchText is what the filter q searches, see FoldSearchText.
	SearchText string
	// Version counts the changes of the job's own fields, from 1. Progress does not change it.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
}

// FoldSearchText returns what a person searches a job by, in lower case: name, ticket key, ticket summary, and part number.
// Go folds the case and not the database, because SQLite only folds ASCII and PostgreSQL depends on its locale.
func (j *Job) FoldSearchText() string {
	parts := []string{j.Name}
	for _, part := range []*string{j.Jira.TicketKey, j.Jira.TicketSummary, j.Jira.PartNumber} {
		if part != nil {
			parts = append(parts, *part)
		}
	}
	return FoldCase(strings.Join(parts, "\n"))
}

// FoldCase makes texts equal that differ only in case. It goes through upper case, because some letters have two lower-case
// forms, such as the Greek sigma within a word and at its end.
func FoldCase(text string) string { return strings.ToLower(strings.ToUpper(text)) }

// JobChange has the new values of a job's fields. A nil field stays as it is.
type JobChange struct {
	Name         *string
	GoalQuantity *int64
}

// Apply changes the job's fields.
func (c JobChange) Apply(job *Job) {
	set(&job.Name, c.Name)
	set(&job.GoalQuantity, c.GoalQuantity)
}
