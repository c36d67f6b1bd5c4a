package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/gen/client"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// push writes the progress of a job to its ticket and returns the comment's id.
func (b *ticketed) push(job string) string {
	b.t.Helper()
	answer := b.must(200, `POST /api/jira/push {"jobId":"`+job+`"}`)
	return routecardtest.Decode[gen.JiraPushed](b.t, answer).CommentID
}

// produced is a floor whose job is linked to PI-42: 4 units on a route of two steps, the first one completed, the second
// one scrapped.
func (b *ticketed) produced() *floor {
	b.t.Helper()
	f := build(b.t, b.s, "strict Saw Pack", 4)
	b.must(200, `POST /api/jira/link {"ticketKey":"PI-42","jobId":"`+f.job.ID+`"}`)
	f.must(200, "POST /api/serials/{sn1}/advance {}")
	f.must(200, "POST /api/serials/{sn1}/advance {}")
	f.must(200, `POST /api/serials/{sn2}/scrap {"reason":"damaged"}`)
	return f
}

func TestPushWritesTheProgress(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		f := b.produced()
		b.fake.AddIssue("PI-43", nil)
		other := routecardtest.Decode[gen.Job](t, b.must(201, `POST /api/jira/link {"ticketKey":"PI-43","goalQuantity":7}`))
		before := b.must(200, "GET /api/jobs/"+f.job.ID)

		answer := b.must(200, `POST /api/jira/push {"jobId":"`+f.job.ID+`"}`)
		comment := b.fake.Comments("PI-42")[0]
		wantJSON(t, answer.Body, `{"ticketKey":"PI-42","commentId":"`+comment.ID+`"}`)
		wantEqual(t, "the comment", b.comment(), "JOB-2024-002: 1 of 10 completed (10%), 2 in progress, 1 scrapped\n"+
			"Main Route: 1 of 10 completed, 2 in progress, 1 scrapped\n- Saw: 2 here, 1 done\n- Pack: 0 here, 1 done\n\nRoutecard job "+f.job.ID)
		wantEqual(t, "the number of comments on another ticket", len(b.fake.Comments("PI-43")), 0)

		after := b.must(200, "GET /api/jobs/"+f.job.ID)
		wantEqual(t, "the job", after.Body, before.Body)
		wantEqual(t, "its ETag", after.Header.Get("ETag"), before.Header.Get("ETag"))
		events := f.events("jobId=" + f.job.ID + "&type=job.pushed")
		wantEqual(t, "the number of events", len(events), 1)
		wantEqual(t, "the data of job.pushed", string(events[0].Data),
			`{"ticketKey":"PI-42","commentId":"`+comment.ID+`"}`)

		b.push(other.ID)
		wantEqual(t, "the comment of a job without paths", b.fake.Comments("PI-43")[0].Text,
			"PI-43: 0 of 7 completed (0%), 0 in progress, 0 scrapped\n\nRoutecard job "+other.ID)
	})
}

func TestPushTwiceIsOneComment(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		f := b.produced()
		b.fake.AddComment("PI-42", "When will it be done?")
		first := b.push(f.job.ID)
		f.must(200, "POST /api/serials/{sn3}/advance {}")
		f.must(200, "POST /api/serials/{sn3}/advance {}")
		wantEqual(t, "the comment written again", b.push(f.job.ID), first)

		comments := b.fake.Comments("PI-42")
		wantEqual(t, "the number of comments", len(comments), 2)
		wantEqual(t, "the changes of the other comment", comments[0].Updates, 0)
		wantEqual(t, "the changes of our comment", comments[1].Updates, 1)
		wantEqual(t, "our comment", comments[1].Text, "JOB-2024-002: 2 of 10 completed (20%), 1 in progress, 1 scrapped\n"+
			"Main Route: 2 of 10 completed, 1 in progress, 1 scrapped\n- Saw: 1 here, 2 done\n- Pack: 0 here, 2 done\n\nRoutecard job "+f.job.ID)
		wantEqual(t, "the number of comments added", b.fake.Count("POST", "/comment"), 1)
		wantEqual(t, "the number of events", len(f.events("type=job.pushed")), 2)

		b.fake.DeleteComment("PI-42", first)
		again := b.push(f.job.ID)
		if again == first {
			t.Errorf("the comment is %s, which was deleted", first)
		}
		wantEqual(t, "the comment written after that", b.push(f.job.ID), again)
		wantEqual(t, "the number of comments in the end", len(b.fake.Comments("PI-42")), 2)
	})
}

