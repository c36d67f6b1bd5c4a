package server_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

const asCSV = "Content-Type: text/csv"

// importFile sends a file and returns the answer.
func importFile(t *testing.T, s *routecardtest.Server, query, file string, headers ...string) routecardtest.Answer {
	t.Helper()
	return s.Do(t, "POST", "/api/jobs/import"+query, file, append([]string{asCSV}, headers...)...)
}

// summary returns a line for each row of a report: its number, its status, and its errors. Ids of jobs become "job".
func summary(report gen.ImportReport) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d created, %d updated, %d skipped, %d failed\n", report.Created, report.Updated, report.Skipped, report.Failed)
	for _, row := range report.Rows {
		fmt.Fprintf(&out, "%d %s", row.Row, row.Status)
		if row.JobID != nil {
			out.WriteString(" job")
		}
		for _, fault := range ptr(row.Errors) {
			out.WriteString(" |")
			for _, text := range []*string{fault.Column, fault.Value, &fault.Reason} {
				if text != nil {
					out.WriteString(" " + *text)
				}
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// count returns the number of jobs.
func count(t *testing.T, s *routecardtest.Server) int {
	t.Helper()
	return len(routecardtest.Decode[[]gen.Job](t, s.Do(t, "GET", "/api/jobs", "")))
}

// TestImportJobs imports files and checks the report, that a dry run has the same report and changes nothing, and the jobs.
func TestImportJobs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, query, file string
		wantStatus        int
		// want is the summary of the report, or the message of an error without a report.
		want     string
		wantJobs int
	}{
		{
			name: "all fields", file: "Name;Quantity;Due date;Priority;Notes;External ID;Jira labels;Color\n" +
				"JOB-1;1.500;31.01.2024;HIGH;\"a;b\nc\";ERP-1;\"x, y\";red\n\nJOB-2;20;;;;;;\n",
			wantStatus: 200, want: "2 created, 0 updated, 0 skipped, 0 failed\n2 created job\n4 created job\n", wantJobs: 2,
		},
		{
			name: "a row without a name", file: "name,goalQuantity\na,1\n,2\n",
			wantStatus: 400, want: "0 created, 0 updated, 0 skipped, 1 failed\n2 valid\n3 failed | name name is required\n",
		},
		{
			name: "mode perItem", query: "?mode=perItem", file: "name,goalQuantity\na,1\n,2\nb,x\nc,3\n",
			wantStatus: 200, wantJobs: 2,
			want: "2 created, 0 updated, 0 skipped, 2 failed\n2 created job\n3 failed | name name is required\n" +
				"4 failed | goalQuantity x goalQuantity must be a whole number\n5 created job\n",
		},
		{
			name: "every kind of fault", query: "?mode=perItem",
			file: "name,goalQuantity,dueDate,priority,externalId,jiraLabels,jiraTicketKey,units\n" +
				"a,0,01/02/2024,asap,E0,\"\"\"x\",k,5\n" +
				"b,1.5,2024-02-30,,,,,\n" +
				"c,1,,,E2,,,\n" +
				"c,1,,,E2,,,\n" +
				"d,99999999999999999999,,,,,,0\n" +
				"e,9999999999999999,,,,,,\n" +
				strings.Repeat("f", 10001) + ",1,,,,," + strings.Repeat("k", 256) + ",\n",
			wantStatus: 200, wantJobs: 1,
			want: "1 created, 0 updated, 0 skipped, 6 failed\n" +
				"2 failed | dueDate 01/02/2024 dueDate can be read with the day or the month first: write it like 2026-12-01, or say dateOrder" +
				" | jiraLabels \"x jiraLabels must be a list with commas, like Q1-2024,rush, with double quotes around the whole of an item only" +
				" | goalQuantity 0 goalQuantity must be greater than 0" +
				" | priority asap priority must be one of: low, normal, high, urgent" +
				" | units 5 units needs a template in the same row\n" +
				"3 failed | goalQuantity 1.5 goalQuantity must be a whole number | dueDate 2024-02-30 dueDate must be a date like 2026-12-01\n" +
				"4 created job\n" +
				"5 failed | externalId E2 externalId E2 is also in row 4\n" +
				"6 failed | goalQuantity 99999999999999999999 goalQuantity must be a whole number | units 0 units must be at least 1 and at most 50000\n" +
				"7 failed | goalQuantity 9999999999999999 goalQuantity must be at most 9007199254740991\n" +
				"8 failed | name " + strings.Repeat("f", 100) + " name must be at most 10000 characters long" +
				" | jiraTicketKey " + strings.Repeat("k", 100) + " jiraTicketKey must be at most 255 characters long\n",
		},
		{
			name: "other names, mapped", query: "?map=Auftrag:name&map=St%C3%BCck%3A%20gesamt:goalQuantity&dateOrder=dmy",
			file: "Auftrag\tName\tstück: GESAMT\tdelivery_date\nA\tB\t5\t01/02/2024\n", wantStatus: 200, wantJobs: 1,
			want: "1 created, 0 updated, 0 skipped, 0 failed\n2 created job\n",
		},
		{
			name: "a header without rows", file: "name,qty\n", wantStatus: 200, want: "0 created, 0 updated, 0 skipped, 0 failed\n",
		},
		{
			name: "NUL", query: "?mode=perItem", file: "name,qty,externalId,template\na\x00,1,,\nb,1,E\x00,\nc,1,,t\x00\n", wantStatus: 200,
			want: "0 created, 0 updated, 0 skipped, 3 failed\n" +
				"2 failed | name a\x00 name must not contain NUL characters\n" +
				"3 failed | externalId E\x00 externalId must not contain NUL characters\n" +
				"4 failed | template t\x00 template must not contain NUL characters\n",
		},
		{name: "no file", file: "", wantStatus: 400, want: "The file has no rows"},
		{name: "empty rows", file: "\n,,\n", wantStatus: 400, want: "The file has no rows"},
		{
			name: "no column for the quantity", file: "name\na\n", wantStatus: 400,
			want: "The file has no column for goalQuantity: call it goalQuantity, or map a column to it",
		},
		{
			name: "two columns for a field", file: "name,Qty,Goal quantity\n", wantStatus: 400,
			want: "The columns Qty and Goal quantity are both for goalQuantity",
		},
		{
			name: "a mapped column that is missing", query: "?map=Menge:goalQuantity", file: "name,qty\n", wantStatus: 400,
			want: "The file has no column Menge",
		},
		{
			name: "an unknown field in the mapping", query: "?map=Menge:color", file: "name,qty\n", wantStatus: 400,
			want: "map.0 must be a column, a colon, and the name of a field, as in Order no:name",
		},
		{
			name: "a quote that is not closed", file: "name,qty\n\"a,1\n", wantStatus: 400, want: "Row 2: a double quote is not closed",
		},
		{
			name: "too many rows", file: "name,qty\n" + strings.Repeat("a,1\n", 50_001), wantStatus: 400,
			want: "The file has more than 50000 rows",
		},
	}
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				before := count(t, s)
				dry := importFile(t, s, join(c.query, "dryRun=true"), c.file)
				wantEqual(t, "the number of jobs after a dry run", count(t, s), before)
				answer := importFile(t, s, c.query, c.file)
				wantEqual(t, "the status", answer.Status, c.wantStatus)
				wantEqual(t, "the number of new jobs", count(t, s)-before, c.wantJobs)
				report := routecardtest.Decode[gen.ImportReport](t, answer)
				if answer.Status != http.StatusOK {
					refusal := routecardtest.Decode[gen.Error](t, answer)
					if refusal.Report == nil {
						wantEqual(t, "the message", refusal.Message, c.want)
						wantEqual(t, "the message of a dry run", routecardtest.Decode[gen.Error](t, dry).Message, c.want)
						return
					}
					report = *refusal.Report
				}
				wantEqual(t, "the report", summary(report), c.want)
				planned := routecardtest.Decode[gen.ImportReport](t, dry)
				wantEqual(t, "the report of a dry run", summary(planned), strings.ReplaceAll(c.want, " job\n", "\n"))
				if !planned.DryRun || report.DryRun {
					t.Errorf("dryRun is %v in a dry run, and %v in the import", planned.DryRun, report.DryRun)
				}
			})
		}
	})
}

