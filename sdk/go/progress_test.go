package routecard_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// TestProgress builds a table from the events of a server, and waits until the table has a change that was just made.
func TestProgress(t *testing.T) {
	t.Parallel()
	c, stop := open()
	defer stop()
	var progress routecard.Progress
	names := map[string]string{}
	ctx, leave := context.WithCancelCause(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for event, err := range progress.Of(c.Events(ctx, nil)) {
			if err != nil {
				return
			}
			if typed, err := event.Typed(); err == nil {
				if created, ok := typed.(routecard.JobCreatedEvent); ok {
					names[*created.JobID] = created.Data.Name
				}
			}
		}
	}()
	for _, name := range []string{"JOB-2024-001", "JOB-2024-002"} {
		job, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: name, GoalQuantity: 50})
		if err != nil {
			t.Fatal(err)
		}
		session, err := c.GetSession(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := progress.Wait(t.Context(), session.LastSeq); err != nil {
			t.Fatal(err)
		}
		if names[job.ID] != name || progress.LastSeq() != session.LastSeq {
			t.Errorf("after event %d of %d: %v, want %s", progress.LastSeq(), session.LastSeq, names, name)
		}
	}
	if err := progress.Wait(t.Context(), 1); err != nil {
		t.Errorf("waiting for an event that was handled long ago: %v", err)
	}
	canceled, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if err := progress.Wait(canceled, 1000); !errors.Is(err, enough) {
		t.Errorf("waiting with a context that has ended: %v", err)
	}
	never := make(chan error)
	go func() { never <- progress.Wait(t.Context(), 1000) }()
	leave(nil)
	<-ended
	for _, err := range []error{<-never, progress.Wait(t.Context(), 1000)} {
		if !errors.Is(err, routecard.ErrLoopEnded) || err.Error() != "the loop over the events has ended after event 2" {
			t.Errorf("waiting for an event that the loop has not come to: %v", err)
		}
	}
}

// TestProgressOfARestoredFeed checks that the count starts over with the feed, and that the event counts at which a loop is left.
func TestProgressOfARestoredFeed(t *testing.T) {
	t.Parallel()
	var progress routecard.Progress
	var seen []int64
	feed := func(yield func(routecard.Event, error) bool) {
		_ = yield(routecard.Event{Seq: 7}, nil) && yield(routecard.Event{}, routecard.ErrFeedRestored) &&
			yield(routecard.Event{Seq: 1}, nil) && yield(routecard.Event{Seq: 2}, nil) && yield(routecard.Event{Seq: 3}, nil)
	}
	for event, err := range progress.Of(feed) {
		seen = append(seen, progress.LastSeq())
		if err == nil && event.Seq == 2 {
			break
		}
	}
	if !slices.Equal(seen, []int64{0, 7, 0, 1}) || progress.LastSeq() != 2 {
		t.Errorf("seen: %v, then %d", seen, progress.LastSeq())
	}
}
