package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"
)

// job has a ticket and two labels, so that creating it inserts four rows: the job, two labels, and the event.
const job = `{"name":"JOB-2024-001","goalQuantity":50,"jiraTicketKey":"PI-42",` +
	`"jiraTicketSummary":"Build 50 aluminum housings","jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"High",` +
	`"jiraEpicLink":"PI-10","jiraLabels":["Q1-2024","rush"]}`

// bulk is how many units one request creates or moves.
const bulk = 10_000

// repeat returns a function for side.next that returns the same request each time.
func repeat(request []byte) func() []byte { return func() []byte { return request } }

// inTurn returns a function for side.next that returns one request after the other, and then nil.
func inTurn(requests int, request func(i int) []byte) func() []byte {
	var taken atomic.Int64
	return func() []byte {
		if i := int(taken.Add(1)) - 1; i < requests {
			return request(i)
		}
		return nil
	}
}

// seedJobs creates the given number of jobs, all with their own name and ticket. Then clients create the same job each time.
func seedJobs(jobs int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		s.next = inTurn(jobs, func(i int) []byte {
			own := strings.NewReplacer("JOB-2024-001", fmt.Sprintf("JOB-%d", i), "PI-42", fmt.Sprintf("PI-%d", i))
			return postRequest("/api/jobs", own.Replace(job))
		})
		_, err := s.load(64, 0, time.Hour)
		s.next = repeat(postRequest("/api/jobs", job))
		return err
	}
}

// seedPeer has clients create jobs in PocketBase.
func seedPeer(_ *bench, s *side) error {
	s.next = repeat(postRequest("/api/collections/jobs/records", `{"name":"JOB-2024-001","goalQuantity":50}`))
	return nil
}

// seedJobsThen creates the given number of jobs. Then clients get the path each time.
func seedJobsThen(jobs int, path string) func(*bench, *side) error {
	return func(b *bench, s *side) error {
		err := seedJobs(jobs)(b, s)
		s.next = repeat(getRequest(path))
		return err
	}
}

// seedSearch is seedJobsThen, for a path that searches. The first search after a start of Routecard reads all jobs, and is not measured.
func seedSearch(jobs int, path string) func(*bench, *side) error {
	return func(b *bench, s *side) error {
		if err := seedJobsThen(jobs, path)(b, s); err != nil {
			return err
		}
		_, _, err := s.process.call(s.next())
		return err
	}
}

// filters are the queries of pages that hold 100 jobs, or the job with a ticket.
var filters = []string{
	"", "&jiraTicketKey=PI-400", "&jiraPartNumber=ALU-HOUSING-7075", "&jiraPriority=High", "&jiraEpicLink=PI-10", "&jiraLabel=rush",
	"&jiraLabel=rush&jiraLabel=Q1-2024", "&q=housing",
}

// seedPages creates the given number of jobs. Then clients get a page with each of the filters in turn.
func seedPages(jobs int) func(*bench, *side) error {
	return func(b *bench, s *side) error {
		err := seedSearch(jobs, "/api/jobs?limit=100&q=housing")(b, s)
		s.next = inTurn(math.MaxInt, func(i int) []byte { return getRequest("/api/jobs?limit=100" + filters[i%len(filters)]) })
		return err
	}
}

// seedUnits creates 300 units on each of 100 paths with the given number of steps. Then clients move every unit by one step before they
// move the first one again, so that no two requests move the same unit at the same time, for up to 9 steps.
func seedUnits(steps int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		const paths, units = 100, 300
		var ids [paths][]string
		for i := range paths {
			_, path, err := s.process.createPath(steps)
			if err != nil {
				return err
			}
			if ids[i], err = s.process.createSerials(path, units); err != nil {
				return err
			}
		}
		s.next = inTurn(paths*units*9, func(i int) []byte {
			return postRequest("/api/serials/"+ids[i%paths][i/paths%units]+"/advance", "{}")
		})
		return nil
	}
}

// seedJobWithUnits creates a job with units in the given number of calls. Then clients get the job.
func seedJobWithUnits(calls, quantity int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		job, path, err := s.process.createPath(10)
		for range calls {
			if err == nil {
				_, err = s.process.createSerials(path, quantity)
			}
		}
		s.next = repeat(getRequest("/api/jobs/" + job.ID))
		return err
	}
}

// seedCreateSerials creates a path for each round, on which the client creates the units.
func seedCreateSerials(b *bench, s *side) error {
	paths := make([]resource, b.rounds)
	for i := range paths {
		var err error
		if _, paths[i], err = s.process.createPath(10); err != nil {
			return err
		}
	}
	s.next = inTurn(b.rounds, func(i int) []byte {
		return postRequest("/api/serials", fmt.Sprintf(`{"pathId":%q,"quantity":%d}`, paths[i].ID, bulk))
	})
	return nil
}

