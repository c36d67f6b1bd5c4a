package store

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
)

const (
	// postgresConnections is where more connections stop adding throughput on a server of a few cores.
	postgresConnections = 16
	// postgresConnectTimeout bounds the wait for a server that does not answer, unless the URL has a connect_timeout.
	postgresConnectTimeout = 5 * time.Second
	// postgresIdleTime lets the connections that a rush needed go again.
	postgresIdleTime = 5 * time.Minute
)

type postgres struct {
	pool *sql.DB
}

func (postgres) parameters() int { return 65535 }

func (postgres) contains(column string) string { return "strpos(" + column + ", ?) > 0" }

func (postgres) lockName(db *gorm.DB, name string) error {
	return db.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", name).Error
}

func (postgres) shared() bool { return true }

func (postgres) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (d postgres) pools() map[string]*sql.DB { return map[string]*sql.DB{"postgres": d.pool} }

func openPostgres(ctx context.Context, database string, options Options) (*Store, error) {
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
	if err := migrate(ctx, pool, postgresMigrations, options.Logger); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the %s: %s", where, postgresReason(err)), pool.Close())
	}
	db, err := gorm.Open(postgresdriver.New(postgresdriver.Config{Conn: pool}), gormConfig())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the %s: %s", where, postgresReason(err)), pool.Close())
	}
	// One gate for both, because they share the pool.
	both := make(gate, postgresConnections)
	return &Store{
		dialect:   postgres{pool: pool},
		read:      db,
		write:     db,
		readGate:  both,
		writeGate: both,
		release:   func() error { return nil },
	}, nil
}

// parseReason leaves out the URL, which may hold a password.
func parseReason(err error) string {
	if _, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return "expected postgres://user:password@host:port/database"
	}
	return err.Error()
}

// postgresReason is the server's own word, or what kept us from reaching it, in one line.
func postgresReason(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Message
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return "the server does not answer"
	}
	return err.Error()
}
