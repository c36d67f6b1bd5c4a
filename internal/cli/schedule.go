package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/routecard/routecard/store"
)

const (
	// backupRetry is the time from a backup that failed to the next attempt, unless backups are more frequent.
	backupRetry = 10 * time.Minute
	// backupTime is the layout of the UTC time in the name of a backup.
	backupTime = "20060102T150405Z"
)

// backupFlags are the settings of backups by the server, which are off without a folder.
type backupFlags struct {
	Dir   string        `name:"backup-dir" env:"ROUTECARD_BACKUP_DIR" placeholder:"DIR" help:"Folder for checked backups of the SQLite database. Without it, the server makes no backups."`
	Every time.Duration `name:"backup-every" default:"24h" env:"ROUTECARD_BACKUP_EVERY" placeholder:"DURATION" help:"Time between two backups (default: ${default})."`
	Keep  int           `name:"keep" default:"14" env:"ROUTECARD_BACKUP_KEEP" placeholder:"COUNT" help:"Number of backups to keep; older ones are deleted (default: ${default})."`
}

// schedule returns the schedule of the backups, or nil if they are off. It creates the folder.
func (f backupFlags) schedule(database string, db *store.Store, log *slog.Logger) (*schedule, error) {
	switch {
	case f.Dir == "":
		return nil, nil
	case store.IsPostgres(database):
		return nil, errors.New("--backup-dir backs up SQLite databases; for PostgreSQL run pg_dump or pg_basebackup by a timer")
	case f.Every <= 0:
		return nil, fmt.Errorf("--backup-every must be greater than 0, not %s", f.Every)
	case f.Keep < 1:
		return nil, fmt.Errorf("--keep must be at least 1, not %d", f.Keep)
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot back up to %s: %w", f.Dir, systemError(err))
	}
	name := strings.TrimSuffix(filepath.Base(database), ".db")
	s := &schedule{
		backupFlags: f, name: name, db: db, log: log,
		names: regexp.MustCompile("^" + regexp.QuoteMeta(name) + `-([0-9]{8}T[0-9]{6}Z)\.db(\.partial.*)?$`),
	}
	backups, _, err := s.list()
	if err == nil && len(backups) > 0 {
		s.last.Store(s.timeOf(backups[len(backups)-1]).Unix())
	}
	return s, err
}

// schedule backs up a database in the background.
type schedule struct {
	backupFlags
	// name begins the names of the backups. Names matches them, and what an interrupted backup leaves behind.
	name  string
	names *regexp.Regexp
	db    *store.Store
	log   *slog.Logger
	// last is when the last good backup was made, in seconds since 1970, 0 if there is none.
	last atomic.Int64
}

// LastBackup returns when the last good backup was made, and the zero time if there is none.
func (s *schedule) LastBackup() time.Time {
	if last := s.last.Load(); last > 0 {
		return time.Unix(last, 0)
	}
	return time.Time{}
}

// run makes a backup whenever one is due, until the context ends. Backups of earlier runs of the server count.
func (s *schedule) run(ctx context.Context) {
	for due := s.LastBackup().Add(s.Every); ; {
		// Bounded, because the clock may have been set back since the last backup.
		timer := time.NewTimer(min(time.Until(due), s.Every))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		begun := time.Now()
		due = begun.Add(s.Every)
		file, err := s.backUp(ctx, begun)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			due = begun.Add(min(s.Every, backupRetry))
			s.log.Error("could not back up the database", "error", err)
		default:
			s.log.Info("backed up the database", "file", file, "durationMs", time.Since(begun).Milliseconds())
		}
	}
}

// backUp makes a backup, and then deletes those that are no longer kept.
func (s *schedule) backUp(ctx context.Context, at time.Time) (file string, err error) {
	file = filepath.Join(s.Dir, s.name+"-"+at.UTC().Format(backupTime)+".db")
	if err := s.db.VerifiedBackup(ctx, file); err != nil {
		return "", err
	}
	s.last.Store(at.Unix())
	backups, unfinished, err := s.list()
	for _, old := range append(unfinished, backups[:max(0, len(backups)-s.Keep)]...) {
		err = errors.Join(err, os.Remove(filepath.Join(s.Dir, old)))
	}
	return file, err
}

// list returns the names of the backups, the oldest first, and of what interrupted backups have left behind.
func (s *schedule) list() (backups, unfinished []string, err error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the folder %s: %w", s.Dir, systemError(err))
	}
	for _, entry := range entries {
		switch match := s.names.FindStringSubmatch(entry.Name()); {
		case match == nil:
		case match[2] != "":
			unfinished = append(unfinished, entry.Name())
		default:
			backups = append(backups, entry.Name())
		}
	}
	slices.Sort(backups)
	return backups, unfinished, nil
}

// timeOf returns the time in the name of a backup.
func (s *schedule) timeOf(backup string) time.Time {
	at, _ := time.Parse(backupTime, s.names.FindStringSubmatch(backup)[1]) // an impossible date counts as very old
	return at
}
