package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
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
	// postgresConnectTimeout limits the wait for a server that does not respond, unless the URL has a connect_timeout.
	postgresConnectTimeout = 5 * time.Second
	// postgresIdleTime is when an idle connection is closed.
	postgresIdleTime = 5 * time.Minute
	// postgresProbeLock is how long Ping waits for the lock of the events.
	postgresProbeLock = "1500ms"
)

// sessionSettings are settings of each session, unless the URL has others. With the timeouts PostgreSQL notices within 10 seconds
// that a Routecard server has lost its power or its network in the middle of a transaction, and releases the transaction's locks.
// All other servers wait for these locks, and PostgreSQL's defaults would keep them for about two hours.
var sessionSettings = map[string]string{
	// Ends a transaction whose server sends nothing more.
	"idle_in_transaction_session_timeout": "10s",
	// Ends a wait for a lock. It is shorter than the timeout above, so that the waiting transactions of a server that has
	// vanished end before the first one does, instead of taking the lock one after the other.
	"lock_timeout": "8s",
	// End a session whose server receives nothing more.
	"tcp_user_timeout":        "10s",
	"tcp_keepalives_idle":     "5",
	"tcp_keepalives_interval": "2",
	"tcp_keepalives_count":    "3",
	// PostgreSQL's default of 4 is for hard disks. With it, a command for 10,000 units reads all units of a large shop.
	"random_page_cost": "1.1",
}

// postgresKeepAlive closes a connection within about 11 seconds when PostgreSQL's machine has vanished.
var postgresKeepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3}

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
func (postgres) closing() {}

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
	config.OnNotice = keepUnreplicated
	dialer := &net.Dialer{KeepAliveConfig: postgresKeepAlive}
	config.DialFunc = dialer.DialContext
	where := fmt.Sprintf("PostgreSQL database %s at %s:%d", config.Database, config.Host, config.Port)

	// Migrations have connections without sessionSettings: they may wait for another server's migrations, and take longer.
	migrating := stdlib.OpenDB(*config)
	created, err := migrate(ctx, migrating, postgresMigrations, options)
	if err := errors.Join(err, migrating.Close()); err != nil {
		return nil, fmt.Errorf("cannot open the %s: %s", where, postgresReason(err))
	}
	pool, err := openPostgresPool(ctx, *config, options.Logger)
	if err != nil {
		return nil, fmt.Errorf("cannot open the %s: %s", where, postgresReason(err))
	}
	db, err := gorm.Open(postgresdriver.New(postgresdriver.Config{Conn: pool}), gormConfig())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open the %s: %s", where, postgresReason(err)), pool.Close())
	}
	// Reads and writes have one gate, because they share the pool.
	both := make(gate, postgresConnections-probeConnections)
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

// openPostgresPool opens the pool with sessionSettings, or without them if a connection pooler refuses them.
func openPostgresPool(ctx context.Context, config pgx.ConnConfig, log *slog.Logger) (*sql.DB, error) {
	open := func(settings map[string]string) (*sql.DB, error) {
		config := config.Copy()
		for name, value := range settings {
			_, isSet := config.RuntimeParams[name]
			if !isSet && !strings.Contains(config.RuntimeParams["options"], name) {
				config.RuntimeParams[name] = value
			}
		}
		pool := stdlib.OpenDB(*config)
		pool.SetMaxOpenConns(postgresConnections)
		pool.SetMaxIdleConns(postgresConnections)
		pool.SetConnMaxIdleTime(postgresIdleTime)
		if err := pool.PingContext(ctx); err != nil {
			return nil, errors.Join(err, pool.Close())
		}
		return pool, nil
	}
	pool, err := open(sessionSettings)
	if err == nil || !isRefusedSetting(err) {
		return pool, err
	}
	log.Warn("the connection pooler refuses the settings of a session: set them for the role, see docs/guides/high-availability.md",
		"reason", postgresReason(err))
	return open(nil)
}

