package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
)

// Restored is the result of [Restore].
type Restored struct {
	// Jobs and Units are the numbers of jobs and units.
	Jobs, Units int64
	// LastEvent is the time of the newest event, nil if there is none.
	LastEvent *models.Millis
	// Kept is the name under which the replaced database was kept, empty if there was none.
	Kept string
}

// Restore replaces a SQLite database with a copy of a backup, after it has checked the copy as [Store.Check] does. It returns
// an error, and changes nothing, if a server has the database open, if the check finds a fault, or if the backup has
// another schema than this version of Routecard. The replaced database is kept under another name. The restored database has
// a new epoch, see [Store.NewEpoch].
func Restore(ctx context.Context, file, name string) (restored Restored, err error) {
	now := time.Now() //nolint:forbidigo // It only names a file.
	restored.Kept, err = database.Restore(ctx, file, name, now, func(ctx context.Context, copied string) error {
		return verifyCopy(ctx, copied, file, restored.inspect)
	})
	return restored, err
}

// inspect begins a new epoch and counts what the copy contains.
func (r *Restored) inspect(ctx context.Context, s *Store) error {
	// The numbers after the backup will be used again for other events.
	if err := s.NewEpoch(ctx); err != nil {
		return err
	}
	return s.db.LongSnapshot(ctx, func(db *gorm.DB) error {
		return errors.Join(
			db.Raw("SELECT count(*) FROM jobs").Scan(&r.Jobs).Error,
			db.Raw("SELECT count(*) FROM serials").Scan(&r.Units).Error,
			db.Raw("SELECT at FROM events ORDER BY seq DESC LIMIT 1").Scan(&r.LastEvent).Error,
		)
	})
}
