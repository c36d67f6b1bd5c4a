package server_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/server"
)

// post is a request of a POST operation that succeeds once. Path, body, and the requests before it may contain {job}, {path},
// {unit}, {other}, and {step} (the second step of the path). They name resources that are created for this request alone.
type post struct {
	path, body string
	// before are the requests that prepare for it: a path and a body each.
	before [][2]string
	// contentType defaults to application/json.
	contentType string
	// events is the number of events that it appends.
	events int
	// mayBeUnderWay reports whether a second request may get a 409 while the first one waits for Jira.
	mayBeUnderWay bool
}

// posts has a request for each POST operation of the contract.
var posts = map[string]post{
	"createJob":     {path: "/api/jobs", body: exampleJob, events: 1},
	"createPath":    {path: "/api/paths", body: `{"jobId":"{job}","name":"p","goalQuantity":1,"steps":[{"name":"Saw"}]}`, events: 1},
	"createSerials": {path: "/api/serials", body: `{"pathId":"{path}","serialNumbers":["{unit}-A","{unit}-B"]}`, events: 2},

	"advanceSerials": {path: "/api/serials/advance", body: `{"serialIds":["{unit}","{other}"]}`, events: 2},
	"scrapSerials":   {path: "/api/serials/scrap", body: `{"serialIds":["{unit}","{other}"],"reason":"damaged"}`, events: 2},

	"advanceSerialsTo": {path: "/api/serials/advance-to", body: `{"serialIds":["{unit}","{other}"],"targetStepIndex":2}`, events: 2},
	"overrideSteps":    {path: "/api/serials/override", body: `{"serialIds":["{unit}","{other}"],"stepId":"{step}","reason":"r"}`, events: 2},
	"addSerialNotes":   {path: "/api/serials/notes", body: `{"serialIds":["{unit}","{other}"],"text":"t"}`, events: 2},
	"addSerialNote":    {path: "/api/serials/{unit}/notes", body: `{"text":"t"}`, events: 1},
	"undoSerials": {
		path: "/api/serials/undo", body: `{"serialIds":["{unit}","{other}"]}`, events: 2,
		before: [][2]string{{"/api/serials/advance", `{"serialIds":["{unit}","{other}"]}`}},
	},

	"advanceSerial":       {path: "/api/serials/{unit}/advance", body: `{}`, events: 1},
	"advanceSerialTo":     {path: "/api/serials/{unit}/advance-to", body: `{"targetStepIndex":2}`, events: 1},
	"scrapSerial":         {path: "/api/serials/{unit}/scrap", body: `{"reason":"damaged"}`, events: 1},
	"forceCompleteSerial": {path: "/api/serials/{unit}/force-complete", body: `{}`, events: 1},
	"undoSerial": {
		path: "/api/serials/{unit}/undo", body: `{}`, events: 1,
		before: [][2]string{{"/api/serials/{unit}/advance", `{}`}},
	},
	"overrideStep": {path: "/api/serials/{unit}/steps/{step}/override", body: `{"reason":"r"}`, events: 1},
	"waiveStep": {
		path: "/api/serials/{unit}/steps/{step}/waive", body: `{"reason":"r","approverId":"a"}`, events: 1,
		before: [][2]string{{"/api/serials/{unit}/advance-to", `{"targetStepIndex":2}`}},
	},
	"completeStep": {
		path: "/api/serials/{unit}/steps/{step}/complete", body: `{}`, events: 1,
		before: [][2]string{{"/api/serials/{unit}/advance-to", `{"targetStepIndex":2}`}},
	},

	"linkJiraTicket": {path: "/api/jira/link", body: `{"jobId":"{job}","ticketKey":"PI-42","allowDuplicate":true}`, events: 1},
	"planJob": {
		path: "/api/jobs/plan", events: 4,
		body: `{"name":"x","goalQuantity":1,"paths":[{"name":"x","goalQuantity":2,"steps":[{"name":"A"}],"quantity":2}]}`,
	},
	"importJobs":     {path: "/api/jobs/import", contentType: "text/csv", body: "name,quantity\nJOB-2024-001,50\nJOB-2024-002,10\n", events: 2},
	"closeJob":       {path: "/api/jobs/{job}/close", body: `{"reason":"x"}`, events: 1},
	"reopenJob":      {path: "/api/jobs/{job}/reopen", body: `{}`, events: 1, before: [][2]string{{"/api/jobs/{job}/close", "{}"}}},
	"createTemplate": {path: "/api/templates", body: `{"name":"x","steps":[{"name":"A"}]}`, events: 1},
	"pushJobToJira": {
		path: "/api/jira/push", body: `{"jobId":"{job}"}`, events: 1, mayBeUnderWay: true,
		before: [][2]string{{"/api/jira/link", `{"jobId":"{job}","ticketKey":"PI-42","allowDuplicate":true}`}},
	},
}

