package server_test

import (
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestUndo covers the cases that the other tests of commands do not: those undo each command once, at the end.
func TestUndo(t *testing.T) {
	t.Parallel()
	give(t, []order{
		{name: "a unit without changes", request: "undo", wantStatus: 409, wantMessage: "Serial number {sn} has nothing to undo"},
		{
			name: "a unit whose changes were all undone", before: []string{"advance", "advance", "undo", "undo"}, request: "undo",
			wantStatus: 409, wantMessage: "Serial number {sn} has nothing to undo",
		},
		{
			name: "a second undo", before: []string{"advance", "advance", "undo"}, request: `undo {"userId":"maria"}`,
			wantSteps: "A in_progress, B pending, C pending", wantEvent: `{"type":"serial.undone","userId":"maria","stepId":"{A}"}`,
		},
		{
			name: "a change after an undo", before: []string{"advance", "undo", `scrap {"reason":"damaged"}`}, request: "undo",
			wantBody: `{"status":"in_progress","currentStepIndex":0}`, wantSteps: "A in_progress, B pending, C pending",
			wantAbsent: []string{"scrapReason", "scrapExplanation", "scrappedBy", "scrappedAt"},
		},
		{
			name: "an earlier change after an undo of another one", before: []string{"advance", "advance", "undo", `scrap {"reason":"damaged"}`, "undo"},
			request: "undo", wantSteps: "A in_progress, B pending, C pending",
		},
		{
			name: "force", route: "flexible A B C D", before: []string{`advance-to {"targetStepIndex":2}`, `force-complete {"reason":"x"}`},
			request: "undo", wantBody: `{"status":"in_progress","currentStepIndex":2,"forceCompleted":false}`,
			wantAbsent: []string{"forceReason", "forceCompletedBy", "forceCompletedAt"},
			wantSteps:  "A completed, B deferred, C in_progress, D pending",
		},
		{
			name: "a move past an overridden step", route: "flexible A B C",
			before: []string{`steps/{B}/override {"reason":"x"}`, `advance-to {"targetStepIndex":2}`}, request: "undo",
			wantSteps: "A in_progress, B pending overridden, C pending",
		},
	})
}

// TestUndoKeepsHistory checks that an undo appends an event and increases the version of the unit.
func TestUndoKeepsHistory(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		created := f.must(200, "GET /api/serials/{sn}")
		var tags []string
		for _, request := range []string{"advance", "undo", "advance", "advance", "undo"} {
			tags = append(tags, f.must(200, request).Header.Get("ETag"))
		}
		wantEqual(t, "the ETags", tags, []string{`"2"`, `"3"`, `"4"`, `"5"`, `"6"`})
		wantEqual(t, "the ETag when created", created.Header.Get("ETag"), `"1"`)
		wantEqual(t, "the events", eventTypes(f.events("serialId={sn}")), []string{
			"serial.created", "serial.advanced", "serial.undone", "serial.advanced", "serial.completed", "serial.undone",
		})
	})
}

// TestUndoAfterEdits undoes a move to a step that a planner has moved, renamed, or removed since.
func TestUndoAfterEdits(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		t.Run("moved and renamed", func(t *testing.T) {
			t.Parallel()
			f := build(t, s, "strict A B C", 1)
			f.must(200, "advance")
			f.must(200, `PUT /api/paths/{path} {"steps":[{"id":"{B}","name":"B"},{"id":"{C}","name":"C"},{"id":"{A}","name":"A2"}]}`)
			answer := f.must(200, "undo")
			wantJSON(t, answer.Body, f.fill(`{"currentStepIndex":2,"currentStepId":"{A}","status":"in_progress"}`))
			f.checkProgress()
		})
		t.Run("removed", func(t *testing.T) {
			t.Parallel()
			f := build(t, s, "strict A B C", 1)
			f.must(200, "advance")
			f.must(200, `PUT /api/paths/{path} {"steps":[{"id":"{B}","name":"B"},{"id":"{C}","name":"C"}]}`)
			f.unchanged(func() {
				f.conflict("undo", "Serial number {sn} cannot go back: its step is no longer on the path; move the unit forward instead")
			})
			f.checkProgress()
		})
		t.Run("scrapped where the step was removed", func(t *testing.T) {
			t.Parallel()
			f := build(t, s, "strict A B C", 1)
			f.must(200, `scrap {"reason":"damaged"}`)
			f.must(200, `PUT /api/paths/{path} {"steps":[{"id":"{B}","name":"B"},{"id":"{C}","name":"C"}]}`)
			f.unchanged(func() {
				f.conflict("undo", "Serial number {sn} cannot go back: its step is no longer on the path; create a new serial number for the part")
			})
			gone := f.fill(`{"status":"scrapped","currentStepIndex":-1,"currentStepId":"{A}","currentStepName":"A"}`)
			wantJSON(t, f.must(200, "GET /api/serials/{sn}").Body, gone)
			wantJSON(t, f.must(200, "GET /api/serials?jobId={job}").Body, "["+gone+"]")
			wantJSON(t, f.must(200, `notes {"text":"Kept for the customer"}`).Body, gone)
			f.checkProgress()
		})
	})
}

