package store_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// each runs the test on both databases, with a store whose clock stands still.
func each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		test(t, open(t, database))
	})
}

// open opens the store and closes it after the test.
func open(t *testing.T, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Clock: routecardtest.NewClock().Now, Logger: discard()})
	if err != nil {
		t.Fatalf("open %s: %v", store.Describe(database), err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// refuse opens a store, which must fail with this message.
func refuse(t *testing.T, database, want string) {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Logger: discard()})
	if err == nil {
		_ = s.Close()
		t.Errorf("%q was opened, want %q", database, want)
		return
	}
	if err.Error() != want {
		t.Errorf("opening %q failed with\n%s\nwant\n%s", database, err, want)
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// logTo is a logger that several stores can share.
func logTo(out *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(&lockedWriter{out: out}, nil))
}

type lockedWriter struct {
	mutex sync.Mutex
	out   *bytes.Buffer
}

func (w *lockedWriter) Write(text []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.out.Write(text)
}

func create(t *testing.T, s *store.Store, job models.Job) models.Job {
	t.Helper()
	created, _, err := s.CreateJob(t.Context(), store.Request{}, job)
	if err != nil {
		t.Fatalf("create %s: %v", job.Name, err)
	}
	return created
}

// list gets all jobs, newest first.
func list(t *testing.T, s *store.Store, filter store.JobFilter) []models.Job {
	t.Helper()
	var jobs []models.Job
	for before := ""; ; {
		page, err := s.Jobs(t.Context(), filter, before, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, page.Rows...)
		if !page.More {
			return jobs
		}
		before = jobs[len(jobs)-1].ID
	}
}

// wantKind checks the kind of an error that has a message for the user.
func wantKind(t *testing.T, err error, kind models.Kind) {
	t.Helper()
	var known *models.Error
	if !errors.As(err, &known) || known.Kind != kind {
		t.Errorf("the error is %v, want one of kind %d", err, kind)
	}
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for database, want := range map[string]string{
		"routecard.db":                               "routecard.db",
		"postgres://jo:secret@db:5432/jobs":          "postgres://jo:xxxxx@db:5432/jobs",
		"postgresql://jo@db/jobs":                    "postgresql://jo@db/jobs",
		"postgres://jo:se%zzcret@db:5432/jobs":       "PostgreSQL",
		"postgres://jo:se cret@db:5432/jobs":         "PostgreSQL",
		"postgres://db/jobs?user=jo&password=secret": "postgres://db/jobs?password=xxxxx&user=jo",
	} {
		wantEqual(t, "the description of "+database, store.Describe(database), want)
	}
}

// TestPing pings a database that responds, and a database that does not.
func TestPing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := s.Ping(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Ping(t.Context()); err == nil {
			t.Error("a closed store answers")
		}
	})
}
