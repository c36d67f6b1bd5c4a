package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestSQLitePragmas reads the pragmas of every connection of both pools, because a pragma applies to one connection only. It reads
// them while all connections are in use, and again after other callers have used them.
func TestSQLitePragmas(t *testing.T) {
	t.Parallel()
	s := open(t, routecardtest.SQLite(t))
	for range 2 {
		for name, connections := range map[string]int{"read": 9, "write": 1} {
			pool := s.Pools()[name]
			wantEqual(t, "the number of connections of "+name, pool.Stats().MaxOpenConnections, connections)
			var held []*sql.Conn
			for range connections {
				conn, err := pool.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				held = append(held, conn)
				for pragma, want := range map[string]string{
					"journal_mode": "wal",
					"synchronous":  "2", // FULL: 1, the default of WAL, loses rows in a power cut
					"foreign_keys": "1",
					"busy_timeout": "10000",
				} {
					var got string
					if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil {
						t.Fatal(err)
					}
					wantEqual(t, pragma+" of a connection of "+name, got, want)
				}
			}
			for _, conn := range held {
				if err := conn.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
		create(t, s, models.Job{Name: "x", GoalQuantity: 1})
		list(t, s, store.JobFilter{})
	}
}

// TestSQLiteWriteIsOver checks over another connection that a change is committed when it returns. An open transaction would mean a
// 201 for rows that no other connection can see.
func TestSQLiteWriteIsOver(t *testing.T) {
	t.Parallel()
	path := routecardtest.SQLite(t)
	s := open(t, path)
	for n := range 5 {
		create(t, s, models.Job{Name: "x", GoalQuantity: 1})
		beside, err := store.Open(t.Context(), path, store.Options{Mode: store.Beside, Logger: discard()})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the number of jobs seen from outside", len(list(t, beside, store.JobFilter{})), n+1)
		if err := beside.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLiteFileBelongsToOneServer(t *testing.T) {
	t.Parallel()
	path := routecardtest.SQLite(t)
	first := open(t, path)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, filepath.Dir(path) + "/./routecard.db", link} {
		refuse(t, name, "the database "+name+" is in use by another Routecard server")
	}
	create(t, first, models.Job{Name: "x", GoalQuantity: 1})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the number of jobs", len(list(t, open(t, link), store.JobFilter{})), 1)
}

// TestSQLiteFileNames opens files whose names have characters with a meaning in URLs, because SQLite opens files by a URL.
func TestSQLiteFileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"a b.db", "a%41.db", "a?mode=memory", "a#b.db", "ж語.db", "a'b\"c.db", "file:a.db", ":memory:", "a&vfs=none.db", "without-suffix", "a;b.db",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			first := open(t, path)
			create(t, first, models.Job{Name: "x", GoalQuantity: 1})
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("the file is %v %v", info, err)
			}
			wantEqual(t, "the number of jobs", len(list(t, open(t, path), store.JobFilter{})), 1)
		})
	}
}

func TestSQLiteRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(file, []byte("this is no database, and should stay as it is, all of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		dir:                                   "it is a directory",
		filepath.Join(dir, "missing", "a.db"): "no such file or directory",
		filepath.Join(file, "a.db"):           "not a directory",
		file:                                  "it is not a SQLite database",
	} {
		refuse(t, path, "cannot open the database "+path+": "+reason)
	}
	if content, err := os.ReadFile(file); err != nil || len(content) != 56 {
		t.Errorf("the file is %q %v", content, err)
	}
}
