package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// CreateLinkedJob stores a job for a ticket. Unless duplicates are allowed, it returns a Conflict error that names the job to
// which the ticket is already linked. The caller must call [Once].
func (s *Store) CreateLinkedJob(ctx context.Context, by Request, job models.Job, allowDuplicate bool) (models.Job, error) {
	err := s.db.Transact(ctx, func(t *database.Tx) error {
		if err := lockTicket(t, *job.Jira.TicketKey, allowDuplicate); err != nil {
			return err
		}
		jobs, err := insertJobs(t, []jobCreation{{by, job}})
		if err != nil {
			return err
		}
		job = jobs[0]
		return recordLink(t, by, job)
	})
	return job, err
}

// LinkJob sets the fields of an existing job that are not set yet to those of a ticket. It returns a NotFound error, or a
// Conflict error when the job has a ticket or, unless duplicates are allowed, the ticket is linked to another job. The caller
// must call [Once].
func (s *Store) LinkJob(ctx context.Context, by Request, id string, ticket models.Jira, allowDuplicate bool) (job models.Job, err error) {
	err = s.db.Transact(ctx, func(t *database.Tx) error {
		if job, err = lockJob(t, id, Condition{}); err != nil {
			return err
		}
		if err := job.CheckLinkable(); err != nil {
			return err
		}
		if err := lockTicket(t, *ticket.TicketKey, allowDuplicate); err != nil {
			return err
		}
		hadLabels := job.Jira.Labels != nil
		job.Jira.Fill(ticket)
		setNewVersion(t, &job)
		if err := t.Save(&job).Error; err != nil {
			return err
		}
		if !hadLabels {
			t.Queue(rows.New(job.LabelRows()))
		}
		if err := keepResult(t, by, job); err != nil {
			return err
		}
		return recordLink(t, by, job)
	})
	return job, err
}

// lockTicket locks the ticket, so that no other request links it until the transaction ends. Unless duplicates are allowed, it
// returns a Conflict error when a job has the ticket.
func lockTicket(t *database.Tx, key string, allowDuplicate bool) error {
	if err := t.LockName("jira:" + key); err != nil || allowDuplicate {
		return err
	}
	var other models.Job
	err := t.Where("jira_ticket_key = ?", key).Order("id").Take(&other).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return models.ConflictError("%s is already linked to job %s (%s)", key, other.Name, other.ID)
}

func recordLink(t *database.Tx, by Request, job models.Job) error {
	return recordEvent(t, by, models.Event{Type: models.JobLinked, JobID: &job.ID}, struct {
		TicketKey string `json:"ticketKey"`
	}{*job.Jira.TicketKey})
}

// maxPushTime is how long a push may take before another push may begin. It is longer than the timeout of the Jira client.
const maxPushTime = 30 * time.Second

// BeginPush locks the job against other pushes of its progress to Jira. It returns the id of the comment that the last push
// wrote, "" if there was none. It returns a NotFound error, or a Conflict error while another push is in progress.
func (s *Store) BeginPush(ctx context.Context, jobID string) (commentID string, err error) {
	err = s.db.Transact(ctx, func(t *database.Tx) error {
		if _, err := shareJob(t, jobID); err != nil {
			return err
		}
		if err := t.LockName("push:" + jobID); err != nil {
			return err
		}
		push := models.JiraPush{JobID: jobID}
		if err := t.Where("job_id = ?", jobID).Take(&push).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if push.BusyUntil > t.At {
			return models.ConflictError("A push of this job is in progress")
		}
		commentID = push.CommentID
		push.BusyUntil = t.At + models.Millis(maxPushTime.Milliseconds())
		return savePush(t, push)
	})
	return commentID, err
}

// PushResult names the comment that a push wrote.
type PushResult struct {
	TicketKey, CommentID string
}

// EndPush stores the result of a push and unlocks the job for the next push. It returns a NotFound error when the job has been
// deleted in the meantime. The caller must call [Once].
func (s *Store) EndPush(ctx context.Context, by Request, jobID string, pushed PushResult) error {
	return s.db.Transact(ctx, func(t *database.Tx) error {
		if _, err := shareJob(t, jobID); err != nil {
			return err
		}
		if err := savePush(t, models.JiraPush{JobID: jobID, CommentID: pushed.CommentID}); err != nil {
			return err
		}
		if err := keepResult(t, by, pushed); err != nil {
			return err
		}
		return recordEvent(t, by, models.Event{Type: models.JobPushed, JobID: &jobID}, struct {
			TicketKey string `json:"ticketKey"`
			CommentID string `json:"commentId"`
		}{pushed.TicketKey, pushed.CommentID})
	})
}

// AbandonPush unlocks the job for the next push after a push that failed.
func (s *Store) AbandonPush(ctx context.Context, jobID, commentID string) error {
	return s.db.Transact(ctx, func(t *database.Tx) error {
		return savePush(t, models.JiraPush{JobID: jobID, CommentID: commentID})
	})
}

func savePush(t *database.Tx, push models.JiraPush) error {
	return t.Clauses(clause.OnConflict{UpdateAll: true}).Create(&push).Error
}
