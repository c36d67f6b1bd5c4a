package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/gen/client"
	"github.com/routecard/routecard/internal/routecardtest"
)

// noJob has the form of a job's id.
const noJob = "job_01h455vb4pex5vsknk084sn02q"

func TestJobNotFound(t *testing.T) {
	t.Parallel()
	var scenarios []scenario
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		for name, id := range map[string][2]string{ // in the path of the request and in the message
			"of nothing":          {noJob, noJob},
			"in upper case":       {strings.ToUpper(noJob), strings.ToUpper(noJob)},
			"of another thing":    {"path_01h455vb4pex5vsknk084sn02q", "path_01h455vb4pex5vsknk084sn02q"},
			"of the wrong form":   {"42", "42"},
			"with SQL":            {"'%20OR%20''='", "' OR ''='"},
			"with NUL":            {"job_%00", "job_\ufffd"},
			"of invalid UTF-8":    {"job_%ff", "job_\ufffd"},
			"of 5,000 characters": {strings.Repeat("x", 5000), strings.Repeat("x", 5000)},
			"in any script":       {"%D0%B6", "ж"},
		} {
			body := ""
			if method == "PUT" {
				body = `{"name":"x"}`
			}
			scenarios = append(scenarios, scenario{
				name: method + " an id " + name, method: method, path: "/api/jobs/" + id[0], body: body,
				wantStatus: 404, wantMessage: "Job not found: " + id[1],
			})
		}
	}
	run(t, scenarios)
}

func TestGetJob(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{
			name: "with Jira, without paths", method: "GET", path: "/api/jobs/{job}", wantStatus: 200,
			wantBody: strings.TrimSuffix(exampleJob, "}") + `,"createdAt":"2024-01-15T10:30:00.123Z","paths":[],
				"progress":{"totalGoal":50,"totalCompleted":0,"totalInProgress":0,"totalScrapped":0,"percentComplete":0,
				"pathProgress":[]}}`,
			wantHeaders: []string{`ETag: "1"`},
		},
		{
			name: "a GET with a body", method: "GET", path: "/api/jobs/{job}", body: `[`, wantStatus: 200,
			wantBody: exampleJob,
		},
	})
}

// update returns a scenario in which updateJob fails with these messages.
func update(name, body string, wantErrors ...string) scenario {
	return scenario{name: name, method: "PUT", path: "/api/jobs/{job}", body: body, wantStatus: 400, wantErrors: wantErrors}
}

// updated returns a scenario in which updateJob succeeds and does not change the other fields.
func updated(name, body, wantName, wantGoal string) scenario {
	return scenario{
		name: name, method: "PUT", path: "/api/jobs/{job}", body: body, wantStatus: 200,
		wantBody: strings.NewReplacer("JOB-2024-001", wantName, ":50,", ":"+wantGoal+",").Replace(exampleJob),
	}
}

