package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
)

// JobFilter says which jobs a list holds: those that match all that is given. Nil fields ask for nothing.
type JobFilter struct {
	// Query is a part of the name, ticket key, ticket summary or part number, in any case.
	Query      *string
	TicketKey  *string
	PartNumber *string
	Priority   *string
	EpicLink   *string
	Labels     []string
}

type jobInsert struct {
	job     models.Job
	user    string
	receipt *Receipt
}

// CreateJob stores the job under a new id. Creates that wait at the same time share one transaction.
func (s *Store) CreateJob(ctx context.Context, job models.Job) (models.Job, error) {
	return s.jobs.do(ctx, jobInsert{job: job, user: userOf(ctx), receipt: ReceiptOf(ctx)})
}

// insertJobs writes the jobs of several callers.
func (s *Store) insertJobs(ctx context.Context, inserts []jobInsert) (jobs []models.Job, err error) {
	err = s.transact(ctx, func(t *tx) error {
		jobs, err = t.createJobs(inserts)
		return err
	})
	return jobs, err
}

// createJobs writes jobs, their labels and their events.
func (t *tx) createJobs(inserts []jobInsert) ([]models.Job, error) {
	jobs := make([]models.Job, len(inserts))
	var labels []models.JobLabel
	for i, in := range inserts {
		job := in.job
		job.ID = models.NewID(models.JobPrefix)
		job.SearchText = job.FoldSearchText()
		job.Version = 1
		job.CreatedAt, job.UpdatedAt = t.at, t.at
		jobs[i] = job
		labels = append(labels, jobLabels(job)...)
		if err := t.answer(in.receipt, job); err != nil {
			return nil, err
		}
		if err := t.record(models.Event{Type: models.JobCreated, JobID: &jobs[i].ID}, in.user, struct {
			Name         string `json:"name"`
			GoalQuantity int64  `json:"goalQuantity"`
		}{job.Name, job.GoalQuantity}); err != nil {
			return nil, err
		}
	}
	t.later(jobTable.rows(jobs), labelTable.rows(labels))
	return jobs, nil
}

// jobLabels lists the job's labels, each once: what Jira names twice is found all the same.
func jobLabels(job models.Job) []models.JobLabel {
	var labels []models.JobLabel
	seen := map[string]bool{}
	for _, label := range job.Jira.Labels {
		if !seen[label] {
			seen[label] = true
			labels = append(labels, models.JobLabel{Label: label, JobID: job.ID})
		}
	}
	return labels
}

// Job returns one job, or a NotFound error.
func (s *Store) Job(ctx context.Context, id string) (job models.Job, err error) {
	err = s.query(ctx, func(db *gorm.DB) error {
		job, err = findJob(db, id)
		return err
	})
	return job, err
}

func findJob(db *gorm.DB, id string) (models.Job, error) {
	return take[models.Job](db, "Job", id)
}

// Jobs returns up to limit jobs, newest first, that come after the job with the id before; an empty id begins with the
// newest. It costs the same wherever in the list the page stands.
func (s *Store) Jobs(ctx context.Context, filter JobFilter, before string, limit int) ([]models.Job, error) {
	var jobs []models.Job
	err := s.query(ctx, func(db *gorm.DB) (err error) {
		jobs, err = jobTable.read(s.filterJobs(db, filter, before).Limit(limit), limit)
		return err
	})
	return jobs, err
}

