//go:build load

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// loadLimitMB is the most memory that the server may take under any of the loads below.
const loadLimitMB = 400

// largeLabels is the field jiraLabels of a job, at its greatest length: 1 MB.
func largeLabels() string {
	label := `"` + strings.Repeat("𝄞", 255) + `"`
	return `"jiraLabels":[` + strings.Repeat(label+",", 999) + label + `]`
}

// unknownFields are 1 MB of fields that the contract does not know.
func unknownFields() string {
	var fields strings.Builder
	for i := 0; fields.Len() < 1_000_000; i++ {
		fmt.Fprintf(&fields, `"_%x":{},`, i)
	}
	return fields.String()
}

// TestLoadLargeRequests has many clients do at once what takes the most memory. The server takes at most loadLimitMB, and
// creates the jobs of another client meanwhile.
func TestLoadLargeRequests(t *testing.T) {
	t.Parallel()
	job := `{%s"name":"JOB-2024-001","goalQuantity":50%s}`
	for _, load := range []struct {
		name    string
		clients int
		// fill returns what the requests need to know.
		fill    func(t *testing.T, p *process) string
		request func(t *testing.T, p *process, filled string)
	}{
		{"64 bodies with unknown fields", 64, nil, func(t *testing.T, p *process, _ string) {
			send(t, p, "POST", "/api/jobs", fmt.Sprintf(job, unknownFields(), ""), http.StatusCreated)
		}},
		{"64 bodies with large fields", 64, nil, func(t *testing.T, p *process, _ string) {
			send(t, p, "POST", "/api/jobs", fmt.Sprintf(job, "", ","+largeLabels()), http.StatusCreated)
		}},
		{"16 lists of large jobs", 16, func(t *testing.T, p *process) string {
			for range 30 {
				wantEqual(t, "the status", p.do(t, "POST", "/api/jobs", fmt.Sprintf(job, "", ","+largeLabels())).Status, http.StatusCreated)
			}
			return ""
		}, func(t *testing.T, p *process, _ string) {
			for _, query := range []string{"", "?limit=500"} {
				if length := send(t, p, "GET", "/api/jobs"+query, "", http.StatusOK); length < 30_000_000 && length > 1000 {
					t.Errorf("the list%s has only %d bytes", query, length)
				}
			}
		}},
		{"8 readers of events with large data", 8, func(t *testing.T, p *process) string {
			created := routecardtest.Decode[gen.Job](t, p.do(t, "POST", "/api/jobs", exampleJob))
			for range 30 {
				wantEqual(t, "the status", p.do(t, "POST", "/api/paths", largePath(created.ID)).Status, http.StatusCreated)
			}
			return ""
		}, func(t *testing.T, p *process, _ string) {
			send(t, p, "GET", "/api/events", "", http.StatusOK)
			response, err := openStream(t.Context(), p.url, "")
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			lines := bufio.NewReaderSize(response.Body, 64<<10)
			for {
				line, _, err := lines.ReadLine()
				if err != nil {
					t.Error(err)
					return
				}
				if strings.HasPrefix(string(line), "id: 31") {
					return
				}
			}
		}},
		{"64 creations of 50,000 units", 64, func(t *testing.T, p *process) string {
			_, pathID := createJobWithPath(t, p, 1)
			return pathID
		}, func(t *testing.T, p *process, pathID string) {
			send(t, p, "POST", "/api/serials", fmt.Sprintf(`{"pathId":%q,"quantity":50000}`, pathID), http.StatusCreated)
		}},
	} {
		t.Run(load.name, func(t *testing.T) {
			routecardtest.EachDatabase(t, func(t *testing.T, database string) {
				filled := ""
				if load.fill != nil {
					fillDatabase(t, database, func(p *process) { filled = load.fill(t, p) })
				}
				p := startServer(t, "--database", database)
				done := make(chan struct{})
				var clients sync.WaitGroup
				for range load.clients {
					clients.Go(func() { load.request(t, p, filled) })
				}
				go func() {
					clients.Wait()
					close(done)
				}()
				begun, creates, slowest := time.Now(), 0, time.Duration(0)
				for finished := false; !finished; creates++ {
					select {
					case <-done:
						finished = true
					case <-time.After(50 * time.Millisecond):
					}
					sent := time.Now()
					wantEqual(t, "the status for another client", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
					slowest = max(slowest, time.Since(sent))
				}
				peak := peakMB(t, p)
				t.Logf("%d MB; %s; %d creates of another client, the slowest in %s", peak,
					time.Since(begun).Round(time.Millisecond), creates, slowest.Round(time.Millisecond))
				if peak > loadLimitMB {
					t.Errorf("the server took %d MB of memory, want at most %d", peak, loadLimitMB)
				}
				p.terminate()
			})
		})
	}
}

// TestLoadLongList reads 200,000 jobs in one response. The server streams them and does not hold them all in memory.
func TestLoadLongList(t *testing.T) {
	t.Parallel()
	const count, limitMB = 200_000, 100
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		insertJobs(t, database, count)
		p := startServer(t, "--database", database)
		for _, query := range []string{"", "?include=progress"} {
			response, err := http.Get(p.url + "/api/jobs" + query)
			if err != nil {
				t.Fatal(err)
			}
			decoder := json.NewDecoder(response.Body)
			if _, err := decoder.Token(); err != nil {
				t.Fatal(err)
			}
			peak := 0
			for n := count; n > 0; n-- {
				var job gen.JobListItem
				if err := decoder.Decode(&job); err != nil {
					t.Fatal(err)
				}
				if job.GoalQuantity != int64(n) || (job.Progress != nil) != (query != "") {
					t.Fatalf("job %d is %+v", n, job)
				}
				if n%20_000 == 0 {
					peak = max(peak, peakMB(t, p))
				}
			}
			if _, err := decoder.Token(); err != nil || decoder.More() {
				t.Errorf("the list does not end after its last job: %v", err)
			}
			_ = response.Body.Close()
			if peak = max(peak, peakMB(t, p)); peak > limitMB || peak == 0 {
				t.Errorf("the server took %d MB of memory, want at most %d", peak, limitMB)
			}
			t.Logf("%d MB", peak)
		}
		p.terminate()
	})
}

