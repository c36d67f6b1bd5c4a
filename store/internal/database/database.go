// Package database runs queries and transactions on SQLite or PostgreSQL and keeps the schema up to date. It handles the
// differences between the two databases. It does not depend on jobs, paths, or units: package store decides what to read and
// write.
//
// Begin with [Open], [DB.Query], and [DB.Transact]. A [Group] lets several callers share one transaction.
package database

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/routecard/routecard/store/internal/rows"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect
	// read and write are one pool on PostgreSQL. SQLite has one writer at a time, so there write is a single connection
	// on which writers queue in order, instead of polling for the file's lock.
	read, write         *gorm.DB
	readGate, writeGate gate
	// timeout is defaultTimeout, except in tests.
	timeout     time.Duration
	clock       func() time.Time
	afterCommit func()
	// created says that Open has created the schema.
	created bool
	// release releases the locks of the database. Close calls it last.
	release func() error
}

// Mode says what [Open] may do to a database.
type Mode int

const (
	// Serve creates the database if it does not exist and brings its schema up to date. A SQLite file can be opened once
	// in this mode.
	Serve Mode = iota
	// Beside opens a database next to a server. It refuses a database that does not exist and one with another schema.
	Beside
	// Create is Beside, but creates the database if it does not exist or is empty.
	Create
)

// Options configure [Open].
type Options struct {
	// Clock returns the time of a change. Defaults to time.Now.
	Clock func() time.Time
	// Mode says what Open may do to the database. Defaults to Serve.
	Mode Mode
	// Logger gets a line for each migration. Defaults to slog.Default().
	Logger *slog.Logger
	// AfterCommit is called after each transaction that was committed. Defaults to nothing.
	AfterCommit func()
	// VFS is the name of SQLite's file system. Tests use a file system that loses data that was not synced. Defaults to SQLite's
	// own.
	VFS string
}

// dialect is what differs between the two databases.
type dialect interface {
	// MaxParameters is the largest number of parameters in one statement.
	MaxParameters() int
	// Contains returns the condition that a column contains a text, which is the condition's one parameter.
	Contains(column string) string
	// Shared reports whether other servers may write to the database.
	Shared() bool
	// Pools returns the connection pools by name, for metrics.
	Pools() map[string]*sql.DB
	// Damage returns a sentence for each fault that the database itself can find.
	Damage(db *gorm.DB) ([]string, error)

	// checkWritable returns an error if no transaction can write.
	checkWritable(ctx context.Context, write *gorm.DB) error
	// concurrentGroups is how many transactions of the same [Group] are best run at the same time.
	concurrentGroups() int
	// snapshotOptions are the options of a transaction that reads a snapshot of the database.
	snapshotOptions() *sql.TxOptions
	// beginStatement begins a transaction that writes.
	beginStatement() string
	// readAll runs queries one after the other in the transaction of the connection, which it begins if none has begun.
	readAll(ctx context.Context, connection *beginner, queries []rows.Select) error
	// writeRows writes changes in the transaction of the connection, which it begins if none has begun.
	writeRows(ctx context.Context, connection *beginner, changes []rows.Change) error
	// commit writes changes and commits the transaction of the connection, or a new transaction if none has begun. It returns a
	// commitError for an error after which the transaction may be committed.
	commit(ctx context.Context, connection *beginner, changes []rows.Change) error
	// closing is called before the pools are closed.
	closing()
	// writable returns an error if a change could be lost although it is committed. The error has a sentence for the user.
	writable() error
	// catalog returns the tables of the schema, except the table of the migrations, with their columns in alphabetical order.
	catalog(ctx context.Context, connection *sql.Conn) ([]copyTableInfo, error)
	// insertAll inserts the rows that next returns, until next returns nil.
	insertAll(ctx context.Context, connection *sql.Conn, table *copyTableInfo, next func() ([]any, error)) error
	// lockName makes other transactions that lock the same name wait until this one ends.
	lockName(db *gorm.DB, name string) error
}

// Open opens the database as the mode says. A name that begins with postgres:// or postgresql:// is PostgreSQL. Any other
// name is the path of a SQLite file, unless it looks like a connection string. The errors are sentences for the person who
// starts the server, and contain no password.
func Open(ctx context.Context, name string, options Options) (*DB, error) {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.AfterCommit == nil {
		options.AfterCommit = func() {}
	}
	open := openSQLite
	switch {
	case IsPostgres(name):
		open = openPostgres
	case looksLikeConnection(name):
		return nil, errConnection
	}
	db, err := open(ctx, name, options)
	if err != nil {
		return nil, err
	}
	db.timeout, db.clock, db.afterCommit = defaultTimeout, options.Clock, options.AfterCommit
	return db, nil
}

// errConnection leaves out the name, which may contain a password.
var errConnection = errors.New("the database must be a postgres:// URL or the path of a SQLite file (if it is a path, write ./ in front of it)")

// IsPostgres reports whether the name is a PostgreSQL URL.
func IsPostgres(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Describe returns the name for a log line, without the password that a URL may contain.
func Describe(name string) string {
	if !IsPostgres(name) {
		return name
	}
	parsed, err := url.Parse(name)
	if err != nil {
		return "PostgreSQL"
	}
	query := parsed.Query()
	for _, parameter := range []string{"password", "sslpassword"} {
		if query.Has(parameter) {
			query.Set(parameter, "xxxxx") // as Redacted has it
			parsed.RawQuery = query.Encode()
		}
	}
	return parsed.Redacted()
}

// Close closes the database. It does not wait for running queries; stop the HTTP server first.
func (db *DB) Close() error {
	db.closing()
	var errs []error
	for _, pool := range db.Pools() {
		errs = append(errs, pool.Close())
	}
	return errors.Join(append(errs, db.release())...)
}

// Created reports whether [Open] has created the schema.
func (db *DB) Created() bool { return db.created }

// Ping returns an error while the database does not respond, or no transaction can write. It waits as long as the context allows
// for the transactions that are writing. It does not wait for queries: one connection of the pool is left to it, see
// probeConnections.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.writable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	return retry(ctx, func() error { return db.checkWritable(ctx, db.write) })
}

// probeConnections is how many connections the pool for reading has beyond those that readGate admits.
const probeConnections = 1

// SetTimeout changes how long a query or a transaction may take. Call it before the database is shared.
func (db *DB) SetTimeout(timeout time.Duration) { db.timeout = timeout }

// SetLogger makes GORM report statements to the logger. Call it before the database is shared.
func (db *DB) SetLogger(statements logger.Interface) {
	db.read.Logger, db.write.Logger = statements, statements
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		// Transact opens the transactions.
		SkipDefaultTransaction: true,
		// Both databases report a duplicate key as gorm.ErrDuplicatedKey.
		TranslateError: true,
		// The server logs an error once, together with its request.
		Logger: logger.Discard,
	}
}
