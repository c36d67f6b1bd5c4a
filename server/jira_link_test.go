package server_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/models"
)

func TestLinkCreatesAJob(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		var answer routecardtest.Answer
		b.asks(1, func() { answer = b.must(201, `POST /api/jira/link {"ticketKey":"PI-42"}`) })
		wantJSON(t, answer.Body, `{"name":"Build 50 aluminum housings","goalQuantity":50,"jiraTicketKey":"PI-42",
			"jiraTicketSummary":"Build 50 aluminum housings","jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"High",
			"jiraEpicLink":"PI-10","jiraLabels":["Q1-2024","rush"],
			"createdAt":"2024-01-15T10:30:00.123Z","updatedAt":"2024-01-15T10:30:00.123Z"}`)
		job := routecardtest.Decode[gen.Job](t, answer)
		wantEqual(t, "Location", answer.Header.Get("Location"), "/api/jobs/"+job.ID)

		got := b.must(200, "GET "+answer.Header.Get("Location"))
		wantJSON(t, got.Body, strings.TrimSuffix(strings.TrimSpace(answer.Body), "}")+`,"paths":[]}`)
		wantEqual(t, "ETag", answer.Header.Get("ETag"), got.Header.Get("ETag"))

		events := routecardtest.Decode[[]gen.Event](t, b.must(200, "GET /api/events"))
		wantEqual(t, "the events", eventTypes(events), []string{"job.created", "job.linked"})
		wantEqual(t, "the job of job.linked", *events[1].JobID, job.ID)
		wantEqual(t, "the data of job.linked", string(events[1].Data), `{"ticketKey":"PI-42"}`)
		for _, query := range []string{
			"jiraTicketKey=PI-42", "jiraLabel=rush", "jiraLabel=rush&jiraLabel=Q1-2024", "jiraPriority=High",
			"jiraEpicLink=PI-10", "jiraPartNumber=ALU-HOUSING-7075", "q=housing-7075",
		} {
			wantEqual(t, "the list by "+query, b.names(query), []string{"Build 50 aluminum housings"})
		}
	})
}

