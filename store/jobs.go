package store

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// jobCreation is a job that a request creates.
type jobCreation struct {
	by  Request
	job models.Job
}

// CreateJob stores a job under a new id, and reports whether the job is the result of an earlier request. Jobs that are
// created at the same time share one transaction. It returns an Invalid error for a due date that does not exist, a Conflict
// error that names the job which has the external id, or a KeyReused error.
func (s *Store) CreateJob(ctx context.Context, by Request, job models.Job) (models.Job, bool, error) {
	if err := models.CheckDueDate(job.DueDate); err != nil {
		return job, false, err
	}
	return Once(ctx, s, by, func() (models.Job, error) {
		created, err := s.creates.Do(ctx, jobCreation{by, job})
		return created, s.explainTaken(ctx, job, err)
	})
}

// explainTaken returns a Conflict error instead of an error whose reason is that another job has the external id of the job.
func (s *Store) explainTaken(ctx context.Context, job models.Job, err error) error {
	if err == nil || job.ExternalID == nil || !database.IsConstraintError(err) && !errors.Is(err, gorm.ErrDuplicatedKey) {
		return err
	}
	var others []models.Job
	if readErr := s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Where("external_id = ? AND id <> ?", *job.ExternalID, job.ID).Find(&others).Error
	}); readErr != nil || len(others) == 0 {
		return err
	}
	return models.ExternalIDTakenError(others[0])
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
		job.SearchText, job.Urgency = job.FoldSearchText(), job.UrgencyText()
		job.Version = 1
		job.CreatedAt, job.UpdatedAt = t.At, t.At
		jobs[i], requests[i] = job, c.by
		labels = append(labels, job.LabelRows()...)
		// Another string, because the event must not keep the job in memory.
		id := job.ID
		if err := recordEvent(t, c.by, models.Event{Type: models.JobCreated, JobID: &id}, struct {
			Name         string              `json:"name"`
			GoalQuantity int64               `json:"goalQuantity"`
			DueDate      *string             `json:"dueDate,omitempty"`
			Priority     *models.JobPriority `json:"priority,omitempty"`
			Notes        *string             `json:"notes,omitempty"`
			ExternalID   *string             `json:"externalId,omitempty"`
		}{job.Name, job.GoalQuantity, job.DueDate, job.Priority, job.Notes, job.ExternalID}); err != nil {
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

// UpdateJob changes the fields that are set and returns the changed job. It returns a NotFound error, a Changed error
// when the condition does not hold, an Invalid error for a due date that does not exist, or a Conflict error that names the
// job which has the external id.
func (s *Store) UpdateJob(ctx context.Context, by Request, id string, condition Condition, change models.JobChange) (models.Job, error) {
	var job models.Job
	if err := change.Check(); err != nil {
		return job, err
	}
	err := s.db.Transact(ctx, func(t *database.Tx) (err error) {
		if job, err = lockJob(t, id, condition); err != nil {
			return err
		}
		urgency := job.Urgency
		if err := changeJob(t, by, &job, change); err != nil {
			return err
		}
		if err := updateJob(t, &job); err != nil || job.Urgency == urgency {
			return err
		}
		if _, err := lockPathsOf(t, []string{id}); err != nil {
			return err
		}
		return rankSteps(t, []string{id})
	})
	return job, s.explainTaken(ctx, job, err)
}

// changeJob changes a locked job and records the event, and does not write the job.
func changeJob(t *database.Tx, by Request, job *models.Job, change models.JobChange) error {
	change.Apply(job)
	setNewVersion(t, job)
	id := job.ID
	return recordEvent(t, by, models.Event{Type: models.JobUpdated, JobID: &id}, struct {
		Name         *string             `json:"name,omitempty"`
		GoalQuantity *int64              `json:"goalQuantity,omitempty"`
		DueDate      *string             `json:"dueDate,omitempty"`
		Priority     *models.JobPriority `json:"priority,omitempty"`
		Notes        *string             `json:"notes,omitempty"`
		ExternalID   *string             `json:"externalId,omitempty"`
		Cleared      []string            `json:"cleared,omitempty"`
	}{
		change.Name, change.GoalQuantity, newValue(change.DueDate), newValue(change.Priority), newValue(change.Notes),
		newValue(change.ExternalID), change.Cleared(),
	})
}

// newValue returns the value that a change sets, or nil if the change does not set the field or clears it.
func newValue[Value any](field **Value) *Value {
	if field == nil {
		return nil
	}
	return *field
}

// ownJobFields are the columns of the job's own fields, except for those from Jira.
var ownJobFields = []string{
	"name", "goal_quantity", "due_date", "priority", "notes", "external_id", "closed_at", "close_reason", "urgency", "search_text",
	"version", "updated_at",
}

// updateJob writes the job's own fields, except for those from Jira.
func updateJob(t *database.Tx, job *models.Job) error {
	return t.Select(ownJobFields).Updates(job).Error
}

// rankOfJob selects the rank of an open job, see [models.Job.Rank], as a row of jobs has it.
const rankOfJob = "SELECT urgency || '.' || id FROM jobs WHERE closed_at IS NULL AND "

// rankSteps gives the steps of jobs the new rank of their job. The paths must be locked, so that nobody adds a step with the old rank.
func rankSteps(t *database.Tx, jobIDs []string) error {
	return t.Exec("UPDATE steps SET job_rank = ("+rankOfJob+"id = (SELECT job_id FROM paths WHERE paths.id = steps.path_id)) "+
		"WHERE position IS NOT NULL AND path_id IN (SELECT id FROM paths WHERE job_id IN ?)", jobIDs).Error
}

// lockPathsOf locks the paths of jobs in the order of the paths' ids, as commands lock them, and returns them without their steps.
func lockPathsOf(t *database.Tx, jobIDs []string) (paths []models.Path, err error) {
	err = t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Where("job_id IN ?", jobIDs).Order("id").Find(&paths).Error
	return paths, err
}

// CloseJob closes a job, and reports whether the job is the result of an earlier request. From the commit on, no unit is
// created or changed on the job. It returns a NotFound error, a Conflict error if the job is closed already, or a KeyReused
// error.
func (s *Store) CloseJob(ctx context.Context, by Request, id string, reason *string) (models.Job, bool, error) {
	return s.changeState(ctx, by, id, models.JobClosed, func(t *database.Tx, job *models.Job) error {
		return job.Close(t.At, reason)
	})
}

// ReopenJob opens a closed job, and reports whether the job is the result of an earlier request. It returns a NotFound error,
// a Conflict error if the job is not closed, or a KeyReused error.
func (s *Store) ReopenJob(ctx context.Context, by Request, id string) (models.Job, bool, error) {
	return s.changeState(ctx, by, id, models.JobReopened, func(_ *database.Tx, job *models.Job) error { return job.Reopen() })
}

// changeState closes or reopens a job and its paths.
func (s *Store) changeState(
	ctx context.Context, by Request, id string, event models.EventType, apply func(*database.Tx, *models.Job) error,
) (models.Job, bool, error) {
	return Once(ctx, s, by, func() (job models.Job, err error) {
		err = s.db.Transact(ctx, func(t *database.Tx) error {
			if job, err = lockJob(t, id, Condition{}); err != nil {
				return err
			}
			if err := apply(t, &job); err != nil {
				return err
			}
			// Locked, so that every command comes either before this change or after it.
			paths, err := lockPathsOf(t, []string{id})
			if err != nil {
				return err
			}
			if err := loadSteps(t.DB, paths); err != nil {
				return err
			}
			closed := job.ClosedAt != nil
			if closed {
				queuePlaces(t, stepsOfPaths(paths), nil)
			} else {
				queuePlaces(t, nil, stepsOfPaths(paths))
			}
			if err := t.Exec("UPDATE paths SET job_closed = ? WHERE job_id = ?", closed, id).Error; err != nil {
				return err
			}
			setNewVersion(t, &job)
			if err := updateJob(t, &job); err != nil {
				return err
			}
			if err := rankSteps(t, []string{id}); err != nil {
				return err
			}
			if err := keepResult(t, by, job); err != nil {
				return err
			}
			return recordEvent(t, by, models.Event{Type: event, JobID: &id}, struct {
				Name   string  `json:"name"`
				Reason *string `json:"reason,omitempty"`
			}{job.Name, job.CloseReason})
		})
		return job, err
	})
}

// setNewVersion sets the fields that follow from a change of the job.
func setNewVersion(t *database.Tx, job *models.Job) {
	job.SearchText, job.Urgency = job.FoldSearchText(), job.UrgencyText()
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
		paths, err := lockPathsOf(t, []string{id})
		if err != nil {
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
		if job.ClosedAt == nil {
			if err := loadSteps(t.DB, paths); err != nil {
				return err
			}
			queuePlaces(t, stepsOfPaths(paths), nil)
		}
		if err := t.Delete(&job).Error; err != nil {
			return err
		}
		return recordEvent(t, by, models.Event{Type: models.JobDeleted, JobID: &id}, struct {
			Name string `json:"name"`
		}{job.Name})
	})
}

// lockJob returns the job and locks it against other changes until the transaction ends.
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

// shareJob returns the job and locks it against changes and deletion until the transaction ends. It returns a NotFound error if
// there is none.
func shareJob(t *database.Tx, id string) (models.Job, error) {
	return findJob(t.Clauses(clause.Locking{Strength: clause.LockingStrengthShare}), id)
}
