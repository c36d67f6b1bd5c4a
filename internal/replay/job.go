package replay

import "slices"

// job is a job that exists.
type job struct {
	id, name     string
	goalQuantity int64
	version      int64
	planning
	closedAt, closeReason string
	paths                 []*path
	moves                 Moves
}

func (j *job) view() Job {
	view := Job{
		ID: j.id, Name: j.name, GoalQuantity: j.goalQuantity, Version: j.version, DueDate: j.DueDate, Priority: j.Priority,
		Notes: j.Notes, ExternalID: j.ExternalID, ClosedAt: j.closedAt, CloseReason: j.closeReason,
	}
	for _, path := range j.paths {
		view.InProgress += path.InProgress
		view.Completed += path.Completed
		view.Scrapped += path.Scrapped
	}
	return view
}

func (r *Replay) applyToJob(content *data) {
	id := r.event.JobID
	known := r.jobs[id]
	if r.event.Type == "job.created" {
		if known != nil {
			r.report("job %s was created before", id)
			return
		}
		r.jobs[id] = &job{id: id, name: content.Name, goalQuantity: content.GoalQuantity, version: 1, planning: content.planning}
		return
	}
	if known == nil {
		r.report("there is no job %s", id)
		return
	}
	switch r.event.Type {
	case "job.updated":
		known.version++
		if content.Name != "" {
			known.name = content.Name
		}
		if content.GoalQuantity != 0 {
			known.goalQuantity = content.GoalQuantity
		}
		known.change(content.planning, content.Cleared)
	case "job.closed":
		known.version++
		if known.closedAt != "" {
			r.report("job %s was closed before", id)
		}
		known.closedAt, known.closeReason = r.event.At, ""
		if content.Reason != nil {
			known.closeReason = *content.Reason
		}
	case "job.reopened":
		known.version++
		if known.closedAt == "" {
			r.report("job %s was not closed", id)
		}
		known.closedAt, known.closeReason = "", ""
	case "job.linked":
		known.version++
	case "job.deleted":
		if counts := known.view().Counts; counts != (Counts{}) {
			r.report("job %s was deleted although it has units: %+v", id, counts)
		}
		for _, path := range known.paths {
			delete(r.paths, path.id)
		}
		delete(r.jobs, id)
	}
}

// planning has the planning fields of a job, nil for those that are not set.
type planning struct {
	DueDate    *string `json:"dueDate"`
	Priority   *string `json:"priority"`
	Notes      *string `json:"notes"`
	ExternalID *string `json:"externalId"`
}

// change sets the fields that are sent, and clears others by their names.
func (p *planning) change(sent planning, cleared []string) {
	for _, field := range []struct {
		name string
		own  **string
		sent *string
	}{
		{"dueDate", &p.DueDate, sent.DueDate},
		{"priority", &p.Priority, sent.Priority},
		{"notes", &p.Notes, sent.Notes},
		{"externalId", &p.ExternalID, sent.ExternalID},
	} {
		if field.sent != nil || slices.Contains(cleared, field.name) {
			*field.own = field.sent
		}
	}
}
