package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/bench/floor"
	"github.com/routecard/routecard/store"
)

// bench is one run of the benchmark.
type bench struct {
	options
	progress io.Writer
	begun    time.Time
	report   report
	// dir holds the databases and the program, and goes away at the end.
	dir    string
	server *cluster
	host   *host
}

func newBench(o options, progress io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp(o.dir, "routecard-bench-")
	if err != nil {
		return nil, err
	}
	return &bench{options: o, progress: progress, begun: time.Now(), dir: dir, host: &host{}}, nil
}

func (b *bench) close() {
	b.host.clean()
	_ = os.RemoveAll(b.dir)
}

// say tells whoever waits what is going on.
func (b *bench) say(format string, arguments ...any) {
	fmt.Fprintf(b.progress, "%5.0f s  %s\n", time.Since(b.begun).Seconds(), fmt.Sprintf(format, arguments...))
}

// prepare builds Routecard as `make build` does, and finds PostgreSQL.
func (b *bench) prepare() error {
	if b.binary == "" {
		b.say("build")
		b.binary = filepath.Join(b.dir, "routecard")
		command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "nomsgpack",
			"-o", b.binary, "github.com/routecard/routecard")
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build Routecard: %w\n%s", err, output)
		}
	}
	b.say("start PostgreSQL")
	server, err := startCluster(b.host)
	if err != nil {
		return err
	}
	b.server = server
	return b.tellMachine()
}

// database is one of the two, as the sections name them.
type database struct {
	name string
	// create makes a new database with Routecard's schema.
	create func() (string, error)
}

func (b *bench) databases() []database {
	all := []database{{"SQLite", b.newSQLite}}
	if b.server != nil {
		all = append(all, database{"PostgreSQL", b.newPostgres})
	}
	return all
}

func (b *bench) newSQLite() (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("%d.db", b.host.next()))
	return path, migrate(path)
}

func (b *bench) newPostgres() (string, error) {
	name := fmt.Sprintf("routecard_bench_%d_%d", os.Getpid(), b.host.next())
	url, err := b.server.create(name)
	if err != nil {
		return "", err
	}
	if b.server.own == nil {
		// A server of somebody else's is left as it was.
		b.host.Cleanup(func() { _ = b.server.drop(name) })
	}
	return url, migrate(url)
}

// migrate has Routecard make its schema.
func migrate(name string) error {
	db, err := store.Open(context.Background(), name, store.Options{Logger: quiet()})
	if err != nil {
		return err
	}
	return db.Close()
}

// connect opens a database for the benchmark's own statements.
func connect(name string) (*sql.DB, error) {
	if store.IsPostgres(name) {
		return sql.Open("pgx", name)
	}
	return driver.Open(floor.SQLiteSource(name))
}

// execute runs statements, each a transaction of its own.
func execute(name string, statements ...string) error {
	db, err := connect(name)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(strings.Fields(statement), " "), err)
		}
	}
	return nil
}

// ask returns the one value that a query finds.
func ask[Value any](name, query string) (value Value, err error) {
	db, err := connect(name)
	if err != nil {
		return value, err
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRowContext(context.Background(), query).Scan(&value)
	return value, err
}

// inTurns runs each of the measurements once a round, and begins each round with another one, so that none always comes
// after the same one.
func (b *bench) inTurns(measurements []func() error) error {
	for round := range b.rounds() {
		at := round % len(measurements)
		for _, measure := range slices.Concat(measurements[at:], measurements[:at]) {
			if err := measure(); err != nil {
				return err
			}
		}
	}
	return nil
}
