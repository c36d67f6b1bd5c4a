package main

import (
	"fmt"
	"time"

	"github.com/routecard/routecard/bench/floor"
)

// contests returns what `make bench` measures, with the marks.
func contests(b *bench) []contest {
	const (
		oneRow     = "INSERT of one row"
		groupOfOne = "group commit of one row"
		sameRows   = "transaction of the same rows"
		group      = "group commit of the same rows"
	)
	all := []contest{
		createJob(sqlite, 1, 0, side{name: oneRow, floor: floor.SingleRow, mark: 0.75}),
		createJob(sqlite, 64, 4, side{name: group, floor: floor.Group, mark: 0.95}),
		createJob(postgreSQL, 1, 0,
			side{name: sameRows, floor: floor.Single, mark: 1}, side{name: oneRow, floor: floor.SingleRow, mark: 0.75}),
		createJob(postgreSQL, 16, 0,
			side{name: group, floor: floor.Group, mark: 1}, side{name: groupOfOne, floor: floor.GroupRow, mark: 0.6}),
		createJob(postgreSQL, 64, 4,
			side{name: group, floor: floor.Group, mark: 1}, side{name: groupOfOne, floor: floor.GroupRow, mark: 0.6}),
		{
			operation: "mixed work", database: postgreSQL, detail: "128 clients, two servers", unit: perSecond,
			seed: seedMixedWork, measure: measureLoad(128), servers: 2, against: []side{{name: "one server", mark: 1.2}},
		},
	}
	if b.peer != "" {
		for _, clients := range []int{1, 16, 64} {
			peer := createJob(sqlite, clients, 0, side{name: "PocketBase, one row, not synced", peer: b.peer, seed: seedPeer})
			peer.detail += ", PocketBase"
			all = append(all, peer)
		}
	}
	for _, database := range []string{sqlite, postgreSQL} {
		longPaths := advanceSerial(database, 64, 0, side{name: "paths of 10 steps", seed: seedUnits(10), mark: 0.8})
		longPaths.detail += ", paths of 400 steps"
		longPaths.seed = seedUnits(400)
		// No mark: this line shows what a large database costs createJob, to compare with what it costs a search.
		largeCreate := createJob(database, 64, 0, side{name: "empty database", seed: seedJobs(0)})
		largeCreate.detail += fmt.Sprintf(", %d jobs", b.manyJobs())
		largeCreate.seed, largeCreate.large = seedJobs(b.manyJobs()), true
		all = append(all,
			advanceSerial(database, 1, 0, side{name: sameRows, floor: floor.Single, mark: 0.8}),
			advanceSerial(database, 64, 3, side{name: group, floor: floor.Group, mark: 0.7}),
			longPaths,
			contest{
				operation: "createSerials", database: database, detail: "10000 units", unit: duration,
				seed: seedCreateSerials, measure: timeRequest(1),
				against: []side{{name: "multi-row statements", floor: floor.Single, mark: 1.2}},
			},
			contest{
				operation: "advanceSerials", database: database, detail: "10000 units", unit: duration,
				seed: seedAdvanceSerials, measure: timeRequest(1),
				against: []side{{name: "multi-row statements", floor: floor.Single, mark: 1.2}},
			},
			contest{
				operation: "listJobs", database: database, detail: "all 50000", unit: duration,
				seed: seedJobsThen(50_000, "/api/jobs"), measure: timeRequest(3),
				against: []side{{name: "one query", floor: floor.Single, mark: 1.5}},
			},
			contest{
				operation: "listJobs", database: database, detail: "memory for all 50000", unit: megabytes,
				seed: seedJobsThen(50_000, "/api/jobs"), measure: measureMemory, limit: 100e6,
			},
			contest{
				operation: "getJob", database: database, detail: "100000 units", unit: duration,
				seed: seedJobWithUnits(10, bulk), measure: timeRequest(100),
				against: []side{{name: "10 units", seed: seedJobWithUnits(1, 10), mark: 1.5}},
			},
			contest{
				operation: "getSerial, listSerials, and getJob", database: database, detail: fmt.Sprintf("%d units", b.manyUnits()), unit: duration,
				seed: seedReads(b.manyUnits()), measure: timeRequest(300), large: true,
				against: []side{{name: "10000 units", seed: seedReads(bulk), mark: 1.3}},
			},
			contest{
				operation: "planJob", database: database, detail: "20 paths of 30 steps and 2000 units", unit: duration,
				seed: seedPlans, measure: timeRequest(1), limit: float64(2 * time.Second),
			},
			listWork(database, "first page", ""),
			listWork(database, "first page of one station of 20", "&location=Bay%203"),
			listWork(database, "one step name of 5, work at 50 of 20000 first steps", "&stepName=Step%201"),
			contest{
				operation: "getThroughput", database: database, detail: fmt.Sprintf("a month by day, %d events", b.manyUnits()), unit: duration,
				seed: seedMoves(b.manyUnits()), measure: timeRequest(20), limit: float64(200 * time.Millisecond), large: true,
			},
			contest{
				operation: "listPlaces", database: database, detail: "5000 jobs, 100000 steps", unit: duration,
				seed: seedWork("/api/places"), measure: timeRequest(20), limit: float64(30 * time.Millisecond), large: true,
			},
			contest{
				operation: "importJobs", database: database, detail: "50000 rows", unit: duration,
				seed: seedImport, measure: timeRequest(1), limit: float64(10 * time.Second),
			},
			contest{
				operation: "importJobs", database: database, detail: "memory for 50000 rows", unit: megabytes,
				seed: seedImport, measure: measureMemory, limit: 200e6,
			},
			contest{
				operation: "start", database: database, detail: "time to the first response", unit: duration,
				seed: seedJobsThen(0, "/healthz"), measure: measureStart, limit: float64(100 * time.Millisecond),
			},
			contest{
				operation: "start", database: database, detail: "idle memory", unit: megabytes,
				seed: seedJobsThen(0, "/healthz"), measure: measureMemory, limit: 40e6,
			},
			contest{
				operation: "listJobs", database: database, detail: fmt.Sprintf("q without a match, %d jobs", b.manyJobs()), unit: duration,
				seed: seedSearch(b.manyJobs(), "/api/jobs?limit=100&q=nobody-has-this"), measure: timeRequest(5), limit: float64(30 * time.Millisecond), large: true,
			},
			contest{
				operation: "listJobs", database: database, detail: fmt.Sprintf("pages by each filter, %d jobs", b.manyJobs()), unit: duration,
				seed: seedPages(b.manyJobs()), measure: timeRequest(10 * len(filters)), large: true,
				against: []side{{name: "1000 jobs", seed: seedPages(1000), mark: 1.5}},
			},
			largeCreate,
			createJobBesideStreams(database),
			deliverEvents(database, 0),
			deliverEvents(database, 64),
		)
	}
	return all
}

