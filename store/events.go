package store

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// Anonymous stands on events whose request named no user and brought no API key.
const Anonymous = "anonymous"

type userKey struct{}

// WithUser returns a context whose changes are recorded as this user's.
func WithUser(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, userKey{}, user)
}

func userOf(ctx context.Context) string {
	if user, ok := ctx.Value(userKey{}).(string); ok {
		return user
	}
	return Anonymous
}

// record adds an event to those that are appended when the transaction ends. It fills in what all events have.
func (t *tx) record(event models.Event, user string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("store: data of %s: %w", event.Type, err)
	}
	event.ID = models.NewID(models.EventPrefix)
	event.At = t.at
	event.UserID = user
	event.Data = string(encoded)
	t.events = append(t.events, event)
	return nil
}

// EventFilter says which events a list holds: those that match all that is given. Nil fields ask for nothing.
type EventFilter struct {
	JobID, SerialNumber, Type *string
}

// Events returns up to limit events after the one with the number, oldest first. A reader that goes on from the last one
// it has seen gets every event exactly once: none becomes visible behind it.
func (s *Store) Events(ctx context.Context, filter EventFilter, after int64, limit int) ([]models.Event, error) {
	events := make([]models.Event, 0, limit)
	err := s.query(ctx, func(query *gorm.DB) error {
		query = query.Where("seq > ?", after)
		query = whereGiven(query, "job_id = ?", filter.JobID)
		query = whereGiven(query, "serial_id = ?", filter.SerialNumber)
		query = whereGiven(query, "type = ?", filter.Type)
		return query.Order("seq").Limit(limit).Find(&events).Error
	})
	return events, err
}

// lastEvent is the number of the newest event, 0 when there is none.
func (s *Store) lastEvent(ctx context.Context) (int64, error) {
	var seq int64
	err := s.query(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT coalesce(max(seq), 0) FROM events").Scan(&seq).Error
	})
	return seq, err
}
