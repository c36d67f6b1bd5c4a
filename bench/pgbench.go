package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// insertions are what pgbench does: one statement a transaction, prepared once. The ids come from a sequence and ascend as
// Routecard's do.
type insertions struct {
	program, script, database string

	rate samples
}

// The values of ticketJob and of plainJob, as Routecard stores them.
const (
	ticketRow = `'JOB-2024-001', 50, 'PI-42', 'Build 50 aluminum housings', 'ALU-HOUSING-7075', 'High', 'PI-10',
	'["Q1-2024","rush"]', 'job-2024-001 pi-42 build 50 aluminum housings alu-housing-7075', 1, 1705314600000, 1705314600000`
	//nolint:dupword // SQL has it so.
	plainRow = `'JOB-2024-002', 200, NULL, NULL, NULL, NULL, NULL, NULL, 'job-2024-002', 1, 1705314600000, 1705314600000`
)

// jobRow inserts the row of a job and nothing else.
func jobRow(row string) string {
	return `INSERT INTO jobs (id, name, goal_quantity, jira_ticket_key, jira_ticket_summary, jira_part_number, jira_priority,
	jira_epic_link, jira_labels, search_text, version, created_at, updated_at)
	VALUES ('job_' || lpad(nextval('bench_ids')::text, 26, '0'), ` + row + `)`
}

// allRows inserts what Routecard does for a job: its row, those of its labels, and the event.
func allRows(row, labels string) string {
	return "WITH job AS (" + jobRow(row) + ` RETURNING id, name, goal_quantity), labelled AS (
	INSERT INTO job_labels (label, job_id) SELECT label, id FROM job, unnest('` + labels + `'::text[]) AS label)
	INSERT INTO events (id, type, at, user_id, job_id, data) SELECT 'evt_' || substr(id, 5), 'job.created', 1705314600000, 'anonymous',
	id, json_build_object('name', name, 'goalQuantity', goal_quantity) FROM job`
}

func (b *bench) newInsertions(on database, statement string) (*insertions, error) {
	database, err := b.floorDatabase(on)
	if err != nil {
		return nil, err
	}
	if err := execute(database, "CREATE SEQUENCE bench_ids CACHE 100"); err != nil {
		return nil, err
	}
	script := filepath.Join(b.dir, fmt.Sprintf("insert-%d.sql", b.host.next()))
	return &insertions{program: b.server.pgbench, script: script, database: database},
		os.WriteFile(script, []byte(strings.ReplaceAll(statement, "\n", " ")+";\n"), 0o600)
}

var transactionsPerSecond = regexp.MustCompile(`tps = ([0-9.]+)`)

func (i *insertions) measure() error {
	command := exec.Command(i.program, "--no-vacuum", "--client=64", "--jobs=2", "--time="+strconv.Itoa(insertSeconds),
		"--protocol=prepared", "--file="+i.script, i.database)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("pgbench: %w\n%s", err, output.Bytes())
	}
	found := transactionsPerSecond.FindSubmatch(output.Bytes())
	if found == nil {
		return fmt.Errorf("pgbench says no figure:\n%s", output.Bytes())
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	i.rate = append(i.rate, rate)
	return err
}
