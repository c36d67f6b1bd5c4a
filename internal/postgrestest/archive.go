package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Archive restarts the cluster with an archive of its write-ahead log, as docs/guides/backup-and-restore.md sets it up.
func (c *Cluster) Archive() {
	c.t.Helper()
	archive := c.node.archive()
	c.check("create the archive", errors.Join(os.Mkdir(archive, 0o700), c.node.owner.give(archive)))
	c.Exec(
		"ALTER SYSTEM SET archive_mode = on",
		fmt.Sprintf("ALTER SYSTEM SET archive_command = 'test ! -f %[1]s/%%f && cp %%p %[1]s/%%f'", archive),
	)
	c.Stop()
	c.Start()
}

func (n *node) archive() string { return filepath.Join(n.dir, "wal") }

// BaseBackup makes a base backup of the cluster, and returns it as a cluster that does not run. RecoverTo starts it.
func (c *Cluster) BaseBackup(t testing.TB) *Cluster {
	t.Helper()
	b := newCluster(t)
	b.check("make a base backup", b.node.run("pg_basebackup", "--pgdata="+b.node.data, "--checkpoint=fast", "--no-sync",
		fmt.Sprintf("--dbname=host=127.0.0.1 port=%d user=%s sslmode=disable", c.node.port, superuser)))
	return b
}

// Now returns the time of the server.
func (c *Cluster) Now() (now time.Time) {
	c.t.Helper()
	c.check("read the clock", c.withConn(context.Background(), func(conn *pgx.Conn) error {
		return conn.QueryRow(context.Background(), "SELECT clock_timestamp()").Scan(&now)
	}))
	return now
}

// RecoverTo starts a base backup and replays the archive of from up to the given time. It returns when the cluster accepts
// writes. The archive has the last changes of a cluster that was stopped.
func (c *Cluster) RecoverTo(from *Cluster, moment time.Time) {
	c.t.Helper()
	settings, err := os.OpenFile(filepath.Join(c.node.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	c.check("open the settings", err)
	_, err = fmt.Fprintf(settings, "restore_command = 'cp %s/%%f %%p'\nrecovery_target_time = '%s'\nrecovery_target_action = 'promote'\n",
		from.node.archive(), moment.UTC().Format("2006-01-02 15:04:05.000000+00"))
	c.check("write the settings", errors.Join(err, settings.Close()))
	signal := filepath.Join(c.node.data, "recovery.signal")
	c.check("ask for a recovery", errors.Join(os.WriteFile(signal, nil, 0o600), c.node.owner.give(signal)))
	c.check("recover", c.node.startOnFreePort())
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	// It answers reads before the end of the recovery.
	c.check("wait for the end of the recovery", c.withConn(ctx, func(conn *pgx.Conn) error {
		for {
			var recovering bool
			if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&recovering); err != nil || !recovering {
				return err
			}
			time.Sleep(10 * time.Millisecond) // the query fails when ctx ends
		}
	}))
}
