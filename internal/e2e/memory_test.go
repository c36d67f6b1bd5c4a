package e2e

import (
	"encoding/json"
	"net/http"
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