// join adds a parameter to a query.
func join(query, parameter string) string {
	if query == "" {
		return "?" + parameter
	}
	return query + "&" + parameter
}

// TestImportedJob checks the fields of a job that was imported, and its event.
func TestImportedJob(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		answer := importFile(t, s, "", "\ufeffName;Quantity;Due date;Priority;Notes;External ID;Jira labels;Jira priority\r\n"+
			"JOB-1;1.500;31.01.2024;HIGH;\"say \"\"hello\"\"\r\n'=1\";ERP-1;x, y;Top\r\n")
		report := routecardtest.Decode[gen.ImportReport](t, answer)
		job := routecardtest.Decode[gen.JobDetail](t, s.Do(t, "GET", "/api/jobs/"+*report.Rows[0].JobID, ""))
		wantEqual(t, "the name", job.Name, "JOB-1")
		wantEqual(t, "the goal quantity", job.GoalQuantity, 1500)
		wantEqual(t, "the due date", *job.DueDate, "2024-01-31")
		wantEqual(t, "the priority", *job.Priority, gen.JobPriorityHigh)
		wantEqual(t, "the notes", *job.Notes, "say \"hello\"\r\n=1")
		wantEqual(t, "the external id", *job.ExternalID, "ERP-1")
		wantEqual(t, "the labels", strings.Join(*job.JiraLabels, "|"), "x|y")
		wantEqual(t, "the Jira priority", *job.JiraPriority, "Top")
		wantEqual(t, "the number of paths", len(job.Paths), 0)
		events := routecardtest.Decode[[]gen.Event](t, s.Do(t, "GET", "/api/events?jobId="+job.ID, ""))
		wantEqual(t, "the number of events", len(events), 1)
		wantEqual(t, "the event", events[0].Type, "job.created")
		var columns []string
		for _, column := range report.Columns {
			columns = append(columns, column.Column+"="+*column.Field)
		}
		wantEqual(t, "the columns", strings.Join(columns, " "), "Name=name Quantity=goalQuantity Due date=dueDate Priority=priority "+
			"Notes=notes External ID=externalId Jira labels=jiraLabels Jira priority=jiraPriority")
	})
}

