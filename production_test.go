package main_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

const (
	// batchUnits is how many units each call of bulkCalls is about.
	batchUnits = 200
	killings   = 5
)

// TestKillInBulkCalls kills the server in the middle of bulk calls, again and again. Restarted, each call is there as a
// whole or not at all, and it is there if it was acknowledged; progress equals a recount.
func TestKillInBulkCalls(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	launch := routecardtest.Launch{Args: []string{"--database", database}}
	calls := &bulkCalls{}
	p := routecardtest.Start(t, launch)
	calls.prepare(t, p)
	for range killings {
		before := calls.answered()
		calls.begin(p)
		await(t, "calls to be answered", func() bool { return calls.answered() > before })
		time.Sleep(rand.N(400 * time.Millisecond)) // in the middle of any of the next
		p.Kill()
		calls.wait()
		p = routecardtest.Start(t, launch)
		calls.check(t, p)
	}
	if calls.unanswered < killings {
		t.Errorf("%d calls were cut off, which shows nothing", calls.unanswered)
	}
	t.Logf("%d calls were acknowledged, %d cut off, of which %d were made", calls.acknowledged, calls.unanswered, calls.made)
	p.Terminate()

	exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"check", "--database", database}})
	wantEqual(t, "the exit code of check", exit.Code, 0)
	wantEqual(t, "what check found", exit.Stdout, "no fault found: the file is sound, references hold, progress equals a recount\n")
}

// bulkCalls are calls that create units, or move all units of a group. Each is made in a name of its own, by which its
// events are found.
type bulkCalls struct {
	job, path string
	groups    [3][]string

	mutex sync.Mutex
	// users are the names of all calls so far, and whether they were acknowledged.
	users                          map[string]bool
	callers                        sync.WaitGroup
	acknowledged, unanswered, made int
}

func (c *bulkCalls) prepare(t *testing.T, p *routecardtest.Process) {
	t.Helper()
	c.users = map[string]bool{}
	c.job = routecardtest.Decode[gen.Job](t, p.Do(t, "POST", "/api/jobs", exampleJob)).ID
	// Longer than any group gets.
	steps := strings.TrimSuffix(strings.Repeat(`{"name":"Deburring"},`, 500), ",")
	c.path = routecardtest.Decode[gen.Path](t, p.Do(t, "POST", "/api/paths",
		fmt.Sprintf(`{"jobId":%q,"name":"Main Route","goalQuantity":50,"steps":[%s]}`, c.job, steps))).ID
	for i := range c.groups {
		answer := p.Do(t, "POST", "/api/serials", c.creation("prepare"))
		for _, serial := range routecardtest.Decode[[]gen.Serial](t, answer) {
			c.groups[i] = append(c.groups[i], serial.ID)
		}
	}
}

func (c *bulkCalls) creation(user string) string {
	return fmt.Sprintf(`{"pathId":%q,"quantity":%d,"userId":%q}`, c.path, batchUnits, user)
}

// begin makes calls until the server is gone: one caller creates units, the others each move a group.
func (c *bulkCalls) begin(p *routecardtest.Process) {
	client := &http.Client{Transport: &http.Transport{}}
	c.callers.Go(func() {
		c.repeat(client, p.URL+"/api/serials", c.creation)
	})
	for i, group := range c.groups {
		list, mode := `["`+strings.Join(group, `","`)+`"]`, []string{"atomic", "perItem"}[i%2]
		c.callers.Go(func() {
			c.repeat(client, p.URL+"/api/serials/advance", func(user string) string {
				return fmt.Sprintf(`{"serialIds":%s,"userId":%q,"mode":%q}`, list, user, mode)
			})
		})
	}
}

// repeat makes one call after the other until one is not answered.
func (c *bulkCalls) repeat(client *http.Client, url string, body func(user string) string) {
	for {
		c.mutex.Lock()
		user := fmt.Sprintf("call-%d", len(c.users))
		c.users[user] = false
		c.mutex.Unlock()
		response, err := client.Post(url, "application/json", strings.NewReader(body(user)))
		if err != nil {
			c.cutOff()
			return
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		// The status is the acknowledgement, whether or not the body still got through.
		c.mutex.Lock()
		c.users[user] = response.StatusCode < 300
		c.acknowledged++
		c.mutex.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *bulkCalls) cutOff() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.unanswered++
}

func (c *bulkCalls) answered() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.acknowledged
}

func (c *bulkCalls) wait() { c.callers.Wait() }

