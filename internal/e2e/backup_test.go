package e2e

import (
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestBackup copies the database of a server while clients create jobs. A server that is started on the copy has every job
// that was acknowledged before the copy.
func TestBackup(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	p := startServer(t, "--database", database)
	creators := newJobCreators(t)
	creators.start(p.url, 4)
	creators.await(100)
	before := creators.jobs()
	backup := filepath.Join(t.TempDir(), "copy.db")
	wantEqual(t, "the result of backup", runCommand(t, "backup", backup, "--database", database), result{})
	creators.await(1)
	creators.stop()

	restored := startServer(t, "--database", backup)
	before.wantAll(t, restored, creators.sent)
	restored.terminate()
	wantFailure(t, runCommand(t, "backup", backup, "--database", database), "cannot back up to "+backup+": the file exists")
	postgres := postgrestest.Database(t)
	wantEqual(t, "the exit code of migrate", runCommand(t, "migrate", "--database", postgres).code, 0)
	wantFailure(t, runCommand(t, "backup", backup, "--database", postgres),
		"backup copies SQLite databases; for PostgreSQL use pg_dump or pg_basebackup")
}
