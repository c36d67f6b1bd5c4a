package database

import (
	"fmt"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// syncGuard is a file system below SQLite that notices when the database or its write-ahead log could not be written to
// disk, and then refuses all changes of the two. After a failed sync the operating system may claim that the next one
// succeeded although data is missing, and SQLite itself ignores a failure after the commit, when it copies the log into
// the database.
type syncGuard struct {
	vfs.VFS
	file *sqliteFile
	// name is the name by which SQLite finds the file system.
	name string
	// users are the open connections, and the database until it is closed. SQLite needs the file system until the last
	// connection is closed, which can be after the database.
	users atomic.Int64
}

var guards atomic.Int64

// registerSyncGuard registers a file system for the file. It works on the file system with the given name; an empty name is
// SQLite's own. The caller must call release.
func registerSyncGuard(file *sqliteFile, below string) (*syncGuard, error) {
	base := vfs.Find(below)
	if base == nil {
		return nil, fmt.Errorf("database: there is no file system %q below SQLite", below)
	}
	g := &syncGuard{VFS: base, file: file, name: fmt.Sprint("routecard-", guards.Add(1))}
	g.users.Store(1)
	vfs.Register(g.name, g)
	return g, nil
}

func (g *syncGuard) retain() { g.users.Add(1) }

func (g *syncGuard) release() {
	if g.users.Add(-1) == 0 {
		vfs.Unregister(g.name)
	}
}

func (g *syncGuard) guards(name string) bool {
	return name == g.file.name || name == g.file.name+"-wal"
}

// OpenFilename implements [vfs.VFSFilename].
func (g *syncGuard) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	opened, flags, err := vfsutil.WrapOpenFilename(g.VFS, name, flags)
	if err != nil || !g.guards(name.String()) {
		return opened, flags, err
	}
	file := &guardedFile{File: opened, guard: g, shared: vfsutil.WrapSharedMemory(opened)}
	if flags&vfs.OPEN_WAL != 0 {
		return &logFile{guardedFile: file}, flags, nil
	}
	return file, flags, nil
}

// Delete implements [vfs.VFS].
func (g *syncGuard) Delete(name string, syncDir bool) error {
	if g.guards(name) && g.file.failure.Load() == errSyncFailed {
		return sqlite3.IOERR_DELETE
	}
	return g.VFS.Delete(name, syncDir)
}

type guardedFile struct {
	vfs.File
	guard  *syncGuard
	shared vfs.SharedMemory
}

// Unwrap implements [vfs.FileUnwrap].
func (f *guardedFile) Unwrap() vfs.File { return f.File }

// SharedMemory implements [vfs.FileSharedMemory].
func (f *guardedFile) SharedMemory() vfs.SharedMemory { return f.shared }

// HasMoved implements [vfs.FileHasMoved]. SQLite asks before it deletes the log of a database that it closes.
func (f *guardedFile) HasMoved() (bool, error) { return vfsutil.WrapHasMoved(f.File) }

// SizeHint implements [vfs.FileSizeHint].
func (f *guardedFile) SizeHint(size int64) error { return vfsutil.WrapSizeHint(f.File, size) }

// WriteAt implements [vfs.File].
func (f *guardedFile) WriteAt(data []byte, at int64) (int, error) {
	if f.guard.file.failure.Load() == errSyncFailed {
		return 0, sqlite3.IOERR_WRITE
	}
	return f.File.WriteAt(data, at)
}

// Truncate implements [vfs.File].
func (f *guardedFile) Truncate(size int64) error {
	if f.guard.file.failure.Load() == errSyncFailed {
		return sqlite3.IOERR_TRUNCATE
	}
	return f.File.Truncate(size)
}

// Sync implements [vfs.File].
func (f *guardedFile) Sync(flags vfs.SyncFlag) error {
	if f.guard.file.failure.Load() == errSyncFailed {
		return sqlite3.IOERR_FSYNC
	}
	err := f.File.Sync(flags)
	if err != nil {
		f.guard.file.fail(errSyncFailed, "error", err)
	}
	return err
}
