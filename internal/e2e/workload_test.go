package e2e

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// workload is a number of concurrent clients that take jobs through the shop. As the documentation advises, a client
// sends each change with an Idempotency-Key, and repeats it, to the next server, until a server acknowledges it. A ledger
// keeps what was acknowledged; check compares a server with the ledger.
type workload struct {
	t        *testing.T
	urls     []string
	client   *http.Client
	clients  sync.WaitGroup
	stopping atomic.Bool

	mutex sync.Mutex
	// ledger maps each job to the types of the events that its acknowledged changes must have written, in order.
	ledger       map[string][]string
	acknowledged int
	// failures counts the attempts that were not acknowledged, by what the client got instead.
	failures map[string]int
	// longest is the longest time without an acknowledgement, and last is the time of the last acknowledgement.
	longest time.Duration
	last    time.Time
}

// startWorkload starts clients. The servers must share a database. With two servers, every second client begins with the
// second one.
func startWorkload(t *testing.T, clients int, urls ...string) *workload {
	t.Helper()
	w := &workload{
		t: t, urls: urls, ledger: map[string][]string{}, failures: map[string]int{}, last: time.Now(),
		// An attempt that takes longer counts as failed, or a server that hangs would stop its clients.
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: 10 * time.Second},
	}
	for i := range clients {
		w.clients.Go(func() {
			c := &workloadClient{workload: w, server: i % len(urls)}
			for !w.stopping.Load() && c.takeJobThroughShop() {
			}
		})
	}
	t.Cleanup(func() {
		w.stop()
		w.client.CloseIdleConnections()
		if t.Failed() {
			t.Logf("failed attempts of the workload: %v", w.failedAttempts())
		}
	})
	return w
}

// stop lets each client finish its job, and returns when all have.
func (w *workload) stop() {
	w.stopping.Store(true)
	w.clients.Wait()
}

// count returns the number of changes that were acknowledged so far.
func (w *workload) count() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.acknowledged
}

// await waits until the given number of further changes is acknowledged.
func (w *workload) await(more int) {
	w.t.Helper()
	want := w.count() + more
	await(w.t, "changes to be acknowledged", func() bool { return w.count() >= want })
}

// failedAttempts counts the attempts that were not acknowledged, by what the client got instead.
func (w *workload) failedAttempts() map[string]int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return maps.Clone(w.failures)
}

type workloadClient struct {
	*workload
	// server is the index of the URL that the client uses until a request to it fails.
	server int
}

type withID struct{ ID string }

// workloadJob is the name of all jobs of a workload.
const workloadJob = "JOB-2024-002"

// takeJobThroughShop creates a job with two units and moves them over three steps; one unit is scrapped on the way. It
// returns false if a change was refused or never acknowledged.
func (c *workloadClient) takeJobThroughShop() bool {
	var job, path withID
	var units []withID
	if !c.change("", "job.created", "/api/jobs", `{"name":"`+workloadJob+`","goalQuantity":200}`, &job) {
		return false
	}
	ok := c.change(job.ID, "path.created", "/api/paths", `{"jobId":"`+job.ID+`","name":"Main","goalQuantity":2,`+
		`"steps":[{"name":"Saw"},{"name":"Mill"},{"name":"Wash"}]}`, &path) &&
		c.change(job.ID, "serial.created serial.created", "/api/serials", `{"pathId":"`+path.ID+`","quantity":2}`, &units)
	if !ok {
		return false
	}
	if len(units) != 2 {
		c.t.Errorf("2 units were requested, but %v created", units)
		return false
	}
	first, second := "/api/serials/"+units[0].ID, "/api/serials/"+units[1].ID
	return c.change(job.ID, "serial.advanced", first+"/advance", `{}`, nil) &&
		c.change(job.ID, "serial.advanced", second+"/advance", `{}`, nil) &&
		c.read("/api/jobs/"+job.ID) &&
		c.change(job.ID, "serial.scrapped", second+"/scrap", `{"reason":"damaged"}`, nil) &&
		c.change(job.ID, "serial.advanced", first+"/advance", `{}`, nil) &&
		c.read("/api/jobs?limit=10&include=progress") &&
		c.change(job.ID, "serial.completed", first+"/advance", `{}`, nil)
}

