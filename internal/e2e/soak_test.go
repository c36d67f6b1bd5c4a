//go:build soak

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// soakDuration returns how long the test runs. Defaults to 5 minutes; ROUTECARD_SOAK sets another duration.
func soakDuration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("ROUTECARD_SOAK")
	if text == "" {
		return 5 * time.Minute
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 10*time.Second {
		t.Fatalf("ROUTECARD_SOAK is %q, want a duration of 10s or more, such as 1h", text)
	}
	return duration
}

// TestSoak runs a workload on each database at the same time, and checks that memory and goroutines do not grow.
func TestSoak(t *testing.T) {
	duration := soakDuration(t)
	var servers sync.WaitGroup
	for name, database := range map[string]string{"sqlite": routecardtest.SQLite(t), "postgres": postgrestest.Database(t)} {
		servers.Go(func() { t.Run(name, func(t *testing.T) { soak(t, database, duration) }) })
	}
	servers.Wait()
}

// usage is what a server uses at one moment.
type usage struct{ megabytes, goroutines int }

func soak(t *testing.T, database string, duration time.Duration) {
	t.Helper()
	p := startServer(t, "--database", database)
	idle := measure(t, p)
	w := startWorkload(t, 6, p.url)
	reading, stopReading := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() { followStream(reading, p.url, i%2 == 0) })
	}
	readers.Go(func() { readPages(reading, t, p) })

	var samples []usage
	for begun := time.Now(); time.Since(begun) < duration; time.Sleep(duration / 100) {
		samples = append(samples, measure(t, p))
	}
	stopReading()
	readers.Wait()
	w.stop()
	t.Logf("%d changes acknowledged in %s", w.count(), duration)
	if failed := w.failedAttempts(); len(failed) > 0 {
		t.Errorf("attempts failed: %v", failed)
	}

	// Caches and pools fill up during the first fifth, so the second fifth is compared with the last.
	fifth := len(samples) / 5
	early, late := peak(samples[fifth:2*fifth]), peak(samples[len(samples)-fifth:])
	t.Logf("idle %+v, in the second fifth at most %+v, in the last %+v", idle, early, late)
	if late.megabytes > early.megabytes*3/2+30 {
		t.Errorf("memory grew from %d to %d MB", early.megabytes, late.megabytes)
	}
	if late.goroutines > early.goroutines+20 {
		t.Errorf("goroutines grew from %d to %d", early.goroutines, late.goroutines)
	}
	// Each open connection has a goroutine in the server.
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	w.client.CloseIdleConnections()
	await(t, fmt.Sprintf("the number of goroutines to fall to %d", idle.goroutines+30), func() bool {
		return measure(t, p).goroutines <= idle.goroutines+30
	})

	w.check(p)
	for line := range strings.Lines(p.stderr.String()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("the server logged %s", line)
		}
	}
	p.terminate()
	wantSound(t, database)
}

// readPages reads pages and sends requests that are refused, until the context ends.
func readPages(ctx context.Context, t *testing.T, p *process) {
	t.Helper()
	for n := 0; ctx.Err() == nil; n++ {
		for _, c := range []struct {
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
			request, err := http.NewRequestWithContext(ctx, c.method, p.url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(request)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != c.want && ctx.Err() == nil {
				t.Errorf("%s %s: status %d, want %d", c.method, c.path, response.StatusCode, c.want)
			}
		}
	}
}

// followStream follows the event stream until the context ends. Unless it stays, it closes the stream after 1000 lines and
// opens it again, as browsers do.
func followStream(ctx context.Context, url string, stays bool) {
	for last := ""; ctx.Err() == nil; {
		response, err := openStream(ctx, url, last)
		if err != nil {
			return // the context has ended
		}
		lines := bufio.NewScanner(response.Body)
		for n := 0; (stays || n < 1000) && lines.Scan(); n++ {
			if id, found := strings.CutPrefix(lines.Text(), "id: "); found {
				last = id
			}
		}
		_ = response.Body.Close()
	}
}

func measure(t *testing.T, p *process) usage {
	t.Helper()
	now := usage{
		megabytes:  metric(t, p, "process_resident_memory_bytes") / 1e6,
		goroutines: metric(t, p, "go_goroutines"),
	}
	if now.goroutines == 0 {
		t.Fatal("/metrics lacks the number of goroutines")
	}
	return now
}

// peak returns the maximum of each value.
func peak(samples []usage) usage {
	return usage{
		megabytes:  slices.MaxFunc(samples, func(a, b usage) int { return a.megabytes - b.megabytes }).megabytes,
		goroutines: slices.MaxFunc(samples, func(a, b usage) int { return a.goroutines - b.goroutines }).goroutines,
	}
}
