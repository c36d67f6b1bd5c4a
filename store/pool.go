package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
)

// patience is how long a request waits for a connection before it is told that the server is too busy.
const patience = 5 * time.Second

// workLimit is how long a query or a transaction may take. It is for a database that has fallen silent, as when its machine
// has lost power: whoever waits for it holds a connection that others could use.
const workLimit = 30 * time.Second

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
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return retry(ctx, func() error { return fn(s.read.WithContext(ctx)) })
}

// attempts is how often a transaction is tried when the database asks for it to be tried again.
const attempts = 4

// retry runs fn again, after a short random wait, when its error says that it had no effect and that another attempt may
// succeed. It returns ErrBusy when all of that was in vain because SQLite's lock was held by another program.
func retry(ctx context.Context, fn func() error) error {
	begun := time.Now() //nolint:forbidigo // How long it takes, by the real clock, as the timers go.
	for attempt := 1; ; attempt++ {
		err := fn()
		// An attempt at SQLite waits for the lock itself.
		if err == nil || attempt == attempts || time.Since(begun) > patience || !transient(err) {
			if errors.Is(err, sqlite3.BUSY) {
				err = fmt.Errorf("%w: %w", ErrBusy, err)
			}
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

// commitError is an error of a COMMIT.
type commitError struct{ cause error }

func (e *commitError) Error() string { return e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

// transient tells whether the error is one that goes away, and leaves no doubt that nothing was changed. A connection
// that broke during a commit does not: the commit may have been made. One that broke at any time before takes its
// transaction with it.
func transient(err error) bool {
	refused, isRefused := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, sqlite3.BUSY), isRefused && slices.Contains(rolledBack, refused.Code):
		return true
	case isCommit(err):
		// Not even by pgx's own word, which calls it safe when it finds the connection closed by what came before.
		return false
	case isRefused:
		return slices.Contains(hungUp, refused.Code)
	default:
		return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) ||
			errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
}

func isCommit(err error) bool {
	_, found := errors.AsType[*commitError](err)
	return found
}

var (
	// rolledBack are the codes by which PostgreSQL says that it has taken a transaction back because of others: a
	// serialization failure, a deadlock.
	rolledBack = []string{"40001", "40P01"}
	// hungUp are those by which it ends a connection, or does not take one yet: it is stopping, has crashed, is starting.
	hungUp = []string{"57P01", "57P02", "57P03"}
)