// on replaces the placeholders by the ids of a new floor and sends the requests before this one.
func (p post) on(t *testing.T, s *routecardtest.Server) post {
	t.Helper()
	job := createJob(t, s, `{"name":"JOB-2024-002","goalQuantity":200}`)
	route := routecardtest.Decode[gen.Path](t, mustPost(t, s, "/api/paths",
		`{"jobId":"`+job.ID+`","name":"Main","goalQuantity":200,"advancementMode":"flexible",`+
			`"steps":[{"name":"Saw"},{"name":"Mill"},{"name":"Wash"},{"name":"Pack"}]}`))
	units := routecardtest.Decode[[]gen.Serial](t, mustPost(t, s, "/api/serials", `{"pathId":"`+route.ID+`","quantity":2}`))
	fill := strings.NewReplacer("{job}", job.ID, "{path}", route.ID, "{unit}", units[0].ID, "{other}", units[1].ID,
		"{step}", route.Steps[1].ID)
	for _, step := range p.before {
		mustPost(t, s, fill.Replace(step[0]), fill.Replace(step[1]))
	}
	p.path, p.body = fill.Replace(p.path), fill.Replace(p.body)
	return p
}

func mustPost(t *testing.T, s *routecardtest.Server, path, body string, headers ...string) routecardtest.Answer {
	t.Helper()
	answer := s.Do(t, "POST", path, body, headers...)
	if answer.Status/100 != 2 {
		t.Fatalf("POST %s %s answered %d: %s", path, body, answer.Status, answer.Body)
	}
	return answer
}

// eachWithJira runs the test on both databases: with two servers on PostgreSQL, one on SQLite, and a Jira that has PI-42.
func eachWithJira(t *testing.T, test func(t *testing.T, servers []*routecardtest.Server)) {
	t.Helper()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		t.Helper()
		fake := jiratest.New(t, jira.Cloud)
		fake.AddIssue("PI-42", jiratest.Fields{"summary": "Build 50 aluminum housings"})
		withJira := func(options *server.Options) {
			tickets, err := jira.New(fake.Config())
			if err != nil {
				t.Fatal(err)
			}
			options.Jira = tickets
		}
		servers := []*routecardtest.Server{routecardtest.New(t, database, withJira)}
		if strings.HasPrefix(database, "postgres") {
			servers = append(servers, routecardtest.New(t, database, withJira))
		}
		test(t, servers)
	})
}

func countEvents(t *testing.T, s *routecardtest.Server) int {
	t.Helper()
	return len(routecardtest.Decode[[]gen.Event](t, s.Do(t, "GET", "/api/events", "")))
}

// TestEveryPostIsSafeToRepeat sends each POST operation of the contract with a key: by several clients at once, later
// again, and with the same key for something else.
func TestEveryPostIsSafeToRepeat(t *testing.T) {
	t.Parallel()
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	eachWithJira(t, func(t *testing.T, servers []*routecardtest.Server) {
		for _, operation := range rules.Operations() {
			if operation.Method != http.MethodPost {
				continue
			}
			request, known := posts[operation.ID]
			if !known {
				t.Errorf("posts has no request of %s", operation.ID)
				continue
			}
			t.Run(operation.ID, func(t *testing.T) { repeats(t, servers, request.on(t, servers[0])) })
		}
	})
}

// Calls of repeats must not run in parallel, because it counts all events.
func repeats(t *testing.T, servers []*routecardtest.Server, request post) {
	t.Helper()
	key := "Idempotency-Key: " + t.Name()
	contentType := "Content-Type: " + cmp.Or(request.contentType, "application/json")
	before := countEvents(t, servers[0])

	answers := make([]routecardtest.Answer, 8)
	var senders sync.WaitGroup
	for i := range answers {
		senders.Go(func() {
			answers[i] = servers[i%len(servers)].Do(t, "POST", request.path, request.body, key, contentType)
		})
	}
	senders.Wait()
	if request.mayBeUnderWay {
		answers = slices.DeleteFunc(answers, func(a routecardtest.Answer) bool { return a.Status == http.StatusConflict })
	}
	first := wantOneAnswer(t, answers)
	wantEqual(t, "the number of events", countEvents(t, servers[0])-before, request.events)

	for _, s := range servers {
		again := s.Do(t, "POST", request.path, request.body, key, contentType)
		wantReplay(t, again, first)

		reused := gen.Error{StatusCode: 422, Message: "Idempotency-Key was already used for a different request"}
		wantError(t, s.Do(t, "POST", request.path, request.body+" ", key, contentType), reused)
		wantError(t, s.Do(t, "POST", "/api/serials/SN-99999/undo", `{}`, key), reused)
	}
	wantEqual(t, "the number of events after all", countEvents(t, servers[0])-before, request.events)
}

