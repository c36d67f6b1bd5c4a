package store_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// beside opens a database in the mode Beside, as commands do that run next to a server.
func beside(t *testing.T, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Mode: store.Beside, Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestBackupDuringCreates copies the database again and again under load. Each copy opens, is sound, and has every job
// that was acknowledged before its backup was asked for.
func TestBackupDuringCreates(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	s := open(t, database)
	var mutex sync.Mutex
	acknowledged := []string{}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				job, _, err := s.CreateJob(t.Context(), store.Request{}, exampleJob())
				if err != nil {
					t.Error(err)
					return
				}
				mutex.Lock()
				acknowledged = append(acknowledged, job.ID)
				mutex.Unlock()
			}
		})
	}
	defer clients.Wait()
	defer close(stop)
	acks := func() []string {
		mutex.Lock()
		defer mutex.Unlock()
		return slices.Clone(acknowledged)
	}
	before := 0
	for i := range 5 {
		// At least 100 more jobs, so that the test notices a copy that lacks new jobs.
		for len(acks()) < before+100 {
			if t.Failed() {
				return
			}
			time.Sleep(time.Millisecond)
		}
		promised := acks()
		before = len(promised)
		copied := filepath.Join(t.TempDir(), "copy.db")
		if err := beside(t, database).Backup(t.Context(), copied); err != nil {
			t.Fatal(err)
		}
		opened := open(t, copied)
		wantSound(t, opened)
		found := map[string]bool{}
		for _, job := range list(t, opened, store.JobFilter{}) {
			found[job.ID] = true
		}
		lost := 0
		for _, id := range promised {
			if !found[id] {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("copy %d lacks %d of %d jobs", i, lost, len(promised))
		}
		// It is a database like any other.
		create(t, opened, exampleJob())
	}
}

// TestBackupRefuses checks that each refusal is a sentence, and that it leaves nothing behind.
func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, routecardtest.SQLite(t))
	create(t, s, exampleJob())
	dir := t.TempDir()
	taken, missing, free := filepath.Join(dir, "taken"), filepath.Join(dir, "missing", "copy"), filepath.Join(dir, "free")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx        context.Context
		file, want string
	}{
		{t.Context(), taken, "cannot back up to " + taken + ": the file exists"},
		{t.Context(), missing, "cannot back up to " + missing + ": "},
		{t.Context(), dir, "cannot back up to " + dir + ": the file exists"},
		{canceled, free, "cannot back up to " + free + ": "},
	} {
		err := s.Backup(c.ctx, c.file)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the backup to %s fails with %v, want %s", c.file, err, c.want)
		}
	}
	content, err := os.ReadFile(taken)
	if err != nil || string(content) != "mine" {
		t.Errorf("the file that was there holds %q, %v", content, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || !slices.Equal(left, []string{taken}) {
		t.Errorf("there are %v, %v", left, err)
	}
	// A file that an earlier attempt left does not prevent a backup.
	if err := os.WriteFile(free+".partial", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), free); err != nil {
		t.Error(err)
	}
	wantEqual(t, "the number of jobs in the copy", len(list(t, open(t, free), store.JobFilter{})), 1)

	err = open(t, postgrestest.Database(t)).Backup(t.Context(), filepath.Join(dir, "copy"))
	if want := "backup copies SQLite databases; for PostgreSQL use pg_dump or pg_basebackup"; err == nil || err.Error() != want {
		t.Errorf("the backup of PostgreSQL fails with %v, want %s", err, want)
	}
}
