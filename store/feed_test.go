package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// feedPatience bounds the wait for an event; the machine may be busy.
const feedPatience = time.Minute

// follower keeps the numbers of the events that a subscription returns.
type follower struct {
	store        *store.Store
	subscription *store.Subscription
	filter       store.EventFilter
	after        int64
	seen         []int64
}

func (f *follower) subscribe(ctx context.Context) (err error) {
	after := f.after
	if len(f.seen) > 0 {
		after = f.seen[len(f.seen)-1]
	}
	f.subscription, err = f.store.Subscribe(ctx, f.filter, after)
	return err
}

// receive waits until Ready receives and calls Next once.
func (f *follower) receive(ctx context.Context) error {
	select {
	case <-f.subscription.Ready():
	case <-ctx.Done():
		return ctx.Err()
	}
	events, err := f.subscription.Next(ctx)
	for _, event := range events {
		f.seen = append(f.seen, event.Seq)
	}
	return err
}

// want returns the numbers of the events that the follower must see.
func (f *follower) want(t *testing.T) []int64 {
	t.Helper()
	var numbers []int64
	for after, more := f.after, true; more; {
		page, err := f.store.Events(t.Context(), f.filter, after, 100_000)
		if err != nil {
			t.Error(err)
			break
		}
		for i := range page.Rows {
			after = page.Rows[i].Seq
			numbers = append(numbers, after)
		}
		more = page.More
	}
	return numbers
}

// TestSubscriptions has 80 subscriptions with random filters follow the changes of random writers, on PostgreSQL through two
// servers. The followers begin at random times and positions, some read slowly, and some subscribe again. The servers keep
// about 20 events in memory. Every follower must see every event that matches exactly once and in order.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		servers := []*store.Store{openStore(t, database)}
		if store.IsPostgres(database) {
			servers = append(servers, openStore(t, database))
		}
		for _, s := range servers {
			s.SetFeedBytes(20 * 1200)
		}
		jobs := make([]models.Job, 5)
		for i := range jobs {
			jobs[i] = create(t, servers[0], models.Job{Name: fmt.Sprint(i), GoalQuantity: 1})
		}
		var writers, followers sync.WaitGroup
		written := make(chan struct{})
		for range 4 {
			writers.Go(func() {
				for range 150 {
					s := servers[rand.N(len(servers))]
					if rand.N(4) == 0 {
						create(t, s, models.Job{Name: "new", GoalQuantity: 1})
						continue
					}
					_, err := s.UpdateJob(t.Context(), store.Request{}, jobs[rand.N(len(jobs))].ID, store.Condition{}, models.JobChange{})
					if err != nil {
						t.Error(err)
					}
					time.Sleep(rand.N(4 * time.Millisecond))
				}
			})
		}
		for range 80 {
			f := &follower{store: servers[rand.N(len(servers))]}
			if rand.N(2) == 0 {
				f.filter.JobID = &jobs[rand.N(len(jobs))].ID
			}
			if rand.N(2) == 0 {
				f.filter.Types = []string{[]string{"job.created", "job.updated", "job.deleted", ""}[rand.N(4)]}
			}
			followers.Go(func() { f.follow(t, written) })
		}
		writers.Wait()
		close(written)
		followers.Wait()
	})
}