// TestPushOfTwoJobsOfOneTicket writes a comment for each.
func TestPushOfTwoJobsOfOneTicket(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		first := b.linked().ID
		second := routecardtest.Decode[gen.Job](t, b.must(201, `POST /api/jira/link {"ticketKey":"PI-42","allowDuplicate":true}`)).ID
		ids := []string{b.push(first), b.push(second), b.push(first), b.push(second)}
		wantEqual(t, "the comments written", ids, []string{ids[0], ids[1], ids[0], ids[1]})
		comments := b.fake.Comments("PI-42")
		wantEqual(t, "the number of comments", len(comments), 2)
		for i, job := range []string{first, second} {
			if !strings.HasSuffix(comments[i].Text, "\nRoutecard job "+job) {
				t.Errorf("comment %d is %q", i, comments[i].Text)
			}
		}
	})
}

// TestPushesAtOnce delays the first push until the second one has its response, and then sends many pushes at once.
func TestPushesAtOnce(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		servers := []*routecardtest.Server{b.s}
		if strings.HasPrefix(b.database, "postgres") {
			servers = append(servers, b.another())
		}
		job := b.linked().ID
		request := `POST /api/jira/push {"jobId":"` + job + `"}`
		b.fake.Next(meanwhile(func() {
			for _, s := range servers {
				wantError(t, send(t, s, request), gen.Error{StatusCode: 409, Message: "A push of this job is in progress"})
			}
		}))
		b.push(job)
		b.comment()

		b.fake.DeleteComment("PI-42", b.fake.Comments("PI-42")[0].ID)
		var crowd sync.WaitGroup
		answers := make([]routecardtest.Answer, 8)
		for i := range answers {
			crowd.Go(func() { answers[i] = send(t, servers[i%len(servers)], request) })
		}
		crowd.Wait()
		pushed := 1 // the one before
		for _, answer := range answers {
			switch answer.Status {
			case 200:
				pushed++
			default:
				wantError(t, answer, gen.Error{StatusCode: 409, Message: "A push of this job is in progress"})
			}
		}
		if pushed == 1 {
			t.Error("none of the crowd was let through")
		}
		b.comment()
		events := routecardtest.Decode[[]gen.Event](t, b.must(200, "GET /api/events?type=job.pushed"))
		wantEqual(t, "the number of events", len(events), pushed)
	})
}

// TestPushAfterACrashedPush has a server disappear during a push: other pushes get a 409 until the push has expired.
func TestPushAfterACrashedPush(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		job := b.linked().ID
		if _, err := b.s.Store.BeginPush(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		// A running push must not expire: Jira may take 10 seconds, and the database may be slow.
		b.s.Clock.Advance(20 * time.Second)
		b.refuses(`POST /api/jira/push {"jobId":"`+job+`"}`, 409, "A push of this job is in progress")
		b.s.Clock.Advance(20 * time.Second)
		b.push(job)
	})
}

// TestPushThatCannotBeRemembered makes the transaction at the end of a push fail. The next push must be possible at once.
func TestPushThatCannotBeRemembered(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		job := b.linked().ID
		const key = "Idempotency-Key: taken"
		b.fake.Next(meanwhile(func() { b.must(201, `POST /api/jobs {"name":"x","goalQuantity":1}`, key) }))
		wantError(t, b.do(`POST /api/jira/push {"jobId":"`+job+`"}`, key), gen.Error{
			StatusCode: 422, Message: "Idempotency-Key was already used for a different request",
		})
		id := b.fake.Comments("PI-42")[0].ID
		wantEqual(t, "the comment written again", b.push(job), id)
		b.comment()
		wantEqual(t, "the events", b.events(job), []string{"job.created", "job.linked", "job.pushed"})
	})
}

