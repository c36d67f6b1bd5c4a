package server_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen/client"
	"github.com/routecard/routecard/internal/routecardtest"
)

// create returns a scenario in which createJob fails with these messages.
func create(name, body string, wantErrors ...string) scenario {
	return scenario{name: name, method: "POST", path: "/api/jobs", body: body, wantStatus: 400, wantErrors: wantErrors}
}

// notCreated returns a scenario of createJob with a body that is not an object.
func notCreated(name, body, wantMessage string) scenario {
	return scenario{name: name, method: "POST", path: "/api/jobs", body: body, wantStatus: 400, wantMessage: wantMessage}
}

// created returns a scenario in which createJob succeeds.
func created(name, body, wantBody string, wantAbsent ...string) scenario {
	return scenario{
		name: name, method: "POST", path: "/api/jobs", body: body,
		wantStatus: 201, wantBody: wantBody, wantAbsent: wantAbsent,
	}
}

// goal is a body with this text as the goalQuantity.
func goal(text string) string { return `{"name":"x","goalQuantity":` + text + `}` }

// labels is a body with this text as the jiraLabels.
func labels(text string) string { return `{"name":"x","goalQuantity":1,"jiraLabels":` + text + `}` }

const (
	nameRequired = "name is required"
	goalRequired = "goalQuantity is required"
	goalPositive = "goalQuantity must be greater than 0"
	goalNumber   = "goalQuantity must be a number"
	goalInteger  = "goalQuantity must be an integer"
	goalTooLarge = "goalQuantity must be at most 9007199254740991"
	notJSON      = "request body must be valid JSON"
	notObject    = "request body must be a JSON object"
)

func TestCreateJobRefuses(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		create("both fields missing", `{}`, nameRequired, goalRequired),
		create("name missing", `{"goalQuantity":1}`, nameRequired),
		create("name null", `{"name":null,"goalQuantity":1}`, nameRequired),
		create("name empty", `{"name":"","goalQuantity":1}`, nameRequired),
		create("name of white space", `{"name":" \t\r\n","goalQuantity":1}`, nameRequired),
		create("name of white space beyond ASCII", `{"name":"\u00a0\u2003\u3000","goalQuantity":1}`, nameRequired),
		create("name a number", `{"name":1,"goalQuantity":1}`, "name must be a string"),
		create("name an object", `{"name":{},"goalQuantity":1}`, "name must be a string"),
		create("name in upper case", `{"NAME":"x","goalQuantity":1}`, nameRequired),
		create("name and nothing else, in upper case", `{"NAME":"x"}`, nameRequired, goalRequired),
		create("name too long", `{"name":"`+strings.Repeat("ж", 10001)+`","goalQuantity":1}`,
			"name must be at most 10000 characters long"),
		create("name with NUL", `{"name":"a\u0000b","goalQuantity":1}`, "name must not contain NUL characters"),

		create("goalQuantity missing", `{"name":"x"}`, goalRequired),
		create("goalQuantity null", goal(`null`), goalRequired),
		create("goalQuantity in another case", `{"name":"x","GoalQuantity":1,"goalquantity":1}`, goalRequired),
		create("goalQuantity zero", goal(`0`), goalPositive),
		create("goalQuantity minus zero", goal(`-0`), goalPositive),
		create("goalQuantity zero with an exponent", goal(`0e5`), goalPositive),
		create("goalQuantity -1", goal(`-1`), goalPositive),
		create("goalQuantity -0.5", goal(`-0.5`), goalPositive),
		create("goalQuantity -1e400", goal(`-1e400`), goalPositive),
		create("goalQuantity 0.5", goal(`0.5`), goalInteger),
		create("goalQuantity 1.5", goal(`1.5`), goalInteger),
		create("goalQuantity 1e-5", goal(`1e-5`), goalInteger),
		create("goalQuantity 9007199254740990.5", goal(`9007199254740990.5`), goalInteger),
		create("goalQuantity 1e30", goal(`1e30`), goalTooLarge),
		create("goalQuantity 1e400", goal(`1e400`), goalTooLarge),
		create("goalQuantity 2^53", goal(`9007199254740992`), goalTooLarge),
		create("goalQuantity of many digits", goal(strings.Repeat("9", 1000)), goalTooLarge),
		create("goalQuantity a string", goal(`"50"`), goalNumber),
		create("goalQuantity true", goal(`true`), goalNumber),
		create("goalQuantity an array", goal(`[50]`), goalNumber),

		create("labels a string", labels(`"rush"`), "jiraLabels must be an array"),
		create("labels an object", labels(`{"0":"rush"}`), "jiraLabels must be an array"),
		create("labels with a number", labels(`["rush",1]`), "jiraLabels.1 must be a string"),
		create("labels with null", labels(`["rush",null]`), "jiraLabels.1 must be a string"),
		create("labels with NUL", labels(`["\u0000"]`), "jiraLabels.0 must not contain NUL characters"),
		create("labels too many", labels(`["`+strings.Repeat(`x","`, 1000)+`x"]`), "jiraLabels must have at most 1000 items"),
		create("several labels", labels(`[1,"rush",2]`), "jiraLabels.0 must be a string", "jiraLabels.2 must be a string"),

		create("jiraTicketKey a number", `{"name":"x","goalQuantity":1,"jiraTicketKey":42}`, "jiraTicketKey must be a string"),
		create("jiraPriority too long", `{"name":"x","goalQuantity":1,"jiraPriority":"`+strings.Repeat("x", 256)+`"}`,
			"jiraPriority must be at most 255 characters long"),
		create("everything, in the contract's order whatever the body's", `{"jiraLabels":["a",false],"jiraEpicLink":1,
			"jiraPriority":1,"jiraPartNumber":[],"jiraTicketSummary":{},"jiraTicketKey":true,"goalQuantity":-1.5,"name":""}`,
			nameRequired, goalPositive, "jiraTicketKey must be a string", "jiraTicketSummary must be a string",
			"jiraPartNumber must be a string", "jiraPriority must be a string", "jiraEpicLink must be a string",
			"jiraLabels.1 must be a string"),
	})
}

func TestCreateJobRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		notCreated("trailing text", goal(`1`)+`x`, notJSON),
		notCreated("a trailing bracket", goal(`1`)+`}`, notJSON),
		notCreated("two objects", goal(`1`)+goal(`2`), notJSON),
		notCreated("a trailing comma", `{"name":"x","goalQuantity":1,}`, notJSON),
		notCreated("a comment", `{"name":"x","goalQuantity":1/**/}`, notJSON),
		notCreated("a byte order mark", "\ufeff"+goal(`1`), notJSON),
		notCreated("half an object", `{"name":"x"`, notJSON),
		notCreated("single quotes", `{'name':'x'}`, notJSON),
		notCreated("a number that is none", goal(`050`), notJSON),
		notCreated("NaN", goal(`NaN`), notJSON),
		notCreated("a line break in a string", "{\"name\":\"a\nb\",\"goalQuantity\":1}", notJSON),
		notCreated("invalid UTF-8", "{\"name\":\"a\xff\",\"goalQuantity\":1}", notJSON),
		notCreated("invalid UTF-8 in a field that nobody reads", "{\"name\":\"x\",\"goalQuantity\":1,\"x\":\"\xc3\x28\"}", notJSON),
		notCreated("a lone high surrogate", `{"name":"a\ud83d","goalQuantity":1}`, notJSON),
		notCreated("a lone low surrogate", `{"name":"a\ude00b","goalQuantity":1}`, notJSON),
		notCreated("surrogates the wrong way round", `{"name":"\ude00\ud83d","goalQuantity":1}`, notJSON),
		notCreated("100,000 nested arrays", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), notJSON),
		notCreated("100,000 nested objects in a field that nobody reads",
			`{"name":"x","goalQuantity":1,"x":`+strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_001), notJSON),
		notCreated("100,000 opening brackets", strings.Repeat("[", 100_000), notJSON),
		notCreated("null", `null`, notObject),
		notCreated("an array", `[]`, notObject),
		notCreated("an array of a job", `[`+goal(`1`)+`]`, notObject),
		notCreated("a string", `"x"`, notObject),
		notCreated("a number", `1`, notObject),
		notCreated("true", `true`, notObject),
		{
			name: "an empty body", method: "POST", path: "/api/jobs", headers: []string{"Content-Type: application/json"},
			wantStatus: 400, wantMessage: notJSON,
		},
		notCreated("white space", " \n", notJSON),
	})
}

