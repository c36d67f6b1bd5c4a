package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
)

// pushTime is how long a push may take before another one may begin: longer than Jira is ever waited for.
const pushTime = 30 * time.Second

// CreateLinkedJob stores a job that begins as a ticket. Unless duplicates are allowed it returns a Conflict that names the
// job which the ticket is linked to already.
func (s *Store) CreateLinkedJob(ctx context.Context, job models.Job, allowDuplicate bool) (models.Job, error) {
	err := s.transact(ctx, func(t *tx) error {
		if err := t.lockTicket(*job.Jira.TicketKey, allowDuplicate); err != nil {
			return err
		}
		jobs, err := t.createJobs([]jobInsert{{job: job, user: userOf(ctx), receipt: ReceiptOf(ctx)}})
		if err != nil {
			return err
		}
		job = jobs[0]
		return t.recordLink(ctx, job)
	})
	return job, err
}

// LinkJob gives an existing job the ticket's fields, except for those that it has. It returns a NotFound error, or a
// Conflict when the job has a ticket or, unless duplicates are allowed, the ticket another job.
func (s *Store) LinkJob(ctx context.Context, id string, ticket models.Jira, allowDuplicate bool) (models.Job, error) {
	var job models.Job
	err := s.transact(ctx, func(t *tx) (err error) {
		if job, err = t.lockJob(id, Condition{}); err != nil {
			return err
		}
		if err := Linkable(job); err != nil {
			return err
		}
		if err := t.lockTicket(*ticket.TicketKey, allowDuplicate); err != nil {
			return err
		}
		labelled := job.Jira.Labels != nil
		job.Jira.Fill(ticket)
		t.newVersion(&job)
		if err := t.Save(&job).Error; err != nil {
			return err
		}
		if !labelled {
			t.later(labelTable.rows(jobLabels(job)))
		}
		if err := t.answer(ReceiptOf(ctx), job); err != nil {
			return err
		}
		return t.recordLink(ctx, job)
	})
	return job, err
}

// Linkable returns a Conflict for a job that has a ticket.
func Linkable(job models.Job) error {
	if job.Jira.HasTicket() {
		return models.ConflictError("Job is already linked to %s", *job.Jira.TicketKey)
	}
	return nil
}

// lockTicket keeps others from linking the ticket until the transaction ends, and returns a Conflict when a job has it
// and duplicates are not allowed.
func (t *tx) lockTicket(key string, allowDuplicate bool) error {
	if err := t.store.dialect.lockName(t.DB, "jira:"+key); err != nil || allowDuplicate {
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

func (t *tx) recordLink(ctx context.Context, job models.Job) error {
	return t.record(models.Event{Type: models.JobLinked, JobID: &job.ID}, userOf(ctx), struct {
		TicketKey string `json:"ticketKey"`
	}{*job.Jira.TicketKey})
}

// BeginPush keeps others from pushing the job's progress, and returns the id of the comment that the last push wrote, or
// "". It returns a Conflict while another push is under way.
func (s *Store) BeginPush(ctx context.Context, jobID string) (commentID string, err error) {
	err = s.transact(ctx, func(t *tx) error {
		if err := t.shareJob(jobID); err != nil {
			return err
		}
		if err := t.store.dialect.lockName(t.DB, "push:"+jobID); err != nil {
			return err
		}
		push := models.JiraPush{JobID: jobID}
		if err := t.Where("job_id = ?", jobID).Take(&push).Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if push.BusyUntil > t.at {
			return models.ConflictError("a push of this job is under way")
		}
		commentID = push.CommentID
		push.BusyUntil = t.at + models.Millis(pushTime.Milliseconds())
		return t.savePush(push)
	})
	return commentID, err
}

// Pushed is where a push wrote to.
type Pushed struct {
	TicketKey, CommentID string
}

// EndPush remembers the comment, and lets others push. It returns a NotFound error when the job was deleted meanwhile.
func (s *Store) EndPush(ctx context.Context, jobID string, pushed Pushed) (Pushed, error) {
	err := s.transact(ctx, func(t *tx) error {
		if err := t.shareJob(jobID); err != nil {
			return err
		}
		if err := t.savePush(models.JiraPush{JobID: jobID, CommentID: pushed.CommentID}); err != nil {
			return err
		}
		if err := t.answer(ReceiptOf(ctx), pushed); err != nil {
			return err
		}
		return t.record(models.Event{Type: models.JobPushed, JobID: &jobID}, userOf(ctx), struct {
			TicketKey string `json:"ticketKey"`
			CommentID string `json:"commentId"`
		}{pushed.TicketKey, pushed.CommentID})
	})
	return pushed, err
}

// AbandonPush lets others push after one that failed.
func (s *Store) AbandonPush(ctx context.Context, jobID, commentID string) error {
	return s.transact(ctx, func(t *tx) error {
		return t.savePush(models.JiraPush{JobID: jobID, CommentID: commentID})
	})
}

func (t *tx) savePush(push models.JiraPush) error {
	return t.Clauses(clause.OnConflict{UpdateAll: true}).Create(&push).Error
}
