package store

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// eachStore runs the test on both databases, from inside the package.
func eachStore(t *testing.T, clock func() time.Time, test func(t *testing.T, s *Store)) {
	t.Helper()
	for name, create := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "routecard.db") },
		"postgres": postgrestest.Database,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), create(t), Options{Clock: clock, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			test(t, s)
		})
	}
}

// keyed is a request with an idempotency key.
func keyed(key string) Request {
	return Request{Caller: "erp", IdempotencyKey: key, Operation: "POST /api/jobs", BodyHash: "h"}
}

func newJob() models.Job { return models.Job{Name: "x", GoalQuantity: 1} }

// counted returns the number of jobs, events, and stored results.
func counted(t *testing.T, s *Store) [3]int64 {
	t.Helper()
	var counts [3]int64
	for i, table := range []string{"jobs", "events", "stored_results"} {
		if err := s.db.Query(t.Context(), func(db *gorm.DB) error { return db.Table(table).Count(&counts[i]).Error }); err != nil {
			t.Fatal(err)
		}
	}
	return counts
}

// TestReusedKeysInAGroup has creates share a transaction although some of their keys are taken: by an earlier request, and
// by each other. Each create returns the job of its key, and no key has two jobs.
func TestReusedKeysInAGroup(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		first, replayed, err := s.CreateJob(t.Context(), keyed("taken"), newJob())
		if err != nil || replayed {
			t.Fatalf("the first create is replayed: %v, %v", replayed, err)
		}
		group := make([]jobCreation, 0, 4)
		for _, key := range []string{"a", "taken", "twice", "twice"} {
			group = append(group, jobCreation{keyed(key), newJob()})
		}
		if _, err := s.createJobs(t.Context(), group); err == nil {
			t.Fatal("a group with a key twice does not fail")
		}
		if _, err := s.createJobs(t.Context(), group[:2]); err == nil {
			t.Fatal("a group with a key that is taken does not fail")
		}
		if got, want := counted(t, s), [3]int64{1, 1, 1}; got != want {
			t.Fatalf("after the groups that fail there are %v jobs, events, and results, want %v", got, want)
		}

		var mutex sync.Mutex
		ids := map[string]map[string]bool{"taken": {first.ID: true}}
		var callers sync.WaitGroup
		for i := range 64 {
			key := []string{"", "a", "taken", "twice", "", "b"}[i%6]
			callers.Go(func() {
				by := Request{}
				if key != "" {
					by = keyed(key)
				}
				job, _, err := s.CreateJob(t.Context(), by, newJob())
				if err != nil {
					t.Errorf("the key %q: %v", key, err)
					return
				}
				mutex.Lock()
				defer mutex.Unlock()
				if ids[key] == nil {
					ids[key] = map[string]bool{}
				}
				ids[key][job.ID] = true
			})
		}
		callers.Wait()
		for _, key := range []string{"a", "taken", "twice", "b"} {
			if len(ids[key]) != 1 {
				t.Errorf("the key %q returned the jobs %v", key, ids[key])
			}
		}
		plain := int64(len(ids[""]))
		if got, want := counted(t, s), [3]int64{4 + plain, 4 + plain, 4}; got != want {
			t.Errorf("there are %v jobs, events, and results, want %v", got, want)
		}
	})
}

// TestResultThatCannotBeStored checks that there is no change without its result.
func TestResultThatCannotBeStored(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		err := s.db.Transact(t.Context(), func(t *database.Tx) error {
			if _, err := insertJobs(t, []jobCreation{{Request{}, newJob()}}); err != nil {
				return err
			}
			return keepResult(t, keyed("k"), func() {})
		})
		if _, ok := errors.AsType[*json.UnsupportedTypeError](err); !ok {
			t.Errorf("the create fails with %v", err)
		}
		if got := counted(t, s); got != [3]int64{} {
			t.Errorf("there are %v jobs, events, and results", got)
		}
	})
}

// TestErrorAfterTheSameRequest has a request fail because the same request was faster. It gets the result of the faster one.
func TestErrorAfterTheSameRequest(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		var made models.Job
		job, replayed, err := Once(t.Context(), s, keyed("k"), func() (models.Job, error) {
			var err error
			if made, _, err = s.CreateJob(t.Context(), keyed("k"), newJob()); err != nil {
				t.Fatal(err)
			}
			return models.Job{}, models.ConflictError("the unit is already scrapped")
		})
		if err != nil || !replayed || job.ID != made.ID {
			t.Errorf("the request gets %q, %v, %v, want the job %q", job.ID, replayed, err, made.ID)
		}
	})
}

// TestSweep checks that results are deleted after 24 hours and jobs stay.
func TestSweep(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	now := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)
	var offset time.Duration
	clock := func() time.Time {
		mutex.Lock()
		defer mutex.Unlock()
		return now.Add(offset)
	}
	move := func(to time.Duration) {
		mutex.Lock()
		defer mutex.Unlock()
		offset = to
	}
	// One database after the other, because they share the clock.
	for _, database := range []string{filepath.Join(t.TempDir(), "routecard.db"), postgrestest.Database(t)} {
		s, err := Open(t.Context(), database, Options{Clock: clock, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		move(0)
		for i, key := range []string{"old", "young"} {
			move(time.Duration(i) * time.Hour)
			if _, _, err := s.CreateJob(t.Context(), keyed(key), newJob()); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			at   time.Duration
			want int64
		}{{24*time.Hour - time.Millisecond, 2}, {24 * time.Hour, 1}, {25*time.Hour - time.Millisecond, 1}, {25 * time.Hour, 0}} {
			move(c.at)
			if err := s.Sweep(context.WithoutCancel(t.Context())); err != nil {
				t.Fatal(err)
			}
			if got := counted(t, s); got != [3]int64{2, 2, c.want} {
				t.Errorf("after %s there are %v jobs, events, and results", c.at, got)
			}
		}
	}
}

// TestSweepOfMany has more to delete than Sweep deletes at a time.
func TestSweepOfMany(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		if err := s.db.Transact(t.Context(), func(t *database.Tx) error {
			results := make([]models.StoredResult, 2*sweepRows+1)
			for i := range results {
				results[i] = models.StoredResult{Caller: "erp", Key: strconv.Itoa(i)}
			}
			t.Queue(rows.New(results))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := counted(t, s), [3]int64{0, 0, 2*sweepRows + 1}; got != want {
			t.Fatalf("there are %v jobs, events, and results, want %v", got, want)
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := counted(t, s); got != [3]int64{} {
			t.Errorf("after the sweep there are %v jobs, events, and results", got)
		}
	})
}
