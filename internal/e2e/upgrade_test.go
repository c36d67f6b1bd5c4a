package e2e

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/ncruces/go-sqlite3/driver" // registers sqlite3

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// released is the folder with databases that earlier versions wrote, one folder for each version: routecard.db, which is a
// copy by the backup command, and routecard.sql, which is a dump by pg_dump --inserts without its comments. In each, the job
// JOB-2024-001 has a path of 3 steps and 20 units, of which SN-00001 is scrapped, SN-00002 to SN-00005 have moved, and the
// move of SN-00002 was undone.
const released = "testdata"

// TestUpgrade opens the databases of every released version with the program as it is now, which migrates, serves, and checks
// them.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	versions, err := os.ReadDir(released)
	if err != nil || len(versions) == 0 {
		t.Fatalf("there are %d released versions, %v", len(versions), err)
	}
	for _, version := range versions {
		t.Run(version.Name()+"/sqlite", func(t *testing.T) {
			t.Parallel()
			testUpgrade(t, releasedSQLite(t, version.Name()))
		})
		t.Run(version.Name()+"/postgres", func(t *testing.T) {
			t.Parallel()
			dump, err := os.ReadFile(filepath.Join(released, version.Name(), "routecard.sql"))
			if err != nil {
				t.Fatal(err)
			}
			database := postgrestest.Database(t)
			connection, err := pgx.Connect(t.Context(), database)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := connection.PgConn().Exec(t.Context(), string(dump)).ReadAll(); err != nil {
				t.Fatal(err)
			}
			if err := connection.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			testUpgrade(t, database)
		})
	}
}

// releasedSQLite returns a copy of the SQLite database of a released version.
func releasedSQLite(t *testing.T, version string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(released, version, "routecard.db"))
	if err != nil {
		t.Fatal(err)
	}
	database := routecardtest.SQLitePath(t)
	if err := os.WriteFile(database, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return database
}

func testUpgrade(t *testing.T, database string) {
	p := startServer(t, "--database", database)
	jobs := get[[]gen.Job](t, p, "/api/jobs?q=job-2024&jiraLabel=rush")
	if len(jobs) != 1 {
		t.Fatalf("there are %d jobs, want 1", len(jobs))
	}
	detail := get[gen.JobDetail](t, p, "/api/jobs/"+jobs[0].ID)
	wantEqual(t, "the number of units in progress", detail.Progress.TotalInProgress, 19)
	wantEqual(t, "the number of scrapped units", detail.Progress.TotalScrapped, 1)
	for serialNumber, want := range map[string]int{"SN-00001": 1, "SN-00002": 0, "SN-00003": 1, "SN-00020": 0} {
		wantEqual(t, "the step index of "+serialNumber, get[gen.Serial](t, p, "/api/serials/"+serialNumber).CurrentStepIndex, want)
	}
	wantEqual(t, "the number of events", len(get[[]gen.Event](t, p, "/api/events")), 29)
	path := get[gen.PathDetail](t, p, "/api/paths/"+detail.Paths[0].ID)
	wantEqual(t, "the number of units that have done the first step", path.Distribution[0].DoneCount, 3)

	// A move of the old version can be undone, and new events follow the old ones.
	undo := p.do(t, "POST", "/api/serials/SN-00003/undo", `{}`)
	wantEqual(t, "the status of an undo", undo.Status, http.StatusOK)
	wantEqual(t, "the step index after the undo", routecardtest.Decode[gen.Serial](t, undo).CurrentStepIndex, 0)
	created := p.do(t, "POST", "/api/serials", `{"pathId":"`+detail.Paths[0].ID+`","quantity":1}`)
	wantEqual(t, "the next serial number", routecardtest.Decode[[]gen.Serial](t, created)[0].ID, "SN-00021")
	wantEqual(t, "the number of new events", len(get[[]gen.Event](t, p, "/api/events?after=29")), 2)
	p.terminate()
	wantSound(t, database)
}

// TestUpgradeOfSimilarSerialNumbers has two units whose serial numbers differ only in case: the upgrade names them and changes
// nothing, and after one of them has another number it succeeds.
func TestUpgradeOfSimilarSerialNumbers(t *testing.T) {
	t.Parallel()
	database := releasedSQLite(t, "0.1.0")
	alter := func(statement string) {
		t.Helper()
		db, err := sql.Open("sqlite3", "file:"+database)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	alter("UPDATE serials SET id = 'sn-00020', number = NULL WHERE id = 'SN-00019'")
	_, err := store.Open(t.Context(), database, store.Options{Mode: store.Serve})
	if err == nil || !strings.HasSuffix(err.Error(), "it has serial numbers that differ only in upper and lower case, which is no longer "+
		"allowed: SN-00020 and sn-00020. Nothing has changed. Give one unit of each pair another serial number, as docs/guides/upgrade.md "+
		"describes, and start again") {
		t.Fatalf("the error is %v", err)
	}
	alter("UPDATE serials SET id = 'SN-00019', number = 19 WHERE id = 'sn-00020'")
	testUpgrade(t, database)
}
