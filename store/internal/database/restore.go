package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Restore replaces a SQLite database, which no server may have open, with a copy of a backup. It calls check with the name of
// the copy, which is not yet the database, and changes nothing if check returns an error. It keeps the database that was
// there under the name that it returns. The new database is on disk when Restore returns. The errors are sentences for the
// person at the terminal.
func Restore(ctx context.Context, file, name string, now time.Time, check func(ctx context.Context, copied string) error) (kept string, err error) {
	switch {
	case IsPostgres(name):
		return "", errors.New("restore replaces SQLite databases; for PostgreSQL use pg_restore")
	case looksLikeConnection(name):
		return "", errConnection
	}
	kept, err = restore(ctx, file, name, now, check)
	if err != nil {
		err = fmt.Errorf("cannot restore %s from %s: %s", name, file, reason(err))
	}
	return kept, err
}

func restore(ctx context.Context, file, name string, now time.Time, check func(context.Context, string) error) (kept string, err error) {
	if name, err = filepath.Abs(name); err != nil {
		return "", err
	}
	name = resolve(name)
	if log, err := os.Stat(file + "-wal"); err == nil && log.Size() > 0 {
		return "", fmt.Errorf("the backup has a write-ahead log, %s-wal, so it may be incomplete: "+
			"delete the log if it does not belong to the backup, or copy the database with routecard backup", file)
	}
	exists, unlock, err := lockUnserved(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	copied := name + ".restoring"
	defer func() {
		if err != nil {
			err = errors.Join(err, removeSQLite(copied))
		}
	}()
	if err := copyFile(file, copied); err != nil {
		return "", err
	}
	if err := check(ctx, copied); err != nil {
		return "", err
	}
	if err := errors.Join(syncFile(copied), removeLogs(copied)); err != nil {
		return "", err
	}
	if exists {
		kept = name + ".replaced-" + now.UTC().Format("20060102T150405Z")
		if err := keepSQLite(name, kept); err != nil {
			return "", err
		}
	}
	// A log without its database is left over from a database that was deleted.
	if err := removeLogs(name); err != nil {
		return "", err
	}
	if err := os.Rename(copied, name); err != nil {
		return "", err
	}
	if err := forgetFile(name); err != nil {
		return "", err
	}
	return kept, syncFile(filepath.Dir(name))
}

// lockUnserved locks the database, so that no server opens it until unlock is called. It returns an error if a server has the
// database open.
func lockUnserved(name string) (exists bool, unlock func() error, err error) {
	errServed := errors.New("a Routecard server has the database open: stop the server first")
	lock, err := lockName(name)
	if err != nil {
		return false, nil, err
	}
	if lock == nil {
		return false, nil, errServed
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.Unlock())
		}
	}()
	handle, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return false, lock.Unlock, nil
	}
	if err != nil {
		return false, nil, err
	}
	// Opened by another name of the same file, and closed immediately, because Windows does not replace an open file.
	held, err := tryLockByte(handle, servedByte)
	err = errors.Join(err, handle.Close())
	if err == nil && !held {
		err = errServed
	}
	return true, lock.Unlock, err
}

// keepSQLite renames the database and its log, which may have changes that are not in the file. The old name stays until it is
// replaced. If the process ends in between, the file has two names and no server opens it.
func keepSQLite(name, kept string) error {
	if err := os.Link(name, kept); err != nil {
		return err
	}
	err := os.Rename(name+"-wal", kept+"-wal")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// removeLogs removes the -wal and -shm files of a database.
func removeLogs(name string) error {
	return errors.Join(removeIfThere(name+"-wal"), removeIfThere(name+"-shm"))
}

// removeSQLite removes a database.
func removeSQLite(name string) error { return errors.Join(removeIfThere(name), removeLogs(name)) }

// copyFile copies a file to a new one that only the owner can read, and replaces what an earlier attempt has left.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if info, err := in.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, errors.New("the backup is not a file"))
	}
	if err := removeSQLite(to); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
