package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/ncruces/go-sqlite3"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/gorm"
)

// readConnections is how many readers SQLite serves at a time; more would only share the same few cores.
const readConnections = 8

type sqlite struct {
	read, write *sql.DB
}

func (sqlite) parameters() int { return 32766 }

func (sqlite) contains(column string) string { return "instr(" + column + ", ?) > 0" }

// lockName has nothing to do: SQLite's transactions that write go one after the other.
func (sqlite) lockName(*gorm.DB, string) error { return nil }

// writers is one: another would only wait for the first one's transaction to end, and take from those it could write with.
func (sqlite) writers() int { return 1 }

func (sqlite) shared() bool { return false }

func (sqlite) snapshot() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (d sqlite) pools() map[string]*sql.DB {
	return map[string]*sql.DB{"read": d.read, "write": d.write}
}

func openSQLite(ctx context.Context, path string, options Options) (*Store, error) {
	if options.Beside {
		s, err := openSQLiteLocked(ctx, path, options)
		if err == nil {
			s.release = func() error { return nil }
		}
		return s, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	s, err := openSQLiteLocked(ctx, path, options)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	s.release = lock.Unlock
	return s, nil
}

// lockFile keeps a second server from the same file: each would hold the other up at every write, and neither would see
// the other's events in time. The lock ends with the process, however that ends.
func lockFile(path string) (*flock.Flock, error) {
	// Beside the file itself: SQLite follows a link, too.
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

func openSQLiteLocked(ctx context.Context, path string, options Options) (*Store, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("cannot open the database %s: it is a directory", path)
	}
	write, err := openSQLitePool(path, "immediate", 1, options.vfs)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, write, sqliteMigrations, options.Logger); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the database %s: %s", path, reason(err)), write.Close())
	}
	read, err := openSQLitePool(path, "deferred", readConnections, options.vfs)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &Store{
		dialect:   sqlite{read: read, write: write},
		readGate:  make(gate, readConnections),
		writeGate: make(gate, 1),
	}
	if s.write, err = gorm.Open(gormlite.OpenDB(write), gormConfig()); err != nil {
		return nil, err
	}
	if s.read, err = gorm.Open(gormlite.OpenDB(read), gormConfig()); err != nil {
		return nil, err
	}
	return s, nil
}

func openSQLitePool(path, lock string, connections int, vfs string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", path, err)
	}
	// In the connection string, so that no connection can be without them. A write is on disk when it returns only with
	// synchronous=FULL: with NORMAL, the default of WAL, a power cut loses acknowledged rows.
	query := url.Values{
		"_txlock": {lock},
		"_pragma": {
			"busy_timeout(10000)",
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
	pool := sql.OpenDB(keepingConnector{connector})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// reason is what the operating system or SQLite says, without the path that the sentence names already.
func reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	if errors.Is(err, sqlite3.NOTADB) {
		return "it is not a SQLite database"
	}
	return err.Error()
}

// largest is how many rows a statement of SQLite's has at most. The numbers of rows are powers of two, so that there are
// few of them, and each is compiled once and kept. As many statements of one row would cost more, not least because the
// events are numbered anew in each.
const largest = 64

func (sqlite) insert(ctx context.Context, connection *sql.Conn, rows []insertion) error {
	return connection.Raw(func(own any) error {
		for i := range rows {
			in := &rows[i]
			for from := 0; from < in.height; {
				to := from + min(largest, 1<<(bits.Len(uint(in.height-from))-1))
				//nolint:forcetypeassert // The connection that openSQLitePool makes.
				if err := in.exec(ctx, own.(*keepingConnection), from, to); err != nil {
					return err
				}
				from = to
			}
		}
		return nil
	})
}

func (in *insertion) exec(ctx context.Context, connection *keepingConnection, from, to int) (err error) {
	row := "(?" + strings.Repeat(", ?", len(in.columns)-1) + ")"
	statement := in.head()
	statement.WriteString("VALUES " + row + strings.Repeat(", "+row, to-from-1) + " " + in.conflict)
	prepared, err := connection.prepare(ctx, statement.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	values := in.values(from, to)
	named := make([]driver.NamedValue, len(values))
	for i, value := range values {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	result, err := prepared.ExecContext(ctx, named)
	if err != nil {
		return err
	}
	if affected, err := result.RowsAffected(); err != nil || affected < int64(to-from) {
		return cmp.Or(err, in.short)
	}
	return nil
}
