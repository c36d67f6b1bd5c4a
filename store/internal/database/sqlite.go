package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/ncruces/go-sqlite3"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/gorm"

	"github.com/routecard/routecard/store/internal/rows"
)

// sqliteReaders is the number of concurrent reads; more reads would share the same few cores.
const sqliteReaders = 8

type sqlite struct {
	read, write *sql.DB
}

func (sqlite) MaxParameters() int { return 32766 }

func (sqlite) Contains(column string) string { return "instr(" + column + ", ?) > 0" }

// lockName does nothing: SQLite runs one writing transaction at a time.
func (sqlite) lockName(*gorm.DB, string) error { return nil }

// concurrentGroups is one: a second transaction would only wait for the first, and take changes from its group.
func (sqlite) concurrentGroups() int { return 1 }

func (sqlite) Shared() bool { return false }

func (sqlite) snapshotOptions() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (d sqlite) Pools() map[string]*sql.DB {
	return map[string]*sql.DB{"read": d.read, "write": d.write}
}

func openSQLite(ctx context.Context, path string, options Options) (*DB, error) {
	if options.Beside {
		return openSQLiteFile(ctx, path, options, func() error { return nil })
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	db, err := openSQLiteFile(ctx, path, options, lock.Unlock)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return db, nil
}

// lockFile keeps a second server from opening the same file. Two servers would delay each other at every write, and neither
// would notice the other's events. The operating system releases the lock when the process ends.
func lockFile(path string) (*flock.Flock, error) {
	// The lock is next to the file itself, because SQLite follows a link too.
	file := path
	if target, err := filepath.EvalSymlinks(path); err == nil {
		file = target
	}
	lock := flock.New(file + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %s", path, reason(err))
	}
	if !held {
		return nil, fmt.Errorf("the database %s is in use by another Routecard server", path)
	}
	return lock, nil
}

func openSQLiteFile(ctx context.Context, path string, options Options, release func() error) (*DB, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("cannot open the database %s: it is a directory", path)
	}
	write, err := openSQLitePool(path, "immediate", 1, options.VFS)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, write, sqliteMigrations, options.Logger); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the database %s: %s", path, reason(err)), write.Close())
	}
	read, err := openSQLitePool(path, "deferred", sqliteReaders+probeConnections, options.VFS)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db := &DB{
		dialect:   sqlite{read: read, write: write},
		readGate:  make(gate, sqliteReaders),
		writeGate: make(gate, 1),
		release:   release,
	}
	if db.write, err = gorm.Open(gormlite.OpenDB(write), gormConfig()); err != nil {
		return nil, err
	}
	if db.read, err = gorm.Open(gormlite.OpenDB(read), gormConfig()); err != nil {
		return nil, err
	}
	return db, nil
}

const (
	// checkpointPages is the length of the write-ahead log from which each commit copies the log into the database file,
	// without waiting for anybody. It is SQLite's default.
	checkpointPages = 1000
	// restartPages is the length from which a commit waits for the readers of the log, so that the log can begin again.
	// A page has 4 KiB. Without that the log grows for as long as there is always a reader.
	restartPages = 4000
	// restartWait is how long a commit waits for the readers, and restartPause the time between two commits that wait in vain.
	// Both are short for the writers that wait at the same time.
	restartWait, restartPause = time.Second, time.Second
	// busyTimeout is how long a statement waits for another process.
	busyTimeout = 10 * time.Second
)

// boundLog keeps the write-ahead log short that the connection writes. It replaces SQLite's automatic checkpoints.
func boundLog(connection *sqlite3.Conn) {
	var next time.Time
	connection.WALHook(func(connection *sqlite3.Conn, schema string, pages int) error {
		now := time.Now() //nolint:forbidigo // Elapsed time is measured by the real clock.
		switch {
		case pages >= restartPages && now.After(next):
			_ = connection.BusyTimeout(restartWait)
			if _, _, err := connection.WALCheckpoint(schema, sqlite3.CHECKPOINT_RESTART); err != nil {
				next = now.Add(restartWait + restartPause)
			}
			_ = connection.BusyTimeout(busyTimeout)
		case pages >= checkpointPages:
			_, _, _ = connection.WALCheckpoint(schema, sqlite3.CHECKPOINT_PASSIVE)
		}
		// An error would be reported as one of the commit, which has succeeded. The next commit tries again.
		return nil
	})
}

func openSQLitePool(path, lock string, connections int, vfs string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", path, err)
	}
	// The connection string sets the pragmas, so that every connection has them. Only synchronous=FULL writes to disk
	// before a commit returns: with NORMAL, the default of WAL mode, a power cut loses acknowledged rows.
	query := url.Values{
		"_txlock": {lock},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
			"journal_mode(wal)",
			"synchronous(full)",
			"foreign_keys(on)",
		},
	}
	if vfs != "" {
		query.Set("vfs", vfs)
	}
	source := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: query.Encode()}
	connector, err := new(sqlitedriver.SQLite).OpenConnector(source.String())
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", path, err)
	}
	pool := sql.OpenDB(cachingConnector{connector})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// reason returns what the operating system or SQLite says, without the path, which the caller's sentence names.
func reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	if errors.Is(err, sqlite3.NOTADB) {
		return "it is not a SQLite database"
	}
	return err.Error()
}

// beginStatement takes the lock for writing at once, so that a transaction cannot fail later because it has to wait.
func (sqlite) beginStatement() string { return "BEGIN IMMEDIATE" }

func (sqlite) commit(ctx context.Context, connection *beginner, changes []rows.Change) error {
	if err := connection.begin(ctx); err != nil {
		return err
	}
	if err := connection.Raw(func(own any) error {
		return rows.WriteSQLite(ctx, own.(*cachingConnection), changes) //nolint:forcetypeassert // openSQLitePool makes it.
	}); err != nil {
		return err
	}
	if _, err := connection.ExecContext(ctx, "COMMIT"); err != nil {
		return &commitError{err}
	}
	return nil
}

// checkWritable begins a transaction, which takes the lock of the file, and ends it without a write.
func (sqlite) checkWritable(ctx context.Context, write *gorm.DB) error {
	errNone := errors.New("nothing to write")
	err := write.WithContext(ctx).Transaction(func(*gorm.DB) error { return errNone })
	if errors.Is(err, errNone) {
		return nil
	}
	return err
}

// Damage looks for damage to the file and for references to rows that do not exist.
func (sqlite) Damage(db *gorm.DB) (found []string, err error) {
	var damage []string
	if err := db.Raw("PRAGMA integrity_check").Scan(&damage).Error; err != nil {
		return nil, err
	}
	for _, line := range damage {
		if line != "ok" {
			found = append(found, "the file is damaged: "+line)
		}
	}
	var broken []struct{ Table, Parent string }
	if err := db.Raw("PRAGMA foreign_key_check").Scan(&broken).Error; err != nil {
		return nil, err
	}
	for _, row := range broken {
		found = append(found, fmt.Sprintf(brokenReference, row.Table, row.Parent))
	}
	return found, nil
}

const brokenReference = "a row of %s refers to one of %s that does not exist"
