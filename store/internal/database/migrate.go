package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrationFiles embed.FS

// migrations are the versions of one database's schema, each of which builds on the one before.
type migrations struct {
	dialect goose.Dialect
	folder  string
	// lock and unlock let one of several servers that start at the same time migrate while the others wait. They are
	// empty where a database has one server.
	lock, unlock string
}

var (
	sqliteMigrations   = migrations{dialect: goose.DialectSQLite3, folder: "migrations/sqlite"}
	postgresMigrations = migrations{
		dialect: goose.DialectPostgres,
		folder:  "migrations/postgres",
		// Any number that no other program uses would do.
		lock:   "SELECT pg_advisory_lock(7203154017)",
		unlock: "SELECT pg_advisory_unlock(7203154017)",
	}
)

// migrate brings the schema up to date. It refuses a database that a newer Routecard has migrated.
func migrate(ctx context.Context, db *sql.DB, m migrations, log *slog.Logger) (err error) {
	files, err := fs.Sub(migrationFiles, m.folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(m.dialect, db, files, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	latest := sources[len(sources)-1].Version
	if isUpToDate(ctx, db, latest) {
		// Without the lock, which a connection pooler in transaction mode cannot keep.
		return nil
	}
	if m.lock != "" {
		// On a connection of its own, because the lock belongs to the session that took it.
		session, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, session.Close()) }()
		if _, err := session.ExecContext(ctx, m.lock); err != nil {
			return err
		}
		defer func() {
			_, unlockErr := session.ExecContext(context.WithoutCancel(ctx), m.unlock)
			err = errors.Join(err, unlockErr)
		}()
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if current > latest {
		return fmt.Errorf("its schema is version %d, and this Routecard knows versions up to %d: start a newer one", current, latest)
	}
	applied, err := provider.Up(ctx)
	for _, result := range applied {
		log.InfoContext(ctx, "migrated the database", "version", result.Source.Version, "duration", result.Duration)
	}
	return err
}

// isUpToDate reports whether all migrations have been applied. It is false when the table of migrations does not exist.
func isUpToDate(ctx context.Context, db *sql.DB, latest int64) bool {
	var current sql.NullInt64
	err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&current)
	return err == nil && current.Int64 == latest
}
