package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
)

// openLogless opens a database without a log.
func openLogless(t *testing.T, name string, options Options) *Store {
	t.Helper()
	options.Logger = slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), name, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestTimeoutBeforeCommit has a change take too long before its COMMIT. Nothing has changed, and the error does not say otherwise.
func TestTimeoutBeforeCommit(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		s.SetTimeout(100 * time.Millisecond)
		err := s.db.Transact(t.Context(), func(tx *database.Tx) error {
			<-tx.Statement.Context.Done()
			return nil
		})
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("the change returned %v", err)
		}
	})
}

// TestTimeoutOfStatement has a statement of a change, and a query, take too long. SQLite only says that it was interrupted.
func TestTimeoutOfStatement(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		s.SetTimeout(100 * time.Millisecond)
		endless := func(db *gorm.DB) error {
			var n int64
			return db.Raw("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n").Scan(&n).Error
		}
		for name, run := range map[string]func() error{
			"change": func() error {
				return s.db.Transact(t.Context(), func(tx *database.Tx) error { return endless(tx.DB) })
			},
			"query":    func() error { return s.db.Query(t.Context(), endless) },
			"snapshot": func() error { return s.db.Snapshot(t.Context(), endless) },
		} {
			if err := run(); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("the %s returned %v", name, err)
			}
		}
	})
}

// TestIdleTransaction has PostgreSQL end the session of a change that prepares its rows for too long. Nothing has changed, and the
// caller may try again.
func TestIdleTransaction(t *testing.T) {
	t.Parallel()
	s := openLogless(t, postgrestest.Database(t), Options{})
	err := s.db.Transact(t.Context(), func(tx *database.Tx) error {
		if err := tx.Exec("SET LOCAL idle_in_transaction_session_timeout = '50ms'").Error; err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
		return tx.Exec("DELETE FROM jobs").Error
	})
	if !errors.Is(err, ErrBusy) || errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("the change returned %v", err)
	}
}

// TestOutcomeOfFailedSync has the disk fail while SQLite commits. The change is not visible, but it is in the file: a server that starts
// with this file finds it.
func TestOutcomeOfFailedSync(t *testing.T) {
	t.Parallel()
	d, vfs := newDisk(t)
	file := filepath.Join(t.TempDir(), "routecard.db")
	s := openLogless(t, file, Options{vfs: vfs})
	if _, _, err := s.CreateJob(t.Context(), Request{}, newJob()); err != nil {
		t.Fatal(err)
	}
	d.fail("")
	if _, _, err := s.CreateJob(t.Context(), Request{}, newJob()); !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("CreateJob returned %v", err)
	}
	d.fail()
	if got, want := counted(t, s), [3]int64{1, 1, 0}; got != want {
		t.Errorf("there are %v jobs, events, and results, want %v", got, want)
	}

	restarted := filepath.Join(t.TempDir(), "routecard.db")
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, file+suffix, restarted+suffix)
	}
	if got, want := counted(t, openLogless(t, restarted, Options{})), [3]int64{2, 2, 0}; got != want {
		t.Errorf("after a restart there are %v jobs, events, and results, want %v", got, want)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestUnreadableEarlierResult has a change fail when the result of an earlier request cannot be read. The failure may be a
// consequence of that request, so the store must not return it.
func TestUnreadableEarlierResult(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		fail := func(failure error) error {
			_, _, err := Once(t.Context(), s, keyed("k"), func() (models.Job, error) {
				return models.Job{}, errors.Join(failure, s.db.Transact(t.Context(), func(t *database.Tx) error {
					return t.Exec("ALTER TABLE stored_results RENAME TO unreadable").Error
				}))
			})
			if restored := s.db.Transact(t.Context(), func(t *database.Tx) error {
				return t.Exec("ALTER TABLE unreadable RENAME TO stored_results").Error
			}); restored != nil {
				t.Fatal(restored)
			}
			return err
		}
		err := fail(models.ConflictError("the unit is already scrapped"))
		if _, isAnswer := errors.AsType[*models.Error](err); isAnswer || !errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("after a conflict the request gets %v", err)
		}
		if err := fail(ErrBusy); errors.Is(err, ErrOutcomeUnknown) || !errors.Is(err, ErrBusy) {
			t.Errorf("when the database is busy the request gets %v", err)
		}
	})
}
