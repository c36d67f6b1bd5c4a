// Package store keeps Routecard's data in SQLite or PostgreSQL. All SQL is here. Exported methods own their transaction:
// what one of them writes, its events included, is there as a whole or not at all, and on disk when it returns.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/routecard/routecard/models"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect dialect
	// read and write are one pool on PostgreSQL. SQLite has one writer at a time, so there write is a single connection
	// on which writers queue in order, instead of polling for the file's lock.
	read, write         *gorm.DB
	readGate, writeGate gate
	clock               func() time.Time
	// limit is workLimit; tests have less time.
	limit    time.Duration
	jobs     *batch[jobInsert, models.Job]
	commands *batch[UnitCommand, CommandResult]
	watch    *watch
	release  func() error
}

// Options are what a Store is opened with.
type Options struct {
	// Clock tells the time of changes; time.Now unless given. Tests inject one.
	Clock func() time.Time
	// Beside opens a SQLite file although a server may be using it, for commands that look or do one small thing.
	Beside bool
	// Logger is told of what is worth a line, such as migrations; slog.Default() unless given.
	Logger *slog.Logger

	// vfs names the file system below SQLite; tests put one there that loses what was not synced.
	vfs string
}

// rowCanCause tells whether the values of a row can be why a transaction failed: the database refused them before any
// commit. Of other errors (no room, no connection) the next attempt would see more, or not know what has become of the
// first.
func rowCanCause(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	// PostgreSQL's classes of data exceptions and of violated constraints.
	return ok && (strings.HasPrefix(refused.Code, "22") || strings.HasPrefix(refused.Code, "23")) ||
		errors.Is(err, sqlite3.CONSTRAINT) || errors.Is(err, ErrReceiptTaken)
}

// dialect is what differs between the two databases.
type dialect interface {
	// parameters is how many a statement may have.
	parameters() int
	// contains is the condition that a column holds a text somewhere, a parameter of any characters.
	contains(column string) string
	// writers is how many batches of the same kind are best written at the same time.
	writers() int
	// shared tells whether other servers may write to the database.
	shared() bool
	// snapshot are the options of a transaction that sees the database as it is at one moment.
	snapshot() *sql.TxOptions
	// insert writes rows in the transaction that is under way on the connection.
	insert(ctx context.Context, connection *sql.Conn, rows []insertion) error
	// lockName keeps other transactions that lock the same name waiting until this one ends.
	lockName(db *gorm.DB, name string) error
	// check looks for damage that only the database itself can see.
	check(db *gorm.DB) ([]string, error)
	// pools lists the connection pools by name, for metrics.
	pools() map[string]*sql.DB
}

// Open opens the database and brings its schema up to date. A postgres:// or postgresql:// URL is PostgreSQL, anything
// else the path of a SQLite file, which is created if it does not exist. The errors are sentences for the person who
// starts the server, and hold no password.
func Open(ctx context.Context, database string, options Options) (*Store, error) {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	open := openSQLite
	if IsPostgres(database) {
		open = openPostgres
	}
	s, err := open(ctx, database, options)
	if err != nil {
		return nil, err
	}
	s.clock, s.limit = options.Clock, workLimit
	s.watch = newWatch()
	s.jobs = &batch[jobInsert, models.Job]{write: s.insertJobs, oneCanCause: rowCanCause, limit: s.dialect.writers()}
	s.commands = &batch[UnitCommand, CommandResult]{write: s.commandTogether, oneCanCause: rowCanCause, limit: s.dialect.writers()}
	return s, nil
}

// IsPostgres tells whether the database is named by a PostgreSQL URL.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Close waits for nothing: end the requests first.
func (s *Store) Close() error {
	for _, pool := range s.dialect.pools() {
		if err := pool.Close(); err != nil {
			return err
		}
	}
	return s.release()
}

// Ping returns an error while the database does not answer.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.query(ctx, func(db *gorm.DB) error { return db.Raw("SELECT 1").Scan(&one).Error })
}

