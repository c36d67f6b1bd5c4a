package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// manyRows inserts enough rows that both databases prefer an index to a scan of the table: 20,000 jobs with a path
// of two steps each, some of which have units and events. A priority is that of one job in 200: PostgreSQL finds what is
// common sooner by walking along the key.
var manyRows = []string{
	`INSERT INTO jobs (id, name, goal_quantity, jira_ticket_key, jira_part_number, jira_priority, jira_epic_link, search_text,
		external_id, due_date, closed_at, urgency, version, created_at, updated_at)
	 SELECT 'job_' || (100000 + i), 'job', 1, 'PI-' || (i / 2), 'PART-' || (i % 500), 'P' || (i % 200), 'EPIC-' || (i % 100), 'job ' || i,
		'ERP-' || i, CASE i % 3 WHEN 0 THEN '2024-01-' || (10 + i % 20) END, CASE i % 4 WHEN 0 THEN NULL ELSE i END,
		CASE i % 4 WHEN 0 THEN '0' ELSE '1' END || (i % 4) || '99999999', 1, i, i FROM n`,
	`INSERT INTO job_labels (label, job_id) SELECT 'common', 'job_' || (100000 + i) FROM n`,
	`INSERT INTO job_labels (label, job_id) SELECT 'some-' || (i % 10), 'job_' || (100000 + i) FROM n`,
	`INSERT INTO paths (id, job_id, name, goal_quantity, advancement_mode, last_step_no, version, created_at, updated_at)
	 SELECT 'path_' || (100000 + i), 'job_' || (100000 + i), 'path', 1, 'strict', 2, 1, i, i FROM n`,
	// Each of 20 places has 2,000 steps, and one step in 20 has work.
	`INSERT INTO steps (id, path_id, no, position, name, location, assigned_to, optional, dependency_type, part_count, job_rank)
	 SELECT 'step_' || (100000 + i) || '_' || no, 'path_' || (100000 + i), no, no, 'step-' || (i % 19), 'bay-' || (i % 20), 'user-' || (i % 21),
		FALSE, 'physical', CASE i % 20 WHEN 4 THEN 1 ELSE 0 END, CASE i % 4 WHEN 0 THEN '0' || (i % 4) || '99999999.job_' || (100000 + i) END
	 FROM n CROSS JOIN (SELECT 0 AS no UNION ALL SELECT 1) AS two`,
	// 100 units on a path.
	`INSERT INTO serials (no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed, version,
		created_at, updated_at)
	 SELECT i, 'SN-' || i, i, 'job_' || (100000 + i / 100), 'path_' || (100000 + i / 100),
		CASE i % 50 WHEN 0 THEN 'scrapped' ELSE 'in_progress' END, 'step_' || (100000 + i / 100) || '_0', '', 2, FALSE, 1, i, i
	 FROM n WHERE i >= 100`,
	`INSERT INTO events (id, type, at, user_id, job_id, serial_id, data)
	 SELECT 'event', CASE i % 3 WHEN 0 THEN 'job.created' ELSE 'serial.advanced' END, i, 'user' || (i % 100), 'job_' || (100000 + i % 2000),
		CASE i % 3 WHEN 0 THEN NULL ELSE 'SN-' || (i % 4000) END, '{}' FROM n`,
	// A move each minute, one in ten of which completes a unit.
	`INSERT INTO moves (at, event_id, type, job_id, from_step_id, entered_at, to_step_id)
	 SELECT CAST(i AS bigint) * 60000, 'evt_' || i, CASE i % 10 WHEN 0 THEN 'serial.completed' ELSE 'serial.advanced' END, 'job_' || (100000 + i / 10 % 200),
		'step_' || (100000 + i) || '_0', 0, CASE i % 10 WHEN 0 THEN NULL ELSE 'step_' || (100000 + i) || '_1' END FROM n`,
	`INSERT INTO places (id, steps, waiting) SELECT 'step:' || i, CASE i % 100 WHEN 0 THEN 1 ELSE 0 END, 0 FROM n`,
	`INSERT INTO places (id, steps, waiting) SELECT 'step:step', count(*), 0 FROM steps CROSS JOIN (SELECT 1 FROM n LIMIT 1) AS one`,
	`INSERT INTO quarter_hours (start, created, completed, force_completed, scrapped) SELECT CAST(i AS bigint) * 900000, 0, i, 0, 0 FROM n`,
}

