package main

import (
	"fmt"
	"sync/atomic"
)

// contests returns everything that `make bench` measures, with its marks.
func contests() []contest {
	return nil
}

// comparison returns what is measured of two builds of Routecard. The figures of the program under test are divided by
// those of the other one.
func comparison(other string) (all []contest) {
	against := []side{{program: other}}
	for _, database := range []string{sqlite, postgreSQL} {
		for _, clients := range []int{1, 16, 64} {
			all = append(all, createJob(database, clients, 0, against...))
		}
		all = append(all, advanceSerial(database, 1, 0, against...), advanceSerial(database, 64, 0, against...))
	}
	return all
}

// job has a ticket and two labels, so that creating it writes four rows: the job, two labels, and the event.
const job = `{"name":"JOB-2024-001","goalQuantity":50,"jiraTicketKey":"PI-42",` +
	`"jiraTicketSummary":"Build 50 aluminum housings","jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"High",` +
	`"jiraEpicLink":"PI-10","jiraLabels":["Q1-2024","rush"]}`

func createJob(database string, clients int, tail float64, against ...side) contest {
	request := post("/api/jobs", job)
	return contest{
		what:     fmt.Sprintf("createJob, %s, %s", database, plural(clients)),
		database: database,
		unit:     perSecond,
		seed: func(_ *bench, s *side) error {
			s.next = func() []byte { return request }
			return nil
		},
		measure: sendLoad(clients),
		verify:  "SELECT count(*) FROM jobs",
		tail:    tail,
		against: against,
	}
}

// advanceSerial moves units on 100 paths of 10 steps.
func advanceSerial(database string, clients int, tail float64, against ...side) contest {
	return contest{
		what:     fmt.Sprintf("advanceSerial, %s, %s", database, plural(clients)),
		database: database,
		unit:     perSecond,
		seed:     unitsOn(10),
		measure:  sendLoad(clients),
		verify:   "SELECT coalesce(sum(version - 1), 0) FROM serials",
		tail:     tail,
		against:  against,
	}
}

// unitsOn creates 100 jobs with a path of so many steps each, and 300 units on each path. The requests move every unit by
// one step before they move the first unit again, so that two requests never move the same unit at the same time.
func unitsOn(steps int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		const paths, units = 100, 300
		var ids [paths][]string
		for i := range paths {
			path, err := s.process.createPath(steps)
			if err != nil {
				return err
			}
			if ids[i], _, err = s.process.createSerials(path, units); err != nil {
				return err
			}
		}
		var sent atomic.Int64
		s.next = func() []byte {
			n := int(sent.Add(1) - 1)
			return post("/api/serials/"+ids[n%paths][n/paths%units]+"/advance", "{}")
		}
		return nil
	}
}

// sendLoad measures how many requests the server answers each second, and their latencies.
func sendLoad(clients int) func(*bench, *side) error {
	return func(b *bench, s *side) error {
		result, err := load{
			address: s.process.address, clients: clients, next: s.next, warmUp: b.loadTime() / 5, measure: b.loadTime(),
		}.run()
		s.answered += result.answered
		s.values = append(s.values, result.perSecond)
		s.p50 = append(s.p50, float64(result.p50))
		s.p99 = append(s.p99, float64(result.p99))
		return err
	}
}

func plural(clients int) string {
	if clients == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", clients)
}
