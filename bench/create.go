package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/routecard/routecard/bench/floor"
	"github.com/routecard/routecard/bench/load"
	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
)

// The two examples of the contract: with a ticket and its labels, and without.
const (
	ticketJob = `{"name":"JOB-2024-001","goalQuantity":50,"jiraTicketKey":"PI-42",` +
		`"jiraTicketSummary":"Build 50 aluminum housings","jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"High",` +
		`"jiraEpicLink":"PI-10","jiraLabels":["Q1-2024","rush"]}`
	plainJob = `{"name":"JOB-2024-002","goalQuantity":200}`
)

// creation is one server and what it has been measured to do.
type creation struct {
	process  *process
	database string
	clients  int
	body     string

	rate, p50, p99 samples
	// cpu is what the process worked for one request, in nanoseconds.
	cpu samples
	// acknowledged is how many jobs it said it has written, over all loads on its database.
	acknowledged *int
}

func (c *creation) measure(b *bench) error {
	worked := c.process.cpu()
	result, err := load.Load{
		Address: c.process.address,
		Request: load.Request(http.MethodPost, "/api/jobs", c.body),
		Want:    http.StatusCreated,
		Clients: c.clients,
		Warm:    b.loadTime() / 5,
		Measure: b.loadTime(),
	}.Run()
	if err != nil {
		return err
	}
	*c.acknowledged += result.All
	c.rate = append(c.rate, result.PerSecond)
	c.p50 = append(c.p50, float64(result.P50))
	c.p99 = append(c.p99, float64(result.P99))
	for i, until := range c.process.cpu() {
		c.cpu = append(c.cpu, (until-worked[i])/float64(result.All))
	}
	return nil
}

// workload is a job that is created by so many clients at a time.
type workload struct {
	name    string
	body    string
	clients int
	// rows are the statements for pgbench, with all rows of the job and with the first alone.
	rows []string
}

var workloads = []workload{
	{"1 client", ticketJob, 1, nil},
	{"16 clients", ticketJob, 16, nil},
	{"64 clients", ticketJob, 64, []string{allRows(ticketRow, "{Q1-2024,rush}"), jobRow(ticketRow)}},
	{"64 clients, no ticket", plainJob, 64, []string{allRows(plainRow, "{}"), jobRow(plainRow)}},
}

// measureCreates compares POST /api/jobs with the floors, all in turns.
func measureCreates(b *bench) error {
	echo, err := b.startFloor(floor.Echo, "")
	if err != nil {
		return err
	}
	m := &creations{bench: b, by: map[string][]*creation{}, pgbench: map[string][2]*insertions{}}
	m.add("echo", echo, "")
	for _, database := range b.databases() {
		if err := m.addServers(database); err != nil {
			return err
		}
	}
	if err := b.inTurns(m.turns); err != nil {
		return err
	}
	if err := m.verify(); err != nil {
		return err
	}
	for _, database := range b.databases() {
		m.report(database.name)
	}
	if err := m.reportCheck(); err != nil {
		return err
	}
	b.report.note("createJob: %s", strings.Join([]string{
		"the job has a ticket and two labels, so a create writes a job, two labels and an event",
		"the floors write the same four rows with the same drivers, prepared statements and indexes, check the name and the quantity and nothing else, and on PostgreSQL append the event without the lock that keeps the feed in order",
		"single writes each job in a transaction of its own",
		"group has one goroutine that writes all jobs that wait in one transaction",
		"echo decodes and encodes the job and has no database",
		"pgbench inserts the same rows with one statement, which is a transaction, from 64 connections, and speaks no HTTP; on another line it inserts the job's row and leaves the others out",
	}, "; "))
	return nil
}

// creations are all servers under load.
type creations struct {
	bench *bench
	turns []func() error
	// by holds what was measured by kind of server and database, in the order of the workloads.
	by map[string][]*creation
	// pgbench has, by workload, what it does with all rows of a job and with the first alone.
	pgbench map[string][2]*insertions
}

func (m *creations) add(kind string, server *process, database string) {
	acknowledged := new(int)
	for _, w := range workloads {
		c := &creation{process: server, database: database, clients: w.clients, body: w.body, acknowledged: acknowledged}
		m.by[kind] = append(m.by[kind], c)
		m.turns = append(m.turns, func() error {
			if err := c.measure(m.bench); err != nil {
				return fmt.Errorf("%s, %s: %w", kind, w.name, err)
			}
			return nil
		})
	}
}

