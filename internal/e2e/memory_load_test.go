//go:build load

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
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

// TestMemoryUnderLoad has many clients do at once what takes the most memory. The server takes at most loadLimitMB, and
// creates the jobs of another client meanwhile.
func TestMemoryUnderLoad(t *testing.T) {
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