// TestImportDuplicates imports a file twice, with each way to treat the second.
func TestImportDuplicates(t *testing.T) {
	t.Parallel()
	const first = "externalId,name,qty,notes,priority\nE1,a,1,keep,low\n,b,2,,\n"
	const second = "externalId,name,qty,notes,priority\nE1,c,3,,high\nE2,d,4,,\n"
	for query, want := range map[string]string{
		"": "409 0 created, 0 updated, 0 skipped, 1 failed\n2 failed job | externalId E1 " +
			"externalId E1 is already used by job a (job_…)\n3 valid\n",
		"?mode=perItem": "200 1 created, 0 updated, 0 skipped, 1 failed\n2 failed job | externalId E1 " +
			"externalId E1 is already used by job a (job_…)\n3 created job\n",
		"?onDuplicate=skip":   "200 1 created, 0 updated, 1 skipped, 0 failed\n2 skipped job\n3 created job\n",
		"?onDuplicate=update": "200 1 created, 1 updated, 0 skipped, 0 failed\n2 updated job\n3 created job\n",
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
				id := *routecardtest.Decode[gen.ImportReport](t, importFile(t, s, "", first)).Rows[0].JobID
				answer := importFile(t, s, query, second)
				report := routecardtest.Decode[gen.ImportReport](t, answer)
				if refused := routecardtest.Decode[gen.Error](t, answer); refused.Report != nil {
					report = *refused.Report
					wantEqual(t, "the message", refused.Message, "Nothing was imported, because row 2 failed: externalId E1 is already used by job a ("+id+")")
				}
				got := strings.ReplaceAll(fmt.Sprint(answer.Status, " ", summary(report)), id, "job_…")
				wantEqual(t, "the report", got, want)

				job := routecardtest.Decode[gen.Job](t, s.Do(t, "GET", "/api/jobs/"+id, ""))
				wantName, wantPriority, wantEvents := "a", gen.JobPriorityLow, 1
				if strings.Contains(query, "update") {
					wantName, wantPriority, wantEvents = "c", gen.JobPriorityHigh, 2
				}
				wantEqual(t, "the name", job.Name, wantName)
				wantEqual(t, "the priority", *job.Priority, wantPriority)
				wantEqual(t, "the notes", *job.Notes, "keep")
				events := routecardtest.Decode[[]gen.Event](t, s.Do(t, "GET", "/api/events?jobId="+id, ""))
				wantEqual(t, "the number of events", len(events), wantEvents)
			})
		})
	}
}

