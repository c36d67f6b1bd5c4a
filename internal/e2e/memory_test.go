package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestLongListMemory reads 200,000 jobs in one response. The server streams them and does not hold them all in memory.
func TestLongListMemory(t *testing.T) {
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

// fillDatabase runs a function against a server of its own, so that what it does does not count in the memory of the server
// that the test measures.
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
