package store

import "github.com/routecard/routecard/models"

// The tables whose rows are written many at a time. Each names every column of its migration but those that the database
// fills in.

var jobTable = table[models.Job]{
	name: "jobs",
	columns: columns(`id text, name text, goal_quantity bigint, jira_ticket_key text, jira_ticket_summary text,
		jira_part_number text, jira_priority text, jira_epic_link text, jira_labels text, search_text text,
		version bigint, created_at bigint, updated_at bigint`),
	values: func(to []any, j *models.Job) []any {
		return append(to, j.ID, j.Name, j.GoalQuantity,
			textOrNull(j.Jira.TicketKey), textOrNull(j.Jira.TicketSummary), textOrNull(j.Jira.PartNumber), textOrNull(j.Jira.Priority),
			textOrNull(j.Jira.EpicLink), textOrNull(j.Jira.Labels.Text()),
			j.SearchText, j.Version, int64(j.CreatedAt), int64(j.UpdatedAt))
	},
	fields: func(j *models.Job) []any {
		return []any{
			&j.ID, &j.Name, &j.GoalQuantity,
			&j.Jira.TicketKey, &j.Jira.TicketSummary, &j.Jira.PartNumber, &j.Jira.Priority,
			&j.Jira.EpicLink, &j.Jira.Labels,
			&j.SearchText, &j.Version, (*int64)(&j.CreatedAt), (*int64)(&j.UpdatedAt),
		}
	},
}

var labelTable = table[models.JobLabel]{
	name:    "job_labels",
	columns: columns(`label text, job_id text`),
	values:  func(to []any, l *models.JobLabel) []any { return append(to, l.Label, l.JobID) },
}

// seq is not here: the database numbers the events as they come.
var eventTable = table[models.Event]{
	name: "events",
	columns: columns(`id text, type text, at bigint, user_id text, job_id text, path_id text, serial_id text, step_id text,
		data text, before text`),
	values: func(to []any, e *models.Event) []any {
		return append(to, e.ID, string(e.Type), int64(e.At), e.UserID,
			textOrNull(e.JobID), textOrNull(e.PathID), textOrNull(e.SerialNumber), textOrNull(e.StepID), e.Data, textOrNull(e.Before))
	},
}

var receiptTable = table[models.Receipt]{
	name:    "receipts",
	columns: columns(`caller text, key text, operation text, hash text, status bigint, headers text, body text, at bigint`),
	values: func(to []any, r *models.Receipt) []any {
		return append(to, r.Caller, r.Key, r.Operation, r.Hash, int64(r.Status), r.Headers, r.Body, int64(r.At))
	},
}

var pathTable = table[models.Path]{
	name: "paths",
	columns: columns(`id text, job_id text, name text, goal_quantity bigint, advancement_mode text, last_step_no bigint,
		in_progress_count bigint, completed_count bigint, scrapped_count bigint, version bigint,
		created_at bigint, updated_at bigint`),
	values: func(to []any, p *models.Path) []any {
		return append(to, p.ID, p.JobID, p.Name, p.GoalQuantity, string(p.AdvancementMode),
			int64(p.LastStepNumber), p.InProgress, p.Completed, p.Scrapped,
			p.Version, int64(p.CreatedAt), int64(p.UpdatedAt))
	},
}

var stepTable = table[models.Step]{
	name: "steps",
	columns: columns(`id text, path_id text, no bigint, position bigint, name text, location text, assigned_to text,
		optional boolean, dependency_type text, part_count bigint`),
	values: func(to []any, s *models.Step) []any {
		return append(to, s.ID, s.PathID, int64(s.Number), wholeOrNull(s.Index), s.Name, textOrNull(s.Location),
			textOrNull(s.AssignedTo), s.Optional, string(s.DependencyType), s.PartCount)
	},
}

var serialTable = table[models.Unit]{
	name: "serials",
	columns: columns(`no bigint, id text, number bigint, job_id text, path_id text, status text, step_id text, marks text,
		known_step_no bigint, force_completed boolean, force_reason text, scrap_reason text,
		scrap_explanation text, ended_by text, ended_at bigint, last_event_id text, version bigint,
		created_at bigint, updated_at bigint`),
	values: func(to []any, s *models.Unit) []any {
		return append(to, s.Ordinal, s.SerialNumber, wholeOrNull(s.Sequence), s.JobID, s.PathID,
			string(s.Status), textOrNull(s.StepID), s.Marks.String(), int64(s.KnownStepNumber), s.ForceCompleted,
			textOrNull(s.ForceReason), textOrNull(s.ScrapReason), textOrNull(s.ScrapExplanation), textOrNull(s.EndedBy), wholeOrNull(s.EndedAt),
			textOrNull(s.LastEventID), s.Version, int64(s.CreatedAt), int64(s.UpdatedAt))
	},
	fields: func(s *models.Unit) []any {
		return []any{
			&s.Ordinal, &s.SerialNumber, &s.Sequence, &s.JobID, &s.PathID,
			(*string)(&s.Status), &s.StepID, &s.Marks, &s.KnownStepNumber, &s.ForceCompleted,
			&s.ForceReason, &s.ScrapReason, &s.ScrapExplanation, &s.EndedBy, &s.EndedAt,
			&s.LastEventID, &s.Version, (*int64)(&s.CreatedAt), (*int64)(&s.UpdatedAt),
		}
	},
}

func textOrNull[Text ~string](value *Text) any {
	if value == nil {
		return nil
	}
	return string(*value)
}

func wholeOrNull[Whole ~int | ~int64](value *Whole) any {
	if value == nil {
		return nil
	}
	return int64(*value)
}
