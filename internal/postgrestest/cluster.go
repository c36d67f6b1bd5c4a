package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a PostgreSQL server that belongs to one test and is removed when the test ends.
//
// Its methods fail the test on an error. They may be called from any goroutine, but an error ends the test only in the test's
// own goroutine.
type Cluster struct {
	t    testing.TB
	node *node
}

// Options are the options of a cluster.
type Options struct {
	// Durable makes a commit wait for the disk, as in production. Otherwise the cluster is faster, but loses committed
	// transactions when it is killed.
	Durable bool
}

// Start starts a new cluster. It needs PostgreSQL's binaries, also when ROUTECARD_TEST_POSTGRES names a server.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	c := newCluster(t)
	c.check("initialize", c.node.initialize(o.Durable))
	c.check("start", c.node.startOnFreePort())
	return c
}

func newCluster(t testing.TB) *Cluster {
	t.Helper()
	source, err := Locate()
	failOrSkip(t, err)
	if source.URL != nil {
		// A test must not stop or kill that server.
		if source.BinDir, err = binaries(); err != nil {
			t.Fatalf("postgrestest: this test starts a PostgreSQL of its own and can't use %s: %v", EnvServer, err)
		}
	}
	n, err := newNode(source.BinDir, "")
	failOrSkip(t, err)
	c := &Cluster{t: t, node: n}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("PostgreSQL at port %d logged:\n%s", n.port, tail(n.logSince(0), 40))
		}
		c.check("clean up", n.close())
	})
	return c
}

// URL returns the URL of a database on the cluster. A new cluster has the database "postgres".
func (c *Cluster) URL(database string) string { return c.node.url(database) }

// CreateDatabase creates an empty database and returns its URL.
func (c *Cluster) CreateDatabase(name string) string {
	c.t.Helper()
	c.Exec("CREATE DATABASE " + pgx.Identifier{name}.Sanitize())
	return c.URL(name)
}

// Start starts the server again after Stop or Kill, with the same data and port. It returns when the server accepts
// connections.
func (c *Cluster) Start() {
	c.t.Helper()
	c.check("start", c.node.start())
}

// Stop shuts the server down: it rolls back open transactions, closes connections, and writes all data to disk.
func (c *Cluster) Stop() {
	c.t.Helper()
	c.check("stop", c.node.stop())
}

// Kill ends all processes of the server with SIGKILL, like a crash. Start then recovers from the write-ahead log.
func (c *Cluster) Kill() {
	c.t.Helper()
	c.check("kill", c.node.kill())
}

// Exec executes statements one by one as superuser in the database postgres.
func (c *Cluster) Exec(statements ...string) {
	c.t.Helper()
	c.check("execute", execute(context.Background(), c.URL("postgres"), statements...))
}

var standbys atomic.Int64

// SyncStandby starts the only standby of the cluster: a copy that follows it by streaming replication and answers reads. After SyncStandby has
// returned, each commit on c waits until the standby has it on disk, also while the standby is stopped.
func (c *Cluster) SyncStandby(t testing.TB) *Cluster {
	t.Helper()
	name := fmt.Sprintf("standby%d", standbys.Add(1))
	s := newCluster(t)
	primary := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s sslmode=disable", c.node.port, superuser, name)
	// The slot makes the primary keep the write-ahead log that the standby still needs, for example while it is stopped.
	s.check("copy the primary", s.node.run("pg_basebackup", "--pgdata="+s.node.data, "--dbname="+primary, "--write-recovery-conf",
		"--create-slot", "--slot="+name, "--checkpoint=fast", "--no-sync"))
	s.check("start", s.node.startOnFreePort())
	c.Exec(
		"ALTER SYSTEM SET synchronous_standby_names = '"+name+"'",
		"ALTER SYSTEM SET synchronous_commit = 'on'", // with off, the setting of clusters that aren't durable, no commit waits
		"SELECT pg_reload_conf()",
	)
	c.awaitReplication(name)
	return s
}

// awaitReplication waits until a standby follows the primary synchronously.
func (c *Cluster) awaitReplication(standby string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	c.check("wait for "+standby, c.withConn(ctx, func(conn *pgx.Conn) error {
		for {
			var found bool
			err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_replication
				WHERE application_name = $1 AND state = 'streaming' AND sync_state = 'sync')`, standby).Scan(&found)
			if err != nil || found {
				return err
			}
			time.Sleep(10 * time.Millisecond) // the query fails when ctx ends
		}
	}))
}

// Promote makes the standby a primary. It returns when the standby accepts writes.
func (c *Cluster) Promote() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	c.check("promote", c.withConn(ctx, func(conn *pgx.Conn) error {
		var promoted bool
		if err := conn.QueryRow(ctx, "SELECT pg_promote(wait => true)").Scan(&promoted); err != nil {
			return err
		}
		if !promoted {
			return errors.New("not a primary after a minute")
		}
		return nil
	}))
}

func (c *Cluster) withConn(ctx context.Context, f func(*pgx.Conn) error) (err error) {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return f(conn)
}

func (c *Cluster) check(what string, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("postgrestest: %s: %v", what, err)
	}
}

// tail returns the last n lines of s.
func tail(s string, n int) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
