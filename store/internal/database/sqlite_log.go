package database

import (
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// maxPending is how many bytes of a log wait at most.
const maxPending = 1 << 20

// logFile is a write-ahead log that writes a commit to the file in one piece. SQLite writes each page in two pieces, and a
// system call for each takes longer than the rest of a small commit.
//
// The pieces wait until SQLite uses the file in another way. With synchronous=FULL it syncs the log before other connections
// read what was committed, and a connection reads its own uncommitted pages from this same file.
type logFile struct {
	*guardedFile
	pending []byte
	// at is where pending begins in the file.
	at int64
}

// WriteAt implements [vfs.File].
func (f *logFile) WriteAt(data []byte, at int64) (int, error) {
	if at != f.at+int64(len(f.pending)) || len(f.pending)+len(data) > maxPending {
		if err := f.flush(); err != nil {
			return 0, err
		}
		f.at = at
	}
	f.pending = append(f.pending, data...)
	return len(data), nil
}

// flush writes what is pending. Its error is the one of a failed write also when a sync causes it: such a commit was certainly
// not made. SQLite then rolls back, so nothing stays pending.
func (f *logFile) flush() error {
	if len(f.pending) == 0 {
		return nil
	}
	_, err := f.guardedFile.WriteAt(f.pending, f.at)
	f.at += int64(len(f.pending))
	f.pending = f.pending[:0]
	return vfs.SystemError(err, sqlite3.IOERR_WRITE)
}

// ReadAt implements [vfs.File].
func (f *logFile) ReadAt(data []byte, at int64) (int, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.guardedFile.ReadAt(data, at)
}

// Size implements [vfs.File].
func (f *logFile) Size() (int64, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.guardedFile.Size()
}

// Truncate implements [vfs.File].
func (f *logFile) Truncate(size int64) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.guardedFile.Truncate(size)
}

// Sync implements [vfs.File].
func (f *logFile) Sync(flags vfs.SyncFlag) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.guardedFile.Sync(flags)
}
