package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// seqs are the numbers of events.
func seqs(events []gen.Event) []int64 {
	out := []int64{}
	for _, event := range events {
		out = append(out, event.Seq)
	}
	return out
}

// TestEventFiltersBothOrders compares each filter, in both orders and by pages of several sizes, with a selection from the whole list.
func TestEventFiltersBothOrders(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B", 3)
		other := f.addPath("strict X")
		s.Clock.Advance(time.Hour)
		f.must(200, `advance {"userId":"maria"}`)
		f.must(200, `/api/serials/{sn2}/advance {"userId":"tom"}`)
		f.must(200, `PATCH /api/steps/{A} {"location":"Bay 3"}`)
		f.must(204, "DELETE /api/paths/"+other.ID)
		s.Clock.Advance(time.Hour)
		f.must(200, `undo {"userId":"maria"}`)
		build(t, s, "strict Y", 1)
		f.must(200, "/api/jobs/{job}/close")
		all := f.events("")
		since := func(at string) func(gen.Event) bool {
			return func(event gen.Event) bool { return event.At >= at }
		}
		for query, selects := range map[string]func(gen.Event) bool{
			"":                    func(gen.Event) bool { return true },
			"userId=maria":        func(event gen.Event) bool { return event.UserID == "maria" },
			"userId=nobody":       func(gen.Event) bool { return false },
			"pathId=" + f.path.ID: func(event gen.Event) bool { return event.PathID != nil && *event.PathID == f.path.ID },
			"pathId=" + other.ID:  func(event gen.Event) bool { return event.PathID != nil && *event.PathID == other.ID },
			"pathId=" + noPath:    func(gen.Event) bool { return false },
			"stepId=" + f.path.Steps[0].ID: func(event gen.Event) bool {
				return event.StepID != nil && *event.StepID == f.path.Steps[0].ID
			},
			"stepId=" + noStep: func(gen.Event) bool { return false },
			"type=serial.advanced&type=job.closed": func(event gen.Event) bool {
				return event.Type == "serial.advanced" || event.Type == "job.closed"
			},
			"type=serial.advanced&userId=tom": func(event gen.Event) bool {
				return event.Type == "serial.advanced" && event.UserID == "tom"
			},
			"since=2024-01-15T11:30:00.123Z":        since("2024-01-15T11:30:00.123Z"),
			"since=2024-01-15T11:30:00.1231Z":       since("2024-01-15T12:30:00.123Z"),
			"since=2024-01-15T13:30:00.123%2B02:00": since("2024-01-15T11:30:00.123Z"),
			"since=2024-01-15T12:30:00.124Z":        func(gen.Event) bool { return false },
			fmt.Sprintf("after=%d", all[3].Seq):     func(event gen.Event) bool { return event.Seq > all[3].Seq },
			fmt.Sprintf("before=%d", all[5].Seq):    func(event gen.Event) bool { return event.Seq < all[5].Seq },
			fmt.Sprintf("after=%d&before=%d", all[3].Seq, all[9].Seq): func(event gen.Event) bool {
				return event.Seq > all[3].Seq && event.Seq < all[9].Seq
			},
		} {
			var want []gen.Event
			for _, event := range all {
				if selects(event) {
					want = append(want, event)
				}
			}
			for _, order := range []string{"asc", "desc"} {
				url := "/api/events?order=" + order + "&" + query
				wantEqual(t, url, seqs(routecardtest.Decode[[]gen.Event](t, f.must(200, "GET "+url))), seqs(want))
				for _, limit := range []int{1, 4, 1000} {
					wantEqual(t, fmt.Sprintf("%s by %d", url, limit), seqs(pages[gen.Event](f, url, limit)), seqs(want))
				}
				slices.Reverse(want)
			}
		}
		f.invalid("GET /api/events?before=0&since=yesterday&order=up", "before must be greater than 0",
			"since must be a time like 2026-12-01T06:00:00Z", "order must be one of: asc, desc")
		f.invalid("GET /api/events?since=2024-02-30T00:00:00Z", "since must be a time like 2026-12-01T06:00:00Z")
	})
}

// TestStreamFilters follows the feed with filters that the server applies to the events of a wider topic.
func TestStreamFiltersOfWiderTopics(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B", 2)
		last := routecardtest.Decode[gen.Session](t, f.must(200, "GET /api/session")).LastSeq
		url := fmt.Sprintf("%s/api/events?after=%d&", s.URL, last)
		streams := map[string]*stream{}
		for _, query := range []string{
			"userId=maria", "pathId=" + f.path.ID, "stepId=" + f.path.Steps[1].ID, "type=serial.advanced&type=job.updated",
		} {
			streams[query] = openStream(t, url+query)
		}
		f.must(200, `advance {"userId":"maria"}`)
		f.must(200, `/api/serials/{sn2}/advance {"userId":"tom"}`)
		f.must(200, `PUT /api/jobs/{job} {"goalQuantity":20}`)
		f.addPath("strict X")
		f.must(200, `undo {"userId":"maria"}`)
		for query, stream := range streams {
			for _, want := range f.events(fmt.Sprintf("after=%d&%s", last, query)) {
				wantEqual(t, "the stream of "+query, stream.next(1)[0].Seq, want.Seq)
			}
		}
		for _, only := range []string{"order=desc", "before=7", "since=2024-01-15T11:30:00Z"} {
			answer := f.do("GET /api/events?"+only, "Accept: text/event-stream")
			name, _, _ := strings.Cut(only, "=")
			wantError(t, answer, gen.Error{
				StatusCode: 400, Message: name + " is for lists, not for a stream",
				Errors: &[]gen.FieldError{{Field: name, Message: name + " is for lists, not for a stream"}},
			})
		}
	})
}