func TestCreateJob(t *testing.T) {
	t.Parallel()
	jiraFields := []string{"jiraTicketKey", "jiraTicketSummary", "jiraPartNumber", "jiraPriority", "jiraEpicLink", "jiraLabels"}
	run(t, []scenario{
		created("with Jira", exampleJob, exampleJob),
		created("without Jira", `{"name":"JOB-2024-002","goalQuantity":200}`,
			`{"name":"JOB-2024-002","goalQuantity":200}`, jiraFields...),
		created("optional nulls count as absent", `{"name":"x","goalQuantity":1,"jiraTicketKey":null,"jiraTicketSummary":null,
			"jiraPartNumber":null,"jiraPriority":null,"jiraEpicLink":null,"jiraLabels":null}`, `{"name":"x"}`, jiraFields...),
		created("empty optional strings stay", `{"name":"x","goalQuantity":1,"jiraTicketKey":"","jiraPriority":" "}`,
			`{"jiraTicketKey":"","jiraPriority":" "}`),
		created("name in two cases", `{"name":"right","Name":"wrong","NAME":"wrong","goalQuantity":1}`, `{"name":"right"}`),
		created("name in two cases, the wrong one first", `{"Name":"wrong","name":"right","goalQuantity":1}`, `{"name":"right"}`),
		created("a wrong type in another case", `{"name":"right","Name":1,"goalQuantity":1}`, `{"name":"right"}`),
		created("name twice", `{"name":1,"name":"last","goalQuantity":1}`, `{"name":"last"}`),
		created("fields of the server's own", `{"name":"x","goalQuantity":1,"id":1,"createdAt":"1970","updatedAt":null,
			"version":9,"progress":{}}`, `{"name":"x"}`, "version", "progress"),
		created("padding stays", `{"name":"  JOB \n","goalQuantity":1}`, `{"name":"  JOB \n"}`),
		created("name as long as may be", `{"name":"`+strings.Repeat("ж", 10000)+`","goalQuantity":1}`,
			`{"name":"`+strings.Repeat("ж", 10000)+`"}`),
		created("goalQuantity 1", goal(`1`), `{"goalQuantity":1}`),
		created("goalQuantity 50.0", goal(`50.0`), `{"goalQuantity":50}`),
		created("goalQuantity 5e1", goal(`5e1`), `{"goalQuantity":50}`),
		created("goalQuantity 5E+1", goal(`5E+1`), `{"goalQuantity":50}`),
		created("goalQuantity 500e-1", goal(`500e-1`), `{"goalQuantity":50}`),
		created("goalQuantity 2^53-1", goal(`9007199254740991`), `{"goalQuantity":9007199254740991}`),
		created("goalQuantity 2^53-1 with a fraction of zero", goal(`9007199254740991.0`), `{"goalQuantity":9007199254740991}`),
		created("labels empty", labels(`[]`), `{"jiraLabels":[]}`),
		created("labels keep order and repeats", labels(`["b","a","","b","A"]`), `{"jiraLabels":["b","a","","b","A"]}`),
		created("nested brackets in a field that nobody reads", `{"name":"x","goalQuantity":1,"x":`+
			strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, `{"name":"x"}`, "x"),
		created("white space around", " \r\n\t"+goal(`1`)+" \n", `{"name":"x"}`),
		{
			name: "Content-Type with parameters", method: "POST", path: "/api/jobs", body: goal(`1`),
			headers: []string{"Content-Type: Application/JSON; charset=utf-8"}, wantStatus: 201,
		},
	})
}

