package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// JobFilter selects jobs that match every field that is set.
type JobFilter struct {
	// Query is a part of the name, ticket key, ticket summary, or part number. Case does not matter.
	Query      *string
	TicketKey  *string
	PartNumber *string
	Priority   *string
	EpicLink   *string
	Labels     []string
}

// jobCreation is a job that a request creates.
type jobCreation struct {
	by  Request
	job models.Job
}

// CreateJob stores a job under a new id, and reports whether the job is the result of an earlier request. Jobs that are
// created at the same time share one transaction. It returns a KeyReused error.
func (s *Store) CreateJob(ctx context.Context, by Request, job models.Job) (models.Job, bool, error) {
	return Once(ctx, s, by, func() (models.Job, error) {
		return s.creates.Do(ctx, jobCreation{by, job})
	})
}

// createJobs stores the jobs of several requests.
func (s *Store) createJobs(ctx context.Context, creations []jobCreation) (jobs []models.Job, err error) {
	err = s.db.Transact(ctx, func(t *database.Tx) error {
		jobs, err = insertJobs(t, creations)
		return err
	})
	return jobs, err
}

// insertJobs writes jobs with their labels, events, and results.
func insertJobs(t *database.Tx, creations []jobCreation) ([]models.Job, error) {
	jobs := make([]models.Job, len(creations))
	requests := make([]Request, len(creations))
	var labels []models.JobLabel
	for i, c := range creations {
		job := c.job
		job.ID = models.NewID(models.JobPrefix)
		job.SearchText = job.FoldSearchText()
		job.Version = 1
		job.CreatedAt, job.UpdatedAt = t.At, t.At
		jobs[i], requests[i] = job, c.by
		labels = append(labels, job.LabelRows()...)
		if err := recordEvent(t, c.by, models.Event{Type: models.JobCreated, JobID: &jobs[i].ID}, struct {
			Name         string `json:"name"`
			GoalQuantity int64  `json:"goalQuantity"`
		}{job.Name, job.GoalQuantity}); err != nil {
			return nil, err
		}
	}
	t.Queue(rows.New(jobs), rows.New(labels))
	return jobs, keepResults(t, requests, jobs)
}

// Job returns one job, or a NotFound error.
func (s *Store) Job(ctx context.Context, id string) (job models.Job, err error) {
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		job, err = findJob(db, id)
		return err
	})
	return job, err
}

func findJob(db *gorm.DB, id string) (models.Job, error) {
	return findByID[models.Job](db, "Job", id)
}

// Jobs returns up to limit jobs, newest first, that follow the job with the id before. An empty id begins with the newest
// job. A page costs the same at any place of the list.
func (s *Store) Jobs(ctx context.Context, filter JobFilter, before string, limit int) (page Page[models.Job], err error) {
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		page, err = rows.ReadPage[models.Job](s.filterJobs(db, filter, before), limit)
		return err
	})
	return page, err
}

// filterJobs selects the jobs that match, newest first. A query by labels begins in the index of the first label, which has
// the jobs in the right order. Only a ticket key, which few jobs share, is a better beginning.
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
			// Repeated here, because PostgreSQL would otherwise read the label's jobs from the newest on and drop them.
			query = query.Where(other+" AND other.job_id < ?)", label, before)
		}
	}
	query = where(query, "jira_ticket_key = ?", filter.TicketKey)
	query = where(query, "jira_part_number = ?", filter.PartNumber)
	query = where(query, "jira_priority = ?", filter.Priority)
	query = where(query, "jira_epic_link = ?", filter.EpicLink)
	if filter.Query != nil {
		query = query.Where(s.db.Contains("search_text"), models.FoldCase(*filter.Query))
	}
	return query
}

// UpdateJob changes the fields that are set and returns the changed job. It returns a NotFound error, or a Changed error
// when the condition does not hold.
func (s *Store) UpdateJob(ctx context.Context, by Request, id string, condition Condition, change models.JobChange) (models.Job, error) {
	var job models.Job
	err := s.db.Transact(ctx, func(t *database.Tx) (err error) {
		if job, err = lockJob(t, id, condition); err != nil {
			return err
		}
		change.Apply(&job)
		setNewVersion(t, &job)
		if err := t.Select("name", "goal_quantity", "search_text", "version", "updated_at").Updates(&job).Error; err != nil {
			return err
		}
		return recordEvent(t, by, models.Event{Type: models.JobUpdated, JobID: &id}, struct {
			Name         *string `json:"name,omitempty"`
			GoalQuantity *int64  `json:"goalQuantity,omitempty"`
		}{change.Name, change.GoalQuantity})
	})
	return job, err
}

// setNewVersion sets the fields that follow from a change of the job.
func setNewVersion(t *database.Tx, job *models.Job) {
	job.SearchText = job.FoldSearchText()
	job.Version++
	job.UpdatedAt = changeTime(t, job.UpdatedAt)
}

// DeleteJob deletes a job and its paths. It returns a NotFound error, a Changed error when the condition does not hold, or a
// Conflict error when the job has units.
func (s *Store) DeleteJob(ctx context.Context, by Request, id string, condition Condition) error {
	return s.db.Transact(ctx, func(t *database.Tx) error {
		job, err := lockJob(t, id, condition)
		if err != nil {
			return err
		}
		// Locked, so that nobody creates a unit on a path that is deleted here.
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
		return recordEvent(t, by, models.Event{Type: models.JobDeleted, JobID: &id}, struct {
			Name string `json:"name"`
		}{job.Name})
	})
}

// lockJob returns the job and keeps others from changing it until the transaction ends.
func lockJob(t *database.Tx, id string, condition Condition) (models.Job, error) {
	job, err := findJob(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}), id)
	if err != nil {
		return job, err
	}
	if !condition.Holds(job.Version) {
		return job, models.ChangedError("Job")
	}
	return job, nil
}

// shareJob keeps others from deleting the job until the transaction ends. It returns a NotFound error if there is none.
func shareJob(t *database.Tx, id string) error {
	_, err := findJob(t.Clauses(clause.Locking{Strength: clause.LockingStrengthShare}), id)
	return err
}
