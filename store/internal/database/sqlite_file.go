package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/routecard/routecard/models"
)

const (
	// newFileMode is the mode of a new database. Its -wal and -shm files get the mode of the database.
	newFileMode = 0o600
	// watchInterval is the time between two checks of the files of a served database.
	watchInterval = 250 * time.Millisecond
	// lockInterval is the time between two attempts to get a lock that another process holds for a short time.
	lockInterval = 10 * time.Millisecond
)

// These bytes of a database file are locked. They are beyond the largest size of a SQLite file and away from the bytes that
// SQLite locks. A lock of a byte belongs to the file itself, whatever name it was opened by.
const (
	// servedByte is locked by the server that has the file open.
	servedByte = 1 << 62
	// openingByte is locked by each process while it opens the database, identifies it, and migrates it.
	openingByte = servedByte + 1
)

var (
	errFileReplaced = &models.Error{
		Kind:    models.Unavailable,
		Message: "The database file was replaced, moved, or deleted while the server was running: restart the server",
	}
	errSyncFailed = &models.Error{
		Kind:    models.Unavailable,
		Message: "The disk failed to store a change: check the disk, then restart the server",
	}
)

// sqliteFile is the file of an open SQLite database. It holds the locks, and it decides whether the file can be trusted
// with changes.
type sqliteFile struct {
	// path is absolute. name is path with symbolic links resolved: SQLite derives the names of the -wal and -shm files
	// from it.
	path, name string
	handle     *os.File
	lock       *flock.Flock // nil unless the database is opened to serve it
	log        *slog.Logger

	// watched are the files of a served database by name, as they were when it was opened.
	watched map[string]fs.FileInfo
	failure atomic.Pointer[models.Error]
	closed  atomic.Bool
	stop    func()
}

// openSQLiteFile opens the file, creates it if the mode allows that, and takes the locks. It refuses a directory, a file with
// several names (hard links), and a file whose write-ahead log was written for another file. The caller must call opened when
// SQLite has opened the database.
func openSQLiteFile(ctx context.Context, path string, options Options) (f *sqliteFile, opened func() error, err error) {
	defer func() {
		if err != nil && f != nil {
			err = errors.Join(err, f.close())
		}
	}()
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, cannotOpen(path, err)
	}
	f = &sqliteFile{path: absolute, name: absolute, log: options.Logger}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, fs.ErrNotExist) && options.Mode == Beside:
		return f, nil, fmt.Errorf("there is no database %s", path)
	case err == nil && info.IsDir():
		return f, nil, cannotOpen(path, errors.New("it is a directory"))
	}
	f.name = resolve(absolute)
	if options.Mode == Serve {
		if f.lock, err = lockName(f.name); err != nil {
			return f, nil, cannotOpen(path, err)
		}
		if f.lock == nil {
			return f, nil, errInUse(path)
		}
	}
	flags := os.O_RDWR
	if options.Mode != Beside {
		flags |= os.O_CREATE
	}
	if f.handle, err = os.OpenFile(f.name, flags, newFileMode); err != nil {
		return f, nil, cannotOpen(path, err)
	}
	// A link to a file that did not exist can be resolved now.
	f.name = resolve(f.name)
	inode, links, err := identify(f.handle)
	if err == nil && links > 1 {
		err = fmt.Errorf("it has %d names (hard links), and its write-ahead log belongs to one of them: delete the other names", links)
	}
	if err != nil {
		return f, nil, cannotOpen(path, err)
	}
	if options.Mode == Serve {
		held, err := tryLockByte(f.handle, servedByte)
		if err != nil {
			return f, nil, cannotOpen(path, err)
		}
		if !held {
			return f, nil, errInUse(path)
		}
	}
	if err := f.lockOpening(ctx); err != nil {
		return f, nil, cannotOpen(path, err)
	}
	if !f.isAt(f.path) {
		return f, nil, cannotOpen(path, errors.New("it was replaced at this moment: try again"))
	}
	if err := f.checkLog(inode); err != nil {
		return f, nil, cannotOpen(path, err)
	}
	return f, func() error { return f.opened(inode) }, nil
}

// resolve returns the path with symbolic links resolved, as SQLite does. The file need not exist.
func resolve(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

func cannotOpen(path string, err error) error {
	return fmt.Errorf("cannot open the database %s: %s", path, reason(err))
}

func errInUse(path string) error {
	return fmt.Errorf("the database %s is in use by another Routecard server", path)
}

// lockName locks the name, so that no other process serves or restores a database of this name. It returns nil if another process
// has the lock. The operating system releases the lock when the process ends. Versions before 0.2 have no other lock.
func lockName(name string) (*flock.Flock, error) {
	lock := flock.New(name + ".lock")
	held, err := lock.TryLock()
	if err != nil || !held {
		return nil, err
	}
	return lock, nil
}

func (f *sqliteFile) lockOpening(ctx context.Context) error {
	for {
		held, err := tryLockByte(f.handle, openingByte)
		if held || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("another process is opening or migrating it")
		case <-time.After(lockInterval):
		}
	}
}

