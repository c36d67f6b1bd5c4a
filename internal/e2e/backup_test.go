package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestBackup copies the database of a server while clients create jobs. A server that is started on the copy has every job
// that was acknowledged before the copy.
func TestBackup(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
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

// TestScheduledBackups has a server make backups while clients create jobs. The newest one has every job that was acknowledged
// before it, and old ones are deleted.
func TestScheduledBackups(t *testing.T) {
	t.Parallel()
	database, dir := routecardtest.SQLitePath(t), filepath.Join(t.TempDir(), "backups")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	foreign, interrupted := filepath.Join(dir, "notes.txt"), filepath.Join(dir, "routecard-20260101T000000Z.db.partial")
	for _, file := range []string{foreign, interrupted} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := startServer(t, "--database", database, "--backup-dir", dir, "--backup-every", "1s", "--keep", "2")
	creators := newJobCreators(t)
	creators.start(p.url, 2)
	creators.await(50)
	before, acknowledged := creators.jobs(), time.Now()

	var newest string
	await(t, "a third backup that began later", func() bool {
		backups, err := filepath.Glob(filepath.Join(dir, "*.db"))
		if err != nil {
			t.Fatal(err)
		}
		if len(backups) == 0 {
			return false
		}
		newest = backups[len(backups)-1]
		begun, err := time.Parse("20060102T150405Z", strings.TrimSuffix(strings.TrimPrefix(filepath.Base(newest), "routecard-"), ".db"))
		if err != nil {
			t.Fatalf("the name of the backup %s: %v", newest, err)
		}
		return begun.After(acknowledged) && strings.Count(p.stderr.String(), `"msg":"backed up the database"`) > 2
	})
	age := time.Since(time.Unix(int64(metric(t, p, "routecard_last_backup_timestamp_seconds")), 0))
	if age > timeout {
		t.Errorf("the metric says that the last backup is %s old", age)
	}
	creators.stop()
	p.terminate()

	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range left {
		names = append(names, entry.Name())
	}
	if len(left) != 3 || names[0] != "notes.txt" {
		t.Errorf("the folder has %v, want notes.txt and 2 backups", names)
	}
	newest = filepath.Join(dir, names[len(names)-1])
	target := routecardtest.SQLitePath(t)
	wantEqual(t, "the exit code of restore", runCommand(t, "restore", newest, "--database", target).code, 0)
	restored := startServer(t, "--database", target)
	before.wantAll(t, restored, creators.sent)
}

// TestScheduledBackupsRefuse checks the settings that cannot work.
func TestScheduledBackupsRefuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args    []string
		message string
	}{
		{[]string{"--backup-dir", file}, "cannot back up to " + file + ": not a directory"},
		{[]string{"--backup-dir", dir, "--keep", "0"}, "--keep must be at least 1, not 0"},
		{[]string{"--backup-dir", dir, "--backup-every", "0s"}, "--backup-every must be greater than 0, not 0s"},
		{
			[]string{"--backup-dir", dir, "--database", postgrestest.Database(t)},
			"--backup-dir backs up SQLite databases; for PostgreSQL run pg_dump or pg_basebackup by a timer",
		},
	} {
		wantFailureAfterLog(t, runCommand(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, test.args...)...), test.message)
	}
}
