package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
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

// writers is two, so that one batch is made ready while PostgreSQL writes the other. Of three, each would hold fewer rows.
func (postgres) writers() int { return 2 }

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

// insertRows is how many rows are sent at a time, which bounds what is held of them in the form of the wire; more would not
// be quicker.
const insertRows = 1000

// insert sends all statements at once and then reads what became of them: a server that is asked one by one waits for us
// as long as it works.
func (postgres) insert(ctx context.Context, connection *sql.Conn, rows []insertion) error {
	return connection.Raw(func(own any) error {
		connection := own.(*stdlib.Conn).Conn() //nolint:forcetypeassert // The driver that the pool was opened with.
		var batch pgx.Batch
		height := 0
		send := func() error {
			all := batch
			batch, height = pgx.Batch{}, 0
			return connection.SendBatch(ctx, &all).Close()
		}
		for i := range rows {
			in := &rows[i]
			for from := 0; from < in.height; from += insertRows {
				to := min(from+insertRows, in.height)
				in.queue(&batch, from, to)
				if height += to - from; height < insertRows {
					continue
				}
				if err := send(); err != nil {
					return err
				}
			}
		}
		if height == 0 {
			return nil
		}
		return send()
	})
}

// queue adds a statement that is planned once for any number of rows: each column is one array.
func (in *insertion) queue(batch *pgx.Batch, from, to int) {
	width := len(in.columns)
	values := in.values(from, to)
	arrays := make([]any, width)
	statement := in.head()
	statement.WriteString("SELECT * FROM unnest(")
	for i, column := range in.columns {
		if i > 0 {
			statement.WriteString(", ")
		}
		statement.WriteString("$" + strconv.Itoa(i+1) + "::" + column.kind + "[]")
		switch column.kind {
		case "text":
			arrays[i] = every[string](values, i, width)
		case "bigint":
			arrays[i] = every[int64](values, i, width)
		case "boolean":
			arrays[i] = every[bool](values, i, width)
		}
	}
	statement.WriteString(") " + in.conflict)
	batch.Queue(statement.String(), arrays...).Exec(func(done pgconn.CommandTag) error {
		if done.RowsAffected() < int64(to-from) {
			return in.short
		}
		return nil
	})
}

// every takes one value of each row, the first of which stands at from.
func every[Value any](values []any, from, width int) pgtype.FlatArray[*Value] {
	height := len(values) / width
	column, present := make(pgtype.FlatArray[*Value], height), make([]Value, height)
	for row := range column {
		if value := values[row*width+from]; value != nil {
			present[row] = value.(Value) //nolint:forcetypeassert // A value of another kind is a fault of its table.
			column[row] = &present[row]
		}
	}
	return column
}
