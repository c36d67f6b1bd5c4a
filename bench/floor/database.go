package floor

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/store"
)

// database is opened with the driver and the settings that Routecard has.
type database struct {
	*sql.DB
	postgres bool
}

func open(name string) (database, error) {
	if store.IsPostgres(name) {
		pool, err := sql.Open("pgx", name)
		if err != nil {
			return database{}, err
		}
		pool.SetMaxOpenConns(16)
		pool.SetMaxIdleConns(16)
		return database{pool, true}, nil
	}
	pool, err := driver.Open(SQLiteSource(name))
	if err != nil {
		return database{}, err
	}
	pool.SetMaxOpenConns(1)
	return database{pool, false}, nil
}

// SQLiteSource is the connection string of a SQLite file, as durable as Routecard's.
func SQLiteSource(path string) string {
	query := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(on)"},
	}
	source := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return source.String()
}

// prepare prepares a statement once for the life of the process.
func (d database) prepare(query string) (*sql.Stmt, error) {
	return d.PrepareContext(context.Background(), query)
}

// within runs fn in one transaction.
func (d database) within(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}
