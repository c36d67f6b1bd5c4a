package store_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestDatabaseStopsResponding stops all answers of PostgreSQL, as when its machine loses power, while callers without a
// timeout wait. Every caller gets an error, and its connection and locks are free again.
func TestDatabaseStopsResponding(t *testing.T) {
	t.Parallel()
	database, silent := routecardtest.SilentDatabase(t, postgrestest.Database(t))
	s := openStore(t, database)
	s.SetTimeout(time.Second)
	job := create(t, s, models.Job{Name: "before", GoalQuantity: 1})

	silent.Store(true)
	var callers sync.WaitGroup
	for range 5 { // with each of these, more than there are connections
		for name, call := range map[string]func() error{
			"CreateJob": func() error {
				_, _, err := s.CreateJob(t.Context(), store.Request{}, models.Job{Name: "lost", GoalQuantity: 1})
				return err
			},
			"UpdateJob": func() error {
				_, err := s.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{}, models.JobChange{Name: new("lost")})
				return err
			},
			"Job": func() error {
				_, err := s.Job(t.Context(), job.ID)
				return err
			},
			"JobWithPaths": func() error {
				_, _, err := s.JobWithPaths(t.Context(), job.ID)
				return err
			},
		} {
			callers.Go(func() {
				if err := call(); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, store.ErrBusy) {
					t.Errorf("%s of a silent database gave %v", name, err)
				}
			})
		}
	}
	callers.Wait()
	silent.Store(false)

	for range 20 {
		if _, err := s.Job(t.Context(), job.ID); err != nil {
			t.Errorf("reading when the database answers again gave %v", err)
		}
	}
	create(t, s, models.Job{Name: "after", GoalQuantity: 1})
}

// TestCommitWithoutResponse drops PostgreSQL's answer to COMMIT, and keeps the connection open or closes it. The change is made,
// and the caller learns that its outcome is unknown.
func TestCommitWithoutResponse(t *testing.T) {
	t.Parallel()
	for name, closes := range map[string]bool{"silent": false, "closed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name := postgrestest.Database(t)
			parsed, err := url.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			var armed atomic.Bool
			ended := t.Context().Done()
			parsed.Host = routecardtest.Proxy(t, parsed.Host, func(data []byte) bool {
				if !routecardtest.Commits(data) || !armed.CompareAndSwap(true, false) {
					return true
				}
				if !closes {
					<-ended
				}
				return false
			})
			s, direct := openStore(t, parsed.String()), openStore(t, name)
			s.SetTimeout(2 * time.Second)
			job := create(t, s, models.Job{Name: "x", GoalQuantity: 1})
			for name, change := range map[string]func() error{
				"CreateJob": func() error {
					_, _, err := s.CreateJob(t.Context(), store.Request{}, models.Job{Name: "z", GoalQuantity: 1})
					return err
				},
				"UpdateJob": func() error {
					_, err := s.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{}, models.JobChange{Name: new("y")})
					return err
				},
			} {
				armed.Store(true)
				if err := change(); !errors.Is(err, store.ErrOutcomeUnknown) {
					t.Errorf("%s returned %v", name, err)
				}
			}
			jobs, err := direct.Jobs(t.Context(), store.JobFilter{}, "", 10)
			if err != nil || len(jobs.Rows) != 2 || jobs.Rows[0].Name != "z" || jobs.Rows[1].Name != "y" {
				t.Errorf("the jobs are %+v, %v", jobs.Rows, err)
			}
		})
	}
}

// TestAbsentStandby has PostgreSQL wait for a synchronous standby that is not there. The wait ends with the timeout of the store, or
// an administrator cancels it: then PostgreSQL reports success with a warning. Either way the change can be lost with the primary.
func TestAbsentStandby(t *testing.T) {
	t.Parallel()
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	name := cluster.CreateDatabase("jobs")
	impatient, patient := openStore(t, name), openStore(t, name)
	impatient.SetTimeout(2 * time.Second)
	cluster.Exec("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
	cluster.Exec("SELECT pg_reload_conf()")
	// await repeats a query until it returns true.
	await := func(query string) {
		t.Helper()
		for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			var done bool
			if err := anyPool(impatient).QueryRowContext(t.Context(), query).Scan(&done); err != nil {
				t.Fatal(err)
			}
			if done {
				return
			}
			if time.Since(begun) > time.Minute {
				t.Fatalf("after a minute, %s is still false", query)
			}
		}
	}
	create := func(s *store.Store, end string) {
		_, _, err := s.CreateJob(t.Context(), store.Request{}, models.Job{Name: "x", GoalQuantity: 1})
		if !errors.Is(err, store.ErrOutcomeUnknown) {
			t.Errorf("after %s, CreateJob returned %v", end, err)
		}
	}
	await("SELECT current_setting('synchronous_standby_names') = 'absent'")
	create(impatient, "the timeout")
	await("SELECT count(*) = 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")

	var creating sync.WaitGroup
	creating.Go(func() { create(patient, "the cancellation") })
	await("SELECT coalesce(bool_or(pg_cancel_backend(pid)), false) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
	creating.Wait()
}
