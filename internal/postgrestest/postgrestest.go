// Package postgrestest gives tests a real PostgreSQL.
//
// [Database] is what most tests want: the URL of a fresh, empty database on a server that all tests of the binary share.
// [Start] gives a test a cluster of its own, which it may stop, kill, start again, and give a standby.
//
// Where PostgreSQL comes from is decided by [Locate]: the server that ROUTECARD_TEST_POSTGRES names, else binaries found on
// this machine. A test that finds neither fails, because a skipped test reads like a passed one. Only
// ROUTECARD_TEST_POSTGRES=none skips, and not under CI=true.
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

// adminTimeout bounds each statement of ours on a server. Creating a database takes 0.1 s on an idle machine; a minute
// leaves room for a machine that runs many test binaries at once.
const adminTimeout = time.Minute

// Database returns the URL of a new, empty UTF-8 database. It is dropped when the test ends, with the connections that
// the test left open.
//
// The server behind it is shared and does not sync to disk: tests about durability use [Start].
func Database(t testing.TB) string {
	t.Helper()
	server, err := sharedServer()
	failOrSkip(t, err)

	name := "routecard_test_" + strings.ToLower(rand.Text())
	if err := createDatabase(t.Context(), server, name); err != nil {
		t.Fatalf("postgrestest: create a database: %v", err)
	}
	t.Cleanup(func() {
		// Not t.Context(), which is over by the time cleanups run.
		if err := dropDatabase(context.Background(), server, name); err != nil {
			t.Errorf("postgrestest: drop a database: %v", err)
		}
	})
	return withDatabase(server, name)
}

// sharedServer returns the URL of the server on which this process creates its databases. The first call starts a cluster
// unless ROUTECARD_TEST_POSTGRES names a server; later calls return the same answer, an error included.
var sharedServer = sync.OnceValues(func() (*url.URL, error) {
	source, err := Locate()
	if err != nil {
		return nil, err
	}
	if source.URL != nil {
		return source.URL, nil
	}
	n, err := newNode(source.BinDir)
	if err != nil {
		return nil, err
	}
	if err := n.initialize(nil); err != nil {
		return nil, err
	}
	if err := n.startOnFreePort(); err != nil {
		return nil, err
	}
	// Nothing stops this cluster but its watchdog, when the process has ended, however it ended.
	keep = n
	return url.Parse(n.url("postgres"))
})

// keep holds on to the node: the garbage collector would close the watchdog's pipe, which means the end of the cluster.
var keep *node //nolint:unused // see above

func createDatabase(ctx context.Context, server *url.URL, name string) error {
	// template0 can't have visitors, who would make CREATE DATABASE fail, and takes any encoding.
	return execute(ctx, server, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0 ENCODING 'UTF8'")
}

func dropDatabase(ctx context.Context, server *url.URL, name string) error {
	return execute(ctx, server, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
}

func execute(ctx context.Context, server *url.URL, sql string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
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
