package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestEventsOfEverything makes each kind of change once, and checks its event.
func TestEventsOfEverything(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B C", 1)
		f.must(200, `PUT /api/jobs/{job} {"goalQuantity":20}`)
		f.must(200, `PUT /api/paths/{path} {"name":"Second Route"}`)
		f.must(200, `PATCH /api/steps/{A} {"location":"Bay 3"}`)
		s.Clock.Advance(time.Second)
		f.must(200, `steps/{C}/override {"reason":"Prototype","userId":"maria"}`)
		f.must(204, "DELETE steps/{C}/override")
		f.must(200, `advance-to {"targetStepIndex":2}`)
		f.must(200, `steps/{B}/waive {"reason":"x","approverId":"lead"}`)
		f.must(200, "undo")
		f.must(200, "steps/{B}/complete")
		f.must(200, "advance")
		f.must(200, "undo")
		f.must(200, `scrap {"reason":"damaged"}`)
		f.must(200, "undo")
		f.must(200, "undo")
		f.must(200, "force-complete")
		second := f.addPath("strict X")
		f.must(204, "DELETE /api/paths/"+second.ID)
		gone := createJob(t, s, exampleJob)
		f.must(204, "DELETE /api/jobs/"+gone.ID)

		answer := f.must(200, "GET /api/events")
		wantJSON(t, answer.Body, strings.NewReplacer("{gone}", gone.ID, "{second}", second.ID).Replace(f.fill(`[
			{"type":"job.created","userId":"anonymous","jobId":"{job}","at":"2024-01-15T10:30:00.123Z","data":{"name":"JOB-2024-002","goalQuantity":10}},
			{"type":"path.created","jobId":"{job}","pathId":"{path}","data":{"name":"Main Route","goalQuantity":10,"advancementMode":"flexible",
				"steps":[{"stepId":"{A}","stepName":"A","optional":false,"dependencyType":"preferred"},{"stepName":"B"},{"stepName":"C"}]}},
			{"type":"serial.created","jobId":"{job}","pathId":"{path}","serialId":"{sn}","stepId":"{A}","data":{"stepName":"A"}},
			{"type":"job.updated","jobId":"{job}","data":{"goalQuantity":20}},
			{"type":"path.updated","jobId":"{job}","pathId":"{path}","data":{"name":"Second Route"}},
			{"type":"step.updated","jobId":"{job}","pathId":"{path}","stepId":"{A}","data":{"stepId":"{A}","stepName":"A","location":"Bay 3"}},
			{"type":"serial.step_overridden","userId":"maria","stepId":"{C}","at":"2024-01-15T10:30:01.123Z"},
			{"type":"serial.override_cleared","userId":"anonymous","stepId":"{C}"},
			{"type":"serial.advanced","stepId":"{C}"},
			{"type":"serial.step_waived","stepId":"{B}"},
			{"type":"serial.undone","stepId":"{C}","data":{"eventType":"serial.step_waived"}},
			{"type":"serial.step_completed","stepId":"{B}"},
			{"type":"serial.completed","stepId":"{C}"},
			{"type":"serial.undone","data":{"eventType":"serial.completed"}},
			{"type":"serial.scrapped","stepId":"{C}"},
			{"type":"serial.undone","data":{"eventType":"serial.scrapped"}},
			{"type":"serial.undone","data":{"eventType":"serial.step_completed"}},
			{"type":"serial.force_completed","stepId":"{C}","data":{"openSteps":[{"stepName":"B","status":"deferred"},{"stepName":"C","status":"pending"}]}},
			{"type":"path.created","pathId":"{second}"},
			{"type":"path.deleted","jobId":"{job}","pathId":"{second}","data":{"name":"Main Route"}},
			{"type":"job.created","jobId":"{gone}","data":{"name":"JOB-2024-001"}},
			{"type":"job.deleted","jobId":"{gone}","data":{"name":"JOB-2024-001"}}]`)))

		events := routecardtest.Decode[[]gen.Event](t, answer)
		ids := map[string]bool{}
		for i, event := range events {
			if !strings.HasPrefix(event.ID, "evt_") || ids[event.ID] || i > 0 && event.Seq <= events[i-1].Seq {
				t.Errorf("event %d is %s, number %d", i, event.ID, event.Seq)
			}
			ids[event.ID] = true
			if strings.HasPrefix(event.Type, "serial.") && (event.SerialID == nil || *event.SerialID != f.serials[0].ID) {
				t.Errorf("%s is of the unit %v", event.Type, event.SerialID)
			}
		}
		for _, absent := range []string{"before", "marks", "null"} {
			if strings.Contains(answer.Body, absent) {
				t.Errorf("the events have %q, which is nobody's business", absent)
			}
		}
		wantEqual(t, "events of a deleted job", eventTypes(f.events("jobId="+gone.ID)), []string{"job.created", "job.deleted"})
	})
}

