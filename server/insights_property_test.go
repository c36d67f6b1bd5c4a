package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestInsightsEqualARecount makes random histories of two jobs, with undo, forced completions, scrapping, edits of the paths, work
// that is reported later, and jobs that are closed and reopened, and compares every insight with a recount from the events.
func TestInsightsEqualARecount(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		rapid.Check(t, func(r *rapid.T) {
			h := &history{
				floors: []*floor{build(t, s, "flexible A B C:optional D", 3), build(t, s, "per_step B E", 2)}, closed: map[*floor]bool{},
			}
			for range 40 {
				h.step(r)
			}
			c := newRecount(t, s)
			for range 4 {
				c.compare(r, h)
			}
		})
	})
}

// history is what happens in a random history.
type history struct {
	floors []*floor
	closed map[*floor]bool
}

// step has one thing happen. What the server refuses does not happen.
func (h *history) step(r *rapid.T) {
	f := rapid.SampledFrom(h.floors).Draw(r, "job")
	unit := rapid.SampledFrom(f.serials).Draw(r, "unit").ID
	s := f.s
	if rapid.Bool().Draw(r, "time passes") {
		// Clocks are set back, too.
		s.Clock.Advance(time.Duration(rapid.IntRange(-20, 2000).Draw(r, "minutes")) * time.Minute)
	}
	occurred := ""
	if rapid.Bool().Draw(r, "reported later") {
		ago := time.Duration(rapid.IntRange(0, 7*24*60-1).Draw(r, "minutes ago")) * time.Minute
		occurred = fmt.Sprintf(`"occurredAt":%q`, timestamp(s.Clock.Now().Add(-ago)))
	}
	unitRequest := func(command, body string) {
		if occurred != "" && body != "{}" {
			body = strings.Replace(body, "{", "{"+occurred+",", 1)
		} else if occurred != "" {
			body = "{" + occurred + "}"
		}
		answer := s.Do(f.t, "POST", "/api/serials/"+unit+"/"+command, body)
		if answer.Status != 200 && answer.Status != 409 {
			f.t.Fatalf("%s answered %d: %s", command, answer.Status, answer.Body)
		}
	}
	switch rapid.SampledFrom([]string{
		"advance", "advance", "advance", "all", "jump", "scrap", "force", "undo", "undo", "override", "create", "edit",
		"close",
	}).Draw(r, "what") {
	case "advance":
		unitRequest("advance", "{}")
	case "all":
		f.must(200, `/api/serials/advance {"serialIds":{sns},"mode":"perItem"}`)
	case "jump":
		unitRequest("advance-to", fmt.Sprintf(`{"targetStepIndex":%d}`, rapid.IntRange(1, len(f.path.Steps)).Draw(r, "target")))
	case "scrap":
		unitRequest("scrap", `{"reason":"`+rapid.SampledFrom([]string{"damaged", "process_defect"}).Draw(r, "reason")+`"}`)
	case "force":
		unitRequest("force-complete", "{}")
	case "undo":
		unitRequest("undo", "{}")
	case "override":
		unitRequest("steps/"+rapid.SampledFrom(f.path.Steps).Draw(r, "step").ID+"/override", `{"reason":"x"}`)
	case "create":
		if !h.closed[f] {
			body := fmt.Sprintf(`"pathId":"{path}","quantity":%d`, rapid.IntRange(1, 3).Draw(r, "units"))
			if occurred != "" {
				body += "," + occurred
			}
			f.serials = append(f.serials, routecardtest.Decode[[]gen.Serial](f.t, f.must(201, "/api/serials {"+body+"}"))...)
		}
	case "close":
		h.closed[f] = !h.closed[f]
		if h.closed[f] {
			f.must(200, "/api/jobs/{job}/close")
		} else {
			f.must(200, "/api/jobs/{job}/reopen")
		}
	case "edit":
		h.edit(r, f)
	}
}

// edit changes the order of the steps, removes one, renames one, and adds one.
func (h *history) edit(r *rapid.T, f *floor) {
	var steps []string
	for _, step := range rapid.Permutation(f.path.Steps).Draw(r, "order") {
		steps = append(steps, fmt.Sprintf(`{"id":%q,"name":%q}`, step.ID, rapid.SampledFrom([]string{step.Name, step.Name, "F"}).Draw(r, "name")))
	}
	if len(steps) > 1 && rapid.Bool().Draw(r, "remove") {
		steps = steps[1:]
	}
	if rapid.Bool().Draw(r, "add") {
		steps = append(steps, `{"name":"G"}`)
	}
	answer := f.do(`PUT /api/paths/{path} {"steps":[` + strings.Join(steps, ",") + `]}`)
	switch answer.Status {
	case 200:
		f.path = routecardtest.Decode[gen.Path](f.t, answer)
	case 409: // A unit stands at the removed step.
	default:
		f.t.Fatalf("the edit answered %d: %s", answer.Status, answer.Body)
	}
}
