package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/server"
)

// ticketed is a server that is configured for a Jira, and that Jira, which has the ticket PI-42.
type ticketed struct {
	t        *testing.T
	s        *routecardtest.Server
	fake     *jiratest.Server
	database string
	config   jira.Config
}

// eachJira runs the test on both databases, with Jira Cloud and with Jira Data Center.
func eachJira(t *testing.T, test func(t *testing.T, b *ticketed), changes ...func(*jira.Config)) {
	t.Helper()
	for _, deployment := range []string{jira.Cloud, jira.DataCenter} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			routecardtest.EachDatabase(t, func(t *testing.T, database string) {
				t.Helper()
				test(t, newTicketed(t, deployment, database, changes...))
			})
		})
	}
}

func newTicketed(t *testing.T, deployment, database string, changes ...func(*jira.Config)) *ticketed {
	t.Helper()
	b := &ticketed{t: t, database: database, fake: jiratest.New(t, deployment)}
	b.fake.AddIssue("PI-42", jiratest.Fields{
		"summary":           "Build 50 aluminum housings",
		"status":            jiratest.InStatus("In Progress", "indeterminate"),
		"priority":          jiratest.Named("High"),
		"labels":            []string{"Q1-2024", "rush"},
		"customfield_10908": "ALU-HOUSING-7075",
		"customfield_10900": 50.0,
		"customfield_10014": "PI-10",
	})
	b.config = b.fake.Config()
	// Known, so that tests can count the requests of an operation; the process's test has it found out.
	b.config.Deployment = deployment
	for _, change := range changes {
		change(&b.config)
	}
	b.s = b.another()
	return b
}

// another starts another server with the same database and Jira, and with its own clock.
func (b *ticketed) another() *routecardtest.Server {
	b.t.Helper()
	tickets, err := jira.New(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(tickets.Close)
	return routecardtest.New(b.t, b.database, func(options *server.Options) { options.Jira = tickets })
}

// do sends a request: `POST /api/jira/link {…}`.
func (b *ticketed) do(request string, headers ...string) routecardtest.Answer {
	b.t.Helper()
	return send(b.t, b.s, request, headers...)
}

func send(t *testing.T, s *routecardtest.Server, request string, headers ...string) routecardtest.Answer {
	t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	return s.Do(t, method, path, body, headers...)
}

func (b *ticketed) must(status int, request string, headers ...string) routecardtest.Answer {
	b.t.Helper()
	answer := b.do(request, headers...)
	if answer.Status != status {
		b.t.Fatalf("%s answered %d, want %d: %.500s", request, answer.Status, status, answer.Body)
	}
	return answer
}

// job makes a job without a ticket.
func (b *ticketed) job(name string) gen.Job {
	b.t.Helper()
	return createJob(b.t, b.s, `{"name":"`+name+`","goalQuantity":10}`)
}

// linked makes a job from PI-42.
func (b *ticketed) linked() gen.Job {
	b.t.Helper()
	return routecardtest.Decode[gen.Job](b.t, b.must(201, `POST /api/jira/link {"ticketKey":"PI-42"}`))
}

// events lists the types of a job's events, oldest first.
func (b *ticketed) events(jobID string) []string {
	b.t.Helper()
	return eventTypes(routecardtest.Decode[[]gen.Event](b.t, b.must(200, "GET /api/events?jobId="+jobID)))
}

// state returns all jobs and events as the API shows them.
func (b *ticketed) state() string {
	b.t.Helper()
	jobs, events := b.must(200, "GET /api/jobs?include=progress"), b.must(200, "GET /api/events")
	out := []string{jobs.Body, events.Body}
	for _, job := range routecardtest.Decode[[]gen.JobListItem](b.t, jobs) {
		out = append(out, b.must(200, "GET /api/jobs/"+job.ID).Header.Get("ETag"))
	}
	return strings.Join(out, "\n")
}

// refuses checks that the request gets this error and changes nothing in Routecard.
func (b *ticketed) refuses(request string, status int, message string) {
	b.t.Helper()
	before := b.state()
	answer := b.do(request)
	want := fmt.Sprintf(`{"statusCode":%d,"message":%q}`, status, message)
	if answer.Status != status || strings.TrimSpace(answer.Body) != want {
		b.t.Errorf("%s answered %d %.500s, want %s", request, answer.Status, answer.Body, want)
	}
	if after := b.state(); after != before {
		b.t.Errorf("%s changed something: before\n%s\nafter\n%s", request, before, after)
	}
}

// asks checks how many requests Jira receives while the function runs.
func (b *ticketed) asks(want int, meanwhile func()) {
	b.t.Helper()
	before := len(b.fake.Requests())
	meanwhile()
	if got := len(b.fake.Requests()) - before; got != want {
		b.t.Errorf("Jira was asked %d times, want %d", got, want)
	}
}

// comment is the text of the only comment on PI-42.
func (b *ticketed) comment() string {
	b.t.Helper()
	comments := b.fake.Comments("PI-42")
	if len(comments) != 1 {
		b.t.Fatalf("PI-42 has %d comments, want 1: %+v", len(comments), comments)
	}
	return comments[0].Text
}

// names lists the names of the jobs that a list holds, newest first.
func (b *ticketed) names(query string) []string {
	b.t.Helper()
	return listNames(b.t, b.s, "/api/jobs?"+query)
}

// together responds as Jira would, but only after this number of requests has arrived, so that all callers have read the database
// by then.
func together(count int32) jiratest.Fault {
	var arrived atomic.Int32
	all := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
		if arrived.Add(1) == count {
			close(all)
		}
		select {
		case <-all:
			fake.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}

// meanwhile calls a function during the first request to Jira, and then responds as Jira would.
func meanwhile(do func()) jiratest.Fault {
	var done atomic.Bool
	return func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
		if !done.Swap(true) {
			do()
		}
		fake.ServeHTTP(w, r)
	}
}

// statuses lists the statuses of answers in their order.
func statuses(answers []routecardtest.Answer) []int {
	var list []int
	for _, answer := range answers {
		list = append(list, answer.Status)
	}
	slices.Sort(list)
	return list
}