func (c *bulkCalls) check(t *testing.T, p *routecardtest.Process) {
	t.Helper()
	events := map[string]int{}
	created := 0
	for _, event := range getList[gen.Event](t, p, "/api/events") {
		events[event.UserID]++
		if event.Type == "serial.created" {
			created++
		}
	}
	c.made = 0
	for user, acknowledged := range c.users {
		switch n := events[user]; {
		case n != 0 && n != batchUnits:
			t.Errorf("of %s, %d of %d changes are there", user, n, batchUnits)
		case n == 0 && acknowledged:
			t.Errorf("%s was acknowledged and is gone", user)
		case n != 0 && !acknowledged:
			c.made++
		}
	}

	serials := getList[gen.Serial](t, p, "/api/serials?jobId="+c.job)
	wantEqual(t, "the number of units", len(serials), created)
	places, perStep := map[string]int{}, map[string]int64{}
	for _, serial := range serials {
		places[serial.ID] = serial.CurrentStepIndex
		perStep[*serial.CurrentStepID]++
	}
	for i, group := range c.groups {
		for _, id := range group {
			if places[id] != places[group[0]] {
				t.Errorf("group %d was torn apart: %s is at %d, %s at %d", i, group[0], places[group[0]], id, places[id])
				break
			}
		}
	}
	// Numbers without a gap.
	for n := range serials {
		if want, got := fmt.Sprintf("SN-%05d", n+1), serials[len(serials)-1-n].ID; got != want {
			t.Errorf("where %s should be is %s", want, got)
			break
		}
	}

	job := routecardtest.Decode[gen.JobDetail](t, p.Do(t, "GET", "/api/jobs/"+c.job, ""))
	wantEqual(t, "the units in progress", job.Progress.TotalInProgress, int64(len(serials)))
	path := routecardtest.Decode[gen.PathDetail](t, p.Do(t, "GET", "/api/paths/"+c.path, ""))
	for _, step := range path.Distribution {
		if step.PartCount != perStep[step.StepID] {
			t.Errorf("%d units stand at step %d, and it counts %d", perStep[step.StepID], step.StepOrder, step.PartCount)
		}
	}
}

func getList[Item any](t *testing.T, p *routecardtest.Process, path string) []Item {
	t.Helper()
	answer := p.Do(t, "GET", path, "")
	if answer.Status != http.StatusOK {
		t.Fatalf("GET %s answered %d: %.500s", path, answer.Status, answer.Body)
	}
	return routecardtest.Decode[[]Item](t, answer)
}

// TestStreamEndsWithTheServer follows the live stream of a server that is told to stop: the stream ends, so that the server
// can, and goes on with the next server where it was.
func TestStreamEndsWithTheServer(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		launch := routecardtest.Launch{Args: []string{"--database", database}}
		p := routecardtest.Start(t, launch)
		lines := followEvents(t, p, "0")
		var ids []string
		for range 2 {
			wantEqual(t, "the status of a creation", p.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
			ids = append(ids, nextEventID(t, lines))
		}
		p.Terminate()
		for range lines { // to the end, which comes
		}
		if strings.Contains(p.Stderr(), "cut off") {
			t.Errorf("the stream kept the server from stopping:\n%s", p.Stderr())
		}

		again := routecardtest.Start(t, launch)
		lines = followEvents(t, again, ids[0])
		wantEqual(t, "the event after the first", nextEventID(t, lines), ids[1])
		wantEqual(t, "the status of a creation", again.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
		if id := nextEventID(t, lines); slices.Contains(ids, id) {
			t.Errorf("the event %s came twice", id)
		}
		again.Signal(syscall.SIGTERM)
		wantEqual(t, "the exit code", again.Wait(), 0)
	})
}

// followEvents returns the lines of a live stream, until it ends.
func followEvents(t *testing.T, p *routecardtest.Process, after string) <-chan string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/api/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Last-Event-ID", after)
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // closed by the reader, below
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer response.Body.Close()
		for in := bufio.NewScanner(response.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return lines
}

func nextEventID(t *testing.T, lines <-chan string) string {
	t.Helper()
	overdue := time.After(time.Minute)
	for {
		select {
		case line, more := <-lines:
			if !more {
				t.Fatal("the stream ended")
			}
			if id, found := strings.CutPrefix(line, "id: "); found {
				return id
			}
		case <-overdue:
			t.Fatal("no event came")
		}
	}
}
