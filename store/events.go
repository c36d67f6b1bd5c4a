package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// recordEvent completes an event and queues it, so that it is written at the end of the transaction. Data are the details for the
// event's type: a value that encodes to a JSON object.
func recordEvent(t *database.Tx, by Request, event models.Event, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("store: data of %s: %w", event.Type, err)
	}
	if event.ID == "" {
		event.ID = models.NewID(models.EventPrefix)
	}
	event.At, event.OccurredAt = t.At, by.OccurredAt
	event.UserID = by.user()
	if by.Caller != "" {
		event.KeyName = &by.Caller
	}
	event.Data = string(encoded)
	t.QueueLast(rows.New([]models.Event{event}))
	return nil
}

// recordUnit records an event of a unit.
func recordUnit(t *database.Tx, by Request, event models.Event, unit *models.Unit, data any) error {
	event.JobID, event.PathID, event.SerialNumber = &unit.JobID, &unit.PathID, &unit.SerialNumber
	return recordEvent(t, by, event, data)
}

// EventFilter selects events that match every field that is set.
type EventFilter struct {
	JobID, PathID, SerialNumber, StepID, UserID *string
	// Types are the types of which an event must have one. Nil selects every type.
	Types []string
	// UpTo is the number of the last event.
	UpTo *int64
	// Since is the time of the oldest event, see [Store.EventsSince].
	Since *models.Millis
}

// selectFrom adds the conditions of the filter to a query.
func (f EventFilter) selectFrom(query *gorm.DB) *gorm.DB {
	query = where(query, "job_id = ?", f.JobID)
	query = where(query, "path_id = ?", f.PathID)
	query = where(query, "serial_id = ?", f.SerialNumber)
	query = where(query, "step_id = ?", f.StepID)
	query = where(query, "user_id = ?", f.UserID)
	query = where(query, "at >= ?", f.Since)
	if len(f.Types) > 0 {
		query = query.Where("type IN ?", f.Types)
	}
	return query
}

// Events returns up to limit events that follow the event with the given number, oldest first. A reader that continues
// from the last event it has seen gets every event exactly once, because events become visible in the order of their
// numbers.
func (s *Store) Events(ctx context.Context, filter EventFilter, after int64, limit int) (page Page[models.Event], err error) {
	err = s.db.Query(ctx, func(query *gorm.DB) error {
		query = where(filter.selectFrom(query.Where("seq > ?", after)), "seq <= ?", filter.UpTo)
		page, err = rows.ReadPage[models.Event](query.Order("seq"), limit)
		return err
	})
	return page, err
}

// EventsBefore returns up to limit events before the event with the given number, newest first, and none up to the event with
// the number after. A number before of 0 begins with the newest event.
func (s *Store) EventsBefore(ctx context.Context, filter EventFilter, before, after int64, limit int) (page Page[models.Event], err error) {
	err = s.db.Query(ctx, func(query *gorm.DB) error {
		query = filter.selectFrom(query.Where("seq > ?", after))
		if before != 0 {
			query = query.Where("seq < ?", before)
		}
		page, err = rows.ReadPage[models.Event](query.Order("seq DESC"), limit)
		return err
	})
	return page, err
}

// clockTolerance is by how much the clocks of servers may differ, and by how much a clock may be set back.
const clockTolerance = 60 * 60 * 1000

// EventsSince returns an event number. All events from the given time on have a higher number, provided that the times of the
// events are in order within clockTolerance. It reads about 30 events, whatever their number: an index by time would cost every
// event.
func (s *Store) EventsSince(ctx context.Context, since models.Millis) (after int64, err error) {
	last, err := s.LastEvent(ctx)
	if err != nil {
		return 0, err
	}
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		var readErr error
		after = int64(sort.Search(int(last), func(i int) bool {
			var at []models.Millis
			if readErr == nil {
				readErr = db.Model(&models.Event{}).Where("seq > ?", i).Order("seq").Limit(1).Pluck("at", &at).Error
			}
			return len(at) == 0 || at[0] >= since-clockTolerance
		}))
		return readErr
	})
	return after, err
}

// ScopeEvents adds the job to a filter by a path or a step, so that the index of the job's events serves the filter. For a
// path or a step that has never existed, and for a step of a deleted path, the filter then selects nothing.
func (s *Store) ScopeEvents(ctx context.Context, filter EventFilter) (EventFilter, error) {
	if filter.JobID != nil || filter.SerialNumber != nil || filter.PathID == nil && filter.StepID == nil {
		return filter, nil
	}
	var jobs []string
	err := s.db.Query(ctx, func(db *gorm.DB) error {
		if filter.PathID != nil {
			// The event shows the job also after the path was deleted.
			return db.Model(&models.Event{}).Where("path_id = ? AND path_id IS NOT NULL AND serial_id IS NULL", *filter.PathID).
				Order("seq").Limit(1).Pluck("job_id", &jobs).Error
		}
		path := db.Model(&models.Step{}).Select("path_id").Where("id = ?", *filter.StepID)
		return db.Model(&models.Path{}).Where("id = (?)", path).Pluck("job_id", &jobs).Error
	})
	filter.JobID = new("")
	if len(jobs) > 0 {
		filter.JobID = &jobs[0]
	}
	return filter, err
}

// LastEvent returns the number of the newest event, 0 if there is none.
func (s *Store) LastEvent(ctx context.Context) (int64, error) {
	var seq int64
	err := s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT coalesce(max(seq), 0) FROM events").Scan(&seq).Error
	})
	return seq, err
}
