package main

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/routecard/routecard/bench/floor"
)

const (
	fewJobs      = 1000
	streamedJobs = 50_000
	pageRequests = 30
)

// fill writes jobs by SQL. Every value of a filter is shared by so many that it fills a page among the few, except the
// ticket's, which two jobs have.
func fill(on database, jobs int) (string, error) {
	name, err := on.create()
	if err != nil {
		return "", err
	}
	from := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT ", jobs)
	const id = "'job_01kb00000000000000' || CAST(10000000 + i AS text)"
	statements := []string{
		`INSERT INTO jobs (id, name, goal_quantity, jira_ticket_key, jira_ticket_summary, jira_part_number, jira_priority,
			jira_epic_link, jira_labels, search_text, version, created_at, updated_at) ` + from + id + `, 'JOB-' || i, 50,
			'PI-' || (i / 2), 'Build 50 aluminum housings', 'PART-' || (i % 10), 'P' || (i % 5), 'EPIC-' || (i % 10),
			'["rush","Q' || (i % 5) || '"]', 'job-' || i || ' build 50 aluminum housings', 1, 1705314600000, 1705314600000 FROM n`,
		`INSERT INTO job_labels (label, job_id) ` + from + `'rush', ` + id + ` FROM n`,
		`INSERT INTO job_labels (label, job_id) ` + from + `'Q' || (i % 5), ` + id + ` FROM n`,
	}
	if on.name == "PostgreSQL" {
		// Its own housekeeping would come to that in a minute, and in the middle of a measurement.
		statements = append(statements, "VACUUM (ANALYZE)")
	}
	return name, execute(name, statements...)
}

// page is one of the lists, of the same share in a table of any size.
type page struct{ name, query string }

func pages(jobs int) []page {
	late := fmt.Sprintf("job_01kb00000000000000%d", 10000000+jobs/10+1)
	return []page{
		{"first page", ""},
		{"page 9,000", "&cursor=" + base64.RawURLEncoding.EncodeToString([]byte(late))},
		{"ticket", "&jiraTicketKey=PI-400"},
		{"part number", "&jiraPartNumber=PART-7"},
		{"priority", "&jiraPriority=P3"},
		{"epic", "&jiraEpicLink=EPIC-7"},
		{"one label", "&jiraLabel=Q3"},
		{"two labels", "&jiraLabel=rush&jiraLabel=Q3"},
		{"q that all match", "&q=HOUSING"},
	}
}

// measureLists compares pages of a big table with those of a small one, and a list of everything with a loop by hand.
func measureLists(b *bench) error {
	for _, database := range b.databases() {
		if err := b.measurePages(database); err != nil {
			return err
		}
		if err := b.measureStream(database); err != nil {
			return err
		}
	}
	b.report.note("listJobs: the measured time is that among %s jobs, the floor that among %s; page 9,000 is compared with page 9, "+
		"which stands as deep among the few", thousands(b.manyJobs()), thousands(fewJobs))
	b.report.note("listJobs without limit: the floor reads the same rows with one statement and encodes each with encoding/json")
	return nil
}

func (b *bench) measurePages(on database) error {
	b.say("fill %s with %s jobs", on.name, thousands(b.manyJobs()))
	var servers []*process
	for _, jobs := range []int{fewJobs, b.manyJobs()} {
		name, err := fill(on, jobs)
		if err != nil {
			return err
		}
		server, err := b.startRoutecard(name)
		if err != nil {
			return err
		}
		servers = append(servers, server)
	}
	few, many := pages(fewJobs), pages(b.manyJobs())
	taken := make([][2]samples, len(few))
	var missed samples
	for range b.rounds() {
		for i := range few {
			for at, query := range []string{few[i].query, many[i].query} {
				median, err := servers[at].typical("/api/jobs?limit=100"+query, pageRequests)
				if err != nil {
					return err
				}
				taken[i][at] = append(taken[i][at], median)
			}
		}
		miss, err := servers[1].typical("/api/jobs?limit=100&q=nobody-has-this", 1)
		if err != nil {
			return err
		}
		missed = append(missed, miss)
	}
	for i, page := range few {
		mark := "≤ 1.5"
		if strings.HasPrefix(page.name, "q ") {
			mark = ""
		}
		b.report.compare("listJobs, "+on.name+", "+page.name, taken[i][1], taken[i][0], duration, mark, atMost(1.5))
	}
	b.report.bound("listJobs, "+on.name+", q that none match", missed, duration, "", nil)
	return nil
}

func (b *bench) measureStream(on database) error {
	name, err := fill(on, streamedJobs)
	if err != nil {
		return err
	}
	own, err := b.startRoutecard(name)
	if err != nil {
		return err
	}
	hand, err := b.startFloor(floor.List, name)
	if err != nil {
		return err
	}
	var taken [2]samples
	for range b.rounds() {
		for i, server := range []*process{own, hand} {
			median, err := server.typical("/api/jobs", 3)
			if err != nil {
				return err
			}
			taken[i] = append(taken[i], median)
		}
	}
	what := fmt.Sprintf("listJobs, %s, all %s", on.name, thousands(streamedJobs))
	b.report.compare(what, taken[0], taken[1], duration, "≤ 1.5", atMost(1.5))
	b.report.bound(what+", most memory", own.memory("VmHWM"), megabytes, "< 100 MB", below(100e6))
	return nil
}

// thousands shows 1000000 as 1,000,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	var out strings.Builder
	for i, digit := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	return out.String()
}
