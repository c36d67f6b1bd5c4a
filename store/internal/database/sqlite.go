package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/gorm"

	"github.com/routecard/routecard/store/internal/rows"
)

// SQLiteVersion returns the version of SQLite that the program contains.
func SQLiteVersion() (version string, err error) {
	connection, err := sqlite3.Open(":memory:")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	statement, _, err := connection.Prepare("SELECT sqlite_version()")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	statement.Step()
	return statement.ColumnText(0), statement.Err()
}

// sqliteReaders is the number of concurrent reads; more reads would share the same few cores.
const sqliteReaders = 8

type sqlite struct {
	read, write *sql.DB
	file        *sqliteFile
}

func (sqlite) MaxParameters() int { return 32766 }

func (sqlite) Contains(column string) string { return "instr(" + column + ", ?) > 0" }

// lockName does nothing: SQLite runs one writing transaction at a time.
func (sqlite) lockName(*gorm.DB, string) error { return nil }

// concurrentGroups is one: a second transaction would only wait for the first, and take changes from its group.
func (sqlite) concurrentGroups() int { return 1 }

func (sqlite) Shared() bool { return false }

func (d sqlite) closing() { d.file.closed.Store(true) }

func (d sqlite) writable() error { return d.file.writable() }

func (sqlite) snapshotOptions() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (d sqlite) Pools() map[string]*sql.DB {
	return map[string]*sql.DB{"read": d.read, "write": d.write}
}

func openSQLite(ctx context.Context, path string, options Options) (_ *DB, err error) {
	file, opened, err := openSQLiteFile(ctx, path, options)
	if err != nil {
		return nil, err
	}
	guard, err := registerSyncGuard(file, options.VFS)
	if err != nil {
		return nil, errors.Join(err, file.close())
	}
	db := &DB{readGate: make(gate, sqliteReaders), writeGate: make(gate, 1)}
	db.release = sync.OnceValue(func() error {
		guard.release()
		return file.close()
	})
	var pools []*sql.DB
	defer func() {
		if err == nil {
			return
		}
		err = cannotOpen(path, err)
		for _, pool := range pools {
			err = errors.Join(err, pool.Close())
		}
		err = errors.Join(err, db.release())
	}()
	pool := func(connections int, prepare func(), query url.Values) *sql.DB {
		query.Set("vfs", guard.name)
		// The -wal file gets the mode and the owner of the database.
		query.Set("modeof", file.name)
		// SQLite accepts only %20 for a space.
		source := url.URL{Scheme: "file", Path: filepath.ToSlash(file.name), RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")}
		pool := sql.OpenDB(cachingConnector{source: source.String(), prepare: prepare, guard: guard})
		pool.SetMaxOpenConns(connections)
		pool.SetMaxIdleConns(connections)
		pools = append(pools, pool)
		return pool
	}

	// Before any connection that changes the file's journal mode.
	probe := pool(1, func() {}, url.Values{"_pragma": {busyPragma}})
	id, err := identifySQLite(ctx, probe)
	if err != nil {
		return nil, err
	}
	if err := probe.Close(); err != nil {
		return nil, err
	}
	adopts := id == 0 && options.Mode == Serve
	if adopts {
		// Version 0.1 left the mode to the umask. From now on it belongs to the operator, as does a file of another user,
		// for which this fails.
		_ = file.handle.Chmod(newFileMode)
	}
	write := pool(1, file.prepareSharedMemory, sqliteSettings("immediate"))
	read := pool(sqliteReaders+probeConnections, file.prepareSharedMemory, sqliteSettings("deferred"))
	db.dialect = sqlite{read: read, write: write, file: file}
	if db.created, err = migrate(ctx, write, sqliteMigrations, options); err != nil {
		return nil, err
	}
	if adopts || db.created {
		if _, err := write.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return nil, err
		}
	}
	if db.write, err = gorm.Open(gormlite.OpenDB(write), gormConfig()); err != nil {
		return nil, err
	}
	if db.read, err = gorm.Open(gormlite.OpenDB(read), gormConfig()); err != nil {
		return nil, err
	}
	if err := opened(); err != nil {
		return nil, err
	}
	if options.Mode == Serve {
		// SQLite creates the -wal and the -shm file at the first read.
		if _, err := identifySQLite(ctx, read); err != nil {
			return nil, err
		}
		return db, file.watch()
	}
	return db, nil
}