// insertJobs inserts jobs into a database without a server, which is faster. Their goal quantities count from 1.
func insertJobs(t *testing.T, database string, count int) {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	pool, rows := s.Pools()["write"], "WITH RECURSIVE rows(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM rows WHERE n < %d) %s"
	if store.IsPostgres(database) {
		pool, rows = s.Pools()["postgres"], "WITH rows AS (SELECT generate_series(1, %d) AS n) %s"
	}
	insert := fmt.Sprintf(rows, count, `INSERT INTO jobs
		(id, name, goal_quantity, jira_ticket_summary, jira_labels, search_text, version, created_at, updated_at)
		SELECT 'job_' || substr('00000000000000000000000000' || n, -26), concat('JOB ', n), n, 'Build aluminum housings', '["rush"]', 'job ' || n, 1, 0, 0 FROM rows`)
	if store.IsPostgres(database) {
		insert = strings.Replace(insert, "substr('00000000000000000000000000' || n, -26)", "lpad(n::text, 26, '0')", 1)
	}
	if _, err := pool.ExecContext(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
}

// fillDatabase runs a function against a server of its own, so that its work does not count in the memory of the server that the
// test measures.
func fillDatabase(t *testing.T, database string, fill func(p *process)) {
	t.Helper()
	p := startServer(t, "--database", database)
	fill(p)
	p.terminate()
}

// largePath is the body of a path of 1 MB with the most steps.
func largePath(jobID string) string {
	step := fmt.Sprintf(`{"name":%q,"location":%[1]q}`, strings.Repeat("𝄞", 250))
	return fmt.Sprintf(`{"jobId":%q,"name":"Main Route","goalQuantity":50,"steps":[%s]}`,
		jobID, strings.Repeat(step+",", 499)+step)
}

// send sends one request and reads the response. The status must be the wanted one, or 503 with Retry-After: the server may
// ask a client to come back. It returns the length of the body.
func send(t *testing.T, p *process, method, path, body string, want int) (length int64) {
	request, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer response.Body.Close()
	if busy := response.StatusCode == http.StatusServiceUnavailable; response.StatusCode != want &&
		(!busy || response.Header.Get("Retry-After") == "") {
		text, _ := io.ReadAll(response.Body)
		t.Errorf("%s %s: status %d: %.200s", method, path, response.StatusCode, text)
	}
	length, err = io.Copy(io.Discard, response.Body)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	}
	return length
}
