package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// runSQL runs a statement on a SQLite file without Routecard.
func runSQL(t *testing.T, path, statement string) {
	t.Helper()
	db, err := driver.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// fileNames returns the names in a directory.
func fileNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// TestDatabaseIsReplacedWhileServed moves a backup over the database of a running server. The server refuses changes at once
// and says why. The log of the killed server is not applied to the backup.
func TestDatabaseIsReplacedWhileServed(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database)
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	backup := filepath.Join(t.TempDir(), "copy.db")
	wantEqual(t, "the result of backup", runCommand(t, "backup", backup, "--database", database), result{})
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)

	if err := os.Rename(backup, database); err != nil {
		t.Fatal(err)
	}
	const body = `{"statusCode":503,"message":"The database file was replaced, moved, or deleted while the server was running: restart the server"}`
	for _, request := range [][3]string{{"POST", "/api/jobs", exampleJob}, {"GET", "/readyz", ""}} {
		answer := p.do(t, request[0], request[1], request[2])
		wantEqual(t, "the status of "+request[1], answer.Status, http.StatusServiceUnavailable)
		wantEqual(t, "the body of "+request[1], answer.Body, body)
	}
	wantEqual(t, "the status of a read", p.do(t, "GET", "/api/jobs", "").Status, http.StatusOK)
	wantEqual(t, "the number of lines in the log", strings.Count(p.stderr.String(), "stopped accepting changes"), 1)
	p.kill()

	for _, command := range []string{"serve", "check"} {
		refused := program{args: []string{command, "--database", database}, env: []string{"ROUTECARD_ADDR=127.0.0.1:0"}}.run(t)
		if refused.code != 1 || !strings.Contains(refused.stderr, "-wal has changes of another file that had this name before") {
			t.Errorf("%s with the log of the killed server: %+v", command, refused)
		}
	}
	if err := os.Remove(database + "-wal"); err != nil {
		t.Fatal(err)
	}
	wantSound(t, database)
	p = startServer(t, "--database", database)
	wantEqual(t, "the number of jobs", len(listJobs(t, p)), 1)
	p.terminate()
}

// TestSecondServerByHardLink starts a second server by another name of the same file.
func TestSecondServerByHardLink(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Link(database, link); err != nil {
		t.Fatal(err)
	}
	sentence := ": it has 2 names (hard links), and its write-ahead log belongs to one of them: delete the other names"
	wantFailure(t, runCommand(t, "--database", link, "--addr", "127.0.0.1:0"), "cannot open the database "+link+sentence)
	wantFailure(t, runCommand(t, "check", "--database", link), "cannot open the database "+link+sentence)
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	wantSound(t, database)
	p.terminate()
}

// TestConnectionStringIsNoFile gives a connection string as the database. It must not become a file, and its password must
// not be printed.
func TestConnectionStringIsNoFile(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"host=db password=secret", "mysql://jo:secret@db/jobs"} {
		for _, command := range [][]string{
			{"serve", "--addr", "127.0.0.1:0"},
			{"check"},
			{"migrate"},
			{"keys", "list"},
			{"keys", "create", "--name", "erp", "--role", "read"},
			{"restore", "x"},
		} {
			dir := t.TempDir()
			wantFailure(t, program{args: append(command, "--database", database), dir: dir}.run(t),
				"the database must be a postgres:// URL or the path of a SQLite file (if it is a path, write ./ in front of it)")
			wantEqual(t, "the number of files", len(fileNames(t, dir)), 0)
		}
	}
}

// TestOnlyServeAndMigrateChangeTheSchema runs the other commands on a database of an earlier version.
func TestOnlyServeAndMigrateChangeTheSchema(t *testing.T) {
	t.Parallel()
	database := releasedSQLite(t, "0.1.0")
	backup := filepath.Join(t.TempDir(), "copy.db")
	for _, command := range [][]string{
		{"check"},
		{"backup", backup},
		{"keys", "list"},
		{"keys", "create", "--name", "erp", "--role", "read"},
		{"keys", "revoke", "--name", "erp"},
	} {
		refused := runCommand(t, append(command, "--database", database)...)
		if !regexp.MustCompile(`^routecard: cannot open the database \S+: its schema is version \d+, and this Routecard needs version \d+: run routecard migrate\n$`).MatchString(refused.stderr) {
			t.Errorf("%s: %+v", strings.Join(command, " "), refused)
		}
	}
	wantEqual(t, "the result of migrate", runCommand(t, "migrate", "--database", database).stdout, "the schema of "+database+" is up to date\n")
	wantSound(t, database)
	p := startServer(t, "--database", database)
	wantFailure(t, runCommand(t, "migrate", "--database", database), "the database "+database+" is in use by another Routecard server")
	p.terminate()

	postgres := postgrestest.Database(t)
	if refused := runCommand(t, "check", "--database", postgres); !strings.HasSuffix(refused.stderr, ": it has no tables yet: run routecard migrate\n") {
		t.Errorf("check of an empty PostgreSQL database: %+v", refused)
	}
	wantEqual(t, "the exit code of migrate", runCommand(t, "migrate", "--database", postgres).code, 0)
	wantSound(t, postgres)
}

