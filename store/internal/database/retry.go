package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
)

// maxWait is how long a request waits for a connection before it fails with [ErrBusy].
const maxWait = 5 * time.Second

// defaultTimeout is how long a query or a transaction may take. It frees the connection of a caller whose database has
// stopped answering, for example because its machine has lost power.
const defaultTimeout = 30 * time.Second

// rollbackTimeout is how long a ROLLBACK may take before the connection is closed, which rolls back as well.
const rollbackTimeout = 2 * time.Second

// ErrBusy is returned when no connection was free within 5 seconds, or others held a lock for too long: 8 seconds on PostgreSQL,
// 10 seconds on SQLite. Nothing has changed.
var ErrBusy = errors.New("database: no connection or lock was free in time")

// ErrOutcomeUnknown is returned when the server does not know whether a transaction was committed: the connection broke during
// COMMIT, the database did not respond within 30 seconds, or the disk failed. It is also returned to a caller of [Group.Do] whose
// context ended during the transaction. The change may have been made, may never be made, or may be made later, so reading the
// database immediately does not help.
var ErrOutcomeUnknown = errors.New("database: the outcome of the transaction is unknown")

// gate limits the number of callers to the number of connections in a pool. The pool alone would let callers wait without a
// limit.
type gate chan struct{}

// enter waits for a free slot, which leave releases.
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

// retry runs a function again after a short random pause if its error shows that the function had no effect and that another
// attempt may succeed. It returns ErrBusy if other transactions held a lock during all attempts, or if the last attempt was rolled
// back too. It returns the error of the context when the context ended an attempt or the pause after it.
func retry(ctx context.Context, attempt func() error) error {
	begun := time.Now() //nolint:forbidigo // Elapsed time is measured by the real clock.
	for n := 1; ; n++ {
		err := attempt()
		// SQLite waits for the lock within an attempt.
		if err == nil || n == maxAttempts || time.Since(begun) > maxWait || !isTransient(err) {
			switch {
			case errors.Is(err, sqlite3.BUSY), hasCode(err, lockTimeout), hasCode(err, rolledBack...):
				err = fmt.Errorf("%w: %w", ErrBusy, err)
			case errors.Is(err, sqlite3.INTERRUPT) && ctx.Err() != nil:
				// SQLite does not say why it was interrupted.
				err = fmt.Errorf("%w: %w", ctx.Err(), err)
			}
			return err
		}
		// Random, so that transactions that blocked each other do not do so again.
		pause := time.Duration(n*n) * (5*time.Millisecond + rand.N(20*time.Millisecond))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// commitError is an error of a COMMIT. It is ErrOutcomeUnknown unless the cause says that the transaction was rolled back.
type commitError struct{ cause error }

func (e *commitError) Error() string {
	if isRolledBack(e.cause) {
		return e.cause.Error()
	}
	return ErrOutcomeUnknown.Error() + ": " + e.cause.Error()
}

func (e *commitError) Unwrap() []error {
	if isRolledBack(e.cause) {
		return []error{e.cause}
	}
	return []error{ErrOutcomeUnknown, e.cause}
}

// isRolledBack reports whether the error of a COMMIT says that nothing was committed.
func isRolledBack(err error) bool {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		// PostgreSQL reports an ordinary error only before it commits. When it ends the session, it may have committed.
		return refused.SeverityUnlocalized == "ERROR" || hasCode(err, rolledBack...)
	}
	return errors.Is(err, pgx.ErrTxCommitRollback) ||
		// SQLite writes the mark of a commit last. After a failed write the mark is incomplete. After a failed sync it is in the
		// file, where the next start may find it. The driver reports a full disk as a failed write.
		errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.FULL) || errors.Is(err, sqlite3.IOERR_WRITE) ||
		errors.Is(err, sqlite3.CONSTRAINT)
}

// isTransient reports whether another attempt may succeed and the first one certainly changed nothing. A connection that
// broke during COMMIT is not transient, because the commit may have been made. A connection that broke earlier takes its
// transaction with it.
func isTransient(err error) bool {
	_, isRefused := errors.AsType[*pgconn.PgError](err)
	_, isCommit := errors.AsType[*commitError](err)
	switch {
	case errors.Is(err, sqlite3.BUSY), hasCode(err, rolledBack...):
		return true
	case isCommit:
		// Even if pgx calls it safe, which it does when it finds that the connection was already closed.
		return false
	case isRefused:
		return hasCode(err, disconnected...)
	default:
		return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) ||
			errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
}

// isNoTransaction reports whether a ROLLBACK fails because there is no transaction: SQLite has rolled back by itself.
func isNoTransaction(err error) bool {
	return errors.Is(err, sqlite3.ERROR) && strings.Contains(err.Error(), "no transaction is active")
}

// hasCode reports whether the error is one of PostgreSQL's with one of the codes.
func hasCode(err error, codes ...string) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(codes, refused.Code)
}

// lockTimeout is PostgreSQL's code for a lock that others held for longer than lock_timeout.
const lockTimeout = "55P03"

var (
	// rolledBack are PostgreSQL's codes for a transaction that it rolled back and that may succeed another time: a serialization
	// failure, a deadlock, and a session that was idle in the transaction for too long, for example because the server had no
	// processor time.
	rolledBack = []string{"40001", "40P01", "25P03"}
	// disconnected are its codes for a connection that it closes or does not accept yet: a shutdown, a crash, a start.
	disconnected = []string{"57P01", "57P02", "57P03"}
)
