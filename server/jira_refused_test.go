package server_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// jiraRequests are all requests that use Jira: for PI-42, for {free} (a job without a ticket), and for {linked} (a job with PI-42).
var jiraRequests = []string{
	"GET /api/jira/tickets",
	"GET /api/jira/tickets/PI-42",
	`POST /api/jira/link {"ticketKey":"PI-42","allowDuplicate":true}`,
	`POST /api/jira/link {"ticketKey":"PI-42","jobId":"{free}","allowDuplicate":true}`,
	`POST /api/jira/push {"jobId":"{linked}"}`,
}

func TestJiraIsNotConfigured(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		b := &ticketed{t: t, s: s}
		fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", createJob(t, s, exampleJob).ID)
		for _, request := range jiraRequests {
			b.refuses(fill.Replace(request), 409, "Jira is not configured")
		}
		b.refuses(`POST /api/jira/link {"ticketKey":"PI-42","jobId":"job_unknown"}`, 409, "Jira is not configured")
		b.refuses(`POST /api/jira/push {"jobId":"job_unknown"}`, 409, "Jira is not configured")
	})
}

const (
	noAnswer = "Jira did not answer"
	refused  = "Jira refused the request"
)

// TestJiraFails calls every operation with every way in which Jira can fail.
func TestJiraFails(t *testing.T) {
	t.Parallel()
	var strangers atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	t.Cleanup(stranger.Close)
	faults := []struct {
		name    string
		fault   jiratest.Fault
		message string
	}{
		{"500", jiratest.Status(500, "Internal error"), noAnswer},
		{"503", jiratest.Status(503), noAnswer},
		{"503 every time", jiratest.RetryAfter(503, "0"), noAnswer},
		{"429 for longer than we wait", jiratest.RetryAfter(429, "3600"), noAnswer},
		{"502 of a proxy", jiratest.HTML(502), noAnswer},
		{"closed without an answer", jiratest.Hangup, noAnswer},
		{"a page to log in", jiratest.HTML(200), noAnswer},
		{"no JSON", jiratest.Body(200, "application/json", "OK"), noAnswer},
		{"another JSON", jiratest.Body(200, "application/json", "[]"), noAnswer},
		{"200 MB, announced", jiratest.Large(200<<20, true), noAnswer},
		{"200 MB", jiratest.Large(200<<20, false), noAnswer},
		{"400", jiratest.Status(400, "Field 'x' does not exist."), refused},
		{"401", jiratest.Status(401, "You are not authenticated."), refused},
		{"403", jiratest.Status(403, "You may not."), refused},
		{"403 of a proxy", jiratest.HTML(403), refused},
		{"302 to another host", jiratest.Redirect(302, stranger.URL), refused},
		{"308 to another host", jiratest.Redirect(308, stranger.URL), refused},
	}
	eachJira(t, func(t *testing.T, b *ticketed) {
		fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", b.linked().ID)
		for _, c := range faults {
			t.Run(c.name, func(t *testing.T) {
				b := *b
				b.t = t
				b.fake.Always("", "", c.fault)
				for _, request := range jiraRequests {
					b.refuses(fill.Replace(request), 502, c.message)
				}
				b.fake.Heal()
				// Jira works again, so the same requests must succeed.
				b.must(200, fill.Replace(jiraRequests[4]))
			})
		}
		for _, request := range b.fake.Requests() {
			// The kernel's buffers take some of it, but nobody reads it all.
			if request.Sent > 32<<20 {
				t.Errorf("%d bytes of an answer were taken", request.Sent)
			}
		}
		for _, request := range jiraRequests {
			if answer := b.do(fill.Replace(request)); answer.Status/100 != 2 {
				t.Errorf("%s answered %d when all was well again: %s", request, answer.Status, answer.Body)
			}
		}
	})
	// Cleanups run when the parallel subtests are over.
	t.Cleanup(func() { wantEqual(t, "the number of requests to the other host", strangers.Load(), 0) })
}

