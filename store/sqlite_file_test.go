package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// openSQL opens a SQLite file without Routecard.
func openSQL(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := driver.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// runSQL runs statements on a SQLite file without Routecard.
func runSQL(t *testing.T, path string, statements ...string) {
	t.Helper()
	db := openSQL(t, path)
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// newDatabase creates a database with one job of this name and closes it.
func newDatabase(t *testing.T, job string) (path string) {
	t.Helper()
	path = routecardtest.SQLite(t)
	s := open(t, path)
	create(t, s, models.Job{Name: job, GoalQuantity: 1})
	must(t, s.Close())
	return path
}

// refuseIn is refuse for one mode.
func refuseIn(t *testing.T, mode store.Mode, database, want string) {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Mode: mode, Logger: discard()})
	if err == nil {
		_ = s.Close()
		t.Errorf("mode %d: %q was opened, want %q", mode, database, want)
		return
	}
	if err.Error() != want {
		t.Errorf("mode %d: opening %q failed with\n%s\nwant\n%s", mode, database, err, want)
	}
}

// readFiles returns the content of each file in the directory.
func readFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		must(t, err)
		files[entry.Name()] = string(content)
	}
	return files
}

// TestServedFileIsReplaced replaces, moves, and deletes the files of an open database, as people do by mistake. Afterwards the
// store accepts no change and logs the reason once. A store without requests notices it within a second.
func TestServedFileIsReplaced(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows does not let an open file be replaced")
		return
	}
	const sentence = "The database file was replaced, moved, or deleted while the server was running: restart the server"
	for name, replace := range map[string]func(path, other string) error{
		"another file":          func(path, other string) error { return os.Rename(other, path) },
		"deleted":               func(path, _ string) error { return os.Remove(path) },
		"moved":                 func(path, _ string) error { return os.Rename(path, path+".moved") },
		"log deleted":           func(path, _ string) error { return os.Remove(path + "-wal") },
		"shared memory deleted": func(path, _ string) error { return os.Remove(path + "-shm") },
		"another log":           func(path, other string) error { return os.Rename(other, path+"-wal") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, other := routecardtest.SQLite(t), newDatabase(t, "other")
			var log routecardtest.Log
			s, err := store.Open(t.Context(), path, store.Options{Logger: log.Logger()})
			must(t, err)
			defer func() { _ = s.Close() }()
			create(t, s, exampleJob())
			must(t, s.Ping(t.Context()))

			must(t, replace(path, other))
			// A change that is requested at once is refused too.
			_, _, err = s.CreateJob(t.Context(), store.Request{}, exampleJob())
			wantKind(t, err, models.Unavailable)
			wantEqual(t, "the error", err.Error(), sentence)
			if err := s.Ping(t.Context()); err == nil || err.Error() != sentence {
				t.Errorf("Ping returns %v", err)
			}
			for range 3 {
				time.Sleep(300 * time.Millisecond)
			}
			if n := strings.Count(log.String(), "stopped accepting changes"); n != 1 || !strings.Contains(log.String(), path) {
				t.Errorf("the log has %d lines:\n%s", n, log.String())
			}
		})
	}
}

// TestServedFileIsReplacedWhileIdle checks that the store notices it without a request.
func TestServedFileIsReplacedWhileIdle(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows does not let an open file be deleted")
		return
	}
	path := routecardtest.SQLite(t)
	var log routecardtest.Log
	s, err := store.Open(t.Context(), path, store.Options{Logger: log.Logger()})
	must(t, err)
	defer func() { _ = s.Close() }()
	must(t, os.Remove(path))
	for begun := time.Now(); !strings.Contains(log.String(), "stopped accepting changes"); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("the log is\n%s", log.String())
		}
	}
}

