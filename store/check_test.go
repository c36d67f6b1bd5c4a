package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// wantSound checks that Check finds no fault in a database.
func wantSound(t *testing.T, s *store.Store) {
	t.Helper()
	wantFaults(t, s)
}

// wantFaults checks that a check finds exactly these faults.
func wantFaults(t *testing.T, s *store.Store, want ...string) {
	t.Helper()
	report, err := s.Check(t.Context())
	if err != nil || report.MoreFaults > 0 || !slices.Equal(report.Faults, want) {
		t.Errorf("the check finds\n%s\n%v, want\n%s", strings.Join(report.Faults, "\n"), err, strings.Join(want, "\n"))
	}
}

// busyFloor is a server with a path on which a unit stands at each step, one is completed and one is scrapped.
func busyFloor(t *testing.T, database string) (s *routecardtest.Server, path gen.Path) {
	t.Helper()
	s = routecardtest.New(t, database)
	post := func(path, body string) routecardtest.Answer {
		t.Helper()
		answer := s.Do(t, "POST", path, body)
		if answer.Status/100 != 2 {
			t.Fatalf("POST %s was answered %d %s", path, answer.Status, answer.Body)
		}
		return answer
	}
	job := routecardtest.Decode[gen.Job](t, post("/api/jobs", `{"name":"x","goalQuantity":4}`))
	path = routecardtest.Decode[gen.Path](t, post("/api/paths",
		`{"jobId":"`+job.ID+`","name":"p","goalQuantity":4,"steps":[{"name":"Saw"},{"name":"Mill"}]}`))
	post("/api/serials", `{"pathId":"`+path.ID+`","quantity":4}`)
	post("/api/serials/advance", `{"serialIds":["SN-00002","SN-00003"]}`)
	post("/api/serials/SN-00003/advance", `{}`)
	post("/api/serials/SN-00004/scrap", `{"reason":"damaged"}`)
	return s, path
}