// wantOneAnswer checks that one request made the change and that all others got its response. It returns this response.
func wantOneAnswer(t *testing.T, answers []routecardtest.Answer) routecardtest.Answer {
	t.Helper()
	fresh := slices.IndexFunc(answers, func(a routecardtest.Answer) bool { return a.Header.Get("Idempotency-Replayed") == "" })
	if fresh < 0 {
		t.Fatal("every answer claims to be a repetition")
	}
	if answers[fresh].Status/100 != 2 {
		t.Fatalf("the answer is %d: %s", answers[fresh].Status, answers[fresh].Body)
	}
	for i, answer := range answers {
		if i != fresh {
			wantReplay(t, answer, answers[fresh])
		}
	}
	return answers[fresh]
}

func wantReplay(t *testing.T, got, first routecardtest.Answer) {
	t.Helper()
	if got.Status != first.Status || strings.TrimSpace(got.Body) != strings.TrimSpace(first.Body) {
		t.Errorf("the repetition was answered %d %s\nwant %d %s", got.Status, got.Body, first.Status, first.Body)
	}
	wantEqual(t, "Idempotency-Replayed", got.Header.Get("Idempotency-Replayed"), "true")
	for _, name := range []string{"Content-Type", "ETag", "Location"} {
		wantEqual(t, name+" of the repetition", got.Header.Get(name), first.Header.Get(name))
	}
}

// TestFiftyClientsOneKey sends 50 equal requests with one key: one job is created, and all responses are equal.
func TestFiftyClientsOneKey(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		servers := []*routecardtest.Server{routecardtest.New(t, database)}
		if strings.HasPrefix(database, "postgres") {
			servers = append(servers, routecardtest.New(t, database))
		}
		for round := range 5 {
			answers := make([]routecardtest.Answer, 50)
			var clients sync.WaitGroup
			for i := range answers {
				clients.Go(func() {
					answers[i] = servers[i%len(servers)].Do(t, "POST", "/api/jobs", exampleJob, fmt.Sprintf("Idempotency-Key: round-%d", round))
				})
			}
			clients.Wait()
			wantOneAnswer(t, answers)
			wantEqual(t, "the number of jobs", len(listNames(t, servers[0], "/api/jobs")), round+1)
			wantEqual(t, "the number of events", countEvents(t, servers[0]), round+1)
		}
	})
}

// TestUsedKeyFailsAlone has requests with a key that was already used share transactions with other requests. Only the former fail.
func TestUsedKeyFailsAlone(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		mustPost(t, s, "/api/jobs", exampleJob, "Idempotency-Key: taken")
		const each = 40
		var clients sync.WaitGroup
		for i := range each {
			clients.Go(func() {
				wantEqual(t, "the status with a taken key", s.Do(t, "POST", "/api/jobs", exampleJob, "Idempotency-Key: taken").Status, 201)
			})
			clients.Go(func() {
				answer := s.Do(t, "POST", "/api/jobs", exampleJob, fmt.Sprintf("Idempotency-Key: own-%d", i))
				wantEqual(t, "the status with an own key", answer.Status, 201)
				wantEqual(t, "Idempotency-Replayed", answer.Header.Get("Idempotency-Replayed"), "")
			})
			clients.Go(func() {
				wantEqual(t, "the status without a key", s.Do(t, "POST", "/api/jobs", exampleJob).Status, 201)
			})
		}
		clients.Wait()
		wantEqual(t, "the number of jobs", len(listNames(t, s, "/api/jobs")), 1+2*each)
	})
}

// TestLostResponse closes the connection after the commit and before the first byte of the response, and sends the request again.
func TestLostResponse(t *testing.T) {
	t.Parallel()
	eachWithJira(t, func(t *testing.T, servers []*routecardtest.Server) {
		s := servers[0]
		lossy := routecardtest.Proxy(t, strings.TrimPrefix(s.URL, "http://"), func([]byte) bool { return false })
		for operation, request := range posts {
			t.Run(operation, func(t *testing.T) {
				request := request.on(t, s)
				before := countEvents(t, s)
				asked, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+lossy+request.path, strings.NewReader(request.body))
				if err != nil {
					t.Fatal(err)
				}
				contentType := cmp.Or(request.contentType, "application/json")
				asked.Header.Set("Content-Type", contentType)
				asked.Header.Set("Idempotency-Key", t.Name())
				if answer, err := http.DefaultClient.Do(asked); err == nil {
					_ = answer.Body.Close()
					t.Fatal("the answer was not lost")
				}
				wantEqual(t, "the number of events before the repetition", countEvents(t, s)-before, request.events)
				again := mustPost(t, servers[len(servers)-1], request.path, request.body,
					"Idempotency-Key: "+t.Name(), "Content-Type: "+contentType)
				wantEqual(t, "Idempotency-Replayed", again.Header.Get("Idempotency-Replayed"), "true")
				wantEqual(t, "the number of events", countEvents(t, s)-before, request.events)
			})
		}
	})
}