func TestUpdateJob(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		updated("name", `{"name":" JOB-2024-009 "}`, " JOB-2024-009 ", "50"),
		updated("goalQuantity", `{"goalQuantity":6e1}`, "JOB-2024-001", "60"),
		updated("both", `{"name":"y","goalQuantity":9007199254740991}`, "y", "9007199254740991"),
		updated("nothing", `{}`, "JOB-2024-001", "50"),
		updated("nulls count as absent", `{"name":null,"goalQuantity":null}`, "JOB-2024-001", "50"),
		updated("keys in another case", `{"NAME":"y","GoalQuantity":1}`, "JOB-2024-001", "50"),
		updated("what is written once is ignored, whatever it is", `{"name":"y","id":"job_1","createdAt":1,"updatedAt":[],
			"jiraTicketKey":"PI-43","jiraTicketSummary":1,"jiraPartNumber":null,"jiraPriority":{},"jiraEpicLink":"PI-11",
			"jiraLabels":"none"}`, "y", "50"),

		update("name empty", `{"name":""}`, "name cannot be empty"),
		update("name of white space", `{"name":" \t\u00a0"}`, "name cannot be empty"),
		update("name a number", `{"name":1}`, "name must be a string"),
		update("name with NUL", `{"name":"\u0000"}`, "name must not contain NUL characters"),
		update("goalQuantity zero", `{"goalQuantity":0}`, goalPositive),
		update("goalQuantity a string", `{"goalQuantity":"60"}`, goalNumber),
		update("goalQuantity a fraction", `{"goalQuantity":60.5}`, goalInteger),
		update("both", `{"goalQuantity":-1,"name":""}`, "name cannot be empty", goalPositive),
		{
			name: "a body that is not an object", method: "PUT", path: "/api/jobs/{job}", body: `[]`, wantStatus: 400, wantMessage: notObject,
		},
		{
			name: "a body that is not JSON", method: "PUT", path: "/api/jobs/{job}", body: `{"name":"y"}}`, wantStatus: 400, wantMessage: notJSON,
		},
		{
			name: "an empty body", method: "PUT", path: "/api/jobs/{job}", headers: []string{"Content-Type: application/json"},
			wantStatus: 400, wantMessage: notJSON,
		},

		// The server checks the body first, then whether the job exists, and then its state.
		{
			name: "an invalid body for an unknown job", method: "PUT", path: "/api/jobs/" + noJob, body: `{"name":""}`,
			headers: []string{`If-Match: "9"`}, wantStatus: 400, wantErrors: []string{"name cannot be empty"},
		},
		{
			name: "another version of an unknown job", method: "PUT", path: "/api/jobs/" + noJob, body: `{"name":"y"}`,
			headers: []string{`If-Match: "9"`}, wantStatus: 404, wantMessage: "Job not found: " + noJob,
		},
		{
			name: "an invalid body for another version", method: "PUT", path: "/api/jobs/{job}", body: `{"name":""}`,
			headers: []string{`If-Match: "9"`}, wantStatus: 400, wantErrors: []string{"name cannot be empty"},
		},
	})
}

// TestIfMatch tries each form of the header on the operations that take it. The job's version is 1.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	var scenarios []scenario
	for _, c := range []struct {
		name, header string
		matches      bool
	}{
		{"the version", `"1"`, true},
		{"any version", `*`, true},
		{"any version, padded", ` * `, true},
		{"weakened by a proxy", `W/"1"`, true},
		{"in a list", `"7", "1"`, true},
		{"in a list without blanks", `"7","1","9"`, true},
		{"weak in a list", `"7", W/"1"`, true},
		{"another version", `"2"`, false},
		{"a list of others", `"2", "3"`, false},
		{"another form of the number", `"01x"`, false},
		{"without quotes", `1`, false},
		{"no tag of ours", `"abc"`, false},
		{"empty quotes", `""`, false},
		{"a quote", `"`, false},
		{"nothing in it", ``, false},
		{"a comma", `,`, false},
		{"a star in quotes", `"*"`, false},
	} {
		put := scenario{
			name: "PUT, " + c.name, method: "PUT", path: "/api/jobs/{job}", body: `{"goalQuantity":60}`,
			headers: []string{"If-Match: " + c.header}, wantStatus: 412, wantMessage: "Job was changed by someone else",
		}
		remove := put
		remove.name, remove.method, remove.body = "DELETE, "+c.name, "DELETE", ""
		if c.matches {
			put.wantStatus, put.wantBody, put.wantHeaders = 200, `{"goalQuantity":60}`, []string{`ETag: "2"`}
			remove.wantStatus = 204
		}
		scenarios = append(scenarios, put, remove)
	}
	scenarios = append(scenarios, scenario{
		name: "too long", method: "DELETE", path: "/api/jobs/{job}", headers: []string{`If-Match: "` + strings.Repeat("1", 1000) + `"`},
		wantStatus: 400, wantErrors: []string{"If-Match must be at most 1000 characters long"},
	})
	run(t, scenarios)
}

