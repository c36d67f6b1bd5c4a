package routecard_test

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// TestPagesOfTheServer checks that the iterators understand the links of every list.
func TestPagesOfTheServer(t *testing.T) {
	t.Parallel()
	c, stop := open()
	defer stop()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	job, err := c.CreateJob(ctx, routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50})
	check(err)
	var path *routecard.Path
	for range 3 {
		path, err = c.CreatePath(ctx, routecard.PathCreate{
			JobID: job.ID, Name: "Route", GoalQuantity: 5, Steps: []routecard.StepCreate{{Name: "Turning"}},
		})
		check(err)
	}
	_, err = c.CreateSerials(ctx, routecard.SerialsCreate{PathID: path.ID, Quantity: new(3)})
	check(err)

	paths := collect(t, c.AllJobPaths(ctx, job.ID, &routecard.ListJobPathsParams{Limit: new(1)}))
	units := collect(t, c.AllSerials(ctx, &routecard.ListSerialsParams{Limit: new(2), JobID: &job.ID}))
	events := collect(t, c.AllEvents(ctx, &routecard.ListEventsParams{Limit: new(2)}))
	if len(paths) != 3 || len(units) != 3 || len(events) != 7 { // one event for the job, each path and each unit
		t.Errorf("%d paths, %d units, %d events", len(paths), len(units), len(events))
	}
	if !slices.IsSortedFunc(events, func(a, b routecard.Event) int { return cmp.Compare(a.Seq, b.Seq) }) {
		t.Errorf("the events are not in order: %+v", events)
	}
}

// TestReadRequestID checks that the id of a request is read from a success, and that each request has its own.
func TestReadRequestID(t *testing.T) {
	t.Parallel()
	c, stop := open()
	defer stop()
	var first, second string
	for _, id := range []*string{&first, &second} {
		if _, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50}, routecard.ReadRequestID(id)); err != nil {
			t.Fatal(err)
		}
	}
	if first == "" || first == second {
		t.Errorf("the requests have the ids %q and %q", first, second)
	}
}

// TestEventsBackwards reads the events before the last one, newest first: with the iterator, and page by page with the cursor.
func TestEventsBackwards(t *testing.T) {
	t.Parallel()
	c, stop := open()
	defer stop()
	for range 6 {
		if _, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50}); err != nil {
			t.Fatal(err)
		}
	}
	// After is a filter here, and no cursor.
	params := routecard.ListEventsParams{
		Order: new(routecard.ListEventsParamsOrderDesc), After: new(int64(1)), Before: new(int64(6)), Limit: new(2),
	}
	want := []int64{5, 4, 3, 2}
	var seqs []int64
	for _, event := range collect(t, c.AllEvents(t.Context(), &params)) {
		seqs = append(seqs, event.Seq)
	}
	if !slices.Equal(seqs, want) {
		t.Errorf("with the iterator: %v, want %v", seqs, want)
	}
	var pages []int64
	for range 3 {
		var cursor string
		page, err := c.ListEvents(t.Context(), &params, routecard.ReadCursor(&cursor))
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page {
			pages = append(pages, event.Seq)
		}
		if cursor == "" {
			break
		}
		before, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		params.Before = &before
	}
	if !slices.Equal(pages, want) {
		t.Errorf("page by page: %v, want %v", pages, want)
	}
}

// lossyTransport loses the first response to each method, after the server has handled the request.
type lossyTransport struct{ lost map[string]*atomic.Bool }

func (l lossyTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && l.lost[req.Method].CompareAndSwap(false, true) {
		return nil, errors.Join(errors.New("connection reset"), res.Body.Close())
	}
	return res, err
}

// TestLostResponses checks that a request whose response was lost has one effect.
func TestLostResponses(t *testing.T) {
	t.Parallel()
	transport := lossyTransport{lost: map[string]*atomic.Bool{"GET": {}, "POST": {}, "DELETE": {}}}
	c, stop := open(routecard.WithHTTPClient(&http.Client{Transport: transport}), routecard.WithRetry(quick))
	defer stop()

	job, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := c.ListJobs(t.Context(), nil)
	if err != nil || len(jobs) != 1 || jobs[0].ID != job.ID {
		t.Errorf("jobs: %v, %v", jobs, err)
	}
	err = c.DeleteJob(t.Context(), job.ID)
	failure, answered := errors.AsType[*routecard.Error](err)
	if !answered || !routecard.IsNotFound(err) || failure.Attempts != 2 {
		t.Errorf("deleted: %v", err) // the response to the second attempt, as Attempts tells
	}
	var types []string
	for _, event := range collect(t, c.AllEvents(t.Context(), nil)) {
		types = append(types, event.Type)
	}
	if !slices.Equal(types, []string{"job.created", "job.deleted"}) {
		t.Errorf("events: %v", types)
	}
}

// TestRestoredFeed follows a server whose database begins a new epoch between two connections.
func TestRestoredFeed(t *testing.T) {
	t.Parallel()
	s := newServer()
	defer s.close()
	c, err := routecard.New(s.front.URL, routecard.WithRetry(quick))
	if err != nil {
		t.Fatal(err)
	}
	create := func() {
		t.Helper()
		if _, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50}); err != nil {
			t.Fatal(err)
		}
	}
	epoch := func() (epoch string) {
		t.Helper()
		if _, err := c.ListEvents(t.Context(), nil, routecard.ReadFeedEpoch(&epoch)); err != nil {
			t.Fatal(err)
		}
		return epoch
	}
	create()
	create()
	before := epoch()
	var seen []int64
	restored := false
	for event, err := range c.Events(t.Context(), &routecard.ListEventsParams{After: new(int64(1))}) {
		switch {
		case errors.Is(err, routecard.ErrFeedRestored):
			restored = true
			seen = append(seen, -1)
			continue
		case err != nil:
			t.Fatal(err)
		}
		seen = append(seen, event.Seq)
		switch {
		case event.Seq == 2 && !restored:
			// A broken connection is no restore.
			s.front.CloseClientConnections()
			create()
		case event.Seq == 3 && !restored:
			if err := s.newEpoch(); err != nil {
				t.Fatal(err)
			}
			s.front.CloseClientConnections()
		}
		if event.Seq == 3 && restored {
			break
		}
	}
	if want := []int64{2, 3, -1, 1, 2, 3}; !slices.Equal(seen, want) {
		t.Errorf("got the events %v, want %v", seen, want)
	}
	if after := epoch(); before == "" || after == before {
		t.Errorf("the epoch was %q and is %q", before, after)
	}
}
