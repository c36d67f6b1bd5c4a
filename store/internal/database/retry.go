package database

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
)

// maxWait is how long a request waits for a connection before it fails with [ErrBusy].
const maxWait = 5 * time.Second

// defaultTimeout is how long a query or a transaction may take. It frees the connection of a caller whose database has
// stopped answering, for example because its machine has lost power.
const defaultTimeout = 30 * time.Second

// ErrBusy is returned when no connection was free within 5 seconds. Nothing has changed.
var ErrBusy = errors.New("database: no connection was free in time")

// gate admits as many callers as a pool has connections. The pool alone would let callers wait without a limit.
type gate chan struct{}

// enter waits for a free place, which leave gives back.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g }
	select {
	case g <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(maxWait)
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

// maxAttempts is how often a transaction is tried when the database asks for another attempt.
const maxAttempts = 4

// retry runs a function again, after a short random pause, when its error says that it had no effect and that another
// attempt may succeed. It returns ErrBusy when another program held SQLite's lock all the time.
func retry(ctx context.Context, attempt func() error) error {
	begun := time.Now() //nolint:forbidigo // Elapsed time is measured by the real clock.
	for n := 1; ; n++ {
		err := attempt()
		// SQLite waits for the lock within an attempt.
		if err == nil || n == maxAttempts || time.Since(begun) > maxWait || !isTransient(err) {
			if errors.Is(err, sqlite3.BUSY) {
				err = fmt.Errorf("%w: %w", ErrBusy, err)
			}
			return err
		}
		// Random, so that transactions that blocked each other do not meet again.
		pause := time.Duration(n*n) * (5*time.Millisecond + rand.N(20*time.Millisecond))
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

// isTransient reports whether another attempt may succeed and the first one certainly changed nothing. A connection that
// broke during COMMIT is not transient, because the commit may have been made. A connection that broke earlier takes its
// transaction with it.
func isTransient(err error) bool {
	refused, isRefused := errors.AsType[*pgconn.PgError](err)
	_, isCommit := errors.AsType[*commitError](err)
	switch {
	case errors.Is(err, sqlite3.BUSY), isRefused && slices.Contains(rolledBack, refused.Code):
		return true
	case isCommit:
		// Even if pgx calls it safe, which it does when it finds that the connection was already closed.
		return false
	case isRefused:
		return slices.Contains(disconnected, refused.Code)
	default:
		return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) ||
			errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
}

var (
	// rolledBack are PostgreSQL's codes for a transaction that it rolled back because of others: a serialization failure
	// and a deadlock.
	rolledBack = []string{"40001", "40P01"}
	// disconnected are its codes for a connection that it closes or does not accept yet: a shutdown, a crash, a start.
	disconnected = []string{"57P01", "57P02", "57P03"}
)