// TestCloseAfterReplacement closes a store whose database was replaced. The close changes neither the new file nor the log that
// another store has since written next to it.
func TestCloseAfterReplacement(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows does not let an open file be replaced")
		return
	}
	path, other := routecardtest.SQLite(t), newDatabase(t, "other")
	first := open(t, path)
	create(t, first, exampleJob())
	for _, file := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		must(t, os.Remove(file))
	}
	must(t, os.Rename(other, path))
	second := open(t, path)
	create(t, second, exampleJob())
	must(t, first.Close())
	create(t, second, exampleJob())
	wantSound(t, second)
	wantEqual(t, "the number of jobs seen by a third", len(list(t, beside(t, path), store.JobFilter{})), 3)
	must(t, second.Close())
	wantEqual(t, "the number of jobs after a restart", len(list(t, open(t, path), store.JobFilter{})), 3)
}

// TestHardLinks refuses a file that has a second name, in every mode.
func TestHardLinks(t *testing.T) {
	t.Parallel()
	path := newDatabase(t, "x")
	link := filepath.Join(t.TempDir(), "link.db")
	must(t, os.Link(path, link))
	for _, name := range []string{path, link} {
		for _, mode := range []store.Mode{store.Serve, store.Beside, store.Create} {
			refuseIn(t, mode, name, "cannot open the database "+name+
				": it has 2 names (hard links), and its write-ahead log belongs to one of them: delete the other names")
		}
	}
	must(t, os.Remove(link))
	open(t, path)
}

// TestServedFileByAnotherName opens a served file that was moved, so that it has one name, but another than at first.
func TestServedFileByAnotherName(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Log("only on Linux and macOS can an open file be moved and locked")
		return
	}
	path := routecardtest.SQLite(t)
	first := open(t, path)
	moved := filepath.Join(t.TempDir(), "moved.db")
	must(t, os.Rename(path, moved))
	refuse(t, moved, "the database "+moved+" is in use by another Routecard server")
	must(t, first.Close())
	open(t, moved)
}

// TestForeignLog puts the log of a server that was killed next to a copy of another database.
func TestForeignLog(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows does not let the file be replaced without its log")
		return
	}
	path, other := newDatabase(t, "x"), newDatabase(t, "other")
	s := open(t, path)
	create(t, s, exampleJob())
	log, err := os.ReadFile(path + "-wal")
	must(t, err)
	must(t, s.Close(), os.WriteFile(path+"-wal", log, 0o600), os.Rename(path, path+".away"), os.Rename(other, path))
	want := fmt.Sprintf("cannot open the database %s: %[1]s-wal has changes of another file that had this name before: put that file back, "+
		"or move %[1]s-wal away (if the two belong together, for example in a copy of the whole directory, delete %[1]s.lock)", path)
	for _, mode := range []store.Mode{store.Serve, store.Beside, store.Create} {
		refuseIn(t, mode, path, want)
	}
	must(t, os.Rename(path, other), os.Rename(path+".away", path))
	wantEqual(t, "the number of jobs with its own log", len(list(t, open(t, path), store.JobFilter{})), 2)
}

// TestForeignFiles opens SQLite files of other programs. They do not change, and no other file is created next to them.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for name, statements := range map[string][]string{
		"tables":           {"CREATE TABLE notes (text TEXT)"},
		"log":              {"PRAGMA journal_mode = wal", "CREATE TABLE jobs (id TEXT)"},
		"application id":   {"PRAGMA application_id = 4711", "CREATE TABLE jobs (id TEXT)", "CREATE TABLE goose_db_version (id INTEGER)"},
		"only its id":      {"PRAGMA application_id = 4711"},
		"other migrations": {"CREATE TABLE goose_db_version (version_id INTEGER, is_applied INTEGER)", "CREATE TABLE users (id TEXT)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "foreign.db")
			runSQL(t, path, statements...)
			before := readFiles(t, dir)
			for _, mode := range []store.Mode{store.Beside, store.Create, store.Serve} {
				refuseIn(t, mode, path, "cannot open the database "+path+": it is a SQLite database of another program")
				after := readFiles(t, dir)
				delete(after, "foreign.db.lock")
				if !mapsEqual(before, after) {
					t.Errorf("mode %d has changed the files %d to %d", mode, len(before), len(after))
				}
			}
		})
	}
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if other, ok := b[key]; !ok || other != value {
			return false
		}
	}
	return true
}