// TestLinkReadsTheTicket links a ticket for each way in which its fields can be set or missing.
func TestLinkReadsTheTicket(t *testing.T) {
	t.Parallel()
	const quantity, part = "customfield_10900", "customfield_10908"
	type fields = jiratest.Fields
	goal := func(n string) string { return `{"goalQuantity":` + n + `}` }
	cases := []struct {
		name   string
		fields fields
		want   string
		absent string
	}{
		{"no quantity", fields{}, goal("1"), ""},
		{"quantity null", fields{quantity: nil}, goal("1"), ""},
		{"quantity 25", fields{quantity: 25}, goal("25"), ""},
		{"quantity 25.0", fields{quantity: json.RawMessage(`25.0`)}, goal("25"), ""},
		{"quantity 2.5e1", fields{quantity: json.RawMessage(`2.5e1`)}, goal("25"), ""},
		{"quantity as a string", fields{quantity: "25"}, goal("25"), ""},
		{"quantity as a padded string", fields{quantity: " 25.0 "}, goal("25"), ""},
		{"quantity as an option", fields{quantity: map[string]any{"id": "7", "value": "25"}}, goal("25"), ""},
		{"quantity as a list", fields{quantity: []any{map[string]any{"value": 25}}}, goal("25"), ""},
		{"quantity as another object", fields{quantity: map[string]any{"id": 25}}, goal("1"), ""},
		{"quantity an empty object", fields{quantity: map[string]any{}}, goal("1"), ""},
		{"quantity an empty list", fields{quantity: []any{}}, goal("1"), ""},
		{"quantity true", fields{quantity: true}, goal("1"), ""},
		{"quantity in words", fields{quantity: "fifty"}, goal("1"), ""},
		{"quantity empty", fields{quantity: ""}, goal("1"), ""},
		{"quantity with a fraction", fields{quantity: 2.5}, goal("1"), ""},
		{"quantity with a comma", fields{quantity: "1,000"}, goal("1"), ""},
		{"quantity 0", fields{quantity: 0}, goal("1"), ""},
		{"quantity 0 as a string", fields{quantity: "0"}, goal("1"), ""},
		{"quantity -5", fields{quantity: -5}, goal("1"), ""},
		{"quantity 2^53-1", fields{quantity: json.RawMessage(`9007199254740991`)}, goal("9007199254740991"), ""},
		{"quantity 2^53", fields{quantity: json.RawMessage(`9007199254740992`)}, goal("1"), ""},
		{"quantity 1e300", fields{quantity: json.RawMessage(`1e300`)}, goal("1"), ""},
		{"quantity 1e999999999", fields{quantity: json.RawMessage(`1e999999999`)}, goal("1"), ""},
		{"quantity NaN", fields{quantity: "NaN"}, goal("1"), ""},

		{"summary empty", fields{"summary": ""}, `{"name":"{key}"}`, "jiraTicketSummary"},
		{"summary null", fields{"summary": nil}, `{"name":"{key}"}`, "jiraTicketSummary"},
		{"summary of white space", fields{"summary": " \t\u00a0"}, `{"name":"{key}"}`, "jiraTicketSummary"},
		{"summary with NUL", fields{"summary": "a\x00b"}, `{"name":"ab","jiraTicketSummary":"ab"}`, ""},
		{"summary of NUL alone", fields{"summary": "\x00"}, `{"name":"{key}"}`, "jiraTicketSummary"},
		{
			"summary longer than a name",
			fields{"summary": strings.Repeat("ж", 10001)},
			`{"name":"` + strings.Repeat("ж", 10000) + `","jiraTicketSummary":"` + strings.Repeat("ж", 10000) + `"}`, "",
		},

		{"no part number", fields{"summary": "Build 50 housings"}, `{}`, "jiraPartNumber"},
		{"part number null", fields{part: nil, "summary": "Build 50 housings"}, `{}`, "jiraPartNumber"},
		{"part number in the summary", fields{"summary": "Make 1234567-001-02 now"}, `{"jiraPartNumber":"1234567-001-02"}`, ""},
		{"short part number in the summary", fields{part: nil, "summary": "123456-001: housing"}, `{"jiraPartNumber":"123456-001"}`, ""},
		{"no part number in the summary", fields{"summary": "12345-001, 12345678-001, 1234567-01"}, `{}`, "jiraPartNumber"},
		{"part number in both", fields{part: "ALU-1", "summary": "1234567-001"}, `{"jiraPartNumber":"ALU-1"}`, ""},
		{"part number an object", fields{part: map[string]any{"value": "ALU-1"}}, `{"jiraPartNumber":"ALU-1"}`, ""},
		{"part number a number", fields{part: 7075.0}, `{"jiraPartNumber":"7075"}`, ""},
		{"part number too long", fields{part: strings.Repeat("é", 300)}, `{"jiraPartNumber":"` + strings.Repeat("é", 255) + `"}`, ""},

		{"no priority", fields{"priority": nil}, `{}`, "jiraPriority"},
		{"no labels", fields{}, `{"jiraLabels":[]}`, ""},
		{"labels null", fields{"labels": nil}, `{"jiraLabels":[]}`, ""},
		{"labels twice", fields{"labels": []string{"b", "a", "b"}}, `{"jiraLabels":["b","a","b"]}`, ""},
		{"a long label", fields{"labels": []string{strings.Repeat("x", 300)}}, `{"jiraLabels":["` + strings.Repeat("x", 255) + `"]}`, ""},
		{"too many labels", fields{"labels": numbers(1001)}, labelsJSON(numbers(1000)), ""},
		{"epic of the parent", fields{"parent": jiratest.Parent("PI-10", "Epic")}, `{"jiraEpicLink":"PI-10"}`, ""},
		{"a parent that is no epic", fields{"parent": jiratest.Parent("PI-11", "Story")}, `{}`, "jiraEpicLink"},
	}
	eachJira(t, func(t *testing.T, b *ticketed) {
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				key := fmt.Sprintf("PI-%d", 1000+i)
				b.fake.AddIssue(key, c.fields)
				answer := send(t, b.s, `POST /api/jira/link {"ticketKey":"`+key+`"}`)
				wantEqual(t, "the status", answer.Status, 201)
				wantJSON(t, answer.Body, strings.ReplaceAll(c.want, "{key}", key))
				if _, found := routecardtest.Decode[map[string]any](t, answer)[c.absent]; found {
					t.Errorf("the job has %s: %.500s", c.absent, answer.Body)
				}
				// The quantity of the request takes precedence over that of the ticket.
				own := send(t, b.s, `POST /api/jira/link {"ticketKey":"`+key+`","goalQuantity":7.0,"allowDuplicate":true}`)
				wantJSON(t, own.Body, `{"goalQuantity":7}`)
			})
		}
	})
}

