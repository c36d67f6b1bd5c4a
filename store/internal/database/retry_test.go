package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// closedConnectionError is the error of pgx for a connection that it has found closed. It says that nothing was sent, which is not
// true for a COMMIT, see isTransient.
type closedConnectionError struct{}

func (closedConnectionError) Error() string     { return "conn closed" }
func (closedConnectionError) SafeToRetry() bool { return true }

// TestIsTransient has every kind of failure, before and during a commit.
func TestIsTransient(t *testing.T) {
	t.Parallel()
	refused := func(code string) error { return &pgconn.PgError{Code: code} }
	for _, c := range []struct {
		name                string
		err                 error
		before, inItsCommit bool
	}{
		{"serialization failure", refused("40001"), true, true},
		{"deadlock", refused("40P01"), true, true},
		{"SQLite is busy", sqlite3.BUSY, true, true},
		{"idle in the transaction for too long", refused("25P03"), true, true},

		{"the server stops", refused("57P01"), true, false},
		{"the server has crashed", refused("57P02"), true, false},
		{"the server starts", refused("57P03"), true, false},
		{"the connection was closed before", closedConnectionError{}, true, false},
		{"a bad connection", driver.ErrBadConn, true, false},
		{"the connection ended", io.ErrUnexpectedEOF, true, false},
		{"the connection was reset", &pgconn.PgError{}, false, false},
		{"a reset", fmt.Errorf("write: %w", syscall.ECONNRESET), true, false},
		{"a broken pipe", fmt.Errorf("write: %w", syscall.EPIPE), true, false},

		{"a taken key", gorm.ErrDuplicatedKey, false, false},
		{"no room", sqlite3.FULL, false, false},
		{"no room on PostgreSQL", refused("53100"), false, false},
		{"a read-only server", refused("25006"), false, false},
		{"a lock was held for too long", refused("55P03"), false, false},
		{"too slow", context.DeadlineExceeded, false, false},
		{"the client has gone", context.Canceled, false, false},
		{"a conflict", models.ConflictError("x"), false, false},
		{"a fault of ours", errors.New("x"), false, false},
	} {
		if got := isTransient(fmt.Errorf("wrapped: %w", c.err)); got != c.before {
			t.Errorf("%s, before the commit: %v", c.name, got)
		}
		if got := isTransient(&commitError{fmt.Errorf("wrapped: %w", c.err)}); got != c.inItsCommit {
			t.Errorf("%s, during the commit: %v", c.name, got)
		}
	}
}

// TestCommitError has every kind of failure of a COMMIT, and whether the change may have been made.
func TestCommitError(t *testing.T) {
	t.Parallel()
	refused := func(severity, code string) error {
		return &pgconn.PgError{SeverityUnlocalized: severity, Code: code}
	}
	for _, c := range []struct {
		name    string
		err     error
		unknown bool
	}{
		{"the database did not answer in time", context.DeadlineExceeded, true},
		{"the client left", context.Canceled, true},
		{"the connection ended", io.ErrUnexpectedEOF, true},
		{"the connection was reset", fmt.Errorf("read: %w", syscall.ECONNRESET), true},
		{"the connection was closed before", closedConnectionError{}, true},
		{"a session that was ended", refused("FATAL", "57P01"), true},
		{"a crash", refused("PANIC", "XX000"), true},
		{"a failed sync", sqlite3.IOERR_FSYNC, true},
		{"an interrupt", sqlite3.INTERRUPT, true},

		{"a serialization failure", refused("ERROR", "40001"), false},
		{"a canceled statement", refused("ERROR", "57014"), false},
		{"no room on PostgreSQL", refused("ERROR", "53100"), false},
		{"idle in the transaction for too long", refused("FATAL", "25P03"), false},
		{"a transaction that had failed before", pgx.ErrTxCommitRollback, false},
		{"SQLite is busy", sqlite3.BUSY, false},
		{"no room", sqlite3.FULL, false},
		{"a failed write", sqlite3.IOERR_WRITE, false},
		{"a foreign key", sqlite3.CONSTRAINT_FOREIGNKEY, false},
	} {
		err := error(&commitError{fmt.Errorf("wrapped: %w", c.err)})
		if got := errors.Is(err, ErrOutcomeUnknown); got != c.unknown {
			t.Errorf("%s: unknown is %v, want %v", c.name, got, c.unknown)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%s: the error %v hides its cause", c.name, err)
		}
	}
}

// TestRetry counts the attempts.
func TestRetry(t *testing.T) {
	t.Parallel()
	busy, idle := error(sqlite3.BUSY), error(&pgconn.PgError{Code: "25P03"})
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		errs   []error
		calls  int
		result error
	}{
		{"success", t.Context(), []error{nil}, 1, nil},
		{"success in the end", t.Context(), []error{busy, busy, busy, nil}, 4, nil},
		{"no success", t.Context(), []error{busy, busy, busy, busy, nil}, 4, busy},
		{"a lock that was never free", t.Context(), []error{&pgconn.PgError{Code: "55P03"}, nil}, 1, ErrBusy},
		{"an attempt that was always rolled back", t.Context(), []error{idle, idle, idle, idle, nil}, 4, ErrBusy},
		{"an interrupt by the context", gone, []error{sqlite3.INTERRUPT, nil}, 1, context.Canceled},
		{"another interrupt", t.Context(), []error{sqlite3.INTERRUPT, nil}, 1, sqlite3.INTERRUPT},
		{"another failure", t.Context(), []error{busy, gorm.ErrDuplicatedKey, nil}, 2, gorm.ErrDuplicatedKey},
		{"nobody waits", gone, []error{busy, nil}, 1, busy},
		{"a connection that the context closed", gone, []error{driver.ErrBadConn, nil}, 1, context.Canceled},
	} {
		calls := 0
		err := retry(c.ctx, func() error {
			calls++
			return c.errs[calls-1]
		})
		if calls != c.calls || !errors.Is(err, c.result) {
			t.Errorf("%s: %v after %d calls, want %v after %d", c.name, err, calls, c.result, c.calls)
		}
	}
}