// TestCreateJobResponse checks what does not depend on the body.
func TestCreateJobResponse(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		answer, err := s.Client.CreateJobWithResponse(t.Context(), nil, client.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50})
		if err != nil {
			t.Fatal(err)
		}
		job := answer.JSON201
		if job == nil {
			t.Fatalf("answered %d: %s", answer.StatusCode(), answer.Body)
		}
		if !regexp.MustCompile(`^job_[0-7][0-9a-hjkmnp-tv-z]{25}$`).MatchString(job.ID) {
			t.Errorf("the id is %s", job.ID)
		}
		wantEqual(t, "createdAt", job.CreatedAt.Format("2006-01-02T15:04:05.000Z07:00"), "2024-01-15T10:30:00.123Z")
		wantJSON(t, string(answer.Body), `{"createdAt":"2024-01-15T10:30:00.123Z","updatedAt":"2024-01-15T10:30:00.123Z"}`)
		wantEqual(t, "Location", answer.Headers201.Location, "/api/jobs/"+job.ID)
		wantEqual(t, "ETag", answer.Headers201.ETag, `"1"`)

		read := s.Do(t, "GET", answer.Headers201.Location, "")
		wantEqual(t, "the status at Location", read.Status, 200)
		wantJSON(t, read.Body, string(answer.Body))

		again := createJob(t, s, `{"name":"JOB-2024-001","goalQuantity":50,"id":"`+job.ID+`"}`)
		if again.ID <= job.ID {
			t.Errorf("the second job of the name has the id %s, which does not come after %s", again.ID, job.ID)
		}
		wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"JOB-2024-001", "JOB-2024-001"})
	})
}

// TestStringsComeBackAsSent sends strings that careless code would trim, escape, case-fold, or truncate.
func TestStringsComeBackAsSent(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for name, text := range map[string]string{
			"German":             "Gehäuse für Größe XL",
			"Greek":              "Κατασκευή ΣΑΣ",
			"Cyrillic":           "Корпус №7",
			"Chinese":            "铝合金外壳",
			"Japanese":           "アルミ筐体 ｶﾞ",
			"Arabic":             "غلاف ألومنيوم",
			"Hebrew":             "מארז אלומיניום",
			"Hindi":              "एल्यूमिनियम आवास",
			"Emoji":              "👩🏽‍🏭🏭",
			"combining marks":    "e\u0301 and é",
			"beyond the BMP":     "𝄞 𐍈",
			"directions":         "\u202eabc\u202c",
			"quotes":             `"double" 'single' ` + "`back`" + ` \ / \\`,
			"line breaks":        "a\nb\r\nc\rd\u2028e\u2029f\tg",
			"HTML":               `<script>alert("x")</script>&amp;<!--`,
			"SQL":                `'; DROP TABLE jobs; -- %_?$1:x@y`,
			"control characters": "a\x01\x1f\x7f\u0085b",
			"replacement":        "\ufffd",
			"noncharacters":      "\uffff\ufeff",
			"padding":            "  padded\t ",
			"5,000 characters":   strings.Repeat("ж語", 2500),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				body := client.JobCreate{Name: text, GoalQuantity: 1, JiraTicketSummary: &text}
				if len(text) <= 255 {
					body.JiraTicketKey, body.JiraPartNumber, body.JiraPriority, body.JiraEpicLink = &text, &text, &text, &text
					body.JiraLabels = &[]string{text, text + "2"}
				}
				answer, err := s.Client.CreateJobWithResponse(t.Context(), nil, body)
				if err != nil {
					t.Fatal(err)
				}
				wantStrings(t, "createJob", answer.Body, body)
				read, err := s.Client.GetJobWithResponse(t.Context(), answer.JSON201.ID)
				if err != nil {
					t.Fatal(err)
				}
				wantStrings(t, "getJob", read.Body, body)
				changed, err := s.Client.UpdateJobWithResponse(t.Context(), answer.JSON201.ID, nil, client.JobUpdate{Name: &text})
				if err != nil {
					t.Fatal(err)
				}
				wantStrings(t, "updateJob", changed.Body, body)
			})
		}
	})
}

// wantStrings checks that a response contains the strings of the request, byte by byte.
func wantStrings(t *testing.T, operation string, answer []byte, sent client.JobCreate) {
	t.Helper()
	var got client.JobCreate
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprintf("%+q", fields(got)) != fmt.Sprintf("%+q", fields(sent)) {
		t.Errorf("%s answered %+q, want %+q", operation, fields(got), fields(sent))
	}
}

func fields(job client.JobCreate) []string {
	all := []string{job.Name}
	for _, field := range []*string{job.JiraTicketKey, job.JiraTicketSummary, job.JiraPartNumber, job.JiraPriority, job.JiraEpicLink} {
		if field == nil {
			all = append(all, "absent")
			continue
		}
		all = append(all, *field)
	}
	if job.JiraLabels != nil {
		all = append(all, *job.JiraLabels...)
	}
	return all
}
