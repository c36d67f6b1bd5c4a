package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
)

// load creates jobs without a pause, by several clients at once, and remembers what was acknowledged.
type load struct {
	mutex        sync.Mutex
	acknowledged map[string]bool
	sent         int
	// others counts the answers that were no 201, by status and body. A request without an answer is none of them.
	others map[string]int

	stop    chan struct{}
	clients sync.WaitGroup
}

// startLoad begins with so many clients.
func startLoad(t *testing.T, url string, clients int) *load {
	t.Helper()
	l := &load{acknowledged: map[string]bool{}, others: map[string]int{}, stop: make(chan struct{})}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	for range clients {
		l.clients.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					l.create(client, url)
				}
			}
		})
	}
	return l
}

func (l *load) create(client *http.Client, url string) {
	l.mutex.Lock()
	l.sent++
	l.mutex.Unlock()
	response, err := client.Post(url+"/api/jobs", "application/json", strings.NewReader(exampleJob))
	if err != nil {
		time.Sleep(time.Millisecond) // the server is down
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	// The status is the acknowledgement, but only a body that is whole tells of what.
	var job struct{ ID string }
	if err == nil && response.StatusCode == http.StatusCreated && json.Unmarshal(body, &job) == nil {
		l.acknowledged[job.ID] = true
		return
	}
	l.others[fmt.Sprint(response.StatusCode, " ", strings.TrimSpace(string(body)))]++
}

// count is how many jobs have been acknowledged.
func (l *load) count() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.acknowledged)
}

// end lets each client finish its last request.
func (l *load) end() {
	close(l.stop)
	l.clients.Wait()
}

// wantAll checks that every acknowledged job is there, and none that nobody has sent.
func (l *load) wantAll(t *testing.T, p *routecardtest.Process) {
	t.Helper()
	found := map[string]bool{}
	for _, job := range listJobs(t, p) {
		found[job.ID] = true
	}
	lost := 0
	for id := range l.acknowledged {
		if !found[id] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("of %d acknowledged jobs %d are lost", len(l.acknowledged), lost)
	}
	if len(found) > l.sent {
		t.Errorf("there are %d jobs of %d that were sent", len(found), l.sent)
	}
}

// TestKill kills the server in the middle of its work, three times over.
func TestKill(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		launch := routecardtest.Launch{Args: []string{"--database", database}}
		all := &load{acknowledged: map[string]bool{}}
		for range 3 {
			p := routecardtest.Start(t, launch)
			l := startLoad(t, p.URL, 16)
			time.Sleep(time.Second)
			await(t, "jobs to be created", func() bool { return l.count() > 100 })
			p.Kill()
			l.end()
			for other, times := range l.others {
				t.Errorf("%d times the answer was %s", times, other)
			}
			all.sent += l.sent
			for id := range l.acknowledged {
				all.acknowledged[id] = true
			}
			after := routecardtest.Start(t, launch)
			all.wantAll(t, after)
			wantEqual(t, "the status of /readyz", after.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
			after.Kill()
		}
		t.Logf("%d jobs were acknowledged", len(all.acknowledged))
	})
}