// TestImportWithTemplate imports whole orders.
func TestImportWithTemplate(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		template := func(name string) string {
			body := `{"name":"` + name + `","advancementMode":"flexible","steps":[{"name":"Saw"},{"name":"Pack"}]}`
			return routecardtest.Decode[gen.Template](t, s.Do(t, "POST", "/api/templates", body)).ID
		}
		id := template("Housing route")
		template("twice")
		template("twice")
		answer := importFile(t, s, "?mode=perItem", "name,qty,template,units\na,5,Housing route,3\nb,7,"+id+",\nc,1,,\nd,1,twice,1\ne,1,none,1\n")
		report := routecardtest.Decode[gen.ImportReport](t, answer)
		wantEqual(t, "the report", summary(report), "3 created, 0 updated, 0 skipped, 2 failed\n2 created job\n3 created job\n4 created job\n"+
			"5 failed | template twice 2 templates are called twice: use the id of one\n6 failed | template none Template not found: none\n")
		for i, want := range []string{"Housing route 5 flexible Saw=3 Pack=0", "Housing route 7 flexible Saw=0 Pack=0", ""} {
			job := routecardtest.Decode[gen.JobDetail](t, s.Do(t, "GET", "/api/jobs/"+*report.Rows[i].JobID, ""))
			got := ""
			for _, path := range job.Paths {
				detail := routecardtest.Decode[gen.PathDetail](t, s.Do(t, "GET", "/api/paths/"+path.ID, ""))
				got += fmt.Sprint(path.Name, " ", path.GoalQuantity, " ", path.AdvancementMode)
				for _, step := range detail.Distribution {
					got += fmt.Sprint(" ", step.StepName, "=", step.PartCount)
				}
			}
			wantEqual(t, "the paths of "+job.Name, got, want)
		}
		units := routecardtest.Decode[[]gen.Serial](t, s.Do(t, "GET", "/api/serials", ""))
		wantEqual(t, "the number of units", len(units), 3)
		events := routecardtest.Decode[[]gen.Event](t, s.Do(t, "GET", "/api/events", ""))
		wantEqual(t, "the number of events", len(events), 3+3+2+3)
		many := importFile(t, s, "", "name,qty,template,units\na,5,"+id+",50000\nb,5,"+id+",1\n")
		wantEqual(t, "the message", routecardtest.Decode[gen.Error](t, many).Message, "units must be at most 50000 together")
	})
}

