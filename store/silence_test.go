package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestDatabaseThatFallsSilent has PostgreSQL answer nothing any more, as when its machine loses power, and callers who
// wait for ever. They are told in the end, and what they held is free again.
func TestDatabaseThatFallsSilent(t *testing.T) {
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