// TestCheckFindsFaults plants faults and checks that the report has a sentence for each that names the row.
func TestCheckFindsFaults(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s, path := busyFloor(t, database)
		wantSound(t, s.Store)
		detail, err := s.Store.Unit(t.Context(), "SN-00002")
		if err != nil {
			t.Fatal(err)
		}
		saw, mill := path.Steps[0].ID, path.Steps[1].ID
		for _, c := range []struct {
			plant, repair string
			want          []string
		}{
			{
				"UPDATE jobs SET name = 'other', goal_quantity = 7, version = 9",
				"UPDATE jobs SET name = 'x', goal_quantity = 4, version = 1",
				[]string{
					"the name of job " + path.JobID + " is other, and by its events it is x",
					"the goal quantity of job " + path.JobID + " is 7, and by its events it is 4",
					"the version of job " + path.JobID + " is 9, and by its events it is 1",
				},
			},
			{
				"UPDATE paths SET completed_count = 7", "UPDATE paths SET completed_count = 1",
				[]string{"the number of completed units of path " + path.ID + " is 7, and by its events it is 1"},
			},
			{
				"UPDATE paths SET in_progress_count = 0", "UPDATE paths SET in_progress_count = 2",
				[]string{"the number of units in progress of path " + path.ID + " is 0, and by its events it is 2"},
			},
			{
				"UPDATE paths SET scrapped_count = 2", "UPDATE paths SET scrapped_count = 1",
				[]string{"the number of scrapped units of path " + path.ID + " is 2, and by its events it is 1"},
			},
			{
				"UPDATE steps SET part_count = 3 WHERE name = 'Mill'", "UPDATE steps SET part_count = 1",
				[]string{"the unit count of step " + mill + " is 3, and by its events it is 1"},
			},
			{
				"UPDATE steps SET location = 'B7', optional = TRUE WHERE name = 'Mill'", "UPDATE steps SET location = NULL, optional = FALSE",
				[]string{
					"the location of step " + mill + " is B7, and by its events it is not set",
					"the optional flag of step " + mill + " is true, and by its events it is false",
				},
			},
			{
				"UPDATE steps SET job_rank = '0099999999.job_nothing' WHERE name = 'Mill'", "UPDATE steps SET job_rank = '0299999999." + path.JobID + "'",
				[]string{"the rank of step " + mill + " is 0099999999.job_nothing, and by its events it is 0299999999." + path.JobID},
			},
			{
				"UPDATE steps SET to_create = to_create + 5", "UPDATE steps SET to_create = to_create - 5",
				[]string{
					"the number of units to create of step " + saw + " is 6, and by its events it is 1",
					"the number of units to create of step " + mill + " is 5, and by its events it is 0",
				},
			},
			{
				"UPDATE steps SET has_work = FALSE WHERE name = 'Mill'", "UPDATE steps SET has_work = TRUE WHERE name = 'Mill'",
				[]string{"the mark of work of step " + mill + " is false, and by its events it is true"},
			},
			{
				"UPDATE serials SET step_id = '" + mill + "' WHERE id = 'SN-00001'",
				"UPDATE serials SET step_id = '" + saw + "' WHERE id = 'SN-00001'",
				[]string{"the current step of serial number SN-00001 is " + mill + ", and by its events it is " + saw},
			},
			{
				"UPDATE serials SET status = 'scrapped' WHERE id = 'SN-00001'",
				"UPDATE serials SET status = 'in_progress' WHERE id = 'SN-00001'",
				[]string{"the status of serial number SN-00001 is scrapped, and by its events it is in_progress"},
			},
			{
				"UPDATE serials SET scrap_reason = 'process_defect', ended_by = 'tom' WHERE id = 'SN-00004'",
				"UPDATE serials SET scrap_reason = 'damaged', ended_by = 'anonymous' WHERE id = 'SN-00004'",
				[]string{
					"the scrap reason of serial number SN-00004 is process_defect, and by its events it is damaged",
					"the user who ended it of serial number SN-00004 is tom, and by its events it is anonymous",
				},
			},
			{
				"UPDATE serials SET version = 5, force_completed = TRUE WHERE id = 'SN-00003'",
				"UPDATE serials SET version = 3, force_completed = FALSE WHERE id = 'SN-00003'",
				[]string{
					"the forced completion of serial number SN-00003 is true, and by its events it is false",
					"the version of serial number SN-00003 is 5, and by its events it is 3",
				},
			},
			{
				"UPDATE serials SET marks = '' WHERE id = 'SN-00002'", "UPDATE serials SET marks = '1c' WHERE id = 'SN-00002'",
				[]string{"the status of step " + saw + " of serial number SN-00002 is deferred, and by its events it is completed"},
			},
			{
				"UPDATE serials SET last_event_id = 'evt_nothing' WHERE id IN ('SN-00001', 'SN-00002')",
				"UPDATE serials SET last_event_id = CASE id WHEN 'SN-00002' THEN '" + *detail.Unit.LastEventID + "' END WHERE id IN ('SN-00001', 'SN-00002')",
				[]string{
					"the last event of serial number SN-00001 is evt_nothing, and by its events it is not set",
					"the last event of serial number SN-00002 is evt_nothing, and by its events it is the event with seq 7",
				},
			},
			{
				"UPDATE serials SET id = 'SN-7' WHERE id = 'SN-00001'", "UPDATE serials SET id = 'SN-00001' WHERE id = 'SN-7'",
				[]string{
					"serial number SN-00001 does not exist, and by its events it does",
					"serial number SN-7 exists, and by the events it does not",
				},
			},
			{
				"UPDATE serials SET job_id = 'job_nothing' WHERE id = 'SN-00002'",
				"UPDATE serials SET job_id = '" + path.JobID + "'",
				[]string{"the job of serial number SN-00002 is job_nothing, and by its events it is " + path.JobID},
			},
			{
				"INSERT INTO job_labels (label, job_id) VALUES ('rush', 'job_nothing')", "DELETE FROM job_labels WHERE job_id = 'job_nothing'",
				[]string{"a label is kept for job_nothing, which does not exist"},
			},
			{
				"UPDATE moves SET scrap_reason = 'process_defect' WHERE type = 'serial.scrapped'",
				"UPDATE moves SET scrap_reason = 'damaged' WHERE type = 'serial.scrapped'",
				[]string{"a move of job " + path.JobID + " is not the one that its event shows"},
			},
			{
				"UPDATE moves SET entered_at = entered_at - 1 WHERE type = 'serial.completed'",
				"UPDATE moves SET entered_at = entered_at + 1 WHERE type = 'serial.completed'",
				[]string{"a move of job " + path.JobID + " is not the one that its event shows"},
			},
			{
				"INSERT INTO moves (at, event_id, type, job_id) VALUES (1, 'evt_nothing', 'serial.advanced', '" + path.JobID + "')",
				"DELETE FROM moves WHERE event_id = 'evt_nothing'",
				[]string{"the number of moves of job " + path.JobID + " is 9, and by its events it is 8"},
			},
			{
				"INSERT INTO moves (at, event_id, type, job_id) VALUES (1, 'evt_nothing', 'serial.advanced', 'job_nothing')",
				"DELETE FROM moves WHERE event_id = 'evt_nothing'",
				[]string{"moves are kept for job_nothing, which does not exist"},
			},
			{
				"INSERT INTO quarter_hours (start, created, completed, force_completed, scrapped) VALUES (0, 1, 2, 3, 4)",
				"DELETE FROM quarter_hours WHERE start = 0",
				[]string{"the counts of the 15 minutes from 1970-01-01T00:00:00.000Z are 1 created, 2 completed (3 forced), and 4 scrapped, " +
					"and by their moves they are 0 created, 0 completed (0 forced), and 0 scrapped"},
			},
			{
				"UPDATE places SET steps = 7 WHERE id = 'step:Mill'", "UPDATE places SET steps = 1 WHERE id = 'step:Mill'",
				[]string{"the counts of step Mill are 7 step(s) and 1 unit(s), and by the events they are 1 and 1"},
			},
			{
				"UPDATE places SET id = 'location:B7' WHERE id = 'step:Mill'", "UPDATE places SET id = 'step:Mill' WHERE id = 'location:B7'",
				[]string{
					"the counts of location B7 are 1 step(s) and 1 unit(s), and by the events they are 0 and 0",
					"the counts of step Mill are 0 step(s) and 0 unit(s), and by the events they are 1 and 1",
				},
			},
		} {
			if strings.Contains(c.plant, "has_work") && store.IsPostgres(database) {
				continue // PostgreSQL computes it.
			}
			t.Log(c.plant)
			execute(t, s.Store, c.plant)
			wantFaults(t, s.Store, c.want...)
			execute(t, s.Store, c.repair)
			wantSound(t, s.Store)
		}
	})
}