// change repeats a change until it is acknowledged, and adds the events that it must have written to the ledger. An empty
// jobID stands for the job that the change creates. The response is decoded into the target unless that is nil.
func (c *workloadClient) change(jobID, events, path, body string, target any) bool {
	content, ok := c.send("POST", path, body, rand.Text())
	if !ok {
		return false
	}
	if target == nil {
		target = &withID{}
	}
	if err := json.Unmarshal(content, target); err != nil {
		c.t.Errorf("POST %s: %v in %s", path, err, content)
		return false
	}
	if created, ok := target.(*withID); ok && jobID == "" {
		jobID = created.ID
	}
	c.acknowledge(jobID, strings.Fields(events))
	return true
}

func (w *workload) acknowledge(jobID string, events []string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.ledger[jobID] = append(w.ledger[jobID], events...)
	w.acknowledged++
	now := time.Now()
	w.longest = max(w.longest, now.Sub(w.last))
	w.last = now
}

func (c *workloadClient) read(path string) bool {
	_, ok := c.send("GET", path, "", "")
	return ok
}

// send repeats a request until a server answers it with success or the test ends. A 4xx other than 408 fails the test.
func (c *workloadClient) send(method, path, body, key string) ([]byte, bool) {
	for begun := time.Now(); time.Since(begun) < timeout; time.Sleep(20 * time.Millisecond) {
		status, content, err := c.attempt(method, path, body, key)
		var failure string
		switch {
		case c.t.Context().Err() != nil:
			return nil, false
		case errors.Is(err, context.DeadlineExceeded):
			failure = "timeout"
		case err != nil:
			failure = "no response"
		case status >= 500 || status == http.StatusRequestTimeout:
			failure = fmt.Sprintf("%d %s", status, strings.TrimSpace(string(content)))
		case status >= 300:
			c.t.Errorf("%s %s: status %d: %s", method, path, status, content)
			return nil, false
		default:
			return content, true
		}
		c.mutex.Lock()
		c.failures[failure]++
		c.mutex.Unlock()
		c.server = (c.server + 1) % len(c.urls)
	}
	c.t.Errorf("%s %s was not acknowledged within %s", method, path, timeout)
	return nil, false
}

func (c *workloadClient) attempt(method, path, body, key string) (status int, content []byte, err error) {
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.urls[c.server]+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	content, err = io.ReadAll(response.Body)
	return response.StatusCode, content, err
}

// check compares a server with the ledger: each acknowledged change has written its events once, there are no other
// events, and progress equals a recount of the events. The workload must have stopped, and nothing else may have created jobs
// with the name of the workload's, or changed them.
func (w *workload) check(p *process) {
	w.t.Helper()
	found := map[string][]string{}
	for _, event := range getUnchecked[struct {
		Type, JobID string
		Data        json.RawMessage
	}](w.t, p.url+"/api/events") {
		var created struct{ Name any }
		_, known := found[event.JobID]
		if err := json.Unmarshal(event.Data, &created); err != nil {
			w.t.Fatalf("event %+v: %v", event, err)
		}
		if known || event.Type == "job.created" && created.Name == workloadJob {
			found[event.JobID] = append(found[event.JobID], event.Type)
		}
	}
	for id, types := range w.ledger {
		if !slices.Equal(found[id], types) {
			w.t.Errorf("job %s has the events %v, want %v", id, found[id], types)
		}
	}
	type job struct {
		ID, Name string
		Progress struct{ TotalCompleted, TotalScrapped, TotalInProgress int }
	}
	jobs := slices.DeleteFunc(getUnchecked[job](w.t, p.url+"/api/jobs?include=progress"),
		func(job job) bool { return job.Name != workloadJob })
	if len(jobs) != len(w.ledger) || len(found) != len(w.ledger) {
		w.t.Errorf("%d jobs were acknowledged, %d exist, and %d have events", len(w.ledger), len(jobs), len(found))
	}
	for _, job := range jobs {
		counts := map[string]int{}
		for _, event := range found[job.ID] {
			counts[event]++
		}
		completed, scrapped := counts["serial.completed"], counts["serial.scrapped"]
		if job.Progress.TotalCompleted != completed || job.Progress.TotalScrapped != scrapped ||
			job.Progress.TotalInProgress != counts["serial.created"]-completed-scrapped {
			w.t.Errorf("job %s has the progress %+v, and its events are %v", job.ID, job.Progress, counts)
		}
	}
}

// getUnchecked reads a list without the check against the contract, which would take minutes for the list of all events.
func getUnchecked[Item any](t *testing.T, url string) (items []Item) {
	t.Helper()
	response, err := (&http.Client{Timeout: timeout}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d: %.500s: %v", url, response.StatusCode, content, err)
	}
	if err := json.Unmarshal(content, &items); err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return items
}