func TestEventFilters(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f, other := build(t, s, "strict A B C", 3), build(t, s, "strict X", 1)
		f.must(200, `/api/serials/advance {"serialIds":{sns}}`)
		f.must(200, "/api/serials/{sn2}/advance")
		other.must(200, "advance")
		all := f.events("")
		for query, keep := range map[string]func(gen.Event) bool{
			"":                     func(gen.Event) bool { return true },
			"jobId={job}":          func(e gen.Event) bool { return *e.JobID == f.job.ID },
			"jobId=" + noJob:       func(gen.Event) bool { return false },
			"serialId={sn2}":       func(e gen.Event) bool { return e.SerialID != nil && *e.SerialID == f.serials[1].ID },
			"type=serial.advanced": func(e gen.Event) bool { return e.Type == "serial.advanced" },
			"type=serial":          func(gen.Event) bool { return false },
			fmt.Sprintf("type=serial.created&after=%d", all[2].Seq): func(e gen.Event) bool {
				return e.Type == "serial.created" && e.Seq > all[2].Seq
			},
			"jobId={job}&type=serial.advanced&serialId={sn2}": func(e gen.Event) bool {
				return e.SerialID != nil && *e.SerialID == f.serials[1].ID && e.Type == "serial.advanced"
			},
			"jobId=" + other.job.ID + "&serialId={sn1}": func(gen.Event) bool { return false },
		} {
			want := slices.DeleteFunc(slices.Clone(all), func(e gen.Event) bool { return !keep(e) })
			wantEqual(t, query, f.events(query), want)
			for _, limit := range []int{1, 2, 1000} {
				wantEqual(t, fmt.Sprintf("%s by %d", query, limit), eventPages(f, query, limit), want)
			}
		}
		// A client that uses only the parameter after, without the links, gets the same events.
		followed := []gen.Event{}
		for after := int64(0); len(followed) < len(all); after = followed[len(followed)-1].Seq {
			page := f.events(fmt.Sprintf("limit=2&after=%d", after))
			if len(page) == 0 {
				t.Fatalf("no event after %d", after)
			}
			followed = append(followed, page...)
		}
		wantEqual(t, "followed", followed, all)
		wantEqual(t, "after the last", f.must(200, "GET /api/events?after="+itoa(all[len(all)-1].Seq)).Body, "[]\n")
		wantEqual(t, "far beyond", f.must(200, "GET /api/events?after=9007199254740991").Body, "[]\n")
		f.invalid("GET /api/events?after=-1", "after must be at least 0")
		f.invalid("GET /api/events?after=x", "after must be a number")
		f.invalid("GET /api/events?after=1.5", "after must be an integer")
		f.invalid("GET /api/events?limit=0", "limit must be greater than 0")
		f.invalid("GET /api/events?limit=1001", "limit must be at most 1000")
	})
}

func eventPages(f *floor, query string, limit int) []gen.Event {
	f.t.Helper()
	return pages[gen.Event](f, "/api/events?"+query, limit)
}

// TestEventPageContinues checks that the link of a full page begins after its last event, so that a client need not build URLs.
func TestEventPageContinues(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 5)
		answer := f.must(200, "GET /api/events?type=serial.created&limit=2")
		page := routecardtest.Decode[[]gen.Event](t, answer)
		next := nextPage(t, answer)
		if !strings.Contains(next, "after="+itoa(page[1].Seq)) || !strings.Contains(next, "limit=2") || !strings.Contains(next, "type=serial.created") {
			t.Errorf("the link is %s", next)
		}
		wantEqual(t, "without a limit there is no link", f.must(200, "GET /api/events").Header.Get("Link"), "")
	})
}

// TestEventsAreNotChanged checks that reads, undos, and edits do not change earlier events.
func TestEventsAreNotChanged(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		f.must(200, "advance")
		before := strings.TrimSuffix(f.must(200, "GET /api/events?jobId={job}").Body, "]\n")
		f.must(200, "undo")
		f.must(200, `PUT /api/paths/{path} {"name":"x","steps":[{"id":"{A}","name":"Other"}]}`)
		f.must(200, `PUT /api/jobs/{job} {"name":"y"}`)
		if after := f.must(200, "GET /api/events?jobId={job}").Body; !strings.HasPrefix(after, before) {
			t.Errorf("the events were\n%s\nand are\n%s", before, after)
		}
	})
}

// TestListOfEventsEnds reads a long list slowly while a unit changes. The list must end with the event that was the newest
// when the request began.
func TestListOfEventsEnds(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		long := strings.Repeat("€", 10_000)
		const large = 250 // more than the buffers of a connection hold
		for range large {
			f.must(201, fmt.Sprintf(`/api/jobs {"name":%q,"notes":%[1]q,"goalQuantity":50}`, long))
		}
		response, err := http.Get(s.URL + "/api/events")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		f.must(200, "advance")
		var events []gen.Event
		if err := json.NewDecoder(response.Body).Decode(&events); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the number of events", len(events), 2+1+large)
		wantEqual(t, "the type of the last event", events[len(events)-1].Type, "job.created")
	})
}