func numbers(count int) []string {
	texts := make([]string, count)
	for i := range texts {
		texts[i] = strconv.Itoa(i)
	}
	return texts
}

func labelsJSON(labels []string) string {
	return `{"jiraLabels":["` + strings.Join(labels, `","`) + `"]}`
}

func TestLinkAnExistingJob(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		created := b.must(201, `POST /api/jobs {"name":"JOB-2024-002","goalQuantity":200}`)
		job := routecardtest.Decode[gen.Job](t, created)
		// The quantity is only for a new job, so it does not change this one.
		linked := b.must(200, `POST /api/jira/link {"ticketKey":"PI-42","jobId":"`+job.ID+`","goalQuantity":7}`)
		wantJSON(t, linked.Body, `{"id":"`+job.ID+`","name":"JOB-2024-002","goalQuantity":200,"jiraTicketKey":"PI-42",
			"jiraTicketSummary":"Build 50 aluminum housings","jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"High",
			"jiraEpicLink":"PI-10","jiraLabels":["Q1-2024","rush"],
			"createdAt":"2024-01-15T10:30:00.123Z","updatedAt":"2024-01-15T10:30:00.124Z"}`)
		etag := linked.Header.Get("ETag")
		if etag == created.Header.Get("ETag") {
			t.Errorf("the ETag is still %s", etag)
		}
		wantEqual(t, "the ETag of the job", b.must(200, "GET /api/jobs/"+job.ID).Header.Get("ETag"), etag)
		stale := b.do(`PUT /api/jobs/`+job.ID+` {"name":"x"}`, "If-Match: "+created.Header.Get("ETag"))
		wantError(t, stale, gen.Error{StatusCode: 412, Message: "Job was changed by someone else"})

		wantEqual(t, "the events", b.events(job.ID), []string{"job.created", "job.linked"})
		for _, query := range []string{"jiraTicketKey=PI-42", "jiraLabel=rush&jiraLabel=Q1-2024", "q=pi-42", "q=ALUMINUM"} {
			wantEqual(t, "the list by "+query, b.names(query), []string{"JOB-2024-002"})
		}
	})
}

// TestLinkKeepsFieldsOfTheJob sends a job that has some fields already.
func TestLinkKeepsFieldsOfTheJob(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		job := createJob(t, b.s, `{"name":"JOB-2024-002","goalQuantity":200,"jiraPriority":"Low","jiraLabels":["own"]}`)
		bare := createJob(t, b.s, `{"name":"bare","goalQuantity":1,"jiraTicketSummary":"own","jiraPartNumber":"own","jiraEpicLink":"own","jiraLabels":[]}`)
		link := func(id string) string {
			return b.must(200, `POST /api/jira/link {"ticketKey":"PI-42","allowDuplicate":true,"jobId":"`+id+`"}`).Body
		}
		wantJSON(t, link(job.ID), `{"jiraTicketKey":"PI-42","jiraTicketSummary":"Build 50 aluminum housings",
			"jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"Low","jiraEpicLink":"PI-10","jiraLabels":["own"]}`)
		wantJSON(t, link(bare.ID), `{"jiraTicketKey":"PI-42","jiraTicketSummary":"own",
			"jiraPartNumber":"own","jiraPriority":"High","jiraEpicLink":"own","jiraLabels":[]}`)
		wantEqual(t, "the list by a label of the ticket", b.names("jiraLabel=rush"), []string{})
		wantEqual(t, "the list by the job's label", b.names("jiraLabel=own"), []string{"JOB-2024-002"})
	})
}

