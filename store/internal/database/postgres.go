package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	postgresdriver "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/routecard/routecard/store/internal/rows"
)

const (
	// postgresConnections is the size of the pool. More connections add no throughput on a server of a few cores.
	postgresConnections = 16
	// postgresConnectTimeout limits the wait for a server that does not answer, unless the URL has a connect_timeout.
	postgresConnectTimeout = 5 * time.Second
	// postgresIdleTime is when an idle connection is closed.
	postgresIdleTime = 5 * time.Minute
)

type postgres struct {
	pool *sql.DB
}

func (postgres) MaxParameters() int { return 65535 }

func (postgres) Contains(column string) string { return "strpos(" + column + ", ?) > 0" }

func (postgres) lockName(db *gorm.DB, name string) error {
	return db.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", name).Error
}

// concurrentGroups is two, so that one group is prepared while PostgreSQL writes the other. With three, each group would
// have fewer changes.
func (postgres) concurrentGroups() int { return 2 }

func (postgres) Shared() bool { return true }

// writable returns nil: PostgreSQL refuses changes itself.
func (postgres) writable() error { return nil }

func (postgres) snapshotOptions() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (d postgres) Pools() map[string]*sql.DB { return map[string]*sql.DB{"postgres": d.pool} }

func openPostgres(ctx context.Context, database string, options Options) (*DB, error) {
	config, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, fmt.Errorf("the database URL is not understood: %s", parseReason(err))
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = postgresConnectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "routecard"
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	pool.SetConnMaxIdleTime(postgresIdleTime)

	where := fmt.Sprintf("PostgreSQL database %s at %s:%d", config.Database, config.Host, config.Port)
	created, err := migrate(ctx, pool, postgresMigrations, options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the %s: %s", where, postgresReason(err)), pool.Close())
	}
	db, err := gorm.Open(postgresdriver.New(postgresdriver.Config{Conn: pool}), gormConfig())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the %s: %s", where, postgresReason(err)), pool.Close())
	}
	// Reads and writes have one gate, because they share the pool.
	both := make(gate, postgresConnections)
	return &DB{
		dialect:   postgres{pool: pool},
		read:      db,
		write:     db,
		readGate:  both,
		writeGate: both,
		created:   created,
		release:   func() error { return nil },
	}, nil
}

// parseReason returns the reason without the URL, which may contain a password.
func parseReason(err error) string {
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return "expected postgres://user:password@host:port/database"
	}
	return err.Error()
}

// postgresReason returns the server's message, or why the server could not be reached, in one line.
func postgresReason(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Message
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return "the server does not answer"
	}
	return err.Error()
}

func (postgres) insert(ctx context.Context, connection *sql.Conn, inserts []rows.Insert) error {
	return connection.Raw(func(own any) error {
		return rows.WritePostgres(ctx, own.(*stdlib.Conn).Conn(), inserts) //nolint:forcetypeassert // openPostgres chose it.
	})
}

// Damage looks for references to rows that do not exist, which a restore without triggers can leave behind. Use pg_amcheck
// to look for damage to PostgreSQL's files.
func (postgres) Damage(db *gorm.DB) (found []string, err error) {
	var references []struct{ Child, Field, Parent, Key string }
	if err := db.Raw(`SELECT c.conrelid::regclass AS child, f.attname AS field, c.confrelid::regclass AS parent, k.attname AS key
		FROM pg_constraint c
		JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = c.conkey[1]
		JOIN pg_attribute k ON k.attrelid = c.confrelid AND k.attnum = c.confkey[1]
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace ORDER BY c.conname`).Scan(&references).Error; err != nil {
		return nil, err
	}
	for _, r := range references {
		var broken int
		// The names come from the catalog, and belong to tables that the migrations made.
		query := fmt.Sprintf("SELECT count(*) FROM %s c WHERE c.%s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s p WHERE p.%s = c.%s)",
			r.Child, r.Field, r.Parent, r.Key, r.Field)
		if err := db.Raw(query).Scan(&broken).Error; err != nil {
			return nil, err
		}
		for range broken {
			found = append(found, fmt.Sprintf(brokenReference, r.Child, r.Parent))
		}
	}
	return found, nil
}