// comparison returns what is measured of two builds of Routecard: the one under test, and the one at the path other.
func comparison(other string) (all []contest) {
	for _, database := range []string{sqlite, postgreSQL} {
		for _, clients := range []int{1, 16, 64} {
			all = append(all, createJob(database, clients, 0, side{program: other}))
		}
		for _, clients := range []int{1, 64} {
			all = append(all, advanceSerial(database, clients, 0, side{program: other}))
		}
	}
	return all
}

func createJob(database string, clients int, tail float64, against ...side) contest {
	return contest{
		operation: "createJob", database: database, detail: clientCount(clients), unit: perSecond,
		seed: seedJobs(0), measure: measureLoad(clients), done: "SELECT count(*) FROM jobs", against: against, tail: tail,
	}
}

// advanceSerial moves units on 100 paths of 10 steps.
func advanceSerial(database string, clients int, tail float64, against ...side) contest {
	return contest{
		operation: "advanceSerial", database: database, detail: clientCount(clients), unit: perSecond,
		seed: seedUnits(10), measure: measureLoad(clients), done: "SELECT CAST(sum(version - 1) AS bigint) FROM serials",
		against: against, tail: tail,
	}
}

// listWork gets up to 100 rows of work of a shop with 5,000 jobs, 100,000 steps, and 1,000,000 units.
func listWork(database, detail, filter string) contest {
	return contest{
		operation: "listWork", database: database, detail: detail, unit: duration,
		seed: seedWork("/api/work?limit=100" + filter), measure: timeRequest(20), limit: float64(30 * time.Millisecond), large: true,
	}
}

func clientCount(clients int) string {
	if clients == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", clients)
}