// TestCommandsOnNothing sends every command for a unit and for a step that do not exist. The server checks the body first, then
// whether they exist, and then their state.
func TestCommandsOnNothing(t *testing.T) {
	t.Parallel()
	const unknown, noStep = "SN-99999", "step_01h455vb4pex5vsknk084sn02q"
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B", 1)
		other := build(t, s, "flexible X", 0)
		f.unchanged(func() {
			for _, request := range []string{
				"advance", `advance-to {"targetStepIndex":1}`, `scrap {"reason":"damaged"}`, "force-complete", "undo",
				`steps/{B}/override {"reason":"x"}`, "DELETE steps/{B}/override", `steps/{B}/waive {"reason":"x","approverId":"y"}`,
				"steps/{B}/complete",
			} {
				method := "POST"
				rest, deletes := strings.CutPrefix(request, "DELETE ")
				if deletes {
					method = "DELETE"
				}
				f.missing(method+" /api/serials/"+unknown+"/"+rest, "Serial number not found: "+unknown)
				if strings.Contains(request, "{B}") {
					f.missing(strings.ReplaceAll(request, "{B}", noStep), "Step not found: "+noStep)
					foreign := other.path.Steps[0].ID
					f.missing(strings.ReplaceAll(request, "{B}", foreign), "Step not found: "+foreign)
				}
			}
			f.missing("GET /api/serials/"+unknown, "Serial number not found: "+unknown)
			f.missing(`advance-to {"targetStepId":"`+other.path.Steps[0].ID+`"}`, "Step not found: "+other.path.Steps[0].ID)
			f.invalid("/api/serials/"+unknown+`/scrap {"reason":"other"}`, "explanation is required")
			f.invalid("/api/serials/"+unknown+`/advance {"fromStepIndex":"0"}`, "fromStepIndex must be a number")
		})
		f.must(200, `scrap {"reason":"damaged"}`)
		f.missing("DELETE steps/"+noStep+"/override", "Step not found: "+noStep)
		f.missing(`advance-to {"targetStepId":"`+noStep+`"}`, "Step not found: "+noStep)
	})
}

// TestCommandWithoutBody sends only a Content-Type and no body, as a person at a terminal would.
func TestCommandWithoutBody(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B C D", 1)
		f.must(200, `advance-to {"targetStepIndex":2}`)
		for _, command := range []string{"advance", "steps/" + f.path.Steps[1].ID + "/complete", "undo", "force-complete"} {
			answer := s.Do(t, "POST", "/api/serials/"+f.serials[0].ID+"/"+command, "", "Content-Type: application/json")
			wantEqual(t, "the status of "+command, answer.Status, 200)
			wantError(t, s.Do(t, "POST", "/api/serials/"+f.serials[0].ID+"/"+command, ""),
				gen.Error{StatusCode: 415, Message: "Content-Type must be application/json"})
		}
	})
}

// TestClearOverrideIfMatch checks that an override is deleted only if the unit still has the version that was read.
func TestClearOverrideIfMatch(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		tag := f.must(200, `steps/{B}/override {"reason":"x"}`).Header.Get("ETag")
		f.must(200, "advance") // the unit is another version now
		changed := gen.Error{StatusCode: 412, Message: "Serial number was changed by someone else"}
		f.unchanged(func() { wantError(t, f.do("DELETE steps/{B}/override", "If-Match: "+tag), changed) })
		tag = f.must(200, "GET /api/serials/{sn}").Header.Get("ETag")
		wantEqual(t, "the status", f.do("DELETE steps/{B}/override", "If-Match: "+tag).Status, 204)
		wantEqual(t, "the steps", f.steps(), "A completed, B in_progress")
	})
}