// TestUpdateJobMovesVersionAndTime checks that each update changes the ETag and updatedAt.
func TestUpdateJobMovesVersionAndTime(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		job := createJob(t, s, exampleJob)
		for _, step := range []struct {
			advance           time.Duration
			tag, updatedAfter string
		}{
			{0, `"2"`, "2024-01-15T10:30:00.124Z"}, // within the millisecond of the creation, and moved all the same
			{time.Hour, `"3"`, "2024-01-15T11:30:00.123Z"},
			{-2 * time.Hour, `"4"`, "2024-01-15T11:30:00.124Z"}, // though the clock was set back
		} {
			s.Clock.Advance(step.advance)
			answer, err := s.Client.UpdateJobWithResponse(t.Context(), job.ID, nil, client.JobUpdate{})
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "ETag", answer.Headers200.ETag, step.tag)
			wantJSON(t, string(answer.Body), `{"createdAt":"2024-01-15T10:30:00.123Z","updatedAt":"`+step.updatedAfter+`"}`)
			read := s.Do(t, "GET", "/api/jobs/"+job.ID, "")
			wantEqual(t, "ETag when read", read.Header.Get("ETag"), step.tag)
			wantJSON(t, read.Body, string(answer.Body))
		}
	})
}

// TestRefusedChangesChangeNothing compares the job before and after.
func TestRefusedChangesChangeNothing(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		path := "/api/jobs/" + createJob(t, s, exampleJob).ID
		before := s.Do(t, "GET", path, "")
		wantEqual(t, "the status", s.Do(t, "PUT", path, `{"name":"y","goalQuantity":0}`).Status, 400)
		wantEqual(t, "the status", s.Do(t, "PUT", path, `{"name":"y"}`, `If-Match: "2"`).Status, 412)
		wantEqual(t, "the status", s.Do(t, "DELETE", path, "", `If-Match: "2"`).Status, 412)
		after := s.Do(t, "GET", path, "")
		wantEqual(t, "the job", after.Body, before.Body)
		wantEqual(t, "ETag", after.Header.Get("ETag"), before.Header.Get("ETag"))
	})
}

// TestUpdatesAtOnce has many clients change the version that all of them have read: one of them succeeds.
func TestUpdatesAtOnce(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		path := "/api/jobs/" + createJob(t, s, exampleJob).ID
		const planners = 16
		statuses := make(chan int, planners)
		for range planners {
			go func() {
				statuses <- s.Do(t, "PUT", path, `{"goalQuantity":60}`, `If-Match: "1"`).Status
			}()
		}
		counts := map[int]int{}
		for range planners {
			counts[<-statuses]++
		}
		wantEqual(t, "the number of answers by status", counts, map[int]int{200: 1, 412: planners - 1})
		wantEqual(t, "ETag", s.Do(t, "GET", path, "").Header.Get("ETag"), `"2"`)
	})
}

func TestDeleteJob(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		createJobs(t, s, "stays")
		job := createJob(t, s, exampleJob)
		answer := s.Do(t, "DELETE", "/api/jobs/"+job.ID, "")
		wantEqual(t, "the status", answer.Status, 204)
		wantEqual(t, "the body", answer.Body, "")
		gone := gen.Error{StatusCode: 404, Message: "Job not found: " + job.ID}
		wantError(t, s.Do(t, "GET", "/api/jobs/"+job.ID, ""), gone)
		wantError(t, s.Do(t, "PUT", "/api/jobs/"+job.ID, `{"name":"y"}`), gone)
		wantError(t, s.Do(t, "DELETE", "/api/jobs/"+job.ID, ""), gone)
		wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"stays"})
		wantEqual(t, "the list by label", listNames(t, s, "/api/jobs?jiraLabel=rush"), []string{})
	})
}