// seedAdvanceSerials creates a path with units for each round, which the client moves.
func seedAdvanceSerials(b *bench, s *side) error {
	units := make([][]string, b.rounds)
	for i := range units {
		_, path, err := s.process.createPath(10)
		if err != nil {
			return err
		}
		if units[i], err = s.process.createSerials(path, bulk); err != nil {
			return err
		}
	}
	s.next = inTurn(b.rounds, func(i int) []byte {
		return postRequest("/api/serials/advance", `{"serialIds":["`+strings.Join(units[i], `","`)+`"]}`)
	})
	return nil
}

// plan returns a request for a job with the given numbers of paths, and of steps and units on each path.
func plan(paths, steps, units int) []byte {
	step := `{"name":"Step","location":"Bay 3"}`
	path := fmt.Sprintf(`{"name":"Route","goalQuantity":%d,"quantity":%d,"steps":[%s]}`,
		2*units, units, step+strings.Repeat(","+step, steps-1))
	return postRequest("/api/jobs/plan", `{"name":"JOB-2024-001","goalQuantity":50,"paths":[`+path+strings.Repeat(","+path, paths-1)+`]}`)
}

// seedMixedWork creates units as seedUnits does. Then clients in turn create a job, move a unit, get the unit, and list the newest
// events.
func seedMixedWork(b *bench, s *side) error {
	if err := seedUnits(10)(b, s); err != nil {
		return err
	}
	move := s.next
	s.next = inTurn(math.MaxInt, func(i int) []byte {
		switch i % 4 {
		case 0:
			return postRequest("/api/jobs", job)
		case 1:
			return move()
		case 2:
			return getRequest("/api/serials/" + fmt.Sprintf("SN-%05d", 1+i%30_000))
		default:
			return getRequest("/api/events?order=desc&limit=20")
		}
	})
	return nil
}

// seedReads creates the given number of units, at most 10,000 on a path. Then clients in turn get a unit, the first page of the units
// at a step, and a job.
func seedReads(units int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		var job, path resource
		for range units / bulk {
			var err error
			if job, path, err = s.process.createPath(10); err != nil {
				return err
			}
			if _, err = s.process.createSerials(path, bulk); err != nil {
				return err
			}
		}
		body, _, err := s.process.call(getRequest("/api/paths/" + path.ID))
		if err != nil {
			return err
		}
		var detail struct{ Steps []resource }
		if err := json.Unmarshal(body, &detail); err != nil {
			return err
		}
		step := detail.Steps[0].ID
		s.next = inTurn(math.MaxInt, func(i int) []byte {
			switch i % 3 {
			case 0:
				return getRequest("/api/serials/" + fmt.Sprintf("SN-%05d", units-i%bulk))
			case 1:
				return getRequest("/api/serials?limit=100&stepId=" + step)
			default:
				return getRequest("/api/jobs/" + job.ID)
			}
		})
		return nil
	}
}

// seedPlans creates nothing. Then the client plans a whole order each time.
func seedPlans(_ *bench, s *side) error {
	s.next = repeat(plan(20, 30, 2000))
	return nil
}

// seedImport creates nothing. Then the client imports the same file each time.
func seedImport(_ *bench, s *side) error {
	var file strings.Builder
	file.WriteString("Name;Quantity;Due date;Priority;Notes;Jira part number;Labels\n")
	for i := range 50_000 {
		fmt.Fprintf(&file, "JOB-%d;%d;2026-12-%02d;high;Deliver pallet %d to dock 3;ALU-HOUSING-%d;rush\n", i, 1+i%500, 1+i%28, i, i%100)
	}
	s.next = repeat(fmt.Appendf(nil, "POST /api/jobs/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s",
		file.Len(), file.String()))
	return nil
}

