package e2e

import (
	"os"
	"strings"
	"testing"

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

// TestCheckSQLite checks a missing database, a sound one, one with a stray row, and half a file.
func TestCheckSQLite(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	wantFailure(t, runCommand(t, "check", "--database", database), "there is no database "+database)
	insertJobs(t, database, 10)
	wantSound(t, database)

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
	insertJobs(t, database, 10)
	wantSound(t, database)

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
