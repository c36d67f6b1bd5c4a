package store

import (
	"context"
	"encoding/json"
	"fmt"

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