// seedWork writes a shop into the database: 5,000 open jobs with 4 paths of 5 steps, and 50 units on each path, 10 of which stand at the
// second step. The others are completed. The urgent jobs are not the oldest, the steps are at 20 locations, and 50 paths have fewer
// units than their goal, so that only 50 of the 20,000 first steps have work. Then clients get the path each time.
func seedWork(path string) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		const n = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
		if err := s.process.stop(); err != nil {
			return err
		}
		for _, statement := range []string{
			fmt.Sprintf(`INSERT INTO jobs (id, name, goal_quantity, due_date, urgency, search_text, version, created_at, updated_at) `+n+`
				SELECT 'job_' || (100000 + i), 'JOB-' || i, 50, '2026-' || (10 + i * 7 %% 3) || '-' || (10 + i %% 19),
					'022026' || (10 + i * 7 %% 3) || (10 + i %% 19), 'job-' || i, 1, i, i FROM n`, 4999),
			fmt.Sprintf(`INSERT INTO paths (id, job_id, name, goal_quantity, advancement_mode, last_step_no, in_progress_count, completed_count,
					version, created_at, updated_at) `+n+`
				SELECT 'path_' || (100000 + i), 'job_' || (100000 + i / 4), 'Route', CASE i %% 400 WHEN 0 THEN 60 ELSE 50 END, 'strict', 5, 10, 40,
					1, i, i FROM n`, 19999),
			fmt.Sprintf(`INSERT INTO steps (id, path_id, no, position, name, location, optional, dependency_type, part_count, done_count,
					job_rank, to_create) `+n+`
				SELECT 'step_' || (100000 + i), 'path_' || (100000 + i / 5), 1 + i %% 5, i %% 5, 'Step ' || (1 + i %% 5),
					'Bay ' || ((i / 20 * 7 + i / 5 %% 4 * 5 + i %% 5) %% 20), FALSE, 'physical',
					CASE i %% 5 WHEN 1 THEN 10 ELSE 0 END, CASE i %% 5 WHEN 0 THEN 50 ELSE 40 END,
					(SELECT urgency || '.' || id FROM jobs WHERE id = 'job_' || (100000 + i / 20)), CASE i %% 2000 WHEN 0 THEN 10 ELSE 0 END FROM n`, 99999),
			fmt.Sprintf(`INSERT INTO serials (no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed, entered_at,
					version, created_at, updated_at) `+n+`
				SELECT i + 1, 'SN-' || i, i + 1, 'job_' || (100000 + i %% 20000 / 4), 'path_' || (100000 + i %% 20000),
					CASE WHEN i < 800000 THEN 'completed' ELSE 'in_progress' END,
					CASE WHEN i >= 800000 THEN 'step_' || (100001 + i %% 20000 * 5) END, '1c', 5, FALSE, i, 1, i, i FROM n`, 999999),
			"INSERT INTO places (id, steps, waiting) SELECT 'step:' || name, count(*), sum(part_count) FROM steps GROUP BY name",
			"INSERT INTO places (id, steps, waiting) SELECT 'location:' || location, count(*), sum(part_count) FROM steps GROUP BY location",
		} {
			if err := execute(s.database, statement); err != nil {
				return err
			}
		}
		var err error
		s.process, err = startRoutecard(s.program, s.database)
		s.next = repeat(getRequest(path))
		return err
	}
}

// seedMoves writes the given number of events of units in a year, with their moves and the counts of quarter hours, into the
// database. Then clients get the throughput of 31 days by day.
func seedMoves(events int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		if err := s.process.stop(); err != nil {
			return err
		}
		now := time.Now().UTC()
		year := (365 * 24 * time.Hour).Milliseconds()
		for _, statement := range []string{
			fmt.Sprintf(`INSERT INTO events (id, type, at, user_id, job_id, serial_id, step_id, data)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
				SELECT 'evt_' || i, CASE i %% 10 WHEN 0 THEN 'serial.created' WHEN 9 THEN 'serial.completed' ELSE 'serial.advanced' END,
					%d + CAST(i AS bigint) * %d, 'maria', 'job_' || (i / 10000), 'SN-' || (i / 10), 'step_' || (i %% 10), '{}' FROM n`,
				events, now.UnixMilli()-year, year/int64(events)),
			`INSERT INTO moves (at, event_id, type, job_id, from_step_id, entered_at, to_step_id)
				SELECT at, id, type, job_id, step_id, at - 600000, step_id FROM events`,
			`INSERT INTO quarter_hours (start, created, completed, force_completed, scrapped)
				SELECT at - at % 900000, count(CASE WHEN type = 'serial.created' THEN 1 END),
					count(CASE WHEN type = 'serial.completed' THEN 1 END), 0, 0
				FROM moves WHERE type <> 'serial.advanced' GROUP BY 1`,
			// Otherwise the server would hash all events during the measurement.
			"INSERT INTO seals (number, first_seq, last_seq, events, hash, at) SELECT 1, 1, max(seq), count(*), '', 0 FROM events",
		} {
			if err := execute(s.database, statement); err != nil {
				return err
			}
		}
		var err error
		s.process, err = startRoutecard(s.program, s.database)
		s.next = repeat(getRequest(fmt.Sprintf("/api/insights/throughput?bucket=day&from=%s&to=%s",
			now.AddDate(0, 0, -31).Format(time.RFC3339), now.Format(time.RFC3339))))
		return err
	}
}
