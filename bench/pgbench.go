package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// insertions are what pgbench does: the row of a job, one a transaction. The id comes from a sequence and ascends as
// Routecard's does; the rest is the row of ticketJob.
type insertions struct {
	program, script, database string

	rate samples
}

const insertionScript = `INSERT INTO jobs (id, name, goal_quantity, jira_ticket_key, jira_ticket_summary, jira_part_number,
	jira_priority, jira_epic_link, jira_labels, search_text, version, created_at, updated_at)
	VALUES ('job_' || lpad(nextval('bench_ids')::text, 26, '0'), 'JOB-2024-001', 50, 'PI-42', 'Build 50 aluminum housings',
	'ALU-HOUSING-7075', 'High', 'PI-10', '["Q1-2024","rush"]',
	'job-2024-001 pi-42 build 50 aluminum housings alu-housing-7075', 1, 1705314600000, 1705314600000);
`

func (b *bench) newInsertions(on database) (*insertions, error) {
	database, err := b.floorDatabase(on)
	if err != nil {
		return nil, err
	}
	if err := execute(database, "CREATE SEQUENCE bench_ids CACHE 100"); err != nil {
		return nil, err
	}
	i := &insertions{program: b.server.pgbench, script: filepath.Join(b.dir, "insert.sql"), database: database}
	return i, os.WriteFile(i.script, []byte(insertionScript), 0o600)
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