// TestJiraResponseIsCutOff is separate from the other faults because here Jira carries out the request.
func TestJiraResponseIsCutOff(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		linked := b.linked().ID
		fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", linked)
		b.fake.Always("", "", jiratest.CutOff)
		for _, request := range jiraRequests {
			b.refuses(fill.Replace(request), 502, noAnswer)
		}
		wantEqual(t, "the number of comments", len(b.fake.Comments("PI-42")), 0)

		b.fake.Heal()
		b.fake.Always("POST", "/comment", jiratest.CutOff)
		b.refuses(fill.Replace(jiraRequests[4]), 502, noAnswer)
		b.fake.Heal()
		id := b.fake.Comments("PI-42")[0].ID
		pushed := routecardtest.Decode[gen.JiraPushed](t, b.must(200, fill.Replace(jiraRequests[4])))
		wantEqual(t, "the comment that was written again", pushed.CommentID, id)
		b.comment()
		wantEqual(t, "the events", b.events(linked), []string{"job.created", "job.linked", "job.pushed"})
	})
}

func TestJiraIsSlow(t *testing.T) {
	t.Parallel()
	brief := func(cfg *jira.Config) { cfg.Timeout = 200 * time.Millisecond }
	eachJira(t, func(t *testing.T, b *ticketed) {
		fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", createJob(t, b.s, exampleJob).ID)
		for _, fault := range []jiratest.Fault{jiratest.Slow(time.Hour), jiratest.Drip(time.Millisecond), jiratest.RetryAfter(503, "60")} {
			b.fake.Heal()
			b.fake.Always("", "", fault)
			for _, request := range jiraRequests {
				b.refuses(fill.Replace(request), 502, noAnswer)
			}
		}
	}, brief)
}

// TestClientDisconnectsDuringJiraRequest has clients close their connections while Jira does not answer. That counts as status 499
// and is no failure of Jira. Afterwards a push of the same job is possible at once.
func TestClientDisconnectsDuringJiraRequest(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]jiratest.Fault{
		"no answer": jiratest.Slow(time.Hour), "a wait between retries": jiratest.RetryAfter(503, "5"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachJira(t, func(t *testing.T, b *ticketed) {
				linked := b.linked().ID
				fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", linked)
				b.fake.Always("", "", fault)
				for _, request := range jiraRequests {
					b.leavesOnceAsked(fill.Replace(request))
				}
				left := func() int { return strings.Count(b.s.Log.String(), `"status":499`) }
				for end := time.Now().Add(time.Minute); left() < len(jiraRequests) && time.Now().Before(end); {
					time.Sleep(10 * time.Millisecond)
				}
				wantEqual(t, "the number of requests with status 499", left(), len(jiraRequests))
				if log := b.s.Log.String(); strings.Contains(log, "upstream failed") || strings.Contains(log, `"status":502`) {
					t.Errorf("the log blames Jira:\n%s", log)
				}
				b.fake.Heal()
				b.push(linked)
			})
		})
	}
}

