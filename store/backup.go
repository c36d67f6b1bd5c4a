package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// Backup copies a SQLite database to a new file while a server writes to it. The copy contains everything that was committed
// before the call, and is on disk when Backup returns. The errors are sentences for the person at the terminal.
func (s *Store) Backup(ctx context.Context, file string) error {
	return s.db.Backup(ctx, file, func(context.Context, string) error { return nil })
}

// VerifiedBackup is Backup, and checks the copy as [Store.Check] does before the copy gets its name. It returns an error, and
// removes the copy, if the check finds a fault.
func (s *Store) VerifiedBackup(ctx context.Context, file string) error {
	return s.db.Backup(ctx, file, func(ctx context.Context, copied string) error {
		return verifyCopy(ctx, copied, file, func(context.Context, *Store) error { return nil })
	})
}

// verifyCopy checks a copy of a SQLite database as [Store.Check] does. If there is no fault, it calls use with the open copy. Its
// errors name the backup and not the copy, because a copy with a fault is removed.
func verifyCopy(ctx context.Context, copied, backup string, use func(context.Context, *Store) error) error {
	s, err := Open(ctx, copied, Options{Mode: Beside, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), copied, backup))
	}
	report, err := s.Check(ctx)
	if n := len(report.Faults) + report.MoreFaults; err == nil && n > 0 {
		err = fmt.Errorf("the backup has %d fault(s): %s", n, strings.Join(report.Faults, "; "))
	}
	if err == nil {
		err = use(ctx, s)
	}
	return errors.Join(err, s.Close())
}
