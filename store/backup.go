package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup copies a SQLite database to a new file while servers go on writing: the copy holds all that was acknowledged
// before the call, and is on disk when Backup returns. The errors are sentences for the person at the terminal.
func (s *Store) Backup(ctx context.Context, file string) (err error) {
	if s.dialect.shared() {
		return errors.New("backup copies SQLite databases; for PostgreSQL use pg_dump or pg_basebackup")
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("cannot back up to %s: the file exists", file)
	}
	// Under another name until it is whole, so that a file with the name asked for is always a good copy.
	partial := file + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot back up to %s: %s", file, reason(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("cannot back up to %s: %s", file, reason(err)), removeIfThere(partial))
		}
	}()
	// Not by way of query: it may take its time.
	if err := s.read.WithContext(ctx).Exec("VACUUM INTO ?", partial).Error; err != nil {
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

// syncFile makes a file, or the names in a folder, outlast a power cut.
func syncFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
