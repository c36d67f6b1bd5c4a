//go:build soak

package soak

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/crew"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestMain(m *testing.M) { os.Exit(routecardtest.Main(m)) }

// duration is how long the servers are worked.
func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("ROUTECARD_SOAK")
	if text == "" {
		return 5 * time.Minute
	}
	long, err := time.ParseDuration(text)
	if err != nil || long < 10*time.Second {
		t.Fatalf("ROUTECARD_SOAK is %q, want a duration of 10s or more, such as 1h", text)
	}
	return long
}

// TestSoak works a server on each database at the same time.
func TestSoak(t *testing.T) {
	long := duration(t)
	var servers sync.WaitGroup
	for name, database := range map[string]string{"sqlite": routecardtest.SQLite(t), "postgres": postgrestest.Database(t)} {
		servers.Go(func() { t.Run(name, func(t *testing.T) { soak(t, database, long) }) })
	}
	servers.Wait()
}

// sample is what a server takes at one moment.
type sample struct{ megabytes, goroutines int }

func soak(t *testing.T, database string, long time.Duration) {
	t.Helper()
	p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database}})
	idle := take(t, p)
	// Changes with keys, reads of one job, short pages.
	c := crew.Start(t, 6, p.URL)
	watching, leave := context.WithCancel(t.Context())
	var visitors sync.WaitGroup
	for visitor := range 4 {
		// Followers that leave after a while, as browsers do, and others that stay.
		visitors.Go(func() { follow(watching, p.URL, visitor%2 == 0) })
	}
	visitors.Go(func() { visit(watching, t, p) })

	var samples []sample
	for begun := time.Now(); time.Since(begun) < long; time.Sleep(long / 100) {
		samples = append(samples, take(t, p))
	}
	leave()
	visitors.Wait()
	c.Stop()
	t.Logf("%d changes acknowledged in %s", c.Acknowledged(), long)
	if failures := c.Failures(); len(failures) > 0 {
		t.Errorf("not every attempt succeeded: %v", failures)
	}

	// The first fifth fills caches and pools; the second is what the last is held against.
	fifth := len(samples) / 5
	early, late := worst(samples[fifth:2*fifth]), worst(samples[len(samples)-fifth:])
	t.Logf("idle %+v, in the second fifth at most %+v, in the last %+v", idle, early, late)
	if late.megabytes > early.megabytes*3/2+30 {
		t.Errorf("memory grew from %d to %d MB", early.megabytes, late.megabytes)
	}
	if late.goroutines > early.goroutines+20 {
		t.Errorf("goroutines grew from %d to %d", early.goroutines, late.goroutines)
	}
	// Connections that are kept alive have a goroutine each; when they have gone, everything is as it was.
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	c.Leave()
	after := take(t, p)
	for begun := time.Now(); after.goroutines > idle.goroutines+30; after = take(t, p) {
		if time.Since(begun) > time.Minute {
			t.Errorf("there are %d goroutines when all have left, and were %d before anybody came", after.goroutines, idle.goroutines)
			break
		}
		time.Sleep(100 * time.Millisecond)
	}

	c.Check(p.URL)
	for line := range strings.Lines(p.Stderr()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("the server logged %s", line)
		}
	}
	p.Terminate()
	exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"check", "--database", database}})
	if exit.Code != 0 {
		t.Errorf("check: exit code %d\n%s%s", exit.Code, exit.Stdout, exit.Stderr)
	}
}

// visit reads pages and refused requests all the time. What it gets wrong on purpose must be told so.
func visit(ctx context.Context, t *testing.T, p *routecardtest.Process) {
	t.Helper()
	for n := 0; ctx.Err() == nil; n++ {
		for _, request := range []struct {
			method, path, body string
			want               int
		}{
			{"GET", "/api/jobs?limit=100&include=progress", "", 200},
			{"GET", "/api/serials?limit=100&status=in_progress", "", 200},
			{"GET", "/api/events?limit=1000", "", 200},
			{"GET", "/api/jobs?q=nothing-has-this", "", 200},
			{"GET", "/api/jobs/job_nothing", "", 404},
			{"POST", "/api/jobs", `{"name":""}`, 400},
			{"POST", "/api/jobs", strings.Repeat(" ", 1<<20+1), 413},
			{"GET", fmt.Sprintf("/nothing/%d", n), "", 404},
			{"GET", "/openapi.json", "", 200},
		} {
			asked, err := http.NewRequestWithContext(ctx, request.method, p.URL+request.path, strings.NewReader(request.body))
			if err != nil {
				t.Error(err)
				return
			}
			asked.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(asked)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != request.want && ctx.Err() == nil {
				t.Errorf("%s %s was answered %d", request.method, request.path, answer.StatusCode)
			}
		}
	}
}

// follow reads the live stream. One that does not stay leaves after a thousand lines and comes again.
func follow(ctx context.Context, url string, stays bool) {
	for last := ""; ctx.Err() == nil; {
		asked, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/events", http.NoBody)
		if err != nil {
			return
		}
		asked.Header.Set("Accept", "text/event-stream")
		if last != "" {
			asked.Header.Set("Last-Event-ID", last)
		}
		answer, err := http.DefaultClient.Do(asked)
		if err != nil {
			return // only at the end
		}
		lines := bufio.NewScanner(answer.Body)
		for n := 0; (stays || n < 1000) && lines.Scan(); n++ {
			if id, found := strings.CutPrefix(lines.Text(), "id: "); found {
				last = id
			}
		}
		_ = answer.Body.Close()
	}
}

// take asks the server what it takes now.
func take(t *testing.T, p *routecardtest.Process) sample {
	t.Helper()
	answer, err := http.Get(p.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var now sample
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		number, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
		case name == "go_goroutines":
			now.goroutines = int(number)
		case name == "process_resident_memory_bytes":
			now.megabytes = int(number / 1e6)
		}
	}
	if now.goroutines == 0 {
		t.Fatal("/metrics does not tell the number of goroutines")
	}
	return now
}

// worst has the most of each.
func worst(samples []sample) sample {
	return sample{
		megabytes:  slices.MaxFunc(samples, func(a, b sample) int { return a.megabytes - b.megabytes }).megabytes,
		goroutines: slices.MaxFunc(samples, func(a, b sample) int { return a.goroutines - b.goroutines }).goroutines,
	}
}
