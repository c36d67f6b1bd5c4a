package store

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
)

func openPostgresStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), postgrestest.Database(t), Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func twoJobs(t *testing.T, s *Store) (ids [2]string) {
	t.Helper()
	for i := range ids {
		job, _, err := s.CreateJob(t.Context(), Request{}, models.Job{Name: "x", GoalQuantity: 1})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = job.ID
	}
	return ids
}

// TestDeadlock has two transactions lock two jobs in opposite orders. PostgreSQL ends one of them, which is tried again, and both
// are carried out.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t)
	ids := twoJobs(t, s)
	var bothHold sync.WaitGroup
	bothHold.Add(2)
	var runs sync.WaitGroup
	var mutex sync.Mutex
	attempts := 0
	for i := range ids {
		first := true
		runs.Go(func() {
			err := s.db.Transact(t.Context(), func(tx *database.Tx) error {
				mutex.Lock()
				attempts++
				mutex.Unlock()
				for _, id := range []string{ids[i], ids[1-i]} {
					if err := tx.Exec("UPDATE jobs SET goal_quantity = goal_quantity + 1 WHERE id = ?", id).Error; err != nil {
						return err
					}
					if first {
						first = false
						bothHold.Done()
						bothHold.Wait()
					}
				}
				return recordEvent(tx, Request{}, models.Event{Type: models.JobUpdated, JobID: &ids[i]}, struct{}{})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	if attempts < 3 {
		t.Errorf("there was no deadlock: %d attempts", attempts)
	}
	wantGoals(t, s, ids, 3)
	if got := counted(t, s); got != [3]int64{2, 4, 0} { // two of the creation
		t.Errorf("there are %v jobs, events and receipts", got)
	}
}

func wantGoals(t *testing.T, s *Store, ids [2]string, want int64) {
	t.Helper()
	for _, id := range ids {
		job, err := s.Job(t.Context(), id)
		if err != nil || job.GoalQuantity != want {
			t.Errorf("the goal of %s is %d, %v, want %d", id, job.GoalQuantity, err, want)
		}
	}
}

// TestSerializationFailure has a job change between the moment at which a transaction begins to see the database and that
// at which it writes.
func TestSerializationFailure(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t)
	ids := twoJobs(t, s)
	attempts := 0
	err := s.db.Transact(t.Context(), func(tx *database.Tx) error {
		attempts++
		if err := tx.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").Error; err != nil {
			return err
		}
		if _, err := findJob(tx.DB, ids[0]); err != nil {
			return err
		}
		if attempts == 1 {
			quantity := int64(2)
			if _, err := s.UpdateJob(t.Context(), Request{}, ids[0], Condition{}, models.JobChange{GoalQuantity: &quantity}); err != nil {
				return err
			}
		}
		return tx.Exec("UPDATE jobs SET goal_quantity = goal_quantity + 1 WHERE id = ?", ids[0]).Error
	})
	if err != nil || attempts != 2 {
		t.Errorf("the transaction ends with %v after %d attempts", err, attempts)
	}
	wantGoals(t, s, [2]string{ids[0], ids[0]}, 3)
}

// TestConnectionsThatTheServerClosed has PostgreSQL close every connection of the pool, so soon after their last use that the pool
// does not know it when it sends the next statements. No caller gets an error, and no change is made twice.
func TestConnectionsThatTheServerClosed(t *testing.T) {
	t.Parallel()
	s := openPostgresStore(t)
	ids := twoJobs(t, s)
	for round := range 5 {
		// As many connections as the pool takes, all idle.
		var readers sync.WaitGroup
		for range 16 {
			readers.Go(func() {
				if err := s.db.Query(t.Context(), func(db *gorm.DB) error { return db.Exec("SELECT pg_sleep(0.05)").Error }); err != nil {
					t.Error(err)
				}
			})
		}
		readers.Wait()
		ended := s.Pools()["postgres"].Stats().OpenConnections
		if _, err := s.Pools()["postgres"].ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // until their last words have arrived
		if ended < 3 {
			t.Fatalf("only %d connections were open", ended)
		}
		if _, err := s.Job(t.Context(), ids[0]); err != nil {
			t.Errorf("reading in round %d: %v", round, err)
		}
		if _, _, err := s.CreateJob(t.Context(), Request{}, models.Job{Name: "x", GoalQuantity: 1}); err != nil {
			t.Errorf("creating in round %d: %v", round, err)
		}
		if got, want := counted(t, s), (int64(round) + 3); got != [3]int64{want, want, 0} {
			t.Errorf("after round %d there are %v jobs, events and receipts", round, got)
		}
	}
}
