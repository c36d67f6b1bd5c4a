package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/internal/postgrestest"
)

const (
	sqlite     = "SQLite"
	postgreSQL = "PostgreSQL"
)

// newDatabase creates an empty database and returns the value for ROUTECARD_DATABASE.
func (b *bench) newDatabase(kind string) (string, error) {
	b.databases++
	if kind == sqlite {
		return filepath.Join(b.dir, fmt.Sprintf("%d.db", b.databases)), nil
	}
	name := fmt.Sprintf("routecard_bench_%d_%d", os.Getpid(), b.databases)
	database := *b.postgres
	database.Path = "/" + name
	return database.String(), execute(b.postgres.String(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'")
}

// dropDatabase removes a database that newDatabase created.
func (b *bench) dropDatabase(database string) error {
	if isPostgres(database) {
		location, err := url.Parse(database)
		if err != nil {
			return err
		}
		return execute(b.postgres.String(), "DROP DATABASE IF EXISTS "+path.Base(location.Path)+" WITH (FORCE)")
	}
	files, err := filepath.Glob(database + "*")
	for _, file := range files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

func isPostgres(database string) bool { return strings.HasPrefix(database, "postgres") }

func open(database string) (*sql.DB, error) {
	if isPostgres(database) {
		return sql.Open("pgx", database)
	}
	return sql.Open("sqlite3", "file:"+filepath.ToSlash(database))
}

// execute runs statements, each in a transaction of its own.
func execute(database string, statements ...string) error {
	db, err := open(database)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// query returns the single value that a query returns.
func query[T any](database, text string) (value T, err error) {
	db, err := open(database)
	if err != nil {
		return value, err
	}
	defer db.Close()
	err = db.QueryRowContext(context.Background(), text).Scan(&value)
	return value, err
}

// startPostgres sets b.postgres to the server that ROUTECARD_TEST_POSTGRES names, or to a new cluster with PostgreSQL's
// default settings.
func (b *bench) startPostgres() (err error) {
	source, err := postgrestest.Locate()
	if err != nil {
		return err
	}
	if b.postgres = source.URL; b.postgres != nil {
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			failed, ok := cause.(error)
			if !ok {
				panic(cause)
			}
			err = failed
		}
	}()
	cluster := postgrestest.Start(&b.host, postgrestest.Options{Durable: true})
	b.postgres, err = url.Parse(cluster.URL("postgres"))
	return err
}

// host implements the part of testing.TB that package postgrestest calls. Fatal and Skip panic with an error.
type host struct {
	testing.TB

	cleanups []func()
}

func (*host) Helper()                   {}
func (*host) Failed() bool              { return false }
func (*host) Logf(string, ...any)       {}
func (h *host) Cleanup(cleanup func())  { h.cleanups = append(h.cleanups, cleanup) }
func (*host) Fatal(arguments ...any)    { panic(errors.New(fmt.Sprint(arguments...))) }
func (*host) Skip(arguments ...any)     { panic(errors.New(fmt.Sprint(arguments...))) }
func (*host) Errorf(f string, a ...any) { panic(fmt.Errorf(f, a...)) }
func (*host) Fatalf(f string, a ...any) { panic(fmt.Errorf(f, a...)) }

func (h *host) clean() {
	for _, cleanup := range slices.Backward(h.cleanups) {
		cleanup()
	}
}
