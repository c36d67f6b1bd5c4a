// Package store reads and writes jobs, paths, units, events, and API keys: one file for each of them. An exported method
// owns its transaction: what the method writes, events included, is in the database completely or not at all, and on disk
// when the method returns. Unexported functions take the transaction.
//
// The package store/internal/database runs the queries and transactions on SQLite or PostgreSQL.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db       *database.DB
	clock    func() time.Time
	feed     *feed
	routes   *routes
	epoch    epoch
	creates  *database.Group[jobCreation, models.Job]
	commands *database.Group[requestedCommand, CommandResult]
}

// Options configure [Open].
type Options struct {
	// Clock returns the time of a change. Defaults to time.Now.
	Clock func() time.Time
	// Beside opens a SQLite file even if a server has it open, for commands that read or make one small change.
	Beside bool
	// Logger gets a line for each migration. Defaults to slog.Default().
	Logger *slog.Logger

	// vfs names the file system below SQLite. Tests use one that loses what was not synced.
	vfs string
}

// ErrBusy is returned when no connection was free within 5 seconds. Nothing has changed.
var ErrBusy = database.ErrBusy

// Open opens the database and brings its schema up to date. A name that begins with postgres:// or postgresql:// is
// PostgreSQL. Any other name is the path of a SQLite file, which Open creates if it does not exist. The errors are
// sentences for the person who starts the server, and contain no password.
func Open(ctx context.Context, name string, options Options) (*Store, error) {
	s := &Store{feed: newFeed(), routes: newRoutes(), clock: options.Clock}
	if s.clock == nil {
		s.clock = time.Now
	}
	db, err := database.Open(ctx, name, database.Options{
		Clock: s.clock, Beside: options.Beside, Logger: options.Logger, AfterCommit: s.feed.announce, VFS: options.vfs,
	})
	if err != nil {
		return nil, err
	}
	s.db = db
	s.creates = database.NewGroup(db, s.createJobs)
	s.commands = database.NewGroup(db, s.runCommands)
	return s, nil
}

// IsPostgres reports whether the name of a database is a PostgreSQL URL.
func IsPostgres(name string) bool { return database.IsPostgres(name) }

// Describe returns the name of a database for a log line, without the password that a URL may contain.
func Describe(name string) string { return database.Describe(name) }

// Close closes the database. It does not wait for running requests; stop the HTTP server first.
func (s *Store) Close() error { return s.db.Close() }

// Ping returns an error while the database does not answer.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Pools returns the connection pools by name, for metrics.
func (s *Store) Pools() map[string]*sql.DB { return s.db.Pools() }

// Backup copies a SQLite database to a new file while a server writes to it. The copy contains everything that was committed
// before the call, and is on disk when Backup returns. The errors are sentences for the person at the terminal.
func (s *Store) Backup(ctx context.Context, file string) error { return s.db.Backup(ctx, file) }

// Condition is what a caller requires of the version that it changes. The zero value requires nothing.
type Condition struct {
	// Versions are the acceptable versions. Nil accepts every version, an empty list accepts none.
	Versions []int64
}

// Holds reports whether the version is acceptable.
func (c Condition) Holds(version int64) bool {
	return c.Versions == nil || slices.Contains(c.Versions, version)
}

// findByID returns the row with the given id. It returns a NotFound error that names the resource if there is none.
func findByID[Row any](db *gorm.DB, resource, id string) (row Row, err error) {
	err = db.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = models.NotFoundError(resource, id)
	}
	return row, err
}

// where adds a condition if there is a value for it.
func where[Value any](query *gorm.DB, condition string, value *Value) *gorm.DB {
	if value == nil {
		return query
	}
	return query.Where(condition, *value)
}

// changeTime returns the time of the transaction, or 1 ms after the previous change of the same resource if that is later:
// clients rely on updatedAt to move with every change.
func changeTime(t *database.Tx, previous models.Millis) models.Millis {
	return max(t.At, previous+1)
}
