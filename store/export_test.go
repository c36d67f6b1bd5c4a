package store

import (
	"context"
	"time"

	"gorm.io/gorm/logger"
)

// OnStatement has f called after each statement that the store sends to its database, BEGIN and COMMIT aside. The text is
// made when f asks for it. Call it before the store is shared.
func (s *Store) OnStatement(f func(text func() string)) {
	s.db.SetLogger(&tracer{Interface: logger.Discard, onStatement: f})
}

// SetTimeout changes how long a query or a transaction may take. Call it before the store is shared.
func (s *Store) SetTimeout(timeout time.Duration) { s.db.SetTimeout(timeout) }

type tracer struct {
	logger.Interface
	onStatement func(text func() string)
}

// Trace is called by GORM after each statement.
func (t *tracer) Trace(_ context.Context, _ time.Time, describe func() (string, int64), _ error) {
	t.onStatement(func() string {
		text, _ := describe()
		return text
	})
}

// LogMode is called by GORM for a session of its own.
func (t *tracer) LogMode(logger.LogLevel) logger.Interface { return t }

// SetFeedBytes changes how much memory the recent events may take. Call it before the store is shared.
func (s *Store) SetFeedBytes(bytes int) { s.feed.bytes = bytes }