// TestPushByADisconnectedClient has the client disconnect during the request to Jira. The next push must be possible at once. The
// clock of the test stands still, so the first push never expires.
func TestPushByADisconnectedClient(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		job := b.linked().ID
		ctx, leave := context.WithCancel(t.Context())
		b.fake.Next(func(_ http.ResponseWriter, r *http.Request, _ *jiratest.Server) {
			leave()
			<-r.Context().Done()
		})
		_, err := b.s.Client.PushJobToJiraWithResponse(ctx, nil, client.PushJobToJiraJSONRequestBody{JobID: job})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("the push ended with %v", err)
		}
		request := `POST /api/jira/push {"jobId":"` + job + `"}`
		answer := b.do(request)
		for begun := time.Now(); answer.Status == 409 && time.Since(begun) < time.Minute; answer = b.do(request) {
			time.Sleep(5 * time.Millisecond) // the server has yet to notice
		}
		wantEqual(t, "the status of the next push", answer.Status, 200)
	})
}

// TestPushReadsProgressInItsTurn has a second push overtake a first one that has not begun yet. The first one must not write an
// older progress afterwards.
func TestPushReadsProgressInItsTurn(t *testing.T) {
	t.Parallel()
	for _, deployment := range []string{jira.Cloud, jira.DataCenter} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			// PostgreSQL only: on SQLite the clock is read while no other request can write.
			b := newTicketed(t, deployment, postgrestest.Database(t))
			f, other := b.produced(), b.another()
			b.s.Clock.OnNow(func() {
				b.s.Clock.OnNow(nil)
				for range 2 {
					if answer := send(t, other, "POST /api/serials/"+f.serials[2].ID+"/advance {}"); answer.Status != 200 {
						t.Errorf("the unit did not advance: %s", answer.Body)
					}
				}
				if answer := send(t, other, `POST /api/jira/push {"jobId":"`+f.job.ID+`"}`); answer.Status != 200 {
					t.Errorf("the second push failed: %s", answer.Body)
				}
			})
			b.push(f.job.ID)
			wantEqual(t, "the changes of the comment", b.fake.Comments("PI-42")[0].Updates, 1)
			if text := b.comment(); !strings.HasPrefix(text, "JOB-2024-002: 2 of 10 completed") {
				t.Errorf("the comment is %q, and 2 are completed", text)
			}
		})
	}
}

// TestPushOfALargeJob checks that the comment stays below Jira's limit, whatever characters the names contain.
func TestPushOfALargeJob(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		long := strings.Repeat("😀", 5000) // each two of the units that Jira counts in
		job := createJob(t, b.s, `{"name":"`+long+`","goalQuantity":9007199254740991,"jiraTicketKey":"PI-42"}`).ID
		for i := range 30 {
			name := strings.Repeat("😀", 230+i)
			answer := b.do(fmt.Sprintf(`POST /api/paths {"jobId":%q,"name":%q,"goalQuantity":9007199254740991,
				"steps":[{"name":%q},{"name":%q},{"name":%q},{"name":%q}]}`, job, name, name, name, name, name))
			wantEqual(t, "the status of the path", answer.Status, 201)
		}
		b.push(job)
		text := b.comment()
		if length := len(utf16.Encode([]rune(text))); length > 32767 {
			t.Errorf("the comment has %d characters, and Jira takes 32767", length)
		}
		if !strings.HasSuffix(text, "\nand 10 more paths\n\nRoutecard job "+job) {
			t.Errorf("the comment ends with %q", text[max(0, len(text)-200):])
		}
	})
}

// TestPushOfOddNames has names with characters that have a meaning in Jira. The next push must find the comment although its id was lost.
func TestPushOfOddNames(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		for i, name := range []string{
			"{quote}", "a{quote}b{quote}", "{code}", "{noformat}\n", "bq. a", "a\n\nb", "\n", "\r\n", "*a*", `\{quote}`,
			"Routecard job job_other", "\u2028", "\x01\x1b", "[~admin]", "{panel:title=x}", "|a|b|", "\ufffe",
		} {
			key := fmt.Sprintf("PI-%d", 100+i)
			b.fake.AddIssue(key, nil)
			encoded, err := json.Marshal("x" + name)
			if err != nil {
				t.Fatal(err)
			}
			job := createJob(t, b.s, fmt.Sprintf(`{"name":%s,"goalQuantity":1,"jiraTicketKey":%q}`, encoded, key)).ID
			b.fake.Always("POST", "/comment", jiratest.CutOff)
			b.refuses(`POST /api/jira/push {"jobId":"`+job+`"}`, 502, noAnswer)
			b.fake.Heal()
			b.push(job)
			if comments := b.fake.Comments(key); len(comments) != 1 || comments[0].Updates != 1 {
				t.Errorf("%q: the comments are %+v, want one that was updated", name, comments)
			}
		}
	})
}
