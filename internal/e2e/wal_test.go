//go:build load

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
)

// TestLoadWAL creates jobs while other clients read long lists all the time, so that there is no moment without
// a reader. The write-ahead log of SQLite stays small, and no client waits long.
func TestLoadWAL(t *testing.T) {
	t.Parallel()
	const readers, creates, limitMB = 12, 260, 40
	database := routecardtest.SQLitePath(t)
	insertJobs(t, database, 10_000)
	p := startServer(t, "--database", database)
	done := make(chan struct{})
	var clients sync.WaitGroup
	for range readers {
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					send(t, p, "GET", "/api/jobs", "", http.StatusOK)
				}
			}
		})
	}
	peak, slowest := int64(0), time.Duration(0)
	for i := range creates {
		begun := time.Now()
		body := fmt.Sprintf(`{"name":"%d %s","goalQuantity":50,"jiraLabels":["%[1]d","rush","Q1-2024"]}`, i, strings.Repeat("🔩", 9_900))
		wantEqual(t, "the status", p.do(t, "POST", "/api/jobs", body).Status, http.StatusCreated)
		slowest = max(slowest, time.Since(begun))
		if log, err := os.Stat(database + "-wal"); err != nil {
			t.Fatal(err)
		} else {
			peak = max(peak, log.Size()/1_000_000)
		}
	}
	close(done)
	clients.Wait()
	t.Logf("the log took %d MB, the slowest create %s", peak, slowest.Round(time.Millisecond))
	if peak > limitMB {
		t.Errorf("the write-ahead log took %d MB, want at most %d", peak, limitMB)
	}
	p.terminate()
}
