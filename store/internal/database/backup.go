package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup copies a SQLite database to a new file while a server writes to it. The copy contains everything that was committed
// before the call, and is on disk when Backup returns. Verify is called with the name of the copy before the copy gets its own
// name; its error removes the copy. The errors are sentences for the person at the terminal.
func (db *DB) Backup(ctx context.Context, file string, verify func(context.Context, string) error) (err error) {
	if db.Shared() {
		return errors.New("backup copies SQLite databases; for PostgreSQL use pg_dump or pg_basebackup")
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("cannot back up to %s: the file exists", file)
	}
	// The copy has another name until it is complete, so that a file with the given name is always a good copy.
	partial := file + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot back up to %s: %s", file, reason(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("cannot back up to %s: %s", file, reason(err)), removeIfThere(partial))
		}
	}()
	// SQLite accepts an empty file, and would create one with a mode that depends on the umask.
	empty, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
	if err != nil {
		return err
	}
	if err := empty.Close(); err != nil {
		return err
	}
	// Not by Query, which has a time limit.
	if err := db.read.WithContext(ctx).Exec("VACUUM INTO ?", partial).Error; err != nil {
		return err
	}
	if err := verify(ctx, partial); err != nil {
		return err
	}
	if err := syncFile(partial); err != nil {
		return err
	}
	if err := os.Rename(partial, file); err != nil {
		return err
	}
	return syncFile(filepath.Dir(file))
}

func removeIfThere(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncFile writes a file, or the names in a folder, to disk.
func syncFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