const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) `

// planned is a read and the indexes that its statements must use. "&" separates the indexes of a statement. "|" separates the
// possible names of an index, because the two databases name primary keys differently.
type planned struct {
	name string
	read func(s *store.Store) error
	// indexes are for the statements that the read sends, in their order.
	indexes []string
}

const (
	jobsKey   = "jobs_pkey|PRIMARY KEY"
	eventsKey = "events_pkey|INTEGER PRIMARY KEY"
	movesKey  = "moves_pkey|PRIMARY KEY"
	placesKey = "places_pkey|PRIMARY KEY"
	// SQLite does not name the key in which it looks for the greatest value.
	newestEvent = "events_pkey|SEARCH events"
)

// plannedReads are the reads of lists and of progress.
func plannedReads(t *testing.T) []planned {
	text := func(value string) *string { return &value }
	status := models.Scrapped
	hour := models.Period{From: 600_000_000, To: 603_600_000}
	reads := []planned{
		{"paths of a job", func(s *store.Store) error {
			_, err := s.Paths(t.Context(), "job_110000", "path_119999", 100)
			return err
		}, []string{jobsKey, "paths_by_job", "steps_by_path"}},
		{"progress of a job", func(s *store.Store) error {
			_, _, err := s.JobWithPaths(t.Context(), "job_110000")
			return err
		}, []string{jobsKey, "paths_by_job", "steps_by_path"}},
		{"progress of a page", func(s *store.Store) error {
			_, err := s.PathsOfJobs(t.Context(), []string{"job_110000", "job_110001", "job_110002"}, false)
			return err
		}, []string{"paths_by_job"}},
		{"throughput", func(s *store.Store) error {
			_, err := s.Throughput(t.Context(), store.InsightFilter{From: &hour.From, To: &hour.To}, models.Day, time.UTC)
			return err
		}, []string{newestEvent, "quarter_hours_pkey|INTEGER PRIMARY KEY"}},
		{"throughput of a job", func(s *store.Store) error {
			_, err := s.Throughput(t.Context(), store.InsightFilter{JobID: text("job_100100"), From: &hour.From, To: &hour.To}, models.Day, time.UTC)
			return err
		}, []string{jobsKey, newestEvent, "moves_of_jobs"}},
		{"step times of a job", func(s *store.Store) error {
			_, err := s.StepTimes(t.Context(), store.InsightFilter{JobID: text("job_100100"), From: &hour.From, To: &hour.To})
			return err
			// The percentiles scan the moves that the period's search found, which SQLite calls ranked.
		}, []string{jobsKey, newestEvent, movesKey, movesKey + "|SCAN ranked", "steps_by_path"}},
		{"step times", func(s *store.Store) error {
			_, err := s.StepTimes(t.Context(), store.InsightFilter{From: &hour.From, To: &hour.To})
			return err
		}, []string{newestEvent, movesKey, movesKey + "|SCAN ranked", "places_in_use"}},
		{"scrap", func(s *store.Store) error {
			_, err := s.Scrappings(t.Context(), store.InsightFilter{From: &hour.From, To: &hour.To})
			return err
		}, []string{newestEvent, "moves_of_ends", "moves_of_ends|" + movesKey}},
	}
	for name, of := range map[string]struct {
		filter store.JobFilter
		index  string
	}{
		"jobs":                       {store.JobFilter{}, jobsKey + "|SCAN jobs"},
		"jobs by ticket":             {store.JobFilter{TicketKey: text("PI-5000")}, "jobs_by_ticket_key"},
		"jobs by part":               {store.JobFilter{PartNumber: text("PART-7")}, "jobs_by_part_number"},
		"jobs by priority":           {store.JobFilter{Priority: text("P3")}, "jobs_by_priority"},
		"jobs by epic":               {store.JobFilter{EpicLink: text("EPIC-7")}, "jobs_by_epic_link"},
		"jobs by label":              {store.JobFilter{Labels: []string{"some-3"}}, "job_labels_pkey|PRIMARY KEY"},
		"jobs by common label":       {store.JobFilter{Labels: []string{"common"}}, "job_labels_pkey|PRIMARY KEY"},
		"jobs by two labels":         {store.JobFilter{Labels: []string{"common", "some-3"}}, "job_labels_pkey|PRIMARY KEY"},
		"jobs by label and priority": {store.JobFilter{Labels: []string{"some-3"}, Priority: text("P3")}, "job_labels_pkey|PRIMARY KEY"},
		"jobs by label and ticket":   {store.JobFilter{Labels: []string{"some-3"}, TicketKey: text("PI-5000")}, "jobs_by_ticket_key"},
		"jobs by external id":        {store.JobFilter{ExternalID: text("ERP-5000")}, "jobs_by_external_id"},
		"open jobs":                  {store.JobFilter{State: store.OpenJobs}, "jobs_open|SCAN jobs USING INDEX jobs_open"},
		"closed jobs":                {store.JobFilter{State: store.ClosedJobs}, "jobs_closed|SCAN jobs|PRIMARY KEY"},
	} {
		for place, before := range map[string]string{"": "", ", page within": "job_110000"} {
			reads = append(reads, planned{name + place, func(s *store.Store) error {
				_, err := s.Jobs(t.Context(), of.filter, before, 100)
				return err
			}, []string{of.index}})
		}
	}
	for _, of := range []struct {
		state   store.JobState
		sort    store.JobSort
		place   string
		indexes []string
	}{
		{store.LateJobs, store.ByCreation, "", []string{"jobs_open_by_due_date"}},
		{store.AllJobs, store.ByUrgency, "", []string{"jobs_by_urgency|SCAN jobs USING INDEX jobs_by_urgency"}},
		{store.AllJobs, store.ByUrgency, "0299999999.job_110000", []string{"jobs_by_urgency"}},
		{store.OpenJobs, store.ByUrgency, "", []string{"jobs_by_urgency"}},
		{store.OpenJobs, store.ByUrgency, "0299999999.job_110000", []string{"jobs_by_urgency"}},
		{store.ClosedJobs, store.ByUrgency, "", []string{"jobs_by_urgency"}},
		{store.LateJobs, store.ByUrgency, "", []string{"jobs_by_urgency|jobs_open_by_due_date"}},
		{store.AllJobs, store.ByDueDate, "", []string{"jobs_open_by_due_date"}},
		{store.OpenJobs, store.ByDueDate, "0.2024-01-05.job_110000", []string{"jobs_open_by_due_date"}},
		{store.OpenJobs, store.ByDueDate, "0.-.job_110000", []string{"jobs_open"}},
		{store.ClosedJobs, store.ByDueDate, "", []string{"jobs_closed_by_due_date"}},
		{store.ClosedJobs, store.ByDueDate, "1.-.job_110000", []string{"jobs_closed|" + jobsKey}},
		{store.LateJobs, store.ByDueDate, "", []string{"jobs_open_by_due_date"}},
	} {
		reads = append(reads, planned{"jobs " + string(of.state) + " " + string(of.sort) + " " + of.place, func(s *store.Store) error {
			_, err := s.Jobs(t.Context(), store.JobFilter{State: of.state, Sort: of.sort, Today: "2024-01-10"}, of.place, 20)
			return err
		}, of.indexes})
	}
	for place, after := range map[string]string{"": "", ", page within": "0099999999.job_110000.path_110000.0"} {
		for name, of := range map[string]struct {
			filter store.WorkFilter
			index  string
		}{
			"work":                 {store.WorkFilter{}, "steps_by_rank"},
			"work of a job":        {store.WorkFilter{JobID: text("job_110004")}, "steps_by_rank"},
			"work of a location":   {store.WorkFilter{Location: text("bay-4")}, "steps_by_location"},
			"work of an assignee":  {store.WorkFilter{AssignedTo: text("user-4")}, "steps_by_assignee"},
			"work of a step name":  {store.WorkFilter{StepName: text("step-4")}, "steps_by_name"},
			"work of a place":      {store.WorkFilter{Location: text("bay-4"), StepName: text("step-4")}, "steps_by_location|steps_by_name"},
			"work of a rare place": {store.WorkFilter{Location: text("Bay 3")}, "steps_by_location"},
			"work of somebody":     {store.WorkFilter{AssignedTo: text("tom")}, "steps_by_assignee"},
			"work of a rare name":  {store.WorkFilter{StepName: text("Deburring")}, "steps_by_name"},
		} {
			reads = append(reads, planned{name + place, func(s *store.Store) error {
				_, err := s.Work(t.Context(), of.filter, after, 20)
				return err
			}, []string{of.index + "&serials_by_step"}})
		}
	}
	// Enough units that PostgreSQL, with its default costs, would read all of them. Nothing is written for units that do not exist.
	absent := make([]store.UnitCommand, 200)
	for i := range absent {
		absent[i] = store.UnitCommand{SerialNumber: fmt.Sprint("absent-", i), Command: models.Advance{}}
	}
	reads = append(reads, planned{"command for many units", func(s *store.Store) error {
		_, _, err := s.CommandEach(t.Context(), store.Request{}, absent)
		return err
	}, []string{"serials_by_id", "serials_by_id"}}, planned{"places", func(s *store.Store) error {
		_, err := s.Places(t.Context())
		return err
	}, []string{"places_in_use|SCAN places USING INDEX places_in_use"}})
	for name, of := range map[string]struct {
		filter store.EventFilter
		index  string
	}{
		"events":           {store.EventFilter{}, eventsKey},
		"events of a type": {store.EventFilter{Types: []string{"job.created"}}, eventsKey},
		"events of a job":  {store.EventFilter{JobID: text("job_100777")}, "events_by_job"},
		"events of a unit": {store.EventFilter{SerialNumber: text("SN-777")}, "events_by_serial"},
		"events of a user": {store.EventFilter{UserID: text("user7")}, "events_by_user"},
	} {
		reads = append(reads, planned{name, func(s *store.Store) error {
			_, err := s.Events(t.Context(), of.filter, 10_000, 100)
			return err
		}, []string{of.index}}, planned{name + " backwards", func(s *store.Store) error {
			_, err := s.EventsBefore(t.Context(), of.filter, 10_000, 0, 100)
			return err
		}, []string{of.index}})
	}
	for name, of := range map[string]struct {
		filter store.UnitFilter
		index  string
	}{
		"units":             {store.UnitFilter{}, "serials_pkey|INTEGER PRIMARY KEY|SCAN serials"},
		"units of a job":    {store.UnitFilter{JobID: text("job_100100")}, "serials_by_job"},
		"units of a path":   {store.UnitFilter{PathID: text("path_100100")}, "serials_by_path"},
		"units at a step":   {store.UnitFilter{StepID: text("step_100100_0")}, "serials_by_step"},
		"units in a status": {store.UnitFilter{Status: &status}, "serials_by_status"},
	} {
		for place, before := range map[string]int64{"": 0, ", page within": 10_050} {
			reads = append(reads, planned{name + place, func(s *store.Store) error {
				_, err := s.Units(t.Context(), of.filter, before, 100)
				return err
			}, []string{of.index}})
		}
	}
	return reads
}

// TestPlans asks each database for its plans for the statements that the store sends.
func TestPlans(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := open(t, database)
		pool, explain := s.Pools()["postgres"], "EXPLAIN "
		if pool == nil {
			pool, explain = s.Pools()["write"], "EXPLAIN QUERY PLAN "
		}
		run := func(statement string) {
			t.Helper()
			if _, err := pool.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		for _, insert := range manyRows {
			into, from, _ := strings.Cut(insert, "SELECT ")
			run(into + numbers + "SELECT " + from)
		}
		if _, err := s.Jobs(t.Context(), store.JobFilter{Query: new("fills the index")}, "", 1); err != nil {
			t.Fatal(err)
		}
		create(t, s, exampleJob()) // The next search adds it to the index.
		var sent []string
		s.OnStatement(func(text func() string) {
			statement := text()
			if !store.IsPostgres(database) {
				// GORM writes values in double quotes, which are for names by SQL's own rules, and names in others.
				statement = strings.ReplaceAll(statement, `"`, "'")
			}
			sent = append(sent, statement)
		})
		wantPlan := func(name, statement, indexes string) {
			plan := planOf(t, pool, explain+statement)
			if fault := faultOf(plan, indexes); fault != "" {
				t.Errorf("%s: the plan %s:\n%s\n%s", name, fault, statement, plan)
			}
		}
		check := func(when string) {
			for _, of := range plannedReads(t) {
				sent = nil
				if err := of.read(s); err != nil {
					t.Fatalf("%s: %v", of.name, err)
				}
				if len(sent) != len(of.indexes) {
					t.Errorf("%s sends %d statements, want %d:\n%s", of.name, len(sent), len(of.indexes), strings.Join(sent, "\n"))
					continue
				}
				for i, statement := range sent {
					wantPlan(of.name+when, statement, of.indexes[i])
				}
			}
			// How many blocks of the index can have a text depends on chance, so the number of statements does too.
			byID := strings.Join([]string{newestEvent, jobsKey, "Index Cond: (id ", "One-Time Filter: false"}, "|")
			for _, sort := range []store.JobSort{store.ByCreation, store.ByUrgency, store.ByDueDate} {
				for _, query := range []string{"job 12345", "nothing"} {
					sent = nil
					if _, err := s.Jobs(t.Context(), store.JobFilter{Query: &query, Sort: sort}, "", 100); err != nil {
						t.Fatal(err)
					}
					for _, statement := range sent {
						wantPlan(fmt.Sprintf("search for %s, sorted by %q%s", query, sort, when), statement, byID)
					}
				}
			}
		}
		if !store.IsPostgres(database) {
			// PostgreSQL collects its statistics by itself. SQLite has none until ANALYZE runs.
			check(" without statistics")
		}
		run("ANALYZE")
		check("")
	})
}

// planOf returns the lines of the plan.
func planOf(t *testing.T, pool *sql.DB, explain string) string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), explain)
	if err != nil {
		t.Fatalf("%s: %v", explain, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	// The text is in the last column on both.
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	var line string
	values[len(values)-1] = &line
	var plan strings.Builder
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// faultOf returns what is wrong with a plan that must use the indexes, or "".
func faultOf(plan, indexes string) string {
	for alternatives := range strings.SplitSeq(indexes, "&") {
		used := false
		for index := range strings.SplitSeq(alternatives, "|") {
			used = used || strings.Contains(plan, index)
		}
		if !used {
			return "does not use " + alternatives
		}
	}
	// A page without a filter reads the primary key up to the limit.
	if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN ") && !strings.Contains(indexes, "SCAN ") {
		return "reads a whole table"
	}
	return ""
}