func applicationID(t *testing.T, s *store.Store) (id int64) {
	t.Helper()
	must(t, s.Pools()["read"].QueryRowContext(t.Context(), "PRAGMA application_id").Scan(&id))
	return id
}

// TestApplicationID checks the id of a new database, of its backup, and of a database of version 0.1, which had none.
func TestApplicationID(t *testing.T) {
	t.Parallel()
	path := newDatabase(t, "x")
	s := open(t, path)
	wantEqual(t, "the id of a new database", applicationID(t, s), 0x52435244)
	copied := filepath.Join(t.TempDir(), "copy.db")
	must(t, s.Backup(t.Context(), copied), s.Close())
	wantEqual(t, "the id of a backup", applicationID(t, open(t, copied)), 0x52435244)

	runSQL(t, path, "PRAGMA application_id = 0")
	old := beside(t, path)
	wantEqual(t, "the id next to a server", applicationID(t, old), 0)
	must(t, old.Close())
	adopted := open(t, path)
	wantEqual(t, "the id after a server has started", applicationID(t, adopted), 0x52435244)
	wantEqual(t, "the number of jobs", len(list(t, adopted, store.JobFilter{})), 1)
}

func wantModes(t *testing.T, want fs.FileMode, files ...string) {
	t.Helper()
	for _, file := range files {
		info, err := os.Stat(file)
		must(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("the mode of %s is %o, want %o", filepath.Base(file), info.Mode().Perm(), want)
		}
	}
}

// TestFileModes checks who may read the files: of a new database only the owner, whatever the umask, and of an old one
// those whom the operator lets.
func TestFileModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows has no modes")
		return
	}
	for _, mode := range []store.Mode{store.Serve, store.Create} {
		path := routecardtest.SQLitePath(t)
		s, err := store.Open(t.Context(), path, store.Options{Mode: mode, Logger: discard()})
		must(t, err)
		create(t, s, exampleJob())
		wantModes(t, 0o600, path, path+"-wal", path+"-shm")
		copied := filepath.Join(t.TempDir(), "copy.db")
		must(t, s.Backup(t.Context(), copied), s.Close())
		wantModes(t, 0o600, path, copied)
	}

	path := newDatabase(t, "x")
	must(t, os.Chmod(path, 0o640))
	s := open(t, path)
	create(t, s, exampleJob())
	wantModes(t, 0o640, path, path+"-wal", path+"-shm")
	must(t, s.Close())

	runSQL(t, path, "PRAGMA application_id = 0")
	must(t, os.Chmod(path, 0o644))
	s = open(t, path)
	create(t, s, exampleJob())
	wantModes(t, 0o600, path, path+"-wal", path+"-shm")
}

// TestOlderSchema checks that only a server migrates.
func TestOlderSchema(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := open(t, database)
		kind, name := "sqlite", "database "+database
		if store.IsPostgres(database) {
			kind, name = "postgres", postgresName(t, database)
		}
		latest := migrationFiles(t, kind)
		_, err := anyPool(s).ExecContext(t.Context(), fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id = %d", latest))
		must(t, err, s.Close())
		for _, mode := range []store.Mode{store.Beside, store.Create} {
			refuseIn(t, mode, database, fmt.Sprintf("cannot open the %s: its schema is version %d, and this Routecard needs version %d: run routecard migrate",
				name, latest-1, latest))
		}
	})
}

