package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// bulkUnits is the number of units that each bulk call changes.
const bulkUnits = 200

// TestKillDuringBulkCalls kills the server again and again during bulk calls. After a restart, each call has either taken
// effect as a whole or not at all, and has taken effect if it was acknowledged; progress equals a recount.
func TestKillDuringBulkCalls(t *testing.T) {
	t.Parallel()
	const kills = 5
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database)
	callers := newBulkCallers(t, p)
	for range kills {
		before := callers.count()
		callers.start(p)
		await(t, "calls to be acknowledged", func() bool { return callers.count() > before })
		time.Sleep(rand.N(400 * time.Millisecond)) // so that the kill comes at any moment of a call
		p.kill()
		callers.running.Wait()
		p = startServer(t, "--database", database)
		callers.check(t, p)
	}
	if callers.unanswered < kills {
		t.Errorf("only %d calls got no response, so the test shows nothing", callers.unanswered)
	}
	t.Logf("%d calls were acknowledged; %d got no response, of which %d took effect", callers.acknowledged, callers.unanswered, callers.unansweredEffects)
	p.terminate()
	wantSound(t, database)
}

// bulkCallers are concurrent clients: one creates units, and each other one moves all units of a group. Each call has its
// own userId, by which its events are found.
type bulkCallers struct {
	job, path string
	groups    [3][]string
	running   sync.WaitGroup

	mutex sync.Mutex
	// calls maps the userId of each call to whether the call was acknowledged.
	calls                    map[string]bool
	acknowledged, unanswered int
	// unansweredEffects is the number of calls that took effect without having been acknowledged.
	unansweredEffects int
}

func newBulkCallers(t *testing.T, p *process) *bulkCallers {
	t.Helper()
	c := &bulkCallers{calls: map[string]bool{}}
	c.job, c.path = createJobWithPath(t, p, 500) // more steps than any group is moved
	for i := range c.groups {
		response := p.do(t, "POST", "/api/serials", c.creation("setup"))
		for _, serial := range routecardtest.Decode[[]gen.Serial](t, response) {
			c.groups[i] = append(c.groups[i], serial.ID)
		}
	}
	return c
}

// creation returns the body of a call that creates units.
func (c *bulkCallers) creation(user string) string {
	return fmt.Sprintf(`{"pathId":%q,"quantity":%d,"userId":%q}`, c.path, bulkUnits, user)
}

// start starts the clients. Each makes calls until one gets no response.
func (c *bulkCallers) start(p *process) {
	client := &http.Client{Transport: &http.Transport{}}
	c.running.Go(func() {
		c.repeat(client, p.url+"/api/serials", c.creation)
	})
	for i, group := range c.groups {
		list, mode := `["`+strings.Join(group, `","`)+`"]`, []string{"atomic", "perItem"}[i%2]
		c.running.Go(func() {
			c.repeat(client, p.url+"/api/serials/advance", func(user string) string {
				return fmt.Sprintf(`{"serialIds":%s,"userId":%q,"mode":%q}`, list, user, mode)
			})
		})
	}
}

func (c *bulkCallers) repeat(client *http.Client, url string, body func(user string) string) {
	for {
		c.mutex.Lock()
		user := fmt.Sprintf("call-%d", len(c.calls))
		c.calls[user] = false
		c.mutex.Unlock()
		response, err := client.Post(url, "application/json", strings.NewReader(body(user)))
		if err != nil {
			c.mutex.Lock()
			c.unanswered++
			c.mutex.Unlock()
			return
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		// The status acknowledges the call, even if the rest of the body does not arrive.
		c.mutex.Lock()
		c.calls[user] = response.StatusCode < 300
		c.acknowledged++
		c.mutex.Unlock()
		if err != nil {
			return
		}
	}
}

// count returns the number of calls that were acknowledged so far.
func (c *bulkCallers) count() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.acknowledged
}

// check compares the database with the calls. The clients must have stopped.
func (c *bulkCallers) check(t *testing.T, p *process) {
	t.Helper()
	events := map[string]int{}
	created := 0
	for _, event := range get[[]gen.Event](t, p, "/api/events") {
		events[event.UserID]++
		if event.Type == "serial.created" {
			created++
		}
	}
	c.unansweredEffects = 0
	for user, acknowledged := range c.calls {
		switch n := events[user]; {
		case n != 0 && n != bulkUnits:
			t.Errorf("%s changed %d units, want %d", user, n, bulkUnits)
		case n == 0 && acknowledged:
			t.Errorf("%s was acknowledged and is lost", user)
		case n != 0 && !acknowledged:
			c.unansweredEffects++
		}
	}

	serials := get[[]gen.Serial](t, p, "/api/serials?jobId="+c.job)
	wantEqual(t, "the number of units", len(serials), created)
	stepIndex, perStep := map[string]int{}, map[string]int64{}
	for _, serial := range serials {
		stepIndex[serial.ID] = serial.CurrentStepIndex
		perStep[*serial.CurrentStepID]++
	}
	for i, group := range c.groups {
		for _, id := range group {
			if stepIndex[id] != stepIndex[group[0]] {
				t.Errorf("group %d was separated: %s is at step index %d, %s at %d", i, group[0], stepIndex[group[0]], id, stepIndex[id])
				break
			}
		}
	}
	// Serial numbers have no gaps. The list begins with the newest unit.
	for n := range serials {
		if want, got := fmt.Sprintf("SN-%05d", n+1), serials[len(serials)-1-n].ID; got != want {
			t.Errorf("unit %d is %s, want %s", n+1, got, want)
			break
		}
	}

	job := get[gen.JobDetail](t, p, "/api/jobs/"+c.job)
	wantEqual(t, "the number of units in progress", job.Progress.TotalInProgress, int64(len(serials)))
	for _, step := range get[gen.PathDetail](t, p, "/api/paths/"+c.path).Distribution {
		if step.PartCount != perStep[step.StepID] {
			t.Errorf("step %d has partCount %d, but %d units are there", step.StepOrder, step.PartCount, perStep[step.StepID])
		}
	}
}