// addServers starts Routecard and its floors, each on a database of its own.
func (m *creations) addServers(on database) error {
	own, err := on.create()
	if err != nil {
		return err
	}
	routecard, err := m.bench.startRoutecard(own)
	if err != nil {
		return err
	}
	m.add("Routecard, "+on.name, routecard, own)
	for _, kind := range []string{floor.Single, floor.Group} {
		own, err := m.bench.floorDatabase(on)
		if err != nil {
			return err
		}
		server, err := m.bench.startFloor(kind, own)
		if err != nil {
			return err
		}
		m.add(kind+", "+on.name, server, own)
	}
	if on.name != "PostgreSQL" || m.bench.server.pgbench == "" {
		return nil
	}
	for _, w := range workloads {
		if w.rows == nil {
			continue
		}
		var both [2]*insertions
		for i, statement := range w.rows {
			if both[i], err = m.bench.newInsertions(on, statement); err != nil {
				return err
			}
			m.turns = append(m.turns, both[i].measure)
		}
		m.pgbench[w.name] = both
	}
	return nil
}

// floorDatabase is one with Routecard's schema, but without what keeps the events in order, which the floors need not do.
func (b *bench) floorDatabase(on database) (string, error) {
	name, err := on.create()
	if err != nil || on.name == "SQLite" {
		return name, err
	}
	return name, execute(name, "DROP TRIGGER events_in_order ON events")
}

// verify counts what is in the databases: a server that acknowledged more than it wrote has not been measured but caught.
func (m *creations) verify() error {
	for kind, measured := range m.by {
		one := measured[0]
		if one.database == "" {
			continue
		}
		jobs, err := ask[int](one.database, "SELECT count(*) FROM jobs")
		if err != nil {
			return err
		}
		events, err := ask[int](one.database, "SELECT count(*) FROM events")
		if err != nil {
			return err
		}
		if jobs != *one.acknowledged || events != jobs {
			return fmt.Errorf("%s acknowledged %d jobs, and has %d, and %d events", kind, *one.acknowledged, jobs, events)
		}
	}
	return nil
}

func (m *creations) report(database string) {
	report := &m.bench.report
	for i, w := range workloads {
		what := "createJob, " + database + ", " + w.name
		own := m.by["Routecard, "+database][i]
		single, group := m.by["single, "+database][i], m.by["group, "+database][i]
		report.compare(what+" / single", own.rate, single.rate, perSecond, markSingle(database, w), atLeast(factorSingle(w)))
		mark := ""
		if database == "SQLite" && w.clients == 64 {
			mark = "≥ 0.8"
		}
		report.compare(what+" / group", own.rate, group.rate, perSecond, mark, atLeast(0.8))
		report.compare(what+" / echo", own.rate, m.by["echo"][i].rate, perSecond, "", nil)
		if pgbench, ok := m.pgbench[w.name]; ok && database == "PostgreSQL" {
			report.compare(what+" / pgbench", own.rate, pgbench[0].rate, perSecond, "≥ 1.3", atLeast(1.3))
			report.compare(what+" / pgbench, the job's row alone", own.rate, pgbench[1].rate, perSecond, "", nil)
		}
		mark = ""
		if w.clients == 64 {
			mark = "< 4 × p50"
		}
		report.compare(what+", p99 / p50", own.p99, own.p50, duration, mark, below(4))
		report.compare(what+", p99 / p50 of group", group.p99, group.p50, duration, "", nil)
	}
	report.bound("memory, "+database+", most under the load of all creates", m.by["Routecard, "+database][0].process.memory("VmHWM"), megabytes, "", nil)
}

// checks is how often the contract check is run to learn what it takes.
const checks = 20_000

// reportCheck compares the processor time of the contract check, which reads and decodes the body, with that of a whole
// createJob request.
func (m *creations) reportCheck() error {
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		return err
	}
	operation, writer := rules.Operation(http.MethodPost, "/api/jobs"), httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/api/jobs", http.NoBody)
	request.Header.Set("Content-Type", "application/json")
	for i, w := range workloads {
		create := m.by["Routecard, SQLite"][i].cpu
		if w.clients != 64 || len(create) == 0 {
			continue
		}
		var check samples
		for range create {
			begun := time.Now()
			for range checks {
				request.Body = io.NopCloser(strings.NewReader(w.body))
				if _, _, err := operation.Check(writer, request); err != nil {
					return fmt.Errorf("the check refuses the job: %w", err)
				}
			}
			check = append(check, float64(time.Since(begun))/checks)
		}
		m.bench.report.compare("contract check / processor time of createJob, SQLite, "+w.name, check, create, duration, "≤ 0.15", atMost(0.15))
	}
	return nil
}

// markSingle is what is asked for against one transaction a job.
func markSingle(database string, w workload) string {
	switch {
	case w.clients == 1:
		return "≥ 0.85"
	case w.clients == 64 && database == "SQLite":
		return "≥ 3"
	default:
		return ""
	}
}

func factorSingle(w workload) float64 {
	if w.clients == 1 {
		return 0.85
	}
	return 3
}

// insertSeconds is how long pgbench runs; it takes whole seconds.
const insertSeconds = 1