// opened ends the opening of the file. The lock file of a served database keeps the number of its file, so that checkLog can
// notice another file.
func (f *sqliteFile) opened(inode string) error {
	if f.lock != nil && inode != "" {
		if err := os.WriteFile(f.lock.Path(), []byte(inode), newFileMode); err != nil {
			return err
		}
	}
	return unlockByte(f.handle, openingByte)
}

// forgetFile removes from the lock file the number that opened wrote. Some systems have none.
func forgetFile(name string) error {
	info, err := os.Stat(name + ".lock")
	if err != nil || info.Size() == 0 {
		return err
	}
	return os.Truncate(name+".lock", 0)
}

// isAt reports whether the file is still the one with this name. It also reports true for an error that does not tell.
func (f *sqliteFile) isAt(name string) bool {
	now, err := os.Stat(name)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	own, err := f.handle.Stat()
	return err != nil || os.SameFile(own, now)
}

// checkLog returns an error if the write-ahead log next to the file was written for another file: the changes in the log would
// damage this file. It can't notice a file whose content was overwritten.
func (f *sqliteFile) checkLog(inode string) error {
	log, err := os.Stat(f.name + "-wal")
	if err != nil || log.Size() == 0 {
		return nil //nolint:nilerr // SQLite reports what it cannot read.
	}
	served, err := os.ReadFile(f.name + ".lock")
	if err != nil || inode == "" || len(served) == 0 || string(served) == inode {
		return nil //nolint:nilerr // Without the number of the served file there is nothing to compare.
	}
	return fmt.Errorf("%s-wal has changes of another file that had this name before: put that file back, or move %[1]s-wal away "+
		"(if the two belong together, for example in a copy of the whole directory, delete %[1]s.lock)", f.name)
}

// watch checks the files every watchInterval until close is called.
func (f *sqliteFile) watch() error {
	f.watched = map[string]fs.FileInfo{}
	for _, name := range []string{f.path, f.name + "-wal", f.name + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		// Windows reads the identity of the file only at the first comparison.
		os.SameFile(info, info)
		f.watched[name] = info
	}
	stop := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		for f.writable() == nil {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
		}
	})
	f.stop = sync.OnceFunc(func() {
		close(stop)
		watcher.Wait()
	})
	return nil
}

// writable returns an error if a change that is written now could be lost. From the first error on it always returns one.
func (f *sqliteFile) writable() error {
	if f.closed.Load() {
		// SQLite deletes the -wal file when it closes the database. Its own error tells what is wrong.
		return nil
	}
	if failure := f.failure.Load(); failure != nil {
		return failure
	}
	for name, original := range f.watched {
		now, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(original, now) {
			f.fail(errFileReplaced, "file", name)
			return errFileReplaced
		}
	}
	return nil
}

// fail stops all changes. It logs the first failure only.
func (f *sqliteFile) fail(failure *models.Error, attributes ...any) {
	if f.failure.CompareAndSwap(nil, failure) {
		f.log.Error("stopped accepting changes", append(attributes, "database", f.path, "reason", failure.Message)...)
	}
}

// close releases the locks.
func (f *sqliteFile) close() error {
	if f.stop != nil {
		f.stop()
	}
	var errs []error
	if f.handle != nil {
		errs = append(errs, f.handle.Close())
	}
	if f.lock != nil {
		errs = append(errs, f.lock.Unlock())
	}
	return errors.Join(errs...)
}

// prepareSharedMemory creates the -shm file with the mode of the database. SQLite would create it with a mode that depends on the
// umask. SQLite reports errors.
func (f *sqliteFile) prepareSharedMemory() {
	info, err := f.handle.Stat()
	if err != nil {
		return
	}
	shared, err := os.OpenFile(f.name+"-shm", os.O_RDWR|os.O_CREATE|os.O_EXCL, newFileMode)
	if err != nil {
		return
	}
	_ = shared.Chmod(info.Mode().Perm())
	_ = shared.Close()
}

// looksLikeConnection reports whether a name is meant for a database server that a URL does not name in the expected way. As
// a file name it would appear in the log, password included.
func looksLikeConnection(name string) bool {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == ';' }) {
		key, _, isPair := strings.Cut(word, "=")
		if isPair && connectionKeys[strings.ToLower(key)] {
			return true
		}
	}
	first, _, _ := strings.Cut(name, "/")
	user, _, hasUser := strings.Cut(first, "@")
	return strings.Contains(name, "://") && strings.HasSuffix(first, ":") || hasUser && strings.Contains(user, ":")
}

var connectionKeys = map[string]bool{
	"host": true, "hostaddr": true, "server": true, "address": true, "port": true, "dbname": true, "database": true, "db": true,
	"user": true, "username": true, "uid": true, "userid": true, "password": true, "passwd": true, "pwd": true, "passfile": true,
	"service": true, "servicefile": true, "options": true, "sslmode": true, "sslrootcert": true, "sslcert": true, "sslkey": true,
	"sslpassword": true, "connect_timeout": true, "application_name": true, "target_session_attrs": true, "client_encoding": true,
}
