package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestSQLiteThatTakesNoMore makes SQLite refuse writes: first because its file is full, then because it is read-only. Changes fail
// without an effect, reads work, and changes work again without the cause. TestFullDisk fills the disk itself.
func TestSQLiteThatTakesNoMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin, end, cause string
		ready             int
	}{
		// As few as it has now. Small changes still fit, so the server is ready.
		"full":      {"PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000", "full", 200},
		"read-only": {"PRAGMA query_only = on", "PRAGMA query_only = off", "readonly", 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := routecardtest.New(t, routecardtest.SQLite(t))
			pragma := func(statement string) {
				t.Helper()
				// The one connection that writes.
				if _, err := s.Store.Pools()["write"].ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			request := post{path: "/api/serials/{unit}/advance"}.on(t, s)
			create := func(i int) routecardtest.Answer {
				t.Helper()
				return s.Do(t, "POST", "/api/jobs", fmt.Sprintf(`{"name":"%d%s","goalQuantity":1}`, i, strings.Repeat("x", 9000)),
					fmt.Sprintf("Idempotency-Key: %d", i))
			}
			acknowledged := map[string]bool{}
			for _, job := range routecardtest.Decode[[]gen.Job](t, s.Do(t, "GET", "/api/jobs", "")) {
				acknowledged[job.ID] = true
			}
			pragma(c.begin)
			refused := 0
			for i := 0; refused < 10; i++ {
				if i == 1000 {
					t.Fatal("the database takes everything")
				}
				// The last pages have room for a few.
				if answer := create(i); answer.Status == 201 {
					acknowledged[routecardtest.Decode[gen.Job](t, answer).ID] = true
				} else {
					refused++
					wantError(t, answer, gen.Error{StatusCode: 500, Message: "Internal Server Error"})
				}
			}
			events := countEvents(t, s)
			if name == "read-only" {
				wantEqual(t, "the status of a move", s.Do(t, "POST", request.path, `{}`).Status, 500)
				wantEqual(t, "the number of events", countEvents(t, s), events)
			}
			check := func() {
				t.Helper()
				jobs := routecardtest.Decode[[]gen.Job](t, s.Do(t, "GET", "/api/jobs", ""))
				wantEqual(t, "the number of jobs", len(jobs), len(acknowledged))
				for _, job := range jobs {
					if !acknowledged[job.ID] {
						t.Errorf("job %s was not acknowledged", job.ID)
					}
				}
			}
			check()
			wantEqual(t, "the status of /readyz", s.Do(t, "GET", "/readyz", "").Status, c.ready)
			if !strings.Contains(s.Log.String(), c.cause) {
				t.Errorf("the log does not name the cause:\n%s", s.Log)
			}

			pragma(c.end)
			for i := 2000; i < 2010; i++ {
				answer := create(i)
				wantEqual(t, "the status with room again", answer.Status, 201)
				acknowledged[routecardtest.Decode[gen.Job](t, answer).ID] = true
			}
			check()
			wantEqual(t, "the status of a move in the end", s.Do(t, "POST", request.path, `{}`).Status, 200)
			if report, err := s.Store.Check(t.Context()); err != nil || len(report.Faults) > 0 {
				t.Errorf("the check finds %v, %v", report.Faults, err)
			}
		})
	}
}
