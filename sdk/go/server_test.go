package routecard_test

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
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
