package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// TestBackupCommand copies the database of a server under load. A server that is started on the copy has every job that
// was acknowledged before.
func TestBackupCommand(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database}})
	l := startLoad(t, p.URL, 4)
	await(t, "jobs to be created", func() bool { return l.count() > 100 })
	l.mutex.Lock()
	promised := make([]string, 0, len(l.acknowledged))
	for id := range l.acknowledged {
		promised = append(promised, id)
	}
	l.mutex.Unlock()
	copied := filepath.Join(t.TempDir(), "copy.db")
	exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"backup", copied, "--database", database}})
	wantEqual(t, "the exit code", exit.Code, 0)
	wantEqual(t, "what it says", exit.Stdout+exit.Stderr, "")
	before := l.count()
	await(t, "jobs to be created after the backup", func() bool { return l.count() > before })
	l.end()

	restored := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", copied}})
	found := map[string]bool{}
	for _, job := range listJobs(t, restored) {
		found[job.ID] = true
	}
	lost := 0
	for _, id := range promised {
		if !found[id] {
			lost++
		}
	}
	wantEqual(t, "the number of lost jobs", lost, 0)
	restored.Terminate()
	again := routecardtest.Run(t, routecardtest.Launch{Args: []string{"backup", copied, "--database", database}})
	wantEqual(t, "the exit code when the file exists", again.Code, 1)
	wantEqual(t, "what it says when the file exists", again.Stderr, "routecard: cannot back up to "+copied+": the file exists\n")
	postgres := routecardtest.Run(t, routecardtest.Launch{Args: []string{"backup", copied, "--database", postgrestest.Database(t)}})
	wantEqual(t, "the exit code on PostgreSQL", postgres.Code, 1)
	if !strings.HasSuffix(postgres.Stderr, "routecard: backup copies SQLite databases; for PostgreSQL use pg_dump or pg_basebackup\n") {
		t.Errorf("on PostgreSQL it says %q", postgres.Stderr)
	}
}

// TestCheckCommand plants a fault and damages the file.
func TestCheckCommand(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	check := func() routecardtest.Exit {
		t.Helper()
		return routecardtest.Run(t, routecardtest.Launch{Args: []string{"check", "--database", database}})
	}
	missing := check()
	wantEqual(t, "what it says of no database", missing.Stderr, "routecard: there is no database "+database+"\n")
	fill(t, database, 10)
	sound := check()
	wantEqual(t, "the exit code", sound.Code, 0)
	wantEqual(t, "what it says", sound.Stdout, "no fault found: the file is sound, references hold, progress equals a recount\n")

	other, err := driver.Open("file:" + database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), "INSERT INTO job_labels (label, job_id) VALUES ('rush', 'job_nothing')"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	broken := check()
	wantEqual(t, "the exit code with a fault", broken.Code, 1)
	wantEqual(t, "what it says of a fault", broken.Stdout, "a label is kept for job_nothing, which does not exist\n")
	wantEqual(t, "its last word", broken.Stderr, "routecard: 1 fault(s) found\n")

	if err := os.Truncate(database, 8192); err != nil {
		t.Fatal(err)
	}
	damaged := check()
	wantEqual(t, "the exit code with half a file", damaged.Code, 1)
	if strings.Count(damaged.Stderr, "\n") != 1 || strings.Contains(damaged.Stderr, "goroutine") {
		t.Errorf("of half a file it says %q", damaged.Stderr)
	}
}

// TestCheckCommandOnPostgres says no more than what was looked at.
func TestCheckCommandOnPostgres(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	fill(t, database, 10)
	check := routecardtest.Launch{Args: []string{"check", "--database", database}}
	sound := routecardtest.Run(t, check)
	wantEqual(t, "the exit code", sound.Code, 0)
	wantEqual(t, "what it says", sound.Stdout,
		"no fault found: references hold, progress equals a recount (for damage to PostgreSQL's files see pg_amcheck)\n")

	s, err := store.Open(t.Context(), database, store.Options{Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const stray = "INSERT INTO job_labels (label, job_id) VALUES ('rush', 'job_nothing')"
	if _, err := s.Pools()["postgres"].ExecContext(t.Context(), stray); err != nil {
		t.Fatal(err)
	}
	broken := routecardtest.Run(t, check)
	wantEqual(t, "the exit code with a fault", broken.Code, 1)
	wantEqual(t, "what it says of a fault", broken.Stdout, "a label is kept for job_nothing, which does not exist\n")
	wantEqual(t, "its last word", broken.Stderr, "routecard: 1 fault(s) found\n")
}