// TestEmptyDatabase checks who creates the tables of an empty database.
func TestEmptyDatabase(t *testing.T) {
	t.Parallel()
	empty, missing := routecardtest.SQLitePath(t), routecardtest.SQLitePath(t)
	must(t, os.WriteFile(empty, nil, 0o600))
	postgres := postgrestest.Database(t)
	refuseIn(t, store.Beside, missing, "there is no database "+missing)
	refuseIn(t, store.Beside, empty, "cannot open the database "+empty+": it has no tables yet: run routecard migrate")
	refuseIn(t, store.Beside, postgres, "cannot open the "+postgresName(t, postgres)+": it has no tables yet: run routecard migrate")
	for _, database := range []string{empty, missing, postgres} {
		for _, created := range []bool{true, false} {
			s, err := store.Open(t.Context(), database, store.Options{Mode: store.Create, Logger: discard()})
			must(t, err)
			wantEqual(t, "whether it was created", s.Created(), created)
			must(t, s.Close())
		}
		beside(t, database)
	}
}

// TestMissingDatabaseThatCannotBeSeen checks that the error for a missing database differs from that for a file that cannot be accessed.
func TestMissingDatabaseThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	below := filepath.Join(file, "routecard.db")
	refuseIn(t, store.Beside, below, "cannot open the database "+below+": not a directory")
}

// TestConcurrentFirstStarts opens a new database as a server and as commands do, all at once, again and again.
func TestConcurrentFirstStarts(t *testing.T) {
	t.Parallel()
	for range 20 {
		path := routecardtest.SQLitePath(t)
		var log bytes.Buffer
		logger := logTo(&log)
		var starters sync.WaitGroup
		begin := make(chan struct{})
		stores := make([]*store.Store, 8)
		for i := range stores {
			mode := store.Create
			if i == 0 {
				mode = store.Serve
			}
			starters.Go(func() {
				<-begin
				s, err := store.Open(t.Context(), path, store.Options{Mode: mode, Logger: logger})
				if err != nil {
					t.Errorf("store %d: %v", i, err)
					return
				}
				stores[i] = s
				if _, err := s.CreateKey(t.Context(), fmt.Sprint("key ", i), models.Role("read")); err != nil {
					t.Errorf("store %d: %v", i, err)
				}
				if mode == store.Create {
					if err := s.Close(); err != nil {
						t.Errorf("store %d: %v", i, err)
					}
				}
			})
		}
		close(begin)
		starters.Wait()
		if t.Failed() {
			return
		}
		keys, err := stores[0].Keys(t.Context())
		must(t, err, stores[0].Close())
		wantEqual(t, "the number of keys", len(keys), len(stores))
		wantEqual(t, "the number of migrations", strings.Count(log.String(), "migrated the database"), migrationFiles(t, "sqlite"))
		created := 0
		for _, s := range stores {
			if s.Created() {
				created++
			}
		}
		wantEqual(t, "how many have created the database", created, 1)
	}
}

// TestConnectionStrings checks that no connection string becomes a file, and that the error does not repeat its password.
func TestConnectionStrings(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{
		"host=db password=secret", "user=jo  password=secret host=db", "password=secret", "PASSWORD=secret;Server=db", "dbname=jobs",
		"mysql://jo:secret@db/jobs", "POSTGRES://jo:secret@db/jobs", "sqlite://routecard.db", "file:///routecard.db", "jo:secret@db/jobs",
		"jo:secret@tcp(127.0.0.1:3306)/jobs", "postgres:jo:secret@db",
	} {
		for _, mode := range []store.Mode{store.Serve, store.Beside, store.Create} {
			refuseIn(t, mode, name, "the database must be a postgres:// URL or the path of a SQLite file (if it is a path, write ./ in front of it)")
		}
	}
	for _, name := range []string{"a=b.db", "./host=db", "data@2024.db", "x:y.db", "host.db", "orders host.db"} {
		must(t, open(t, name).Close())
	}
	files, err := filepath.Glob("*.lock")
	must(t, err)
	slices.Sort(files)
	wantEqual(t, "the lock files", files, []string{"a=b.db.lock", "data@2024.db.lock", "host.db.lock", "host=db.lock", "orders host.db.lock", "x:y.db.lock"})
}