// follow reads events until the follower has seen all that it must see.
func (f *follower) follow(t *testing.T, written <-chan struct{}) {
	ctx, cancel := context.WithTimeout(t.Context(), feedPatience)
	defer cancel()
	time.Sleep(rand.N(400 * time.Millisecond))
	if rand.N(2) == 0 {
		var err error
		if f.after, err = f.store.LastEvent(ctx); err != nil {
			t.Error(err)
			return
		}
	}
	slow := rand.N(3) == 0
	if err := f.subscribe(ctx); err != nil {
		t.Error(err)
		return
	}
	defer func() { f.subscription.Close() }()
	for writing := true; writing; {
		select {
		case <-written:
			writing = false
		case <-f.subscription.Ready():
			events, err := f.subscription.Next(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			for _, event := range events {
				f.seen = append(f.seen, event.Seq)
			}
			if slow {
				time.Sleep(rand.N(300 * time.Millisecond))
			}
			if rand.N(10) == 0 {
				f.subscription.Close()
				if err := f.subscribe(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}
	want := f.want(t)
	for len(f.seen) < len(want) {
		if err := f.receive(ctx); err != nil {
			t.Errorf("after %d of %d events: %v", len(f.seen), len(want), err)
			return
		}
	}
	if fmt.Sprint(f.seen) != fmt.Sprint(want) {
		t.Errorf("after event %d the follower saw %v, want %v", f.after, f.seen, want)
	}
}

// TestSubscriptionsShareOneReader has 50 subscriptions follow 20 changes, half of them with a filter that nothing matches. The
// events must be read once for each change, and nobody may scan the events again.
func TestSubscriptionsShareOneReader(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		var queries atomic.Int64
		s.OnStatement(func(text func() string) {
			if strings.Contains(text(), "seq >") {
				queries.Add(1)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), feedPatience)
		defer cancel()
		followers := make([]*follower, 50)
		for i := range followers {
			followers[i] = &follower{store: s}
			if i%2 == 0 {
				followers[i].filter.Types = []string{"job.deleted"}
			}
			if err := followers[i].subscribe(ctx); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(followers[i].subscription.Close)
		}
		const changes = 20
		begun := time.Now()
		for i := range changes {
			create(t, s, models.Job{Name: "new", GoalQuantity: 1})
			for _, f := range followers {
				for f.filter.Types == nil && len(f.seen) <= i {
					if err := f.receive(ctx); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		most := int64(changes + 5)
		if store.IsPostgres(database) {
			most += int64(time.Since(begun)/(100*time.Millisecond)) + 1
		}
		if n := queries.Load(); n > most {
			t.Errorf("%d changes took %d queries, want at most %d", changes, n, most)
		}
	})
}

// TestSubscriptionScansOnce has a subscription without a match begin 120,000 events before the end of the feed. It must reach
// the end by a few queries and then run no more.
func TestSubscriptionScansOnce(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		_, err := anyPool(s).ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
			INSERT INTO events (id, type, at, user_id, data) SELECT 'event', 'job.created', i, 'user', '{}' FROM n`)
		if err != nil {
			t.Fatal(err)
		}
		var scans atomic.Int64
		s.OnStatement(func(text func() string) {
			if strings.Contains(text(), "job.deleted") {
				scans.Add(1)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), feedPatience)
		defer cancel()
		f := &follower{store: s, filter: store.EventFilter{Types: []string{"job.deleted"}}}
		if err := f.subscribe(ctx); err != nil {
			t.Fatal(err)
		}
		defer f.subscription.Close()
		job := create(t, s, models.Job{Name: "new", GoalQuantity: 1})
		for range 2 {
			create(t, s, models.Job{Name: "new", GoalQuantity: 1})
		}
		if err := s.DeleteJob(ctx, store.Request{}, job.ID, store.Condition{}); err != nil {
			t.Fatal(err)
		}
		for len(f.seen) == 0 {
			if err := f.receive(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := scans.Load(); n > 4 {
			t.Errorf("the subscription scanned the events %d times, want at most 4", n)
		}
	})
}

// TestSubscriptionDuringOutage has PostgreSQL stop responding while there are 20 subscriptions. They must end with ErrFeedEnded,
// and after they subscribe again they must get every event exactly once.
func TestSubscriptionDuringOutage(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	proxied, silent := routecardtest.SilentDatabase(t, database)
	direct, s := openStore(t, database), openStore(t, proxied)
	s.SetTimeout(time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), feedPatience)
	defer cancel()
	var followers [20]*follower
	for i := range followers {
		followers[i] = &follower{store: s}
		if err := followers[i].subscribe(ctx); err != nil {
			t.Fatal(err)
		}
	}
	create(t, direct, models.Job{Name: "before", GoalQuantity: 1})
	for _, f := range followers {
		for len(f.seen) == 0 {
			if err := f.receive(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	silent.Store(true)
	create(t, direct, models.Job{Name: "during", GoalQuantity: 1})
	for _, f := range followers {
		var err error
		for err == nil {
			err = f.receive(ctx)
		}
		if !errors.Is(err, store.ErrFeedEnded) {
			t.Fatalf("a subscription to a silent database ended with %v", err)
		}
		f.subscription.Close()
	}
	if _, err := s.Subscribe(ctx, store.EventFilter{}, 0); !errors.Is(err, store.ErrFeedEnded) {
		t.Errorf("subscribing to a silent database gave %v", err)
	}
	silent.Store(false)
	create(t, direct, models.Job{Name: "after", GoalQuantity: 1})
	for _, f := range followers {
		for err := f.subscribe(ctx); err != nil; err = f.subscribe(ctx) {
			if !errors.Is(err, store.ErrFeedEnded) || ctx.Err() != nil {
				t.Fatal(err)
			}
		}
		want := f.want(t)
		for len(f.seen) < len(want) {
			if err := f.receive(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if fmt.Sprint(f.seen) != fmt.Sprint(want) {
			t.Errorf("the follower saw %v, want %v", f.seen, want)
		}
		f.subscription.Close()
	}
}
