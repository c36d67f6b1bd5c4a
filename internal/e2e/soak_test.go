//go:build soak

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
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
	for name, database := range map[string]string{"sqlite": routecardtest.SQLitePath(t), "postgres": postgrestest.Database(t)} {
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
	m := &mix{t: t, url: p.url, world: &world{lastEvents: map[string]string{}}, outcomes: map[kind]*[2]int{}}
	for i := range 3 {
		readers.Go(func() { m.work(reading, i) })
	}
	readers.Go(func() { m.useTemplates(reading) })

	var samples []usage
	for begun := time.Now(); time.Since(begun) < duration; time.Sleep(duration / 100) {
		samples = append(samples, measure(t, p))
	}
	stopReading()
	readers.Wait()
	w.stop()
	t.Logf("%d changes acknowledged in %s", w.count(), duration)
	m.summarize()
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
			{"GET", "/api/jobs?limit=100&state=late&sort=due&include=distribution", "", 200},
			{"GET", "/api/work?limit=100&location=Bay%203", "", 200},
			{"GET", "/api/places", "", 200},
			{"GET", "/api/insights/throughput?bucket=hour", "", 200},
			{"GET", "/api/insights/steps", "", 200},
			{"GET", "/api/insights/scrap", "", 200},
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

// mix sends random operations of every kind that changes something, those of the chaos test, without its faults.
type mix struct {
	t     *testing.T
	url   string
	world *world

	mutex sync.Mutex
	// outcomes counts the operations of each kind that were acknowledged and refused.
	outcomes map[kind]*[2]int
}

// work sends one operation after the other, until the context ends.
func (m *mix) work(ctx context.Context, client int) {
	for number := 0; ctx.Err() == nil; number++ {
		o := plan(m.world, client, number)
		if o.ifMatchOf != "" {
			if _, header, _ := m.send(ctx, "GET", o.ifMatchOf, "", nil); header != nil {
				o.ifMatch = header.Get("ETag")
			}
		}
		status, _, body := m.send(ctx, o.method, o.path, o.body, map[string]string{"Idempotency-Key": o.key, "If-Match": o.ifMatch})
		outcome := 1
		switch status {
		case 0: // the context has ended
			return
		case 200, 201, 204:
			m.world.learn(&o, body)
			outcome = 0
		case 400, 404, 409, 412: // what it names does not allow it
		default:
			m.t.Errorf("%s %s %s: status %d: %s", o.method, o.path, o.body, status, body)
		}
		m.mutex.Lock()
		if m.outcomes[o.kind] == nil {
			m.outcomes[o.kind] = new([2]int)
		}
		m.outcomes[o.kind][outcome]++
		m.mutex.Unlock()
	}
}

// useTemplates creates templates, plans jobs with them, and changes and deletes them, until the context ends.
func (m *mix) useTemplates(ctx context.Context) {
	for ctx.Err() == nil {
		status, _, body := m.send(ctx, "POST", "/api/templates", `{"name":"Route","steps":[{"name":"Saw","location":"Bay 1"},{"name":"Mill"}]}`, nil)
		if status == 0 {
			return // the context has ended
		}
		var template withID
		if err := json.Unmarshal(body, &template); err != nil || status != 201 {
			m.t.Errorf("POST /api/templates: status %d: %s", status, body)
			return
		}
		for _, c := range []struct {
			method, path, body string
			want               int
		}{
			{"POST", "/api/jobs/plan", `{"name":"From a template","goalQuantity":5,"paths":[{"name":"Main","goalQuantity":5,"quantity":2,"templateId":"` +
				template.ID + `"}]}`, 201},
			{"PUT", "/api/templates/" + template.ID, `{"name":"Renamed"}`, 200},
			{"DELETE", "/api/templates/" + template.ID, "", 204},
		} {
			if status, _, body := m.send(ctx, c.method, c.path, c.body, nil); status != c.want && status != 0 {
				m.t.Errorf("%s %s: status %d, want %d: %s", c.method, c.path, status, c.want, body)
			}
		}
	}
}

// send sends a request with the headers that are not empty. It returns 0 if the context has ended, or if the request fails, which
// fails the test.
func (m *mix) send(ctx context.Context, method, path, body string, headers map[string]string) (int, http.Header, []byte) {
	request, err := http.NewRequestWithContext(ctx, method, m.url+path, strings.NewReader(body))
	if err != nil {
		m.t.Error(err)
		return 0, nil, nil
	}
	request.Header.Set("Content-Type", mediaTypeOf(path))
	for name, value := range headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if ctx.Err() == nil {
			m.t.Error(err)
		}
		return 0, nil, nil
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, nil
	}
	return response.StatusCode, response.Header, content
}

// summarize logs how many operations of each kind were acknowledged. It fails the test when a kind was never acknowledged although
// it was sent often.
func (m *mix) summarize() {
	var lines []string
	for _, choice := range choices {
		counts := m.outcomes[choice.kind]
		if counts == nil {
			counts = new([2]int)
		}
		lines = append(lines, fmt.Sprintf("%s %d of %d", choice.kind, counts[0], counts[0]+counts[1]))
		if counts[0] == 0 && counts[1] >= 200 {
			m.t.Errorf("no request of the kind %s was acknowledged", choice.kind)
		}
	}
	m.t.Logf("acknowledged: %s", strings.Join(lines, ", "))
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
