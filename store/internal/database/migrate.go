package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrationFiles embed.FS

// migrations are the versions of one database's schema, each of which builds on the one before.
type migrations struct {
	dialect goose.Dialect
	folder  string
	// hasVersions counts the table of the versions.
	hasVersions string
	// lock and unlock let one of several servers that start at the same time migrate while the others wait. They are
	// empty for SQLite, which openSQLiteFile locks.
	lock, unlock string
}

var (
	sqliteMigrations   = migrations{dialect: goose.DialectSQLite3, folder: "migrations/sqlite", hasVersions: "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'"}
	postgresMigrations = migrations{
		dialect:     goose.DialectPostgres,
		folder:      "migrations/postgres",
		hasVersions: "SELECT count(*) FROM pg_class WHERE oid = to_regclass('goose_db_version')",
		// Any number that no other program uses would do.
		lock:   "SELECT pg_advisory_lock(7203154017)",
		unlock: "SELECT pg_advisory_unlock(7203154017)",
	}
)

// migrate brings the schema up to date, if the mode allows that, and reports whether it created the schema. It refuses a
// database that a newer Routecard has migrated.
func migrate(ctx context.Context, db *sql.DB, m migrations, options Options) (created bool, err error) {
	files, err := fs.Sub(migrationFiles, m.folder)
	if err != nil {
		return false, err
	}
	provider, err := goose.NewProvider(m.dialect, db, files, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return false, err
	}
	sources := provider.ListSources()
	latest := sources[len(sources)-1].Version
	upToDate, err := m.isUpToDate(ctx, db, latest, options.Mode)
	if err != nil || upToDate {
		// Without the lock, which a connection pooler in transaction mode cannot keep.
		return false, err
	}
	if m.lock != "" {
		// On a connection of its own, because the lock belongs to the session that took it.
		session, err := db.Conn(ctx)
		if err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, session.Close()) }()
		if _, err := session.ExecContext(ctx, m.lock); err != nil {
			return false, err
		}
		defer func() {
			_, unlockErr := session.ExecContext(context.WithoutCancel(ctx), m.unlock)
			err = errors.Join(err, unlockErr)
		}()
	}
	// Another server may have migrated it while this one waited for the lock.
	if upToDate, err = m.isUpToDate(ctx, db, latest, options.Mode); err != nil || upToDate {
		return false, err
	}
	if err := refuseSimilarSerialNumbers(ctx, db, m); err != nil {
		return false, err
	}
	applied, err := provider.Up(ctx)
	for _, result := range applied {
		options.Logger.InfoContext(ctx, "migrated the database", "version", result.Source.Version, "durationMs", result.Duration.Milliseconds())
		created = created || result.Source.Version == sources[0].Version
	}
	return created, err
}

// foldedSerialNumbers is the migration that makes serial numbers unique whatever their case.
const foldedSerialNumbers = 9

// refuseSimilarSerialNumbers returns an error if two serial numbers differ only in case. Only a person can decide which of the
// two units gets another number.
func refuseSimilarSerialNumbers(ctx context.Context, db *sql.DB, m migrations) (err error) {
	current, err := m.version(ctx, db)
	if err != nil || current == 0 || current >= foldedSerialNumbers {
		return err
	}
	similar, err := db.QueryContext(ctx, `SELECT min(id), max(id) FROM serials GROUP BY lower(id) HAVING count(*) > 1 ORDER BY 1 LIMIT 10`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, similar.Close()) }()
	var pairs []string
	for similar.Next() {
		var one, other string
		if err := similar.Scan(&one, &other); err != nil {
			return err
		}
		pairs = append(pairs, one+" and "+other)
	}
	if err := similar.Err(); err != nil || len(pairs) == 0 {
		return err
	}
	return fmt.Errorf("it has serial numbers that differ only in upper and lower case, which is no longer allowed: %s. "+
		"Nothing has changed. Give one unit of each pair another serial number, as docs/guides/upgrade.md describes, and start again",
		strings.Join(pairs, ", "))
}

// isUpToDate reports whether the schema has the latest version. It returns an error if the schema has another version that
// migrate may not change.
func (m migrations) isUpToDate(ctx context.Context, db *sql.DB, latest int64, mode Mode) (bool, error) {
	current, err := m.version(ctx, db)
	switch {
	case err != nil:
		return false, err
	case current > latest:
		return false, fmt.Errorf("its schema is version %d, and this Routecard knows versions up to %d: start a newer one", current, latest)
	case current > 0 && current < latest && mode != Serve:
		return false, fmt.Errorf("its schema is version %d, and this Routecard needs version %d: run routecard migrate", current, latest)
	case current == 0 && mode == Beside:
		return false, errors.New("it has no tables yet: run routecard migrate")
	default:
		return current == latest, nil
	}
}

// version returns the version of the schema, 0 if there is none.
func (m migrations) version(ctx context.Context, db *sql.DB) (int64, error) {
	var tables int
	if err := db.QueryRowContext(ctx, m.hasVersions).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	var current sql.NullInt64
	err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&current)
	return current.Int64, err
}