// TestImportTwice sends the same request twice with an idempotency key, and other requests with the same key.
func TestImportTwice(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		const file, key = "name,qty\na,1\n", "Idempotency-Key: k"
		wantEqual(t, "the status of a dry run", importFile(t, s, "?dryRun=true", file, key).Status, 200)
		first := importFile(t, s, "?mode=atomic&onDuplicate=skip", file, key)
		again := importFile(t, s, "?onDuplicate=skip&mode=atomic", file, key)
		wantEqual(t, "the second answer", again.Body, first.Body)
		wantEqual(t, "Idempotency-Replayed", again.Header.Get("Idempotency-Replayed"), "true")
		wantEqual(t, "the number of jobs", count(t, s), 1)
		for _, other := range []routecardtest.Answer{
			importFile(t, s, "?mode=atomic&onDuplicate=update", file, key),
			importFile(t, s, "?mode=atomic&onDuplicate=skip", file+"b,2\n", key),
		} {
			wantEqual(t, "the status of another request", other.Status, 422)
		}
	})
}

// TestImportRefusesRequest checks the media type and the size of the file.
func TestImportRefusesRequest(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	for _, media := range []string{"application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"} {
		answer := s.Do(t, "POST", "/api/jobs/import", "name,qty\n", "Content-Type: "+media)
		wantEqual(t, "the status for "+media, answer.Status, 415)
		wantEqual(t, "the message", routecardtest.Decode[gen.Error](t, answer).Message,
			"Content-Type must be application/vnd.openxmlformats-officedocument.spreadsheetml.sheet or text/csv")
	}
	wantEqual(t, "the status for a charset", importFile(t, s, "", "name,qty\n", "Content-Type: text/csv; charset=utf-8").Status, 200)
	header := "name,qty\n"
	largest := importFile(t, s, "?dryRun=true", header+strings.Repeat("\n", 20<<20-len(header)))
	wantEqual(t, "the status for 20 MiB", largest.Status, 200)
	larger := importFile(t, s, "?dryRun=true", header+strings.Repeat("\n", 20<<20-len(header)+1))
	wantEqual(t, "the message for more", routecardtest.Decode[gen.Error](t, larger).Message, "request body must be at most 20 MiB")
}

// TestImportXLSX imports workbooks, and one that is damaged.
func TestImportXLSX(t *testing.T) {
	t.Parallel()
	const noName = "5 failed | Name name is required\n"
	for name, want := range map[string]string{
		"libreoffice.xlsx": "4 created, 0 updated, 0 skipped, 1 failed\n2 created job\n3 created job\n4 created job\n" + noName + "7 created job\n",
		"excel-1904.xlsx":  "4 created, 0 updated, 0 skipped, 1 failed\n2 created job\n3 created job\n4 created job\n" + noName + "7 created job\n",
		"formula-errors.xlsx": "0 created, 0 updated, 0 skipped, 2 failed\n" +
			"2 failed | Name #REF! name is a formula that has failed | Quantity #DIV/0! goalQuantity is a formula that has failed\n" +
			"3 failed | Quantity 1.234 goalQuantity must be a whole number\n",
		"cut.xlsx":       "The file is not an XLSX workbook, or is damaged",
		"bomb-size.xlsx": "The file is larger than 128 MiB when it is unpacked",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := routecardtest.New(t, routecardtest.SQLite(t))
			file, err := os.ReadFile("../internal/spreadsheet/testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			answer := importFile(t, s, "?mode=perItem", string(file),
				"Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
			if answer.Status != http.StatusOK {
				wantEqual(t, "the status", answer.Status, http.StatusBadRequest)
				wantEqual(t, "the message", routecardtest.Decode[gen.Error](t, answer).Message, want)
				return
			}
			report := routecardtest.Decode[gen.ImportReport](t, answer)
			wantEqual(t, "the report", summary(report), want)
			if report.Created > 0 {
				job := routecardtest.Decode[gen.Job](t, s.Do(t, "GET", "/api/jobs/"+*report.Rows[0].JobID, ""))
				wantEqual(t, "the due date", *job.DueDate, "2026-12-01")
			}
		})
	}
}
