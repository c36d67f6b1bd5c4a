package server_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestListsAsCSV checks the columns and rows of each list.
func TestListsAsCSV(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		w := withJira(t, database)
		w.populate(t)
		w.must(t, `POST /api/serials/{sn1}/scrap {"reason":"other","explanation":"=1+1","userId":"@tom"}`)
		w.must(t, `PUT /api/jobs/{linked} {"name":"-1","dueDate":"2024-02-01","priority":"high","notes":"","externalId":"E1"}`)
		for _, c := range []struct {
			path, wantHeader, wantRow string
		}{
			{
				"/api/jobs?include=progress&limit=1", "id,name,goalQuantity,dueDate,priority,notes,externalId,closedAt,closeReason," +
					"jiraTicketKey,jiraTicketSummary,jiraPartNumber,jiraPriority,jiraEpicLink,jiraLabels,createdAt,updatedAt," +
					"totalCompleted,totalInProgress,totalScrapped,percentComplete",
				"<id>,'-1,50,2024-02-01,high,',E1,,,PI-42,Build 50 aluminum housings,,Medium,,rush,<time>,<time>,0,0,0,0",
			},
			{
				"/api/jobs?limit=2&q=JOB", "", "<id>,JOB-2024-001,50,,,,,,,,,,,,,<time>,<time>,,,,",
			},
			{
				"/api/serials?status=scrapped", "id,jobId,pathId,status,currentStepIndex,currentStepId,currentStepName,forceCompleted,forceReason," +
					"forceCompletedBy,forceCompletedAt,scrapReason,scrapExplanation,scrappedBy,scrappedAt,createdAt,updatedAt",
				"{sn1},<id>,<id>,scrapped,0,<id>,A,false,,,,other,'=1+1,'@tom,<time>,<time>,<time>",
			},
			{
				"/api/events?serialId={sn1}&limit=2&after=1", "seq,id,type,at,occurredAt,userId,keyName,jobId,pathId,serialId,stepId,data", "",
			},
			{
				"/api/events?type=serial.scrapped", "",
				`<seq>,<id>,serial.scrapped,<time>,,'@tom,,<id>,<id>,{sn1},<id>,` +
					`"{""stepName"":""A"",""reason"":""other"",""explanation"":""=1+1""}"`,
			},
		} {
			asJSON := w.Do(t, "GET", w.fill(c.path), "")
			answer := w.Do(t, "GET", w.fill(c.path), "", "Accept: text/csv")
			wantEqual(t, "the status", answer.Status, 200)
			wantEqual(t, "the type", answer.Header.Get("Content-Type"), "text/csv")
			wantEqual(t, "Vary", slices.Contains(answer.Header.Values("Vary"), "Accept"), true)
			wantEqual(t, "the Link", answer.Header.Get("Link"), asJSON.Header.Get("Link"))
			lines := strings.Split(answer.Body, "\r\n")
			wantEqual(t, "the number of rows", len(lines)-2, len(routecardtest.Decode[[]any](t, asJSON)))
			wantEqual(t, "the last line", lines[len(lines)-1], "")
			if c.wantHeader != "" {
				wantEqual(t, "the header", lines[0], c.wantHeader)
			}
			if c.wantRow != "" {
				got := lines[1]
				for pattern, name := range map[string]string{
					`\b(job|path|step|evt)_[0-9a-z]{26}\b`: "<id>", `\b[0-9-]{10}T[0-9:.]{12}Z`: "<time>", `^[0-9]+,`: "<seq>,",
				} {
					got = regexp.MustCompile(pattern).ReplaceAllString(got, name)
				}
				wantEqual(t, "the row of "+c.path, got, w.fill(c.wantRow))
			}
		}
		head := w.Do(t, "HEAD", "/api/jobs", "", "Accept: text/csv")
		wantEqual(t, "the type of HEAD", head.Header.Get("Content-Type"), "text/csv")
		refused := w.Do(t, "GET", "/api/jobs?limit=0", "", "Accept: text/csv")
		wantEqual(t, "the type of an error", refused.Header.Get("Content-Type"), "application/json")
	})
}

// TestAccept checks which type a list has for an Accept header.
func TestAccept(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	const asJSON, csv, stream = "application/json", "text/csv", "text/event-stream"
	for _, c := range []struct{ accept, wantJobs, wantEvents string }{
		{"", asJSON, asJSON},
		{"*/*", asJSON, asJSON},
		{"text/csv", csv, csv},
		{"TEXT/CSV; charset=utf-8", csv, csv},
		{"text/*", csv, csv},
		{"text/csv, */*;q=0.8", csv, csv},
		{"text/csv;q=0.5, application/json;q=0.4", csv, csv},
		{"text/csv;q=0.5, application/json", asJSON, asJSON},
		{"text/csv, application/json", asJSON, asJSON},
		{"text/csv;q=0, text/*", asJSON, asJSON},
		{"application/*;q=0.1, text/csv;q=0.2", csv, csv},
		{"application/json;q=0, */*", csv, csv},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", asJSON, asJSON},
		{"image/png", asJSON, asJSON},
		{"text/csv;q=2", asJSON, asJSON},
		{"text/csv;q=x, text/html", asJSON, asJSON},
		{"text/csv;q=0.001", csv, csv},
		{"text/event-stream", asJSON, stream},
		{"text/event-stream, text/csv", csv, csv},
		{"text/event-stream;q=0.5, text/csv", csv, csv},
		{"text/event-stream;q=0, */*", asJSON, asJSON},
		{"application/json, text/event-stream", asJSON, asJSON},
	} {
		wantEqual(t, "the type of jobs for "+c.accept, s.Do(t, "HEAD", "/api/jobs", "", "Accept: "+c.accept).Header.Get("Content-Type"), c.wantJobs)
		events := s.Do(t, "HEAD", "/api/events", "", "Accept: "+c.accept)
		wantEqual(t, "the type of events for "+c.accept, events.Header.Get("Content-Type"), c.wantEvents)
		wantEqual(t, "Vary", slices.Contains(events.Header.Values("Vary"), "Accept"), true)
	}
}

