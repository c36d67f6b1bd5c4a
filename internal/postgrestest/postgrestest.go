// Package postgrestest gives tests a real PostgreSQL.
//
// Most tests use a database on a server that all tests of the process share: [Database] returns the URL of an empty one, and [Copy]
// that of one with the same content for each test. [Start] starts a server for one test, which may stop it, kill it, start it again,
// and add a standby.
//
// [Locate] finds PostgreSQL: the server that ROUTECARD_TEST_POSTGRES names, or else the binaries on this machine. A test that
// finds neither fails, because nobody notices a skipped test. ROUTECARD_TEST_POSTGRES=none skips such tests, unless CI=true.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// adminTimeout limits each task on a server. Creating a database takes 0.1 s on an idle machine, and much longer when many test
// binaries run at once.
const adminTimeout = time.Minute

// Database returns the URL of an empty UTF-8 database that belongs to the test. When the test ends, connections that it left
// open are closed, and the URL is no longer valid.
//
// The server is shared by all tests of the process and does not sync to disk. Tests of durability use [Start].
func Database(t testing.TB) string {
	t.Helper()
	server, err := sharedServer()
	failOrSkip(t, err)
	// Nobody can connect to template0, which would make CREATE DATABASE fail, and it allows any encoding.
	return newDatabase(t, server, "template0")
}

// Copy returns the URL of a database like that of [Database], but with the content that fill gives an empty database. A process calls
// fill once, and copies its database for each test, so all calls need the same fill. Fill must close its connections. On a server
// that ROUTECARD_TEST_POSTGRES names, each call calls fill, because nothing would drop the copied database at the end.
func Copy(t testing.TB, fill func(database string) error) string {
	t.Helper()
	server, err := sharedServer()
	failOrSkip(t, err)
	if sharedNode == nil {
		database := Database(t)
		if err := fill(database); err != nil {
			t.Fatalf("postgrestest: fill a database: %v", err)
		}
		return database
	}
	filled.once.Do(func() {
		filled.name = newName()
		if filled.err = create(context.Background(), server, filled.name, "template0"); filled.err == nil {
			filled.err = fill(withDatabase(server, filled.name))
		}
	})
	if filled.err != nil {
		t.Fatalf("postgrestest: fill a database: %v", filled.err)
	}
	return newDatabase(t, server, filled.name)
}

// filled is the database that Copy copies.
var filled struct {
	once sync.Once
	name string
	err  error
}

// newDatabase creates a database for a test, and returns its URL.
func newDatabase(t testing.TB, server *url.URL, template string) string {
	t.Helper()
	name := newName()
	if err := create(t.Context(), server, name, template); err != nil {
		t.Fatalf("postgrestest: create a database: %v", err)
	}
	t.Cleanup(func() {
		// t.Context() is canceled before cleanups run.
		if err := execute(context.Background(), server.String(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("postgrestest: drop a database: %v", err)
		}
	})
	return withDatabase(server, name)
}

// sharedServer returns the URL of the server for the databases of this process. The first call starts a cluster unless
// ROUTECARD_TEST_POSTGRES names a server. Later calls return the same result, also when it is an error.
var sharedServer = sync.OnceValues(func() (*url.URL, error) {
	source, err := Locate()
	if err != nil {
		return nil, err
	}
	if source.URL != nil {
		return source.URL, nil
	}
	n, err := newNode(source.BinDir, memoryFolder())
	if err != nil {
		return nil, err
	}
	if err := n.initialize(false); err != nil {
		return nil, err
	}
	if err := n.startOnFreePort(); err != nil {
		return nil, err
	}
	sharedNode = n
	return url.Parse(n.url("postgres"))
})

// sharedNode is the cluster that sharedServer started, or nil. Its watchdog stops it when the process has ended. The variable
// also keeps the garbage collector from closing the watchdog's pipe, which would stop the cluster.
var sharedNode *node

func newName() string { return "routecard_test_" + strings.ToLower(rand.Text()) }

func create(ctx context.Context, server *url.URL, name, template string) error {
	return execute(ctx, server.String(), "CREATE DATABASE "+name+" TEMPLATE "+template+" ENCODING 'UTF8'")
}

// execute executes statements one by one on a new connection.
func execute(ctx context.Context, database string, statements ...string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// withDatabase returns server's URL with another database in it; user, password and parameters stay.
func withDatabase(server *url.URL, name string) string {
	u := *server
	u.Path = "/" + name
	return u.String()
}

func failOrSkip(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrDeclined):
		t.Skip("POSTGRESQL NOT TESTED: " + err.Error())
	case err != nil:
		t.Fatal("postgrestest: " + err.Error())
	}
}

// Reachable connects to the server at u and returns its version ("15.14").
func Reachable(ctx context.Context, u *url.URL) (version string, err error) {
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return "", fmt.Errorf("PostgreSQL at %s does not answer: %w", u.Redacted(), err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return conn.PgConn().ParameterStatus("server_version"), nil
}
