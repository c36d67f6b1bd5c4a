package database

import (
	"context"
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"
)

// TestPingWhileQueriesRun has as many queries run as the database admits. Another query gets no connection, but the database
// answers a probe.
func TestPingWhileQueriesRun(t *testing.T) {
	t.Parallel()
	openEach(t, func(t *testing.T, db *DB) {
		running, end := make(chan struct{}), make(chan struct{})
		defer close(end)
		for range cap(db.readGate) {
			go func() {
				_ = db.Query(context.Background(), func(query *gorm.DB) error {
					return query.Connection(func(*gorm.DB) error {
						running <- struct{}{}
						<-end
						return nil
					})
				})
			}()
			<-running
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := db.Query(ctx, func(*gorm.DB) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another query returns %v, want that it waits", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := db.Ping(ctx); err != nil {
			t.Errorf("Ping: %v", err)
		}
	})
}