// TestExportAndImport checks that jobs which are exported as CSV and imported again are equal, whatever their texts contain.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		rapid.Check(t, func(rt *rapid.T) {
			var made []gen.Job
			for range rapid.IntRange(1, 3).Draw(rt, "jobs") {
				body := encode(rt, drawnJob(rt))
				answer := s.Do(t, "POST", "/api/jobs", body)
				if answer.Status != http.StatusCreated {
					rt.Fatalf("%s is answered with %d %s", body, answer.Status, answer.Body)
				}
				made = append([]gen.Job{routecardtest.Decode[gen.Job](t, answer)}, made...)
			}
			file := s.Do(t, "GET", "/api/jobs?q=round", "", "Accept: text/csv").Body
			for _, job := range made {
				wantEqual(t, "the status of the deletion", s.Do(t, "DELETE", "/api/jobs/"+job.ID, "").Status, 204)
			}
			answer := importFile(t, s, "", file)
			report := routecardtest.Decode[gen.ImportReport](t, answer)
			if answer.Status != http.StatusOK || report.Created != len(made) {
				rt.Fatalf("%q is answered with %d %s", file, answer.Status, answer.Body)
			}
			for i, row := range report.Rows {
				job := routecardtest.Decode[gen.Job](t, s.Do(t, "GET", "/api/jobs/"+*row.JobID, ""))
				wantEqual(t, "the status of the deletion", s.Do(t, "DELETE", "/api/jobs/"+job.ID, "").Status, 204)
				job.ID, job.CreatedAt, job.UpdatedAt = made[i].ID, made[i].CreatedAt, made[i].UpdatedAt
				if !reflect.DeepEqual(job, made[i]) {
					rt.Errorf("%s\ncame back as\n%s\nfrom %q", encode(rt, made[i]), encode(rt, job), file)
				}
			}
			records, err := csv.NewReader(strings.NewReader(file)).ReadAll()
			if err != nil {
				rt.Fatalf("%q is not CSV: %v", file, err)
			}
			for _, record := range records {
				for _, cell := range record {
					if strings.ContainsAny(firstOf(cell), "=+-@\uff1d\uff0b\uff0d\uff20") {
						rt.Errorf("%q has the formula %q", file, cell)
					}
				}
			}
		})
	})
}

// firstOf returns the first character of a cell that a spreadsheet sees.
func firstOf(cell string) string {
	for _, char := range strings.TrimLeft(cell, " \t\r\n\"\ufeff\u00a0") {
		return string(char)
	}
	return ""
}

// drawnJob draws the body of a job that the query q=round finds.
func drawnJob(t *rapid.T) map[string]any {
	text := rapid.StringOfN(rapid.OneOf(
		rapid.RuneFrom([]rune("=+-@'\",;\t\r\n \u00a0\uff1d\uff0b\uff0d\uff20\ufeff\u2028|#a1é世😀")),
		rapid.Rune().Filter(func(char rune) bool { return char != 0 }),
	), 0, 20, -1)
	job := map[string]any{
		"name":         text.Draw(t, "name") + "round" + text.Draw(t, "rest"),
		"goalQuantity": rapid.Int64Range(1, 1<<53-1).Draw(t, "goalQuantity"),
	}
	for _, field := range []string{"notes", "jiraTicketKey", "jiraTicketSummary", "jiraPartNumber", "jiraPriority", "jiraEpicLink"} {
		if rapid.Bool().Draw(t, field+"?") {
			job[field] = text.Draw(t, field)
		}
	}
	if rapid.Bool().Draw(t, "externalId?") {
		job["externalId"] = rapid.StringMatching(`[=+@'a-z]{1,5}`).Draw(t, "externalId") + rapid.StringMatching(`[a-z]{20}`).Draw(t, "rest of externalId")
	}
	if rapid.Bool().Draw(t, "dueDate?") {
		job["dueDate"] = rapid.SampledFrom([]string{"2024-01-02", "2028-02-29", "0001-01-01", "9999-12-31"}).Draw(t, "dueDate")
	}
	if rapid.Bool().Draw(t, "priority?") {
		job["priority"] = rapid.SampledFrom([]string{"low", "normal", "high", "urgent"}).Draw(t, "priority")
	}
	if rapid.Bool().Draw(t, "jiraLabels?") {
		job["jiraLabels"] = rapid.SliceOfN(text, 0, 4).Draw(t, "jiraLabels")
	}
	return job
}

func encode(t *rapid.T, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(text)
}
