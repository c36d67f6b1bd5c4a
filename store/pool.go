package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
)

// patience is how long a request waits for a connection before it is told that the server is too busy.
const patience = 5 * time.Second

// ErrBusy is returned when no connection was free in time. Nothing has changed.
var ErrBusy = errors.New("store: no connection was free in time")

// gate lets as many in as a pool has connections. The pool alone would let callers wait without a bound.
type gate chan struct{}

// enter waits for a place, which leave gives back.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g }
	select {
	case g <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case g <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// query runs a read on a connection of the pool.
func (s *Store) query(ctx context.Context, fn func(*gorm.DB) error) error {
	leave, err := s.readGate.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return retry(ctx, func() error { return fn(s.read.WithContext(ctx)) })
}

// attempts is how often a transaction is tried when the database asks for it to be tried again.
const attempts = 4

// retry runs fn again, after a short random wait, when its error says that it had no effect and that another attempt may
// succeed.
func retry(ctx context.Context, fn func() error) error {
	for attempt := 1; ; attempt++ {
		err := fn()
		if err == nil || attempt == attempts || !transient(err) {
			return err
		}
		// Random, or those who hindered each other would meet again.
		pause := time.Duration(attempt*attempt) * (5*time.Millisecond + rand.N(20*time.Millisecond))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// transient tells whether the error is one that goes away, and leaves no doubt that nothing was changed. A connection
// that broke during a commit is not: the commit may have been made.
func transient(err error) bool {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Serialization failure and deadlock roll the transaction back; a server that is starting has not begun it.
		return refused.Code == "40001" || refused.Code == "40P01" || refused.Code == "57P03"
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, sqlite3.BUSY)
}
