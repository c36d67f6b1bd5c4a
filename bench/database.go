package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"       // registers the driver "pgx"
	_ "github.com/ncruces/go-sqlite3/driver" // registers the driver "sqlite3"

	"github.com/routecard/routecard/internal/postgrestest"
)

const (
	sqlite     = "SQLite"
	postgreSQL = "PostgreSQL"
)

// newDatabase creates an empty database and returns the value for ROUTECARD_DATABASE. The first one on PostgreSQL starts a
// cluster with PostgreSQL's default settings.
func (b *bench) newDatabase(kind string) (string, error) {
	b.databases++
	if kind == sqlite {
		return filepath.Join(b.dir, fmt.Sprintf("%d.db", b.databases)), nil
	}
	if b.cluster == nil {
		if err := b.startCluster(); err != nil {
			return "", err
		}
	}
	name := fmt.Sprintf("bench_%d", b.databases)
	return b.cluster.URL(name), execute(b.cluster.URL("postgres"), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'")
}

func open(database string) (*sql.DB, error) {
	if strings.HasPrefix(database, "postgres") {
		return sql.Open("pgx", database)
	}
	return sql.Open("sqlite3", "file:"+filepath.ToSlash(database))
}

func execute(database, statement string) error {
	db, err := open(database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(context.Background(), statement)
	return err
}

// query returns the value that a query returns.
func query[T any](database, text string) (value T, err error) {
	db, err := open(database)
	if err != nil {
		return value, err
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRowContext(context.Background(), text).Scan(&value)
	return value, err
}

func (b *bench) startCluster() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			failure, ok := cause.(failure)
			if !ok {
				panic(cause)
			}
			err = failure
		}
	}()
	b.cluster = postgrestest.Start(&b.host, postgrestest.Options{Durable: true})
	return nil
}

// host implements the methods of testing.TB that package postgrestest calls.
type host struct {
	testing.TB

	cleanups []func()
}

// failure is what Fatal, Fatalf, and Skip panic with.
type failure struct{ error }

func (*host) Helper()                  {}
func (*host) Failed() bool             { return false }
func (*host) Logf(string, ...any)      {}
func (h *host) Cleanup(cleanup func()) { h.cleanups = append(h.cleanups, cleanup) }
func (*host) Fatal(arguments ...any)   { panic(failure{errors.New(fmt.Sprint(arguments...))}) }
func (*host) Skip(arguments ...any)    { panic(failure{errors.New(fmt.Sprint(arguments...))}) }

func (*host) Fatalf(format string, arguments ...any) {
	panic(failure{fmt.Errorf(format, arguments...)})
}

func (h *host) clean() {
	for _, cleanup := range slices.Backward(h.cleanups) {
		cleanup()
	}
}
