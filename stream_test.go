package main_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// fill puts so many jobs into a database, faster than the API could.
func fill(t *testing.T, database string, count int) {
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

// TestLongListsTakeLittleMemory gets 200,000 jobs in one answer. The server must not hold them all.
func TestLongListsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	const count, limitMB = 200_000, 100
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		fill(t, database, count)
		p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database}})
		for _, query := range []string{"", "?include=progress"} {
			response, err := http.Get(p.URL + "/api/jobs" + query)
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
					t.Fatalf("in the place of job %d stands %+v", n, job)
				}
				if n%20_000 == 0 {
					peak = max(peak, residentMB(t, p.PID))
				}
			}
			if _, err := decoder.Token(); err != nil || decoder.More() {
				t.Errorf("the list does not end after its last job: %v", err)
			}
			_ = response.Body.Close()
			if peak = max(peak, residentMB(t, p.PID)); peak > limitMB || peak == 0 {
				t.Errorf("the server took %d MB of memory, want at most %d", peak, limitMB)
			}
			t.Logf("%d MB", peak)
		}
		p.Terminate()
	})
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// residentMB is how much memory a process has, on Linux has had at the most.
func residentMB(t *testing.T, pid int) int {
	t.Helper()
	kilobytes := ""
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		if found := highWater.FindSubmatch(status); found != nil {
			kilobytes = string(found[1])
		}
	}
	if kilobytes == "" {
		output, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
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
