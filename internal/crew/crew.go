// Package crew works on a shop floor over HTTP, as integrators are told to: each change is sent with an Idempotency-Key,
// to another server when one fails, until it is acknowledged. It keeps a ledger of what was acknowledged, and can tell
// whether the servers hold exactly that. Tests set a crew to work and then kill what it works with.
package crew

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
	"testing"
	"time"
)

// patience bounds one attempt. A server that does not answer is as bad as one that is gone.
const patience = 10 * time.Second

// Crew is a number of workers.
type Crew struct {
	t       testing.TB
	urls    []string
	client  *http.Client
	stop    chan struct{}
	workers sync.WaitGroup

	mutex sync.Mutex
	// ledger has for each job the types of the events that its acknowledged changes must have left, in their order.
	ledger map[string][]string
	acks   int
	// pauses are the times between one acknowledgement and the next, of the whole crew; longest is the worst.
	last    time.Time
	longest time.Duration
	// failures counts the attempts that were not acknowledged, by what came instead.
	failures map[string]int
}

// Start sets workers to work on servers that share a database. Odd ones prefer the second server, if there is one.
func Start(t testing.TB, workers int, urls ...string) *Crew {
	t.Helper()
	c := &Crew{
		t: t, urls: urls, stop: make(chan struct{}), ledger: map[string][]string{}, failures: map[string]int{}, last: time.Now(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}, Timeout: patience},
	}
	for i := range workers {
		c.workers.Go(func() {
			w := &worker{crew: c, at: i % len(urls)}
			for !c.stopped() && w.job() {
			}
		})
	}
	t.Cleanup(c.client.CloseIdleConnections)
	return c
}

func (c *Crew) stopped() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// Stop has each worker finish the job it is at, and returns when all have.
func (c *Crew) Stop() {
	close(c.stop)
	c.workers.Wait()
}

// Leave closes the connections that the crew kept open.
func (c *Crew) Leave() { c.client.CloseIdleConnections() }

// Acknowledged is how many changes were acknowledged so far.
func (c *Crew) Acknowledged() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.acks
}

// Await returns when so many more changes have been acknowledged.
func (c *Crew) Await(more int) {
	c.t.Helper()
	want := c.Acknowledged() + more
	for begun := time.Now(); c.Acknowledged() < want; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 2*time.Minute {
			c.t.Fatalf("the crew gets no more changes acknowledged; failures: %v", c.Failures())
		}
	}
}

// LongestPause is the longest time in which nothing was acknowledged since the last call of it.
func (c *Crew) LongestPause() time.Duration {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	longest := c.longest
	c.longest = 0
	return longest
}

// Failures counts the attempts that were not acknowledged, by what came instead.
func (c *Crew) Failures() map[string]int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return maps.Clone(c.failures)
}

// worker does one job after the other.
type worker struct {
	crew *Crew
	// at is the server that it speaks to, until that one fails it.
	at int
}

type thing struct{ ID string }

// job takes one job through the shop: two units over three steps, one of them scrapped on the way. It returns false when
// the crew can't go on.
func (w *worker) job() bool {
	var job, path thing
	var units []thing
	if !w.change("", "job.created", "/api/jobs", `{"name":"JOB-2024-002","goalQuantity":200}`, &job) {
		return false
	}
	ok := w.change(job.ID, "path.created", "/api/paths", `{"jobId":"`+job.ID+`","name":"Main","goalQuantity":2,`+
		`"steps":[{"name":"Saw"},{"name":"Mill"},{"name":"Wash"}]}`, &path) &&
		w.change(job.ID, "serial.created serial.created", "/api/serials", `{"pathId":"`+path.ID+`","quantity":2}`, &units)
	if !ok {
		return false
	}
	if len(units) != 2 {
		w.crew.t.Errorf("two units were ordered, and %v came", units)
		return false
	}
	first, second := "/api/serials/"+units[0].ID, "/api/serials/"+units[1].ID
	return w.change(job.ID, "serial.advanced", first+"/advance", `{}`, nil) &&
		w.change(job.ID, "serial.advanced", second+"/advance", `{}`, nil) &&
		w.read("/api/jobs/"+job.ID) &&
		w.change(job.ID, "serial.scrapped", second+"/scrap", `{"reason":"damaged"}`, nil) &&
		w.change(job.ID, "serial.advanced", first+"/advance", `{}`, nil) &&
		w.read("/api/jobs?limit=10&include=progress") &&
		w.change(job.ID, "serial.completed", first+"/advance", `{}`, nil)
}