// TestFailuresAreNotRemembered sends a request that fails, removes the cause, and sends the request again with the same key.
func TestFailuresAreNotRemembered(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		const key = "Idempotency-Key: k"
		wantEqual(t, "the status of bad input", s.Do(t, "POST", "/api/jobs", `{"name":"x"}`, key).Status, 400)
		wantEqual(t, "the status of a lost unit", s.Do(t, "POST", "/api/serials/MINE-1/advance", `{}`, key).Status, 404)
		request := post{path: "/api/serials", body: `{"pathId":"{path}","serialNumbers":["MINE-1"]}`}.on(t, s)
		s.Clock.OnNow(func() { panic("in the transaction") })
		wantEqual(t, "the status of a panic", s.Do(t, "POST", request.path, request.body, key).Status, 500)
		s.Clock.OnNow(nil)
		mustPost(t, s, request.path, request.body, key)

		// A conflict of the unit's state, under a key of its own, is evaluated again each time.
		const second = "Idempotency-Key: k2"
		wantEqual(t, "the status of an undo of nothing", s.Do(t, "POST", "/api/serials/MINE-1/undo", `{}`, second).Status, 409)
		mustPost(t, s, "/api/serials/MINE-1/advance", `{}`)
		answer := mustPost(t, s, "/api/serials/MINE-1/undo", `{}`, second)
		wantEqual(t, "Idempotency-Replayed", answer.Header.Get("Idempotency-Replayed"), "")
	})
}

// TestKeysAreForgottenAfterADay moves the clock.
func TestKeysAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		const key = "Idempotency-Key: k"
		jobs := func() int { return len(listNames(t, s, "/api/jobs")) }
		first := mustPost(t, s, "/api/jobs", exampleJob, key)
		s.Clock.Advance(24*time.Hour - time.Millisecond)
		if err := s.Store.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantReplay(t, s.Do(t, "POST", "/api/jobs", exampleJob, key), first)
		wantEqual(t, "the number of jobs within the day", jobs(), 1)

		s.Clock.Advance(time.Millisecond)
		// The expired result is ignored before it is deleted, so the key can be used for another request.
		second := mustPost(t, s, "/api/jobs", `{"name":"y","goalQuantity":1}`, key)
		wantEqual(t, "Idempotency-Replayed", second.Header.Get("Idempotency-Replayed"), "")
		wantEqual(t, "the number of jobs after the day", jobs(), 2)
		wantReplay(t, s.Do(t, "POST", "/api/jobs", `{"name":"y","goalQuantity":1}`, key), second)

		s.Clock.Advance(24 * time.Hour)
		if err := s.Store.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustPost(t, s, "/api/jobs", `{"name":"y","goalQuantity":1}`, key)
		wantEqual(t, "the number of jobs after two", jobs(), 3)
	})
}

// TestInvalidIdempotencyKeys sends keys that break the rules of the contract, and keys that must not be refused.
func TestInvalidIdempotencyKeys(t *testing.T) {
	t.Parallel()
	refused := func(name, value, want string) scenario {
		return scenario{
			name: name, method: "POST", path: "/api/jobs", body: exampleJob,
			headers: []string{"Idempotency-Key: " + value}, wantStatus: 400, wantErrors: []string{"Idempotency-Key " + want},
		}
	}
	run(t, []scenario{
		refused("empty", "", "cannot be empty"),
		refused("only blanks", "  ", "cannot be empty"),
		refused("256 characters", strings.Repeat("k", 256), "must be at most 255 characters long"),
		refused("a blank", "a b", "must be made of visible ASCII characters"),
		refused("a tab", "a\tb", "must be made of visible ASCII characters"),
		refused("a letter beyond ASCII", "ключ", "must be made of visible ASCII characters"),
		refused("a letter of Latin-1", "\xe4", "must be valid UTF-8"),
		{
			name: "255 characters", method: "POST", path: "/api/jobs", body: exampleJob,
			headers: []string{"Idempotency-Key: " + strings.Repeat("~", 255)}, wantStatus: 201, wantBody: exampleJob,
		},
		{
			name: "a key where none is read", method: "PUT", path: "/api/jobs/{job}", body: `{"name":"y"}`,
			headers: []string{"Idempotency-Key: "}, wantStatus: 200, wantBody: `{"name":"y"}`,
		},
	})
}