const (
	// checkpointPages is the length of the write-ahead log, in pages of 4 KiB, from which each commit copies the log into the
	// database file, without waiting for anybody. SQLite's default is 1000. A longer log has more changes of the same page, of
	// which only the last is copied: with 64 clients, moves are a fifth faster than with the default.
	checkpointPages = 4000
	// restartPages is the length from which a commit waits for the readers of the log, so that the log can begin again.
	// Without that the log grows for as long as there is always a reader.
	restartPages = 8000
	// restartWait is how long a commit waits for the readers, and restartPause is the time until a commit waits again after a
	// wait that failed. Both are short, because other writers wait at the same time.
	restartWait, restartPause = time.Second, time.Second
	// busyTimeout is how long a statement waits for another process.
	busyTimeout = 10 * time.Second
)

// busyPragma sets busyTimeout.
var busyPragma = fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())

// boundLog keeps the write-ahead log of the connection short. It replaces SQLite's automatic checkpoints.
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

// sqliteSettings returns the part of the connection string that sets the pragmas, so that every connection has them. Only
// synchronous=FULL writes to disk before a commit returns: with NORMAL, the default of WAL mode, a power cut loses
// acknowledged rows.
func sqliteSettings(lock string) url.Values {
	return url.Values{
		"_txlock": {lock},
		"_pragma": {busyPragma, "journal_mode(wal)", "synchronous(full)", "foreign_keys(on)"},
	}
}

// applicationID identifies a SQLite file as a database of Routecard: the letters RCRD.
const applicationID = 0x52435244

// identifySQLite returns the application id of the file. It is 0 for an empty file and for a database of version 0.1, which
// is known by its tables. identifySQLite returns an error for a file of another program.
func identifySQLite(ctx context.Context, db *sql.DB) (id int64, err error) {
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, err
	}
	var versions, jobs, others int
	err = db.QueryRowContext(ctx, `SELECT count(CASE WHEN name = 'goose_db_version' THEN 1 END), count(CASE WHEN name = 'jobs' THEN 1 END),
		count(CASE WHEN name NOT IN ('goose_db_version', 'sqlite_sequence') THEN 1 END) FROM sqlite_schema WHERE type = 'table'`).Scan(&versions, &jobs, &others)
	switch {
	case err != nil:
		return 0, err
	case id == applicationID, id == 0 && (others == 0 || versions == 1 && jobs == 1):
		return id, nil
	default:
		return id, errors.New("it is a SQLite database of another program")
	}
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

func (sqlite) readAll(_ context.Context, _ *beginner, queries []rows.Select) error {
	for _, query := range queries {
		if err := query.Run(); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) writeRows(ctx context.Context, connection *beginner, changes []rows.Change) error {
	if err := connection.begin(ctx); err != nil {
		return err
	}
	return connection.Raw(func(own any) error {
		return rows.WriteSQLite(ctx, own.(*cachingConnection), changes) //nolint:forcetypeassert // openSQLite makes it.
	})
}

func (d sqlite) commit(ctx context.Context, connection *beginner, changes []rows.Change) error {
	if err := d.writeRows(ctx, connection, changes); err != nil {
		return err
	}
	if _, err := connection.ExecContext(ctx, "COMMIT"); err != nil {
		return &commitError{err}
	}
	if err := d.file.writable(); err != nil {
		// Not wrapped, because its sentence says that nothing has changed.
		return &commitError{fmt.Errorf("committed, but %v", err)} //nolint:errorlint // See above.
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
