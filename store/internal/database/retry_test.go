package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// closedConnectionError is what pgx answers on a connection that it has found closed: that nothing was sent. In a COMMIT that
// is not true, see transient.
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
		{"a taken idempotency key", rows.ErrConflict, false, false},
		{"no room", sqlite3.FULL, false, false},
		{"no room on PostgreSQL", refused("53100"), false, false},
		{"a read-only server", refused("25006"), false, false},
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

// TestRetry counts the attempts.
func TestRetry(t *testing.T) {
	t.Parallel()
	busy := error(sqlite3.BUSY)
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
		{"another failure", t.Context(), []error{busy, rows.ErrConflict, nil}, 2, rows.ErrConflict},
		{"nobody waits", gone, []error{busy, nil}, 1, busy},
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