// execute changes the database without the store.
func execute(t *testing.T, s *store.Store, statement string) {
	t.Helper()
	if _, err := anyPool(s).ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestCheckListsAHundredFaults checks that the report of a database without its events stays short.
func TestCheckListsAHundredFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		for range 120 {
			create(t, s, models.Job{Name: "x", GoalQuantity: 1})
		}
		execute(t, s, "DELETE FROM events")
		report, err := s.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the number of sentences", len(report.Faults), 100)
		wantEqual(t, "the number of further faults", report.MoreFaults, 20)
	})
}

// TestCheckOfManyPaths checks a shop of a few months, with one fault in it. A check that goes through the units once for
// each path would not end in time.
func TestCheckOfManyPaths(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		create(t, s, models.Job{Name: "x", GoalQuantity: 1})
		const from = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
		paths, units := fmt.Sprintf(from, 4000), fmt.Sprintf(from, 20_000)
		for _, statement := range []string{
			paths + `INSERT INTO paths (id, job_id, name, goal_quantity, advancement_mode, last_step_no, in_progress_count, version,
				created_at, updated_at) SELECT 'path_' || i, jobs.id, 'p', 5, 'strict', 1, 5, 1, 0, 0 FROM n, jobs`,
			paths + `INSERT INTO steps (id, path_id, no, position, name, optional, dependency_type, job_rank, part_count)
				SELECT 'step_' || i, 'path_' || i, 1, 0, 's', FALSE, 'preferred', jobs.urgency || '.' || jobs.id, 5 FROM n, jobs`,
			units + `INSERT INTO serials (no, id, job_id, path_id, status, step_id, marks, known_step_no, force_completed, version,
				created_at, updated_at) SELECT i, 'S' || i, jobs.id, 'path_' || (i % 4000 + 1), 'in_progress', 'step_' || (i % 4000 + 1),
				'', 1, FALSE, 1, 0, 0 FROM n, jobs`,
			paths + `INSERT INTO events (id, type, at, user_id, job_id, path_id, data)
				SELECT 'evt_path_' || i, 'path.created', 0, 'maria', jobs.id, 'path_' || i, '{"name":"p","goalQuantity":5,"advancementMode":"strict",
				"steps":[{"stepId":"step_' || i || '","stepName":"s","optional":false,"dependencyType":"preferred"}]}' FROM n, jobs`,
			units + `INSERT INTO events (id, type, at, user_id, job_id, path_id, serial_id, step_id, data)
				SELECT 'evt_' || i, 'serial.created', 0, 'maria', jobs.id, 'path_' || (i % 4000 + 1), 'S' || i, 'step_' || (i % 4000 + 1), '{}'
				FROM n, jobs`,
			units + `INSERT INTO moves (at, event_id, type, job_id, to_step_id)
				SELECT 0, 'evt_' || i, 'serial.created', jobs.id, 'step_' || (i % 4000 + 1) FROM n, jobs`,
			"INSERT INTO quarter_hours (start, created, completed, force_completed, scrapped) VALUES (0, 20000, 0, 0, 0)",
			"INSERT INTO places (id, steps, waiting) VALUES ('step:s', 4000, 20000)",
			"UPDATE steps SET part_count = 6 WHERE id = 'step_7'",
		} {
			execute(t, s, statement)
		}
		wantFaults(t, s, "the unit count of step step_7 is 6, and by its events it is 5")
	})
}

