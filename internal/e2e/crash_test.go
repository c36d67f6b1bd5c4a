package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
)

// jobCreators are concurrent clients that create jobs without idempotency keys, as fast as they can, and record which jobs
// were acknowledged.
type jobCreators struct {
	t        *testing.T
	clients  sync.WaitGroup
	stopping atomic.Bool

	mutex        sync.Mutex
	acknowledged jobSet
	sent         int
	// refusals counts the responses other than 201, by status and body. A request without a response is not counted.
	refusals map[string]int
}

func newJobCreators(t *testing.T) *jobCreators {
	t.Helper()
	c := &jobCreators{t: t, acknowledged: jobSet{}, refusals: map[string]int{}}
	t.Cleanup(c.stop)
	return c
}

// start starts clients, which use connections of their own.
func (c *jobCreators) start(url string, clients int) {
	c.t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	c.t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	c.stopping.Store(false)
	for range clients {
		c.clients.Go(func() {
			for !c.stopping.Load() {
				c.create(client, url)
			}
		})
	}
}

func (c *jobCreators) create(client *http.Client, url string) {
	c.mutex.Lock()
	c.sent++
	c.mutex.Unlock()
	response, err := client.Post(url+"/api/jobs", "application/json", strings.NewReader(exampleJob))
	if err != nil {
		time.Sleep(time.Millisecond) // the server is down
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	// The status acknowledges the job, but only a complete body has its id.
	var job withID
	if err == nil && response.StatusCode == http.StatusCreated && json.Unmarshal(body, &job) == nil {
		c.acknowledged[job.ID] = true
		return
	}
	c.refusals[fmt.Sprint(response.StatusCode, " ", strings.TrimSpace(string(body)))]++
}

// jobs returns the jobs that were acknowledged so far.
func (c *jobCreators) jobs() jobSet {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return maps.Clone(c.acknowledged)
}

// count returns the number of jobs that were acknowledged so far.
func (c *jobCreators) count() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.acknowledged)
}

// await waits until the given number of further jobs is acknowledged.
func (c *jobCreators) await(more int) {
	c.t.Helper()
	want := c.count() + more
	await(c.t, "jobs to be created", func() bool { return c.count() >= want })
}

// stop lets each client finish its request, and returns when all have.
func (c *jobCreators) stop() {
	c.stopping.Store(true)
	c.clients.Wait()
}

// TestKill kills the server three times while clients create jobs. Every acknowledged job survives.
func TestKill(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		creators := newJobCreators(t)
		for range 3 {
			p := startServer(t, "--database", database)
			creators.start(p.url, 16)
			creators.await(500)
			p.kill()
			creators.stop()
			for refusal, count := range creators.refusals {
				t.Errorf("%d responses are %s", count, refusal)
			}
			restarted := startServer(t, "--database", database)
			creators.acknowledged.wantAll(t, restarted, creators.sent)
			wantEqual(t, "the status of /readyz", restarted.do(t, "GET", "/readyz", "").Status, http.StatusOK)
			restarted.kill()
		}
		t.Logf("%d jobs were acknowledged", len(creators.acknowledged))
	})
}

// TestKillDuringWorkload kills the server again and again while clients repeat what was not acknowledged.
func TestKillDuringWorkload(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		args := []string{"--database", database, "--addr", freeAddress(t)}
		p := startServer(t, args...)
		w := startWorkload(t, 8, p.url)
		for range 4 {
			w.await(40)
			time.Sleep(rand.N(20 * time.Millisecond)) // so that the kill comes at any moment of a request
			p.kill()
			p = startServer(t, args...)
		}
		w.await(40)
		w.stop()
		w.check(p)
		p.terminate()
		wantSound(t, database)
		if len(w.failedAttempts()) == 0 {
			t.Error("no request failed, so the test shows nothing")
		}
	})
}
