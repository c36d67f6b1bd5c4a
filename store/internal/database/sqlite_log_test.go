package database

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"gorm.io/gorm"
)

// countingVFS counts the writes to write-ahead logs.
type countingVFS struct {
	vfs.VFS
	writes atomic.Int64
}

// OpenFilename implements vfs.VFSFilename.
func (c *countingVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := vfsutil.WrapOpenFilename(c.VFS, name, flags)
	if err != nil || flags&vfs.OPEN_WAL == 0 {
		return file, flags, err
	}
	return &countingFile{file, &c.writes}, flags, nil
}

type countingFile struct {
	vfs.File
	writes *atomic.Int64
}

// WriteAt implements vfs.File.
func (f *countingFile) WriteAt(data []byte, at int64) (int, error) {
	f.writes.Add(1)
	return f.File.WriteAt(data, at)
}

// TestLogOfLargeTransaction has a transaction change more pages than SQLite keeps in memory, so that it reads its own pages
// from the log before it commits. No other connection reads them before the commit, or ever after a rollback.
func TestLogOfLargeTransaction(t *testing.T) {
	t.Parallel()
	counter := &countingVFS{VFS: vfs.Find("os")}
	vfs.Register(t.Name(), counter)
	t.Cleanup(func() { vfs.Unregister(t.Name()) })
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "routecard.db"), Options{Logger: slog.New(slog.DiscardHandler), VFS: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })

	exec := func(statement string, arguments ...any) {
		t.Helper()
		if err := db.Transact(t.Context(), func(tx *Tx) error { return tx.Exec(statement, arguments...).Error }); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE large (id INTEGER PRIMARY KEY, content BLOB)")
	wantSum := func(db *gorm.DB, when string, want int) {
		t.Helper()
		var sum int
		if err := db.Raw("SELECT coalesce(sum(length(content)), 0) FROM large").Scan(&sum).Error; err != nil || sum != want {
			t.Errorf("%s the rows have %d bytes, want %d (%v)", when, sum, want, err)
		}
	}
	const count, size = 20_000, 1000
	fill := func(tx *Tx) error {
		err := tx.Exec(`WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?)
			INSERT INTO large SELECT id, randomblob(?) FROM n`, count, size).Error
		wantSum(tx.DB, "before the commit, for the transaction itself,", count*size)
		wantSum(db.read, "before the commit, for others,", 0)
		return err
	}
	errRollback := errors.New("roll back")
	if err := db.Transact(t.Context(), func(tx *Tx) error { return errors.Join(fill(tx), errRollback) }); !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	wantSum(db.read, "after the rollback", 0)
	if err := db.Transact(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	wantSum(db.read, "after the commit", count*size)
	var damage []string
	if err := db.read.Raw("PRAGMA integrity_check").Scan(&damage).Error; err != nil || len(damage) != 1 || damage[0] != "ok" {
		t.Errorf("integrity_check: %v %v", damage, err)
	}

	exec("UPDATE large SET content = NULL WHERE id = 1") // the log begins again
	for id := 2; id <= 5; id++ {
		before := counter.writes.Load()
		exec("UPDATE large SET content = NULL WHERE id BETWEEN ? AND ?", 1000*id, 1000*id+100)
		if n := counter.writes.Load() - before; n != 1 {
			t.Errorf("a commit of several pages writes to the log %d times, want once", n)
		}
	}
}