// TestLinkAJobWithAnEmptyKey links a job whose ticket key is an empty text, as forms send it for an empty field.
func TestLinkAJobWithAnEmptyKey(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		job := createJob(t, b.s, `{"name":"JOB-2024-002","goalQuantity":200,"jiraTicketKey":""}`).ID
		b.asks(0, func() {
			b.refuses(`POST /api/jira/push {"jobId":"`+job+`"}`, 409, "Job is not linked to a Jira ticket")
		})
		wantJSON(t, b.must(200, `POST /api/jira/link {"ticketKey":"PI-42","jobId":"`+job+`"}`).Body, `{"jiraTicketKey":"PI-42"}`)
		b.must(200, `POST /api/jira/push {"jobId":"`+job+`"}`)
	})
}

func TestLinkRefusesDuplicates(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		first, free := createJob(t, b.s, exampleJob), b.job("JOB-2024-002")
		taken := "PI-42 is already linked to job JOB-2024-001 (" + first.ID + ")"
		for _, body := range []string{
			`{"ticketKey":"PI-42"}`,
			`{"ticketKey":"pi-42"}`, // Jira reads keys in any case, so it is the same ticket
			`{"ticketKey":"PI-42","allowDuplicate":false}`,
			`{"ticketKey":"PI-42","allowDuplicate":null}`,
			`{"ticketKey":"PI-42","jobId":"` + free.ID + `"}`,
		} {
			b.refuses("POST /api/jira/link "+body, 409, taken)
		}
		b.must(201, `POST /api/jira/link {"ticketKey":"PI-42","allowDuplicate":true}`)
		b.must(200, `POST /api/jira/link {"ticketKey":"pi-42","jobId":"`+free.ID+`","allowDuplicate":true}`)
		wantEqual(t, "the duplicates", b.names("jiraTicketKey=PI-42"), []string{"Build 50 aluminum housings", "JOB-2024-002", "JOB-2024-001"})
		// The oldest is the one to name, however many there are.
		b.refuses(`POST /api/jira/link {"ticketKey":"PI-42"}`, 409, taken)
	})
}

