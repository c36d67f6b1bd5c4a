package routecard_test

import (
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// The pages of every list have a form that the iterators understand.
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

	var paths, units, events int
	var last int64
	for _, err := range c.AllJobPaths(ctx, job.ID, &routecard.ListJobPathsParams{Limit: new(1)}) {
		check(err)
		paths++
	}
	for _, err := range c.AllSerials(ctx, &routecard.ListSerialsParams{Limit: new(2), JobID: &job.ID}) {
		check(err)
		units++
	}
	for event, err := range c.AllEvents(ctx, &routecard.ListEventsParams{Limit: new(2)}) {
		check(err)
		if event.Seq <= last {
			t.Errorf("event %d after event %d", event.Seq, last)
		}
		last = event.Seq
		events++
	}
	if paths != 3 || units != 3 || events != 7 { // one event for the job, each path and each unit
		t.Errorf("%d paths, %d units, %d events", paths, units, events)
	}
}

// losing is a network on which the first answer to each kind of request gets lost, after the server has done its work.
type losing struct{ lost map[string]*atomic.Bool }

func (l losing) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && l.lost[req.Method].CompareAndSwap(false, true) {
		return nil, errors.Join(errors.New("connection reset"), res.Body.Close())
	}
	return res, err
}

// What was done although its answer got lost is not done again.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	network := losing{lost: map[string]*atomic.Bool{"GET": {}, "POST": {}, "DELETE": {}}}
	c, stop := open(routecard.WithHTTPClient(&http.Client{Transport: network}), routecard.WithRetry(quick))
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
		t.Errorf("deleted: %v", err) // the second attempt's answer, and the caller can tell
	}
	var types []string
	for event, err := range c.AllEvents(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, event.Type)
	}
	if !slices.Equal(types, []string{"job.created", "job.deleted"}) {
		t.Errorf("events: %v", types)
	}
}
