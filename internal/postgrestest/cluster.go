package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a PostgreSQL server that belongs to one test. It is gone when the test ends.
//
// Its methods fail the test when something goes wrong. They may be called from any goroutine, though a failure ends the
// test only from the test's own.
type Cluster struct {
	// Port is where the server listens on 127.0.0.1. It stays the same over Stop, Kill and Start.
	Port int

	// DataDir is the data directory. It is read-only for the test while the server runs.
	DataDir string

	t    testing.TB
	node *node
}

// Options says what a cluster is to be like.
type Options struct {
	// Durable makes a commit wait for the disk, as in production. Without it the cluster is faster, and forgets
	// acknowledged transactions when it is killed.
	Durable bool

	// Settings are configuration parameters ("shared_buffers": "16MB"); they override everything else.
	Settings map[string]string
}

// Start starts a new cluster. It needs PostgreSQL's binaries, also when ROUTECARD_TEST_POSTGRES names a server.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	settings := maps.Clone(o.Settings)
	if o.Durable {
		settings = maps.Clone(durableSettings)
		maps.Copy(settings, o.Settings)
	}
	c := newCluster(t)
	c.check("initialize", c.node.initialize(settings))
	c.startFirst()
	return c
}

func newCluster(t testing.TB) *Cluster {
	t.Helper()
	source, err := Locate()
	failOrSkip(t, err)
	if source.URL != nil {
		// Nobody may stop and kill that server.
		if source.BinDir, err = binaries(); err != nil {
			t.Fatalf("postgrestest: this test starts a PostgreSQL of its own and can't use %s: %v", EnvServer, err)
		}
	}
	n, err := newNode(source.BinDir)
	failOrSkip(t, err)
	c := &Cluster{DataDir: n.data, t: t, node: n}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("PostgreSQL at port %d logged:\n%s", n.port, tail(n.logSince(0), 40))
		}
		c.check("clean up", n.close())
	})
	return c
}

func (c *Cluster) startFirst() {
	c.t.Helper()
	c.check("start", c.node.startOnFreePort())
	c.Port = c.node.port
}

// URL returns the URL of a database on the cluster; "postgres" is there from the start.
func (c *Cluster) URL(database string) string { return c.node.url(database) }

// CreateDatabase creates an empty database and returns its URL.
func (c *Cluster) CreateDatabase(name string) string {
	c.t.Helper()
	c.Exec("CREATE DATABASE " + pgx.Identifier{name}.Sanitize())
	return c.URL(name)
}

// Start starts the server again after Stop or Kill, with the same data at the same port, and returns when it accepts
// connections.
func (c *Cluster) Start() {
	c.t.Helper()
	c.check("start", c.node.start())
}

// Stop ends the server in good order: open transactions are rolled back, connections closed, everything written.
func (c *Cluster) Stop() {
	c.t.Helper()
	c.check("stop", c.node.stop())
}

// Kill ends all processes of the server with SIGKILL, as a crash would. Start then recovers from the log.
func (c *Cluster) Kill() {
	c.t.Helper()
	c.check("kill", c.node.kill())
}

// Exec executes one statement as superuser in the database postgres.
func (c *Cluster) Exec(sql string, args ...any) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	c.check(sql, c.withConn(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	}))
}

// Standby makes a copy of the cluster, with the same settings, that follows it by streaming replication and answers reads.
// It returns when the standby is connected to the primary.
func (c *Cluster) Standby(t testing.TB) *Cluster {
	t.Helper()
	s, _ := c.standby(t)
	return s
}

// SyncStandby is Standby, but from its return on a commit on c waits until this standby has it on disk, too. While the standby is
// down, commits wait.
func (c *Cluster) SyncStandby(t testing.TB) *Cluster {
	t.Helper()
	s, name := c.standby(t)
	// Sent one by one, since ALTER SYSTEM does not run in the transaction of a batch.
	c.Exec("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'")
	c.Exec("ALTER SYSTEM SET synchronous_commit = 'on'") // off, the default of clusters that aren't durable, waits for nobody
	c.Exec("SELECT pg_reload_conf()")
	c.awaitReplication(name, "sync")
	return s
}

var standbys atomic.Int64

func (c *Cluster) standby(t testing.TB) (s *Cluster, name string) {
	t.Helper()
	name = fmt.Sprintf("standby%d", standbys.Add(1))
	s = newCluster(t)
	primary := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s sslmode=disable", c.Port, superuser, name)
	// The slot makes the primary keep what the standby has not had yet, while it is stopped for example.
	s.check("copy the primary", s.node.run("pg_basebackup", "--pgdata="+s.DataDir, "--dbname="+primary, "--write-recovery-conf",
		"--create-slot", "--slot="+name, "--checkpoint=fast", "--no-sync"))
	// The copy of a primary with a synchronous standby must not wait for that one when it is promoted.
	s.check("configure", s.node.configure("postgresql.auto.conf", map[string]string{"synchronous_standby_names": ""}))
	s.startFirst()
	c.awaitReplication(name, "")
	return s, name
}

// awaitReplication waits until the primary says that a standby follows it; a syncState of "" is any.
func (c *Cluster) awaitReplication(standby, syncState string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	c.check("wait for "+standby, c.withConn(ctx, func(conn *pgx.Conn) error {
		for {
			var found bool
			err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_replication
				WHERE application_name = $1 AND state = 'streaming' AND ($2 = '' OR sync_state = $2))`, standby, syncState).Scan(&found)
			if err != nil || found {
				return err
			}
			time.Sleep(10 * time.Millisecond) // the query fails when ctx is over
		}
	}))
}

// Promote makes a primary of a standby, and returns when it takes writes.
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