// TestTwoLinksAtOnce has two requests wait for Jira at the same time: on two servers with PostgreSQL, on one with SQLite.
func TestTwoLinksAtOnce(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		other := b.s
		if strings.HasPrefix(b.database, "postgres") {
			other = b.another()
		}
		b.fake.AddIssue("PI-43", jiratest.Fields{"summary": "Build 50 lids"})
		free := b.job("free").ID
		both := func(first, second string, headers ...string) []routecardtest.Answer {
			b.fake.Heal()
			b.fake.Always("GET", "/issue/", together(2))
			answers := make(chan routecardtest.Answer, 1)
			go func() { answers <- send(t, other, second, headers...) }()
			return []routecardtest.Answer{send(t, b.s, first, headers...), <-answers}
		}

		answers := both(`POST /api/jira/link {"ticketKey":"PI-42"}`, `POST /api/jira/link {"ticketKey":"PI-42"}`)
		wantEqual(t, "the answers to two links of one ticket", statuses(answers), []int{201, 409})
		wantEqual(t, "the jobs of the ticket", b.names("jiraTicketKey=PI-42"), []string{"Build 50 aluminum housings"})
		job := routecardtest.Decode[[]gen.Job](t, b.must(200, "GET /api/jobs?jiraTicketKey=PI-42"))[0]
		for _, answer := range answers {
			if answer.Status == 409 {
				wantError(t, answer, gen.Error{
					StatusCode: 409, Message: "PI-42 is already linked to job Build 50 aluminum housings (" + job.ID + ")",
				})
			}
		}
		wantEqual(t, "the events", eventTypes(routecardtest.Decode[[]gen.Event](t, b.must(200, "GET /api/events"))),
			[]string{"job.created", "job.created", "job.linked"})

		// With the same key both are the same request: the change is made once, and both get its response.
		b.fake.AddIssue("PI-44", jiratest.Fields{"summary": "Build 50 hinges"})
		again := `POST /api/jira/link {"ticketKey":"PI-44"}`
		answers = both(again, again, "Idempotency-Key: hinges")
		wantEqual(t, "the answers to one link sent twice", statuses(answers), []int{201, 201})
		wantEqual(t, "the second answer", answers[1].Body, answers[0].Body)
		wantEqual(t, "the jobs of the ticket", b.names("jiraTicketKey=PI-44"), []string{"Build 50 hinges"})

		existing := `POST /api/jira/link {"ticketKey":"PI-43","jobId":"` + free + `"}`
		answers = both(existing, existing)
		wantEqual(t, "the answers to two links of one job", statuses(answers), []int{200, 409})
		wantEqual(t, "the events of the job", b.events(free), []string{"job.created", "job.linked"})
	})
}

func TestLinkWithAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		free := b.job("JOB-2024-002").ID
		for i, request := range []string{
			`POST /api/jira/link {"ticketKey":"PI-42"}`,
			`POST /api/jira/link {"ticketKey":"PI-42","jobId":"` + free + `","allowDuplicate":true}`,
			`POST /api/jira/push {"jobId":"` + free + `"}`,
		} {
			key := fmt.Sprintf("Idempotency-Key: key-%d", i)
			// A failure is not remembered.
			b.fake.Next(jiratest.Status(500))
			wantError(t, b.do(request, key), gen.Error{StatusCode: 502, Message: noAnswer})
			first := b.do(request, key)
			state := b.state()
			b.asks(0, func() {
				wantReplay(t, b.do(request, key), first)
				wantError(t, b.do(request+" ", key), gen.Error{
					StatusCode: 422, Message: "Idempotency-Key was already used for a different request",
				})
			})
			wantEqual(t, "the state after the repetition", b.state(), state)
		}
		wantEqual(t, "the number of comments", len(b.fake.Comments("PI-42")), 1)
	})
}

// TestLinkIsTheCallers has the key's name on the events, and keeps roles that may not write from asking Jira.
func TestLinkIsTheCallers(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		keys := map[models.Role]string{}
		for _, role := range []models.Role{models.RoleRead, models.RoleOperate, models.RoleWrite} {
			key, err := b.s.Store.CreateKey(t.Context(), "key-"+string(role), role)
			if err != nil {
				t.Fatal(err)
			}
			keys[role] = "Authorization: Bearer " + key
		}
		const link = `POST /api/jira/link {"ticketKey":"PI-42"}`
		b.asks(0, func() {
			wantEqual(t, "the status without a key", b.do(link).Status, 401)
			wantEqual(t, "the status with the role read", b.do(link, keys[models.RoleRead]).Status, 403)
			wantEqual(t, "the status with the role operate", b.do(link, keys[models.RoleOperate]).Status, 403)
		})
		b.must(200, "GET /api/jira/tickets/PI-42", keys[models.RoleRead])
		job := routecardtest.Decode[gen.Job](t, b.must(201, link, keys[models.RoleWrite]))
		b.must(200, `POST /api/jira/push {"jobId":"`+job.ID+`"}`, keys[models.RoleWrite])
		for _, event := range routecardtest.Decode[[]gen.Event](t, b.must(200, "GET /api/events", keys[models.RoleRead])) {
			wantEqual(t, "the user of "+event.Type, event.UserID, "key-write")
		}
	})
}
