package store

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// recordEvent completes an event and has it written at the end of the transaction. Data is what the event's type shows, as
// a value that encodes to a JSON object.
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
	JobID, SerialNumber, Type *string
	// UpTo is the number of the last event.
	UpTo *int64
}

// Events returns up to limit events that follow the event with the given number, oldest first. A reader that continues
// from the last event it has seen gets every event exactly once, because events become visible in the order of their
// numbers.
func (s *Store) Events(ctx context.Context, filter EventFilter, after int64, limit int) (page Page[models.Event], err error) {
	err = s.db.Query(ctx, func(query *gorm.DB) error {
		query = query.Where("seq > ?", after)
		query = where(query, "job_id = ?", filter.JobID)
		query = where(query, "serial_id = ?", filter.SerialNumber)
		query = where(query, "type = ?", filter.Type)
		query = where(query, "seq <= ?", filter.UpTo)
		page, err = rows.ReadPage[models.Event](query.Order("seq"), limit)
		return err
	})
	return page, err
}

// LastEvent returns the number of the newest event, 0 if there is none.
func (s *Store) LastEvent(ctx context.Context) (int64, error) {
	var seq int64
	err := s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT coalesce(max(seq), 0) FROM events").Scan(&seq).Error
	})
	return seq, err
}
