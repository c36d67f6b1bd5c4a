package e2e

import (
	"net/http"
	"sync"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// TestListsTakeLittleMemory has 8 clients read short lists. A server that reserved memory for the longest list took 2 GB.
func TestListsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		p := startServer(t, "--database", database)
		jobID, _ := createJobWithPath(t, p, 3)
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				for range 20 {
					for _, list := range []string{"/api/jobs", "/api/jobs/" + jobID + "/paths", "/api/serials", "/api/events", "/api/work", "/api/templates"} {
						wantEqual(t, "the status of "+list, p.do(t, "GET", list, "").Status, http.StatusOK)
					}
				}
			})
		}
		clients.Wait()
		if peak := peakMB(t, p); peak > 150 {
			t.Errorf("the server took %d MB of memory, want at most 150", peak)
		}
	})
}