// TestCheckOfForeignFile checks a SQLite file of another program, which must stay as it is.
func TestCheckOfForeignFile(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	runSQL(t, database, "CREATE TABLE notes (text TEXT)")
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	wantFailure(t, runCommand(t, "check", "--database", database), "cannot open the database "+database+": it is a SQLite database of another program")
	after, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "whether the file is unchanged", bytes.Equal(after, before), true)
	wantEqual(t, "the files", strings.Join(fileNames(t, filepath.Dir(database)), " "), "routecard.db")
}

// TestFirstKeyNextToFirstServe creates keys while a server starts on the same new database.
func TestFirstKeyNextToFirstServe(t *testing.T) {
	t.Parallel()
	for range 10 {
		database := routecardtest.SQLitePath(t)
		var commands sync.WaitGroup
		for i := range 4 {
			commands.Go(func() {
				if r := keys(t, database, "create", "--name", fmt.Sprint("key ", i), "--role", "read"); r.code != 0 {
					t.Errorf("keys create failed: %+v", r)
				}
			})
		}
		p := startServer(t, "--database", database)
		commands.Wait()
		wantEqual(t, "the number of lines", strings.Count(keys(t, database, "list").stdout, "\n"), 5)
		p.terminate()
	}
}

// TestFirstKeyCreatesDatabase checks that the command says so, once.
func TestFirstKeyCreatesDatabase(t *testing.T) {
	t.Parallel()
	const shown = "This key is shown once. Requests send it as: Authorization: Bearer KEY\n"
	database := routecardtest.SQLitePath(t)
	wantEqual(t, "standard error", keys(t, database, "create", "--name", "erp", "--role", "read").stderr,
		"There was no database yet, so this command has created "+database+"\n"+shown)
	wantEqual(t, "standard error of the second", keys(t, database, "create", "--name", "board", "--role", "read").stderr, shown)
}

// TestEarlyExitClosesDatabase has a server and a command stop before they have done anything: SQLite's own files are removed,
// as they are when a database is closed.
func TestEarlyExitClosesDatabase(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	for _, args := range [][]string{
		{"--addr", "0.0.0.0:0"},
		{"--addr", "127.0.0.1:0", "--cors-origin", "nonsense"},
		{"keys", "revoke", "--name", "nobody"},
	} {
		wantEqual(t, "the exit code", runCommand(t, append(args, "--database", database)...).code, 1)
		wantEqual(t, "the files", strings.Join(fileNames(t, filepath.Dir(database)), " "), "routecard.db routecard.db.lock")
	}
}

// TestNewFilesArePrivate starts a server and looks at the modes of its files.
func TestNewFilesArePrivate(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database)
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	for _, name := range fileNames(t, filepath.Dir(database)) {
		info, err := os.Stat(filepath.Join(filepath.Dir(database), name))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the mode of "+name, info.Mode().Perm(), os.FileMode(0o600))
	}
	p.terminate()
}

// TestRestore follows docs/guides/backup-and-restore.md: back up, lose the database, restore, serve.
func TestRestore(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database)
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	backup := filepath.Join(t.TempDir(), "copy.db")
	wantEqual(t, "the result of backup", runCommand(t, "backup", backup, "--database", database), result{})
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantFailure(t, runCommand(t, "restore", backup, "--database", database),
		"cannot restore "+database+" from "+backup+": a Routecard server has the database open: stop the server first")
	wantEqual(t, "the number of jobs while served", len(listJobs(t, p)), 2)
	p.kill()

	restored := runCommand(t, "restore", backup, "--database", database)
	wantEqual(t, "the exit code of restore", restored.code, 0)
	found := regexp.MustCompile(`^restored \S+ from \S+: 1 job\(s\), 0 unit\(s\), last event at \S{24}\nthe database that was there before is now (\S+)\n$`).
		FindStringSubmatch(restored.stdout)
	if found == nil {
		t.Fatalf("restore printed %+v", restored)
	}
	for path, want := range map[string]int{database: 1, found[1]: 2} {
		wantSound(t, path)
		p := startServer(t, "--database", path)
		wantEqual(t, "the number of jobs in "+filepath.Base(path), len(listJobs(t, p)), want)
		p.terminate()
	}
}
