// Package store reads and writes jobs, paths, units, events, and API keys: one file for each of them. An exported method
// owns its transaction: what the method writes, events included, is in the database completely or not at all, and on disk
// when the method returns. Unexported functions take the transaction.
//
// The package store/internal/database runs the queries and transactions on SQLite or PostgreSQL.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db       *database.DB
	clock    func() time.Time
	log      *slog.Logger
	feed     *feed
	routes   *routes
	search   searchIndex
	epoch    epoch
	creates  *database.Group[jobCreation, models.Job]
	commands *database.Group[requestedCommand, CommandResult]
}

// Options configure [Open].
type Options struct {
	// Clock returns the time of a change. Defaults to time.Now.
	Clock func() time.Time
	// Mode says what Open may do to the database. Defaults to Serve.
	Mode Mode
	// Logger gets a line for each migration, and when the new events cannot be read. Defaults to slog.Default().
	Logger *slog.Logger

	// vfs is the name of SQLite's file system. Tests use a file system that loses data that was not synced.
	vfs string
}

// Mode says what [Open] may do to a database.
type Mode = database.Mode

const (
	// Serve creates the database if it does not exist and brings its schema up to date. A SQLite file can be opened once
	// in this mode.
	Serve = database.Serve
	// Beside opens a database next to a server. It refuses a database that does not exist and one with another schema.
	Beside = database.Beside
	// Create is Beside, but creates the database if it does not exist or is empty.
	Create = database.Create
)

var (
	// ErrBusy is returned when no connection was free within 5 seconds, or others held a lock for too long: 8 seconds on
	// PostgreSQL, 10 seconds on SQLite. Nothing has changed.
	ErrBusy = database.ErrBusy
	// ErrOutcomeUnknown is returned when a change may have been made, may never be made, or may be made later: the database did
	// not respond to COMMIT, its disk failed during the commit, or the context ended while the change shared the transaction of
	// other changes. It is also returned when a request with an idempotency key fails, and the store cannot find out whether an
	// earlier request with the same key succeeded.
	ErrOutcomeUnknown = database.ErrOutcomeUnknown
)

// Page is a part of a list: its first rows, and whether there are more. It ends before the limit when its rows are large, so
// that the memory for a page is bounded.
type Page[Row any] = rows.Page[Row]

// Open opens the database as the mode says. A name that begins with postgres:// or postgresql:// is PostgreSQL. Any other
// name is the path of a SQLite file, unless it looks like a connection string. The errors are sentences for the person who
// starts the server, and contain no password.
func Open(ctx context.Context, name string, options Options) (*Store, error) {
	s := &Store{routes: newRoutes(), clock: options.Clock, log: cmp.Or(options.Logger, slog.Default())}
	s.feed = newFeed(s)
	if s.clock == nil {
		s.clock = time.Now
	}
	db, err := database.Open(ctx, name, database.Options{
		Clock: s.clock, Mode: options.Mode, Logger: s.log, AfterCommit: s.feed.announce, VFS: options.vfs,
	})
	if err != nil {
		return nil, err
	}
	s.db = db
	s.creates = database.NewGroup(db, s.createJobs)
	s.commands = database.NewGroup(db, s.runCommands)
	if err := s.keepIDsAscending(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// keepIDsAscending makes new ids sort after those of the database, even if the clock was set back. Lists of jobs, paths, keys,
// and templates are ordered by their ids.
func (s *Store) keepIDsAscending(ctx context.Context) error {
	var newest []string
	err := s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Raw(`SELECT coalesce(max(id), '') FROM jobs UNION ALL SELECT coalesce(max(id), '') FROM paths
			UNION ALL SELECT coalesce(max(id), '') FROM api_keys UNION ALL SELECT coalesce(max(id), '') FROM templates`).Find(&newest).Error
	})
	for _, id := range newest {
		models.KeepIDsAbove(id)
	}
	return err
}

// IsPostgres reports whether the name of a database is a PostgreSQL URL.
func IsPostgres(name string) bool { return database.IsPostgres(name) }

// Describe returns the name of a database for a log line, without the password that a URL may contain.
func Describe(name string) string { return database.Describe(name) }

// SQLiteVersion returns the version of SQLite that the program contains, such as "3.50.4".
func SQLiteVersion() (string, error) { return database.SQLiteVersion() }

// Close closes the database. It does not wait for running requests; stop the HTTP server first.
func (s *Store) Close() error { return s.db.Close() }

// Created reports whether [Open] has created the schema.
func (s *Store) Created() bool { return s.db.Created() }

// Ping returns an error while the database does not respond or does not accept changes. A database that does not accept changes
// until the server is restarted gives an Unavailable error.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Pools returns the connection pools by name, for metrics.
func (s *Store) Pools() map[string]*sql.DB { return s.db.Pools() }

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
