//go:build unix

package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestTimeZone runs the server in another time zone than UTC. The timestamps in responses are in UTC all the same.
func TestTimeZone(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		berlin := program{args: []string{"--database", database}, env: []string{"TZ=Europe/Berlin"}}
		p := berlin.start(t)
		// Log lines have the local time. Without time zone data the server would run in UTC and the test would show nothing.
		if log := p.stderr.String(); !regexp.MustCompile(`"time":"[^"]+\+0[12]:00"`).MatchString(log) {
			t.Fatalf("the server does not run in the time zone of Berlin:\n%s", log)
		}

		before := time.Now().Truncate(time.Millisecond)
		response := p.do(t, "POST", "/api/jobs", exampleJob)
		after := time.Now()
		wantTime := func(name, value string) {
			t.Helper()
			at, err := time.Parse("2006-01-02T15:04:05.000Z", value)
			if err != nil || at.Before(before) || at.After(after) {
				t.Errorf("%s is %q, want a time in UTC between %s and %s", name, value, before.UTC(), after.UTC())
			}
		}
		job := routecardtest.Decode[map[string]any](t, response)
		wantTime("createdAt", job["createdAt"].(string))
		wantTime("updatedAt", job["updatedAt"].(string))
		events := get[[]struct{ At string }](t, p, "/api/events")
		wantEqual(t, "the number of events", len(events), 1)
		wantTime("at", events[0].At)
		// The same timestamps, read back from the database.
		stored := get[[]gen.Job](t, p, "/api/jobs")[0]
		wantEqual(t, "createdAt in the list", stored.CreatedAt, job["createdAt"].(string))
		wantEqual(t, "updatedAt in the list", stored.UpdatedAt, job["updatedAt"].(string))
		p.terminate()

		before = time.Now().Truncate(time.Millisecond)
		wantEqual(t, "the exit code of keys create", keys(t, database, "create", "--name", "erp", "--role", "read").code, 0)
		after = time.Now()
		list := program{args: []string{"keys", "list", "--database", database}, env: berlin.env}.run(t)
		_, row, _ := strings.Cut(list.stdout, "\n")
		if fields := strings.Fields(row); len(fields) != 4 {
			t.Errorf("the row of the key is %q", row)
		} else {
			wantTime("CREATED", fields[2])
		}
	})
}
