package store

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/store/internal/database"
)

// epochAge is how long a server relies on the epoch that it has read. Only [Store.NewEpoch] changes the epoch.
const epochAge = 5 * time.Second

// epoch is the epoch of the feed that a server has read last.
type epoch struct {
	mutex sync.Mutex
	id    string
	read  time.Time
}

// Epoch returns the id of the feed's epoch, not older than 5 seconds. Numbers of events are comparable within one epoch only: a
// database that was restored from a backup uses the numbers after the backup again for other events.
func (s *Store) Epoch(ctx context.Context) (string, error) {
	now := s.clock()
	s.epoch.mutex.Lock()
	id, fresh := s.epoch.id, s.epoch.id != "" && now.Sub(s.epoch.read) <= epochAge
	s.epoch.mutex.Unlock()
	if fresh {
		return id, nil
	}
	err := s.db.Query(ctx, func(db *gorm.DB) error { return db.Raw("SELECT epoch FROM feed").Scan(&id).Error })
	if err != nil {
		return "", err
	}
	s.setEpoch(id, now)
	return id, nil
}

// NewEpoch begins a new epoch of the feed. Call it after a restore, before servers use the database again: followers of
// events then begin again with the first event.
func (s *Store) NewEpoch(ctx context.Context) error {
	now, id := s.clock(), rand.Text()
	err := s.db.Transact(ctx, func(t *database.Tx) error { return t.Exec("UPDATE feed SET epoch = ?", id).Error })
	if err == nil {
		s.setEpoch(id, now)
	}
	return err
}

func (s *Store) setEpoch(id string, read time.Time) {
	s.epoch.mutex.Lock()
	defer s.epoch.mutex.Unlock()
	s.epoch.id, s.epoch.read = id, read
}