// change sends one change until it is acknowledged, and enters the events that it must have left.
func (w *worker) change(jobID, events, path, body string, answer any) bool {
	key := rand.Text()
	content, ok := w.send("POST", path, body, key)
	if !ok {
		return false
	}
	if answer == nil {
		answer = &thing{}
	}
	if err := json.Unmarshal(content, answer); err != nil {
		w.crew.t.Errorf("POST %s was answered %s: %v", path, content, err)
		return false
	}
	if created, isThing := answer.(*thing); isThing && jobID == "" {
		jobID = created.ID
	}
	w.crew.acknowledge(jobID, strings.Fields(events))
	return true
}

func (c *Crew) acknowledge(jobID string, events []string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ledger[jobID] = append(c.ledger[jobID], events...)
	c.acks++
	now := time.Now()
	c.longest = max(c.longest, now.Sub(c.last))
	c.last = now
}

func (w *worker) read(path string) bool {
	_, ok := w.send("GET", path, "", "")
	return ok
}

// giveUp is how long a worker tries. It is far longer than any outage that a test makes.
const giveUp = 3 * time.Minute

// send tries until a server answers with success. What is refused for good (4xx) is a fault of the test or the server.
func (w *worker) send(method, path, body, key string) ([]byte, bool) {
	for begun := time.Now(); time.Since(begun) < giveUp; time.Sleep(20 * time.Millisecond) {
		status, content, err := w.attempt(method, path, body, key)
		var failure string
		switch {
		case err != nil:
			failure = "no answer"
			if errors.Is(err, context.DeadlineExceeded) {
				failure = "no answer in time"
			}
		case status >= 500 || status == http.StatusRequestTimeout:
			failure = fmt.Sprintf("%d %s", status, strings.TrimSpace(string(content)))
		case status >= 300:
			w.crew.t.Errorf("%s %s was answered %d %s", method, path, status, content)
			return nil, false
		default:
			return content, true
		}
		w.crew.mutex.Lock()
		w.crew.failures[failure]++
		w.crew.mutex.Unlock()
		w.at = (w.at + 1) % len(w.crew.urls)
	}
	w.crew.t.Errorf("%s %s was not answered in %s; failures: %v", method, path, giveUp, w.crew.Failures())
	return nil, false
}

func (w *worker) attempt(method, path, body, key string) (status int, content []byte, err error) {
	request, err := http.NewRequest(method, w.crew.urls[w.at]+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := w.crew.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	content, err = io.ReadAll(response.Body)
	return response.StatusCode, content, err
}

// Check compares a server with the ledger: each acknowledged change has left its events once, nothing else has left any,
// and progress is what counting the events gives. The crew must have stopped.
func (c *Crew) Check(url string) {
	c.t.Helper()
	var events []struct{ Type, JobID string }
	c.get(url+"/api/events", &events)
	found := map[string][]string{}
	for _, event := range events {
		found[event.JobID] = append(found[event.JobID], event.Type)
	}
	for id, types := range c.ledger {
		if !slices.Equal(found[id], types) {
			c.t.Errorf("job %s has the events %v, and acknowledged were %v", id, found[id], types)
		}
	}
	var jobs []struct {
		ID       string
		Progress struct{ TotalCompleted, TotalScrapped, TotalInProgress int }
	}
	c.get(url+"/api/jobs?include=progress", &jobs)
	if len(jobs) != len(c.ledger) || len(found) != len(c.ledger) {
		c.t.Errorf("%d jobs were acknowledged, %d are there, and %d have events", len(c.ledger), len(jobs), len(found))
	}
	for _, job := range jobs {
		counts := map[string]int{}
		for _, event := range found[job.ID] {
			counts[event]++
		}
		completed, scrapped := counts["serial.completed"], counts["serial.scrapped"]
		if job.Progress.TotalCompleted != completed || job.Progress.TotalScrapped != scrapped ||
			job.Progress.TotalInProgress != counts["serial.created"]-completed-scrapped {
			c.t.Errorf("job %s shows the progress %+v, and its events are %v", job.ID, job.Progress, counts)
		}
	}
}

func (c *Crew) get(url string, into any) {
	c.t.Helper()
	// Longer than the client's: it is everything there is.
	response, err := (&http.Client{Timeout: time.Minute}).Get(url)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("GET %s was answered %d %.500s: %v", url, response.StatusCode, content, err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		c.t.Fatalf("GET %s: %v", url, err)
	}
}