// isRefusedSetting reports whether a connection was refused because of its settings, as PgBouncer does.
func isRefusedSetting(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(refused.Message, "unsupported startup parameter")
}

// unreplicatedKey is where a connection keeps PostgreSQL's warning that it stopped waiting for a synchronous standby.
const unreplicatedKey = "routecard.unreplicated"

func keepUnreplicated(connection *pgconn.PgConn, notice *pgconn.Notice) {
	// The name of PostgreSQL's function is the same in each language.
	if notice.Routine == "SyncRepWaitForLSN" {
		connection.CustomData()[unreplicatedKey] = notice.Message
	}
}

// takeUnreplicated returns PostgreSQL's warning that it stopped waiting for a synchronous standby. The COMMIT itself succeeds
// then.
func takeUnreplicated(connection *pgconn.PgConn) error {
	warning, ok := connection.CustomData()[unreplicatedKey]
	if !ok {
		return nil
	}
	delete(connection.CustomData(), unreplicatedKey)
	return fmt.Errorf("database: %v", warning)
}

// checkWritable waits for the lock that orders the events. It shares the lock with other checks, and holds the lock until the
// end of the one statement. It waits in line instead of trying once: on a busy server the lock is never free.
func (postgres) checkWritable(ctx context.Context, write *gorm.DB) error {
	var readOnly bool
	var none any
	if err := write.WithContext(ctx).Raw(`SELECT current_setting('transaction_read_only')::boolean,
		set_config('lock_timeout', ?, true), pg_advisory_xact_lock_shared(7203154018)::text`,
		postgresProbeLock).Row().Scan(&readOnly, &none, &none); err != nil {
		return err
	}
	if readOnly {
		return errors.New("database: PostgreSQL is read-only")
	}
	return nil
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

func (postgres) beginStatement() string { return "BEGIN" }

// readAll sends BEGIN and the queries together.
func (d postgres) readAll(ctx context.Context, connection *beginner, queries []rows.Select) error {
	return connection.Raw(func(own any) error {
		pgxConnection := own.(*stdlib.Conn).Conn() //nolint:forcetypeassert // openPostgresPool chose the driver.
		begin := ""
		if !connection.begun {
			begin = d.beginStatement()
			if err := checkIdle(pgxConnection); err != nil {
				return err
			}
			connection.begun = true
		}
		return rows.ReadPostgres(ctx, pgxConnection, begin, queries)
	})
}

// checkIdle is called at the first use of a connection, which PostgreSQL may have closed in the meantime.
func checkIdle(connection *pgx.Conn) error {
	if !isIdle(connection.PgConn().Conn()) {
		return fmt.Errorf("database: PostgreSQL has closed the connection: %w", driver.ErrBadConn)
	}
	return nil
}

func (postgres) writeRows(ctx context.Context, connection *beginner, changes []rows.Change) error {
	if err := connection.begin(ctx); err != nil {
		return err
	}
	return connection.Raw(func(own any) error {
		_, err := rows.WritePostgres(ctx, own.(*stdlib.Conn).Conn(), changes, "") //nolint:forcetypeassert // openPostgresPool chose the driver.
		return err
	})
}

// commit sends the changes and the COMMIT together. Without a transaction, changes that fit into one message need neither BEGIN
// nor COMMIT.
func (postgres) commit(ctx context.Context, connection *beginner, changes []rows.Change) error {
	if !rows.FitOneMessage(changes) {
		if err := connection.begin(ctx); err != nil {
			return err
		}
	}
	return connection.Raw(func(own any) error {
		pgxConnection := own.(*stdlib.Conn).Conn() //nolint:forcetypeassert // openPostgresPool chose the driver.
		commit := "COMMIT"
		if !connection.begun {
			commit = ""
			if err := checkIdle(pgxConnection); err != nil {
				return err
			}
		}
		sent, err := rows.WritePostgres(ctx, pgxConnection, changes, commit)
		if err == nil {
			err = takeUnreplicated(pgxConnection.PgConn())
		}
		if err != nil && sent {
			return &commitError{err}
		}
		return err
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
