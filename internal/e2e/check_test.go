package e2e

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// strayLabel inserts a label of a job that does not exist.
const strayLabel = "INSERT INTO job_labels (label, job_id) VALUES ('rush', 'job_nothing')"

// wantStrayLabel checks that check reports the row that strayLabel inserts.
func wantStrayLabel(t *testing.T, database string) {
	t.Helper()
	wantEqual(t, "the result of check", runCommand(t, "check", "--database", database), result{
		code: 1, stdout: "a label is kept for job_nothing, which does not exist\n", stderr: "routecard: 1 fault(s) found\n",
	})
}

// createSealedJobs creates a few jobs by a server that then ends, and returns the newest seal.
func createSealedJobs(t *testing.T, database string) (seal string) {
	t.Helper()
	p := startServer(t, "--database", database)
	for range 10 {
		wantEqual(t, "the status", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	}
	p.terminate()
	checked := runCommand(t, "check", "--database", database)
	_, found, _ := strings.Cut(checked.stdout, "newest seal: ")
	seal, rest, _ := strings.Cut(found, "\n")
	if !strings.HasPrefix(seal, "10:") || rest != "10 event(s), 0 of them not sealed yet\n" {
		t.Errorf("after 10 jobs check says\n%s%s", checked.stdout, checked.stderr)
	}
	return seal
}

// wantSealed checks that check accepts the seal that was noted, and refuses another one.
func wantSealed(t *testing.T, database, noted string) {
	t.Helper()
	wantEqual(t, "the exit code for the noted seal", runCommand(t, "check", "--database", database, "--seal", noted).code, 0)
	other := "1" + noted
	wantEqual(t, "the result for another seal", runCommand(t, "check", "--database", database, "--seal", other), result{
		code:   1,
		stdout: "the database does not have the seal " + other + ": it was restored from an earlier backup, or the events were rewritten\n",
		stderr: "routecard: 1 fault(s) found\n",
	})
}

// TestSealWhileServing checks that a running server seals new events.
func TestSealWhileServing(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database)
	wantEqual(t, "the status", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	await(t, "the seal of the event", func() bool {
		time.Sleep(time.Second) // each check starts a program, which takes the processor from other tests
		return strings.Contains(runCommand(t, "check", "--database", database).stdout, "\nnewest seal: 1:")
	})
}

// TestNewEpoch checks that the epoch survives a restart, and that the command changes it, also next to a server.
func TestNewEpoch(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		epoch := func(p *process) string {
			t.Helper()
			return p.do(t, "GET", "/api/events", "").Header.Get("Routecard-Feed-Epoch")
		}
		p := startServer(t, "--database", database)
		before := epoch(p)
		p.terminate()
		p = startServer(t, "--database", database)
		if after := epoch(p); after != before || after == "" {
			t.Errorf("the epoch was %q and is %q after a restart", before, after)
		}
		wantEqual(t, "the exit code", runCommand(t, "new-epoch", "--database", database).code, 0)
		await(t, "another epoch", func() bool { return epoch(p) != before })
	})
	wantFailure(t, runCommand(t, "new-epoch", "--database", "missing.db"), "there is no database missing.db")
}

// TestCheckSQLite checks a missing database, a sound one, one with a stray row, and half a file.
func TestCheckSQLite(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	wantFailure(t, runCommand(t, "check", "--database", database), "there is no database "+database)
	sealed := createSealedJobs(t, database)
	wantSound(t, database)
	wantSealed(t, database, sealed)

	db, err := driver.Open("file:" + database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), strayLabel); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wantStrayLabel(t, database)

	if err := os.Truncate(database, 8192); err != nil {
		t.Fatal(err)
	}
	damaged := runCommand(t, "check", "--database", database)
	wantEqual(t, "the exit code for half a file", damaged.code, 1)
	if strings.Count(damaged.stderr, "\n") != 1 || strings.Contains(damaged.stderr, "goroutine") {
		t.Errorf("standard error for half a file is %q", damaged.stderr)
	}
}

// TestCheckPostgres checks a sound database and one with a stray row. The message for a sound database does not claim that
// PostgreSQL's files were checked.
func TestCheckPostgres(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	sealed := createSealedJobs(t, database)
	wantSound(t, database)
	wantSealed(t, database, sealed)

	s, err := store.Open(t.Context(), database, store.Options{Mode: store.Beside})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Pools()["postgres"].ExecContext(t.Context(), strayLabel); err != nil {
		t.Fatal(err)
	}
	wantStrayLabel(t, database)
}