// leavesOnceAsked sends a request, and closes the connection once Jira has received its request.
func (b *ticketed) leavesOnceAsked(request string) {
	b.t.Helper()
	ctx, leave := context.WithCancel(b.t.Context())
	defer leave()
	method, path, body := split(request)
	asked, err := http.NewRequestWithContext(ctx, method, b.s.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	asked.Header.Set("Content-Type", "application/json")
	before := len(b.fake.Requests())
	go func() {
		for len(b.fake.Requests()) == before && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		leave()
	}()
	if response, err := http.DefaultClient.Do(asked); err == nil {
		_ = response.Body.Close()
		b.t.Errorf("%s was answered with %d", request, response.StatusCode)
	}
}

func TestJiraUnreachable(t *testing.T) {
	t.Parallel()
	// No server listens at the local port of a connection, and no other test can get the port while the connection is open.
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	connection, err := net.Dial("tcp", other.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	eachJira(t, func(t *testing.T, b *ticketed) {
		fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", createJob(t, b.s, exampleJob).ID)
		for _, request := range jiraRequests {
			b.refuses(fill.Replace(request), 502, noAnswer)
		}
	}, func(cfg *jira.Config) { cfg.URL = "http://" + connection.LocalAddr().String() })
}

func TestJiraTicketNotFound(t *testing.T) {
	t.Parallel()
	eachJira(t, func(_ *testing.T, b *ticketed) {
		fill := strings.NewReplacer("{free}", b.job("JOB-2024-002").ID, "{linked}", b.linked().ID)
		b.fake.RemoveIssue("PI-42")
		for _, request := range jiraRequests[1:] {
			b.refuses(fill.Replace(request), 404, "Jira ticket not found: PI-42")
		}
		b.asks(0, func() {
			for _, key := range []string{"42", "PI", "PI-0", "PI-042", "PI-42-1", "P..I-1", "serverInfo"} {
				b.refuses("GET /api/jira/tickets/"+key, 404, "Jira ticket not found: "+key)
				b.refuses(`POST /api/jira/link {"ticketKey":"`+key+`"}`, 404, "Jira ticket not found: "+key)
			}
			b.refuses(`POST /api/jira/link {"ticketKey":"PI-42/../PI-1"}`, 404, "Jira ticket not found: PI-42/../PI-1")
		})
	})
}

func TestJiraOperationsNeedTheirJob(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		linked, free := createJob(t, b.s, exampleJob).ID, b.job("JOB-2024-002").ID
		b.asks(0, func() {
			b.refuses(`POST /api/jira/link {"ticketKey":"PI-42","jobId":"job_unknown"}`, 404, "Job not found: job_unknown")
			b.refuses(`POST /api/jira/push {"jobId":"job_unknown"}`, 404, "Job not found: job_unknown")
			for _, more := range []string{"", `,"allowDuplicate":true`} {
				b.refuses(`POST /api/jira/link {"ticketKey":"PI-43","jobId":"`+linked+`"`+more+`}`, 409, "Job is already linked to PI-42")
			}
			b.refuses(`POST /api/jira/push {"jobId":"`+free+`"}`, 409, "Job is not linked to a Jira ticket")
		})
	})
}

// TestJobDeletedDuringJiraRequest changes the job in the time that Jira takes to answer.
func TestJobDeletedDuringJiraRequest(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		b.fake.AddIssue("PI-43", nil)
		deleted := b.job("deleted").ID
		b.fake.Next(meanwhile(func() { b.do("DELETE /api/jobs/" + deleted) }))
		wantError(t, b.do(`POST /api/jira/link {"ticketKey":"PI-42","jobId":"`+deleted+`"}`),
			gen.Error{StatusCode: 404, Message: "Job not found: " + deleted})

		linked := b.job("linked").ID
		b.fake.Next(meanwhile(func() { b.do(`POST /api/jira/link {"ticketKey":"PI-43","jobId":"` + linked + `"}`) }))
		wantError(t, b.do(`POST /api/jira/link {"ticketKey":"PI-42","jobId":"`+linked+`"}`),
			gen.Error{StatusCode: 409, Message: "Job is already linked to PI-43"})

		pushed := b.linked().ID
		b.fake.Next(meanwhile(func() { b.do("DELETE /api/jobs/" + pushed) }))
		wantError(t, b.do(`POST /api/jira/push {"jobId":"`+pushed+`"}`),
			gen.Error{StatusCode: 404, Message: "Job not found: " + pushed})
		for _, job := range []string{deleted, pushed} {
			b.must(404, "GET /api/jobs/"+job)
		}
		wantEqual(t, "the events of the job that was linked", b.events(linked), []string{"job.created", "job.linked"})
	})
}