// filterJobs asks for the jobs that match, newest first. A label is looked up in an index of its own, which then leads
// from job to job in the order asked for; only a ticket key, which few jobs share, is a better place to begin.
func (s *Store) filterJobs(query *gorm.DB, filter JobFilter, before string) *gorm.DB {
	labels, id := filter.Labels, "jobs.id"
	if len(labels) > 0 && filter.TicketKey == nil {
		id = "first.job_id"
		// CROSS JOIN keeps SQLite from beginning with the jobs.
		query = query.Table("job_labels AS first").Joins("CROSS JOIN jobs").
			Where("jobs.id = first.job_id AND first.label = ?", labels[0])
		labels = labels[1:]
	}
	query = query.Order(id + " DESC")
	if before != "" {
		query = query.Where(id+" < ?", before)
	}
	for _, label := range labels {
		other := "EXISTS (SELECT 1 FROM job_labels AS other WHERE other.label = ? AND other.job_id = " + id
		if before == "" {
			query = query.Where(other+")", label)
		} else {
			// Said again, or PostgreSQL reads the label's jobs from the newest on and throws them away.
			query = query.Where(other+" AND other.job_id < ?)", label, before)
		}
	}
	query = whereGiven(query, "jira_ticket_key = ?", filter.TicketKey)
	query = whereGiven(query, "jira_part_number = ?", filter.PartNumber)
	query = whereGiven(query, "jira_priority = ?", filter.Priority)
	query = whereGiven(query, "jira_epic_link = ?", filter.EpicLink)
	if filter.Query != nil {
		query = query.Where(s.dialect.contains("search_text"), models.FoldCase(*filter.Query))
	}
	return query
}

// UpdateJob changes what the change names, and returns the job as it then is. It returns a NotFound error, or a Changed
// one when the condition does not hold.
func (s *Store) UpdateJob(ctx context.Context, id string, condition Condition, change models.JobChange) (models.Job, error) {
	var job models.Job
	err := s.transact(ctx, func(t *tx) (err error) {
		if job, err = t.lockJob(id, condition); err != nil {
			return err
		}
		change.Apply(&job)
		t.newVersion(&job)
		if err := t.Select("name", "goal_quantity", "search_text", "version", "updated_at").Updates(&job).Error; err != nil {
			return err
		}
		return t.record(models.Event{Type: models.JobUpdated, JobID: &id}, userOf(ctx), struct {
			Name         *string `json:"name,omitempty"`
			GoalQuantity *int64  `json:"goalQuantity,omitempty"`
		}{change.Name, change.GoalQuantity})
	})
	return job, err
}

// newVersion gives a job that was changed what follows from the change.
func (t *tx) newVersion(job *models.Job) {
	job.SearchText = job.FoldSearchText()
	job.Version++
	job.UpdatedAt = t.after(job.UpdatedAt)
}

// DeleteJob deletes a job and its paths. It returns a NotFound error, a Changed one when the condition does not hold, or
// a Conflict when the job has serial numbers.
func (s *Store) DeleteJob(ctx context.Context, id string, condition Condition) error {
	return s.transact(ctx, func(t *tx) error {
		job, err := t.lockJob(id, condition)
		if err != nil {
			return err
		}
		// Locked too, or a unit could be put on a path that is about to go.
		var paths []models.Path
		if err := t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
			Where("job_id = ?", id).Order("id").Find(&paths).Error; err != nil {
			return err
		}
		if n := models.CountsOf(paths).Total(); n > 0 {
			return models.ConflictError("Cannot delete job: it has %d serial number(s)", n)
		}
		if len(job.Jira.Labels) > 0 {
			if err := t.Where("label IN ? AND job_id = ?", []string(job.Jira.Labels), id).Delete(&models.JobLabel{}).Error; err != nil {
				return err
			}
		}
		if err := t.Delete(&job).Error; err != nil {
			return err
		}
		return t.record(models.Event{Type: models.JobDeleted, JobID: &id}, userOf(ctx), struct {
			Name string `json:"name"`
		}{job.Name})
	})
}

// lockJob reads the job and keeps others from changing it until the transaction ends.
func (t *tx) lockJob(id string, condition Condition) (models.Job, error) {
	job, err := findJob(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}), id)
	if err != nil {
		return job, err
	}
	if !condition.Holds(job.Version) {
		return job, models.ChangedError("Job")
	}
	return job, nil
}
