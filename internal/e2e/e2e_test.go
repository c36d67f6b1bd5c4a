// Package e2e tests the whole program: it builds the program, runs it in processes of its own, and kills, stops, starves,
// and overloads those. What one process can show without being harmed is tested in package server.
//
// The tests with the build tags failover, litestream, load, soak, and chaos run by `make test-failover`, `make test-litestream`,
// `make test-load`, `make soak`, and `make chaos`.
package e2e

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

const (
	exampleJob    = `{"name":"JOB-2024-001","goalQuantity":50}`
	internalError = `{"statusCode":500,"message":"Internal Server Error"}`
	// outcomeUnknown is the body of the response to a change that may have been made.
	outcomeUnknown = `{"statusCode":500,"message":"The outcome is unknown: the change may have been made. Repeat the request ` +
		`with the same Idempotency-Key; without a key, check first whether the change was made","outcome":"unknown"}`
	// timeout bounds each wait. It is long because other tests may keep the machine busy.
	timeout = 3 * time.Minute
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "routecard")
	if err != nil {
		panic(err)
	}
	binaryDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func wantEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// await polls until the condition holds, at most for the timeout.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for begun := time.Now(); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > timeout {
			t.Fatalf("after %s still waiting for %s", timeout, what)
		}
	}
}

// awaitWhileServing is await with a check, ten times a second, that the server answers the requests of another client.
func awaitWhileServing(t *testing.T, p *process, what string, condition func() bool) {
	t.Helper()
	await(t, what, func() bool {
		wantEqual(t, "the status for another writer", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
		wantEqual(t, "the status for another reader", p.do(t, "GET", "/api/jobs?limit=1", "").Status, http.StatusOK)
		if condition() {
			return true
		}
		time.Sleep(100 * time.Millisecond)
		return false
	})
}

// get reads a resource or a list.
func get[T any](t *testing.T, p *process, path string) T {
	t.Helper()
	response := p.do(t, "GET", path, "")
	if response.Status != http.StatusOK {
		t.Fatalf("GET %s: status %d: %.500s", path, response.Status, response.Body)
	}
	return routecardtest.Decode[T](t, response)
}

func listJobs(t *testing.T, p *process) []gen.Job {
	t.Helper()
	return get[[]gen.Job](t, p, "/api/jobs")
}

func countEvents(t *testing.T, p *process) int {
	t.Helper()
	return len(get[[]gen.Event](t, p, "/api/events"))
}

// createJobWithPath creates a job and a path with the given number of steps. It returns their ids.
func createJobWithPath(t *testing.T, p *process, steps int) (jobID, pathID string) {
	t.Helper()
	job := routecardtest.Decode[gen.Job](t, p.do(t, "POST", "/api/jobs", exampleJob))
	list := strings.TrimSuffix(strings.Repeat(`{"name":"Deburring"},`, steps), ",")
	path := routecardtest.Decode[gen.Path](t, p.do(t, "POST", "/api/paths",
		fmt.Sprintf(`{"jobId":%q,"name":"Main Route","goalQuantity":50,"steps":[%s]}`, job.ID, list)))
	return job.ID, path.ID
}

// jobSet is a set of job ids.
type jobSet map[string]bool

// create creates a job and adds its id to the set. A response other than 201 must be the 500 of the contract.
func (s jobSet) create(t *testing.T, p *process, body string) (status int) {
	t.Helper()
	response := p.do(t, "POST", "/api/jobs", body)
	if response.Status == http.StatusCreated {
		s[routecardtest.Decode[gen.Job](t, response).ID] = true
	} else {
		wantEqual(t, "the status", response.Status, http.StatusInternalServerError)
		wantEqual(t, "the body", strings.TrimSpace(response.Body), internalError)
	}
	return response.Status
}

// wantOnly checks that the server has the jobs of the set and no others.
func (s jobSet) wantOnly(t *testing.T, p *process) {
	t.Helper()
	jobs := listJobs(t, p)
	wantEqual(t, "the number of jobs", len(jobs), len(s))
	for _, job := range jobs {
		if !s[job.ID] {
			t.Errorf("job %s was not acknowledged", job.ID)
		}
	}
}

// wantAll checks that the server has the jobs of the set, and at most the given number of jobs.
func (s jobSet) wantAll(t *testing.T, p *process, most int) {
	t.Helper()
	found := jobSet{}
	for _, job := range listJobs(t, p) {
		found[job.ID] = true
	}
	lost := 0
	for id := range s {
		if !found[id] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged jobs are lost", lost, len(s))
	}
	if len(found) > most {
		t.Errorf("there are %d jobs, but only %d requests were sent", len(found), most)
	}
}

// wantSound checks that `routecard check` finds no fault.
func wantSound(t *testing.T, database string) {
	t.Helper()
	want := `^no fault found: the file is sound, references hold, jobs, paths and units equal a replay of the events\n`
	if store.IsPostgres(database) {
		want = `^no fault found: references hold, jobs, paths and units equal a replay of the events ` +
			`\(for damage to PostgreSQL's files see pg_amcheck\)\n`
	}
	want += `(newest seal: [0-9]+:[0-9a-f]{64}\n)?[0-9]+ event\(s\), [0-9]+ of them not sealed yet\n$`
	checked := runCommand(t, "check", "--database", database)
	if checked.code != 0 || !regexp.MustCompile(want).MatchString(checked.stdout) {
		t.Errorf("check: exit code %d\n%s%s", checked.code, checked.stdout, checked.stderr)
	}
}

// freeAddress returns a free address outside the range of ephemeral ports. Otherwise an outgoing connection could take the
// port of a server while the server is down.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(15000+rand.IntN(17000))))
		if err == nil {
			_ = listener.Close()
			return listener.Addr().String()
		}
	}
	t.Fatal("found no free port")
	return ""
}

// dial opens a connection to the server, which is closed at the end of the test.
func dial(t *testing.T, p *process) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// openStream opens the event stream after the event with the given id. An empty id is the beginning.
func openStream(ctx context.Context, url, lastEventID string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/events", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "text/event-stream")
	if lastEventID != "" {
		request.Header.Set("Last-Event-ID", lastEventID)
	}
	return http.DefaultClient.Do(request)
}

// metric returns the sum of the metrics whose names and labels begin with the prefix, or 0 if there are none.
func metric(t *testing.T, p *process, prefix string) (sum int) {
	t.Helper()
	response, err := http.Get(p.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if name, text, _ := strings.Cut(lines.Text(), " "); strings.HasPrefix(name, prefix) {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += int(value)
		}
	}
	return sum
}

var peakMemory = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMB returns the memory that the server takes, in MB. On Linux it is the most that the server has taken so far.
func peakMB(t *testing.T, p *process) int {
	t.Helper()
	kilobytes := ""
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid)); err == nil {
		if found := peakMemory.FindSubmatch(status); found != nil {
			kilobytes = string(found[1])
		}
	}
	if kilobytes == "" {
		output, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(p.pid)).Output()
		if err != nil {
			t.Fatalf("ps: %v", err)
		}
		kilobytes = strings.TrimSpace(string(output))
	}
	size, err := strconv.Atoi(kilobytes)
	if err != nil {
		t.Fatal(err)
	}
	return size / 1000
}
