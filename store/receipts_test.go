package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
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

// receipt is one whose answer is the job's id.
func receipt(key string) *Receipt {
	return &Receipt{Caller: "erp", Key: key, Operation: "POST /api/jobs", Hash: "h", Render: func(result any) (int, string, string, error) {
		job, ok := result.(models.Job)
		if !ok {
			return 0, "", "", errors.New("no job")
		}
		return 201, "{}", job.ID, nil
	}}
}

func newInsert(own *Receipt) jobInsert {
	return jobInsert{job: models.Job{Name: "x", GoalQuantity: 1}, user: Anonymous, receipt: own}
}

// counted is how many jobs, events and receipts there are.
func counted(t *testing.T, s *Store) [3]int64 {
	t.Helper()
	var counts [3]int64
	for i, table := range []string{"jobs", "events", "receipts"} {
		if err := s.read.WithContext(t.Context()).Table(table).Count(&counts[i]).Error; err != nil {
			t.Fatal(err)
		}
	}
	return counts
}

// TestTakenReceiptInABatch has creates share a transaction with some whose keys are taken: by an earlier one, and by each
// other. Each of those is told so, and the rest is made.
func TestTakenReceiptInABatch(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		if _, err := s.insertJobs(t.Context(), []jobInsert{newInsert(receipt("taken"))}); err != nil {
			t.Fatal(err)
		}
		var group []*waiter[jobInsert, models.Job]
		for _, own := range []*Receipt{nil, receipt("a"), receipt("taken"), receipt("twice"), nil, receipt("twice"), receipt("b")} {
			group = append(group, &waiter[jobInsert, models.Job]{in: newInsert(own)})
		}
		s.jobs.run(t.Context(), group)
		for i, want := range []error{nil, nil, ErrReceiptTaken, nil, nil, ErrReceiptTaken, nil} {
			if !errors.Is(group[i].err, want) {
				t.Errorf("create %d of the batch fails with %v, want %v", i, group[i].err, want)
			}
			if want != nil {
				continue
			}
			if _, err := s.Job(t.Context(), group[i].out.ID); err != nil {
				t.Errorf("create %d of the batch: %v", i, err)
			}
			own := group[i].in.receipt
			if own == nil {
				continue
			}
			found, err := s.FindReceipt(t.Context(), "erp", own.Key)
			if err != nil || found == nil || found.Body != group[i].out.ID {
				t.Errorf("the receipt of create %d is %v, %v", i, found, err)
			}
		}
		if got, want := counted(t, s), [3]int64{6, 6, 4}; got != want {
			t.Errorf("there are %v jobs, events and receipts, want %v", got, want)
		}
	})
}

// TestAnswerThatCannotBeKept checks that there is no change without its receipt.
func TestAnswerThatCannotBeKept(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		broken := receipt("k")
		cause := errors.New("cannot be rendered")
		broken.Render = func(any) (int, string, string, error) { return 0, "", "", cause }
		if _, err := s.CreateJob(WithReceipt(t.Context(), broken), models.Job{Name: "x", GoalQuantity: 1}); !errors.Is(err, cause) {
			t.Errorf("the create fails with %v", err)
		}
		if got := counted(t, s); got != [3]int64{} {
			t.Errorf("there are %v jobs, events and receipts", got)
		}
	})
}

// TestReceiptsAtOnce has many transactions of one row each race for few keys, and so wait for each other.
func TestReceiptsAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		const rivals = 12
		keys := []string{"a", "b", "c"}
		var mutex sync.Mutex
		made := map[string]int{}
		var senders sync.WaitGroup
		for range rivals {
			for _, key := range keys {
				senders.Go(func() {
					_, err := s.insertJobs(t.Context(), []jobInsert{newInsert(receipt(key)), newInsert(nil)})
					mutex.Lock()
					defer mutex.Unlock()
					switch {
					case err == nil:
						made[key]++
					case !errors.Is(err, ErrReceiptTaken):
						t.Error(err)
					}
				})
			}
		}
		senders.Wait()
		for _, key := range keys {
			if made[key] != 1 {
				t.Errorf("the key %s was taken %d times", key, made[key])
			}
		}
		if got, want := counted(t, s), [3]int64{6, 6, 3}; got != want {
			t.Errorf("there are %v jobs, events and receipts, want %v", got, want)
		}
	})
}

// TestSweep checks that only what has had its day goes, and that jobs stay.
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
			if _, err := s.CreateJob(WithReceipt(t.Context(), receipt(key)), models.Job{Name: "x", GoalQuantity: 1}); err != nil {
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
				t.Errorf("after %s there are %v jobs, events and receipts", c.at, got)
			}
		}
	}
}

// TestSweepOfMany has more to delete than Sweep deletes at a time.
func TestSweepOfMany(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		if err := s.transact(t.Context(), func(t *tx) error {
			for i := range 2*sweepRows + 1 {
				t.receipts = append(t.receipts, models.Receipt{Caller: "erp", Key: strconv.Itoa(i)})
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := counted(t, s), [3]int64{0, 0, 2*sweepRows + 1}; got != want {
			t.Fatalf("there are %v jobs, events and receipts, want %v", got, want)
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := counted(t, s); got != [3]int64{} {
			t.Errorf("after the sweep there are %v jobs, events and receipts", got)
		}
	})
}