// Pools lists the connection pools by name, for metrics.
func (s *Store) Pools() map[string]*sql.DB { return s.dialect.pools() }

func gormConfig() *gorm.Config {
	return &gorm.Config{
		// Every write here opens its own transaction.
		SkipDefaultTransaction: true,
		// A taken key is a conflict to us, whatever number the database has for it.
		TranslateError: true,
		// Errors are returned and logged once, with the request that they belong to.
		Logger: logger.Discard,
	}
}

// tx is one transaction. What nothing in it looks for again is written together at its end, the events last: see
// migrations/postgres/00001_jobs.sql.
type tx struct {
	*gorm.DB
	store      *Store
	connection *sql.Conn
	at         models.Millis
	pending    []insertion
	receipts   []models.Receipt
	events     []models.Event
}

// transact runs fn in one transaction, and writes the receipts and events that it recorded. Nothing has changed if it
// returns an error, unless the connection broke in the moment of the commit. fn may be run again.
func (s *Store) transact(ctx context.Context, fn func(*tx) error) error {
	leave, err := s.writeGate.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	err = retry(ctx, func() error {
		committing := false
		err := s.write.WithContext(ctx).Connection(func(session *gorm.DB) error {
			connection := session.Statement.ConnPool.(*sql.Conn) //nolint:forcetypeassert // It is what Connection is for.
			return session.Transaction(func(db *gorm.DB) error {
				t := &tx{DB: db, store: s, connection: connection, at: models.MillisOf(s.clock())}
				if err := fn(t); err != nil {
					return err
				}
				if err := t.finish(); err != nil {
					return err
				}
				committing = true
				return nil
			})
		})
		if err != nil && committing {
			return &commitError{err}
		}
		return err
	})
	if err == nil {
		s.watch.announce()
	}
	return err
}

// later has rows written at the end of the transaction, in the order in which they were given and as they then are.
func (t *tx) later(rows ...insertion) { t.pending = append(t.pending, rows...) }

// finish writes what was put off until the end.
func (t *tx) finish() error {
	receipts, err := t.receiptRows()
	if err != nil {
		return err
	}
	t.later(receipts, eventTable.rows(t.events))
	return t.store.dialect.insert(t.Statement.Context, t.connection, t.pending)
}

// snapshot runs several queries that see the database as it is at one moment.
func (s *Store) snapshot(ctx context.Context, fn func(*gorm.DB) error) error {
	return s.query(ctx, func(db *gorm.DB) error { return db.Transaction(fn, s.dialect.snapshot()) })
}

// take reads the row with this id, or returns a NotFound error that names the thing.
func take[Row any](db *gorm.DB, thing, id string) (row Row, err error) {
	err = db.Where("id = ?", id).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = models.NotFoundError(thing, id)
	}
	return row, err
}

// after is the transaction's time, or the next millisecond when a change of the same thing has that already: a reader
// can rely on it that updatedAt moves with every change.
func (t *tx) after(previous models.Millis) models.Millis {
	return max(t.at, previous+1)
}

// Condition is what a caller of a change asks of the version that it changes. The zero value asks for nothing.
type Condition struct {
	// Versions lists the versions that will do. Nil asks for nothing, and an empty list never holds.
	Versions []int64
}

// Holds tells whether the version will do.
func (c Condition) Holds(version int64) bool {
	return c.Versions == nil || slices.Contains(c.Versions, version)
}

// Describe names the database for a log line, without the password that a URL may hold.
func Describe(database string) string {
	if !IsPostgres(database) {
		return database
	}
	parsed, err := url.Parse(database)
	if err != nil {
		return "PostgreSQL"
	}
	query := parsed.Query()
	for _, name := range []string{"password", "sslpassword"} {
		if query.Has(name) {
			query.Set(name, "xxxxx") // as Redacted has it
			parsed.RawQuery = query.Encode()
		}
	}
	return parsed.Redacted()
}
