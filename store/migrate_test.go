package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// migrationFiles counts the migrations of a database.
func migrationFiles(t *testing.T, database string) int {
	t.Helper()
	files, err := os.ReadDir(filepath.Join("internal", "database", "migrations", database))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	return len(files)
}

// undoMigrations undoes the migrations from the given version on, with their own Down statements.
func undoMigrations(t *testing.T, s *store.Store, from int) {
	t.Helper()
	kind := "sqlite"
	if s.Pools()["postgres"] != nil {
		kind = "postgres"
	}
	for version := migrationFiles(t, kind); version >= from; version-- {
		found, err := filepath.Glob(filepath.Join("internal", "database", "migrations", kind, fmt.Sprintf("%05d_*.sql", version)))
		if err != nil || len(found) != 1 {
			t.Fatalf("migration %d: %v %v", version, found, err)
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		_, down, _ := strings.Cut(string(text), "-- +goose Down\n")
		for statement := range strings.SplitSeq(down, ";\n") {
			if statement != "" {
				execute(t, s, statement)
			}
		}
		execute(t, s, fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id = %d", version))
	}
}

// anyPool is a pool that can read the database.
func anyPool(s *store.Store) *sql.DB {
	if pool := s.Pools()["postgres"]; pool != nil {
		return pool
	}
	return s.Pools()["write"]
}

func TestMigrationsRunOnce(t *testing.T) {
	t.Parallel()
	for kind, database := range map[string]string{"sqlite": routecardtest.SQLitePath(t), "postgres": postgrestest.Database(t)} {
		t.Run(kind, func(t *testing.T) {
			var log bytes.Buffer
			for range 3 {
				s, err := store.Open(t.Context(), database, store.Options{Logger: logTo(&log)})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			wantEqual(t, "the number of migrations logged", strings.Count(log.String(), "migrated the database"), migrationFiles(t, kind))
		})
	}
}

// TestEightServersStartAtOnce opens one empty PostgreSQL database eight times at once: one of them migrates, the others
// wait, all serve.
func TestEightServersStartAtOnce(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	var log bytes.Buffer
	logger := logTo(&log)
	servers := make([]*store.Store, 8)
	var starters sync.WaitGroup
	begin := make(chan struct{})
	for i := range servers {
		starters.Go(func() {
			<-begin
			s, err := store.Open(t.Context(), database, store.Options{Logger: logger})
			if err != nil {
				t.Errorf("server %d: %v", i, err)
				return
			}
			t.Cleanup(func() { _ = s.Close() })
			servers[i] = s
		})
	}
	close(begin)
	starters.Wait()
	if t.Failed() {
		return
	}
	for i, s := range servers {
		create(t, s, models.Job{Name: fmt.Sprint("by server ", i), GoalQuantity: 1})
	}
	for _, s := range servers {
		wantEqual(t, "the number of jobs", len(list(t, s, store.JobFilter{})), len(servers))
	}
	files := migrationFiles(t, "postgres")
	wantEqual(t, "the number of migrations logged", strings.Count(log.String(), "migrated the database"), files)
	var rows, versions int
	err := anyPool(servers[0]).QueryRowContext(t.Context(),
		"SELECT count(*), count(DISTINCT version_id) FROM goose_db_version WHERE version_id > 0").Scan(&rows, &versions)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the number of migrations recorded", rows, files)
	wantEqual(t, "the number of versions recorded", versions, files)
	var locks int
	err = anyPool(servers[0]).QueryRowContext(t.Context(),
		"SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND datname = current_database()").Scan(&locks)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the number of locks left", locks, 0)
}

// TestNewerSchemaIsRefused opens a database with the schema version of a later Routecard.
func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := open(t, database)
		create(t, s, models.Job{Name: "x", GoalQuantity: 1})
		record := "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"
		if _, err := anyPool(s).ExecContext(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		kind, name := "sqlite", "database "+database
		if store.IsPostgres(database) {
			kind, name = "postgres", postgresName(t, database)
		}
		refuse(t, database, fmt.Sprintf("cannot open the %s: its schema is version 9999, and this Routecard knows versions up to %d: start a newer one",
			name, migrationFiles(t, kind)))
	})
}
