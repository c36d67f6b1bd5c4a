package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// jobNames returns the names of the jobs in a database, newest first.
func jobNames(t *testing.T, database string) string {
	t.Helper()
	s := open(t, database)
	var names []string
	for _, job := range list(t, s, store.JobFilter{}) {
		names = append(names, job.Name)
	}
	must(t, s.Close())
	return strings.Join(names, " ")
}

// TestRestore replaces a database, and one that is missing. The replaced database is kept, with the changes from its log.
func TestRestore(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(t *testing.T) string{
		"closed":      func(t *testing.T) string { return newDatabase(t, "target") },
		"killed":      killedDatabase,
		"missing":     func(t *testing.T) string { return routecardtest.SQLitePath(t) },
		"only a log":  func(t *testing.T) string { return withoutFile(t, killedDatabase(t)) },
		"not SQLite":  func(t *testing.T) string { return withContent(t, "nonsense") },
		"symlinked":   func(t *testing.T) string { return symlink(t, newDatabase(t, "target")) },
		"interrupted": func(t *testing.T) string { return withContent(t, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, backup := target(t), newDatabase(t, "backup")
			before, err := os.ReadFile(backup)
			must(t, err, os.WriteFile(database+".restoring", []byte("left by a restore that was killed"), 0o600))
			restored, err := store.Restore(t.Context(), backup, database)
			must(t, err)
			wantEqual(t, "the number of jobs restored", restored.Jobs, 1)
			wantEqual(t, "the number of units restored", restored.Units, 0)
			if restored.LastEvent == nil || restored.LastEvent.String() != "2024-01-15T10:30:00.123Z" {
				t.Errorf("the last event is %v", restored.LastEvent)
			}
			wantModes(t, 0o600, database)
			wantEqual(t, "the jobs of the restored database", jobNames(t, database), "backup")
			after, err := os.ReadFile(backup)
			must(t, err)
			wantEqual(t, "whether the backup is unchanged", bytes.Equal(after, before), true)
			switch name {
			case "missing", "only a log":
				wantEqual(t, "the kept database", restored.Kept, "")
			case "not SQLite", "interrupted":
				content, err := os.ReadFile(restored.Kept)
				must(t, err)
				wantEqual(t, "the kept content", string(content) == "nonsense" || name == "interrupted", true)
			default:
				want := "target"
				if name == "killed" {
					want = "logged target"
				}
				wantEqual(t, "the jobs of the kept database", jobNames(t, restored.Kept), want)
			}
		})
	}
}

// killedDatabase is a database of a server that was killed: its last job is in the log only.
func killedDatabase(t *testing.T) string {
	t.Helper()
	path, copied := newDatabase(t, "target"), routecardtest.SQLitePath(t)
	s := open(t, path)
	create(t, s, models.Job{Name: "logged", GoalQuantity: 1})
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + end)
		must(t, err, os.WriteFile(copied+end, content, 0o600))
	}
	must(t, s.Close())
	return copied
}

func withoutFile(t *testing.T, path string) string {
	t.Helper()
	must(t, os.Remove(path))
	return path
}

func withContent(t *testing.T, content string) string {
	t.Helper()
	path := routecardtest.SQLitePath(t)
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func symlink(t *testing.T, path string) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link.db")
	must(t, os.Symlink(path, link))
	return link
}

// TestRestoreRefuses checks that each refusal is a sentence and changes nothing.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	served := routecardtest.SQLite(t)
	s := open(t, served)
	create(t, s, models.Job{Name: "target", GoalQuantity: 1})
	moved := routecardtest.SQLite(t)
	mover := open(t, moved)
	create(t, mover, models.Job{Name: "target", GoalQuantity: 1})
	must(t, os.Rename(moved, moved+".moved"))

	dir := t.TempDir()
	good := newDatabase(t, "backup")
	foreign := routecardtest.SQLitePath(t)
	runSQL(t, foreign, "CREATE TABLE notes (text TEXT)")
	older, newer, faulty, damaged := newDatabase(t, "x"), newDatabase(t, "x"), newDatabase(t, "x"), newDatabase(t, "x")
	runSQL(t, older, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	runSQL(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	runSQL(t, faulty, "INSERT INTO job_labels (label, job_id) VALUES ('rush', 'job_nothing')")
	must(t, os.Truncate(damaged, 8192))
	for _, c := range []struct{ file, database, want string }{
		{good, served, "a Routecard server has the database open: stop the server first"},
		{good, moved + ".moved", "a Routecard server has the database open: stop the server first"},
		{filepath.Join(dir, "nothing"), "", "no such file or directory"},
		{dir, "", "the backup is not a file"},
		{withContent(t, "this is no database, and should stay as it is, all of it"), "", "it is not a SQLite database"},
		{withContent(t, ""), "", "it has no tables yet"},
		{foreign, "", "it is a SQLite database of another program"},
		{older, "", ": run routecard migrate"},
		{newer, "", "its schema is version 9999"},
		{faulty, "", "the backup has 1 fault(s): a label is kept for job_nothing, which does not exist"},
		{damaged, "", "malformed"},
		{killedDatabase(t), "", "-wal, so it may be incomplete"},
	} {
		database := c.database
		if database == "" {
			database = newDatabase(t, "target")
		}
		before := readFiles(t, filepath.Dir(database))
		_, err := store.Restore(t.Context(), c.file, database)
		if err == nil || !strings.HasPrefix(err.Error(), "cannot restore "+database+" from "+c.file+": ") ||
			!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), ".restoring") {
			t.Errorf("the restore of %s returns %v, want %s", c.file, err, c.want)
		}
		after := readFiles(t, filepath.Dir(database))
		delete(after, filepath.Base(database)+".lock")
		delete(before, filepath.Base(database)+".lock")
		if !mapsEqual(before, after) {
			t.Errorf("the refused restore of %s has changed something", c.file)
		}
	}
	create(t, s, models.Job{Name: "target", GoalQuantity: 1})

	_, err := store.Restore(t.Context(), good, postgrestest.Database(t))
	if want := "restore replaces SQLite databases; for PostgreSQL use pg_restore"; err == nil || err.Error() != want {
		t.Errorf("the restore of PostgreSQL returns %v, want %s", err, want)
	}
}