func TestJiraRequestsAreChecked(t *testing.T) {
	t.Parallel()
	link := func(name, body string, wantErrors ...string) scenario {
		return scenario{name: "link " + name, method: "POST", path: "/api/jira/link", body: body, wantStatus: 400, wantErrors: wantErrors}
	}
	push := func(name, body string, wantErrors ...string) scenario {
		return scenario{name: "push " + name, method: "POST", path: "/api/jira/push", body: body, wantStatus: 400, wantErrors: wantErrors}
	}
	list := func(name, query string, wantErrors ...string) scenario {
		return scenario{name: "list " + name, method: "GET", path: "/api/jira/tickets?" + query, wantStatus: 400, wantErrors: wantErrors}
	}
	const keyRequired, jobRequired = "ticketKey is required", "jobId is required"
	quantity := func(text string) string { return `{"ticketKey":"PI-42","goalQuantity":` + text + `}` }
	scenarios := []scenario{
		link("nothing", `{}`, keyRequired),
		link("no key", `{"ticketKey":null}`, keyRequired),
		link("an empty key", `{"ticketKey":""}`, keyRequired),
		link("a key of white space", `{"ticketKey":" \t"}`, keyRequired),
		link("a key in another case", `{"ticketkey":"PI-42"}`, keyRequired),
		link("a key that is a number", `{"ticketKey":42}`, "ticketKey must be a string"),
		link("a key with NUL", `{"ticketKey":"PI-\u0000"}`, "ticketKey must not contain NUL characters"),
		link("a long key", `{"ticketKey":"`+strings.Repeat("P", 256)+`"}`, "ticketKey must be at most 255 characters long"),
		link("a job that is a number", `{"ticketKey":"PI-42","jobId":1}`, "jobId must be a string"),
		link("an empty job", `{"ticketKey":"PI-42","jobId":""}`, "jobId cannot be empty"),
		link("quantity 0", quantity(`0`), goalPositive),
		link("quantity -1", quantity(`-1`), goalPositive),
		link("quantity 1.5", quantity(`1.5`), goalInteger),
		link("quantity 2^53", quantity(`9007199254740992`), goalTooLarge),
		link("quantity as a string", quantity(`"50"`), goalNumber),
		link("duplicate as a string", `{"ticketKey":"PI-42","allowDuplicate":"true"}`, "allowDuplicate must be a boolean"),
		link("several", `{"allowDuplicate":1,"goalQuantity":0}`, keyRequired, goalPositive, "allowDuplicate must be a boolean"),
		push("nothing", `{}`, jobRequired),
		push("an empty job", `{"jobId":""}`, jobRequired),
		push("a job that is an object", `{"jobId":{}}`, "jobId must be a string"),
		list("limit 0", "limit=0", "limit must be greater than 0"),
		list("limit -1", "limit=-1", "limit must be greater than 0"),
		list("limit 101", "limit=101", "limit must be at most 100"),
		list("limit 1.5", "limit=1.5", "limit must be an integer"),
		list("limit of words", "limit=many", "limit must be a number"),
		list("limit twice", "limit=1&limit=2", "limit must be given once"),
		list("a token of nobody", "pageToken=abc", "pageToken must be taken from the Link header of a page"),
		list("a token that is no base64", "pageToken=%25%25", "pageToken must be taken from the Link header of a page"),
		list("a cursor of another list", "pageToken="+"am9iXzAx", "pageToken must be taken from the Link header of a page"),
		list("a long token", "pageToken="+strings.Repeat("x", 4001), "pageToken must be at most 4000 characters long"),
		{name: "link no JSON", method: "POST", path: "/api/jira/link", body: `{`, wantStatus: 400, wantMessage: notJSON},
		{name: "push no object", method: "POST", path: "/api/jira/push", body: `[]`, wantStatus: 400, wantMessage: notObject},
	}
	eachJira(t, func(t *testing.T, b *ticketed) {
		before := b.state()
		b.asks(0, func() {
			for _, c := range scenarios {
				t.Run(c.name, func(t *testing.T) { c.run(t, b.s) })
			}
		})
		wantEqual(t, "the state after all", b.state(), before)
	})
}