// TestCheckFindsBrokenReferences breaks references after it has switched off the database's own check.
func TestCheckFindsBrokenReferences(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s, path := busyFloor(t, database)
		off := []string{"PRAGMA foreign_keys = off"}
		if store.IsPostgres(database) {
			off = []string{"ALTER TABLE paths DISABLE TRIGGER ALL"}
		}
		for _, statement := range append(off,
			"UPDATE paths SET job_id = 'job_nothing'",
			"UPDATE serials SET job_id = 'job_nothing'",
			"UPDATE serials SET path_id = 'path_nothing' WHERE id = 'SN-00003'",
		) {
			if _, err := anyPool(s.Store).ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{
			"a row of paths refers to one of jobs that does not exist",
			"the job of path " + path.ID + " is job_nothing, and by its events it is " + path.JobID,
		}
		for i := range 4 {
			want = append(want, fmt.Sprintf("the job of serial number SN-%05d is job_nothing, and by its events it is %s", i+1, path.JobID))
			if i == 2 {
				want = append(want, "the path of serial number SN-00003 is path_nothing, and by its events it is "+path.ID)
			}
		}
		if !store.IsPostgres(database) {
			// PostgreSQL has no reference from units to their paths.
			want = slices.Insert(want, 0, "a row of serials refers to one of paths that does not exist")
		}
		wantFaults(t, s.Store, want...)
	})
}

// TestCheckFindsDamage overwrites every second page of the file, one at a time. Whatever the page contained, the check reports the
// damage, or the database cannot be opened and the error says so.
func TestCheckFindsDamage(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	s := open(t, database)
	for i := range 200 {
		create(t, s, models.Job{Name: fmt.Sprintf("%0500d", i), GoalQuantity: 1})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	noticed, pages := 0, 0
	for at := page; at+page <= len(sound); at += 2 * page {
		pages++
		damaged := slices.Clone(sound)
		copy(damaged[at:at+page], strings.Repeat("damage! ", page/8))
		file := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(file, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		var report store.Report
		opened, err := store.Open(t.Context(), file, store.Options{Mode: store.Beside, Logger: discard()})
		if err == nil {
			report, err = opened.Check(t.Context())
			_ = opened.Close()
		}
		switch {
		case err != nil:
			noticed++
			if !strings.Contains(err.Error(), "malformed") && !strings.Contains(err.Error(), "damaged") {
				t.Errorf("with page %d damaged: %v", at/page, err)
			}
		case len(report.Faults) > 0:
			noticed++
			// More sentences follow, about rows that cannot be read.
			if !strings.HasPrefix(report.Faults[0], "the file is damaged: ") {
				t.Errorf("with page %d damaged the check finds %q", at/page, report.Faults)
			}
		}
	}
	// A free page does no harm. There are few free pages.
	if noticed < pages*9/10 {
		t.Errorf("of %d damaged pages %d were noticed", pages, noticed)
	}
}
