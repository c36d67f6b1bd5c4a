package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// unit gets the first unit.
func (f *floor) unit() gen.SerialDetail {
	f.t.Helper()
	return routecardtest.Decode[gen.SerialDetail](f.t, f.must(200, "GET /api/serials/{sn}"))
}

func TestUnitDetail(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B C D:optional", 1)
		f.must(200, `PATCH /api/steps/{A} {"location":"Bay 3","assignedTo":"maria"}`)
		f.must(200, `advance {"userId":"maria"}`)
		f.must(200, `advance-to {"targetStepId":"{D}","userId":"tom"}`)
		f.must(200, `steps/{C}/waive {"reason":"x","approverId":"lead","userId":"lead"}`)
		wantJSON(t, f.must(200, "GET /api/serials/{sn}").Body, f.fill(`{
			"currentStepName":"D",
			"job":{"id":"{job}","name":"JOB-2024-002"},
			"path":{"id":"{path}","name":"Main Route","advancementMode":"flexible"},
			"steps":[
				{"stepId":"{A}","location":"Bay 3","assignedTo":"maria","optional":false,"dependencyType":"preferred","status":"completed","userId":"maria"},
				{"stepId":"{B}","status":"completed","userId":"tom"},
				{"stepId":"{C}","status":"waived","userId":"lead"},
				{"stepId":"{D}","status":"in_progress","optional":true,"userId":"tom"}]}`))
		events := f.events("serialId={sn}")
		unit := f.unit()
		for i, event := range []int{1, 2, 3, 2} {
			wantEqual(t, "the time of the step", *unit.Steps[i].At, events[event].At)
		}

		// Undo restores at and userId of each step. A pending step has neither.
		for range 3 {
			f.must(200, `undo {"userId":"quality"}`)
		}
		unit = f.unit()
		wantEqual(t, "the user of the first step", *unit.Steps[0].UserID, "anonymous")
		wantEqual(t, "the time of the first step", *unit.Steps[0].At, events[0].At)
		if unit.Steps[1].At != nil || unit.Steps[1].UserID != nil {
			t.Errorf("the pending step is %+v", unit.Steps[1])
		}
	})
}

// TestActionsOfAUnit compares the reasons of some actions with the refusals of their commands. That all of them agree is
// tested in package models.
func TestActionsOfAUnit(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		requests := map[string]string{
			"advance": "advance", "skip": `advance {"skip":true}`, "force_complete": "force-complete", "undo": "undo",
			"delete": "DELETE /api/serials/{sn}", "override {B}": `steps/{B}/override {"reason":"x"}`,
			"clear_override {A}": "DELETE steps/{A}/override", "waive {A}": `steps/{A}/waive {"reason":"x","approverId":"y"}`,
			"complete {B}": "steps/{B}/complete", "advance_to {A}": `advance-to {"targetStepId":"{A}"}`,
			"advance_to ": `advance-to {"targetStepIndex":2}`,
		}
		compare := func(wantRefused int) {
			t.Helper()
			refused := 0
			for _, action := range f.unit().Actions {
				name := string(action.Action)
				if action.StepID != nil {
					name += " " + *action.StepID
				} else if action.TargetStepIndex != nil {
					name += " "
				}
				for key, request := range requests {
					if f.fill(key) != name || action.Allowed {
						continue
					}
					f.conflict(request, *action.Reason)
					refused++
				}
				if action.Allowed == (action.Reason != nil) {
					t.Errorf("the action is %+v", action)
				}
			}
			wantEqual(t, "the number of refused actions", refused, wantRefused)
		}
		compare(7)
		f.must(200, "advance")
		f.must(200, `scrap {"reason":"damaged"}`)
		compare(10) // undo is allowed
		f.must(200, "undo")
		f.must(200, "undo")
		compare(8) // it has moved, and cannot be deleted
	})
}

func TestConditionalCommands(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		t.Run("from a step", func(t *testing.T) {
			t.Parallel()
			f := build(t, s, "flexible A B C", 1)
			f.must(200, `advance {"fromStepId":"{A}"}`)
			f.unchanged(func() {
				const moved = "Serial number {sn} is not at A (step 1): it stands at B (step 2)"
				f.conflict(`advance {"fromStepId":"{A}"}`, moved)
				f.conflict(`advance-to {"fromStepId":"{A}","targetStepId":"{C}"}`, moved)
				f.conflict(`scrap {"fromStepId":"{A}","reason":"damaged"}`, moved)
				f.conflict(`force-complete {"fromStepId":"{A}"}`, moved)
			})
			f.must(200, `scrap {"fromStepId":"{B}","reason":"damaged"}`)
		})
		t.Run("many from a step", func(t *testing.T) {
			t.Parallel()
			f := build(t, s, "flexible A B C", 3)
			f.must(200, "advance")
			f.unchanged(func() {
				f.conflictAll(`/api/serials/advance {"serialIds":{sns},"fromStepId":"{A}"}`,
					"Serial number {sn1} is not at A (step 1): it stands at B (step 2)")
			})
			for range 2 {
				f.must(200, `/api/serials/advance {"serialIds":{sns},"fromStepId":"{A}","mode":"perItem"}`)
			}
			wantEqual(t, "where the units are", f.places(), "1 1 1")
			f.must(200, `/api/serials/advance-to {"serialIds":["{sn1}","{sn2}"],"fromStepId":"{B}","targetStepIndex":2,"mode":"perItem"}`)
			f.must(200, `/api/serials/scrap {"serialIds":{sns},"fromStepId":"{B}","reason":"damaged","mode":"perItem"}`)
			wantEqual(t, "where the units are", f.places(), "2 2 1")
			f.checkProgress()
		})
		t.Run("undo of an event", func(t *testing.T) {
			t.Parallel()
			f := build(t, s, "flexible A B C", 2)
			mine := *routecardtest.Decode[gen.Serial](t, f.must(200, "advance")).LastEventID
			theirs := *routecardtest.Decode[gen.Serial](t, f.must(200, "advance")).LastEventID
			undo := fmt.Sprintf(`undo {"eventId":%q}`, mine)
			f.unchanged(func() {
				f.conflict(undo, "Event "+mine+" cannot be undone: the last change of serial number {sn} is event "+theirs+" (serial.advanced)")
			})
			f.must(200, fmt.Sprintf(`undo {"eventId":%q}`, theirs))
			wantEqual(t, "the last event", *f.unit().LastEventID, mine)
			f.must(200, undo)
			f.conflict(undo, "Serial number {sn} has nothing to undo")

			// The same conditions for many units at once.
			f.must(200, `/api/serials/advance {"serialIds":{sns}}`)
			first, second := *f.unit().LastEventID, theirs
			many := fmt.Sprintf(`/api/serials/undo {"serialIds":{sns},"eventIds":[%q,%q],"mode":"perItem"}`, first, second)
			result := routecardtest.Decode[gen.BulkResult](t, f.must(200, many))
			wantEqual(t, "the result", []int{result.Succeeded, result.Failed}, []int{1, 1})
			wantEqual(t, "where the units are", f.places(), "0 1")
			f.invalid(`/api/serials/undo {"serialIds":{sns},"eventIds":["evt_1"]}`, "eventIds must be as many as serialIds")
		})
	})
}

// conflictAll checks that a command for several units is refused with 409, and that the first message is this one.
func (f *floor) conflictAll(request, message string) {
	f.t.Helper()
	answer := f.do(request)
	wantEqual(f.t, "the status", answer.Status, 409)
	wantEqual(f.t, "the message", routecardtest.Decode[gen.Error](f.t, answer).Message, f.fill(message))
}

// places returns the step indexes of the units.
func (f *floor) places() string {
	f.t.Helper()
	var out []string
	for _, serial := range f.serials {
		unit := routecardtest.Decode[gen.Serial](f.t, f.must(200, "GET /api/serials/"+serial.ID))
		out = append(out, fmt.Sprint(unit.CurrentStepIndex))
	}
	return strings.Join(out, " ")
}

func TestBulkCommands(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B:physical C", 3)
		f.must(200, `/api/serials/override {"serialIds":["{sn1}","{sn2}"],"stepId":"{B}","reason":"Prototype","userId":"maria"}`)
		f.unchanged(func() {
			f.conflictAll(`/api/serials/advance-to {"serialIds":{sns},"targetStepId":"{C}"}`, "Serial number {sn3} cannot bypass B")
			f.conflictAll(`/api/serials/override {"serialIds":{sns},"stepId":"{B}","reason":"x"}`,
				"Step B is already overridden for serial number {sn1}")
			f.invalid(`/api/serials/advance-to {"serialIds":{sns}}`, "targetStepIndex is required")
			f.invalid(`/api/serials/notes {"serialIds":["{sn1}","`+strings.ToLower(f.serials[0].ID)+`"],"text":"x"}`,
				"serialIds.1 must not repeat "+strings.ToLower(f.serials[0].ID))
		})
		answer := f.must(200, `/api/serials/advance-to {"serialIds":{sns},"targetStepId":"{C}","mode":"perItem"}`)
		wantJSON(t, answer.Body, f.fill(`{"succeeded":2,"failed":1,"results":[
			{"serialId":"{sn1}","ok":true,"bypassed":[{"stepId":"{B}","stepName":"B","stepOrder":1,"status":"skipped"}]},
			{"serialId":"{sn2}","ok":true},{"serialId":"{sn3}","ok":false,"error":{"message":"Serial number {sn3} cannot bypass B"}}]}`))
		f.must(200, `/api/serials/notes {"serialIds":{sns},"text":"Box 7","userId":"tom"}`)
		f.must(200, `/api/serials/undo {"serialIds":["{sn2}","{sn1}"],"reason":"Wrong box"}`)
		wantEqual(t, "where the units are", f.places(), "0 0 0")
		wantEqual(t, "the events", eventTypes(f.events("serialId={sn1}")),
			[]string{"serial.created", "serial.step_overridden", "serial.advanced", "serial.noted", "serial.undone"})
		f.checkProgress()
	})
}

func TestNotes(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		f.must(200, "advance")
		last := f.unit().LastEventID
		answer := f.must(200, `notes {"text":"Scratch on the flange","userId":"maria"}`)
		wantJSON(t, answer.Body, f.fill(`{"id":"{sn}","currentStepIndex":1,"lastEventId":"`+*last+`"}`))
		wantEqual(t, "ETag", answer.Header.Get("ETag"), `"3"`)
		events := f.events("serialId={sn}&type=serial.noted")
		wantEqual(t, "the user", events[0].UserID, "maria")
		wantEqual(t, "the step", *events[0].StepID, f.path.Steps[1].ID)
		wantJSON(t, string(events[0].Data), `{"text":"Scratch on the flange","stepName":"B"}`)
		f.must(200, "undo") // takes back the move and not the note
		wantEqual(t, "the steps", f.steps(), "A in_progress, B pending")
		f.must(200, `scrap {"reason":"damaged"}`)
		f.must(200, `notes {"text":"Kept for the customer"}`)
		f.invalid(`notes {"text":" "}`, "text is required")
	})
}

func TestDeleteSerial(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 3)
		f.must(200, `steps/{B}/override {"reason":"Prototype"}`) // which is no move
		answer := f.do("DELETE /api/serials/{sn}", `If-Match: "1"`)
		wantError(t, answer, gen.Error{StatusCode: 412, Message: "Serial number was changed by someone else"})
		f.must(204, "DELETE /api/serials/{sn}")
		f.missing("GET /api/serials/{sn}", "Serial number not found: {sn}")
		f.missing("DELETE /api/serials/{sn}", "Serial number not found: {sn}")
		event := f.events("serialId={sn}&type=serial.deleted")[0]
		wantEqual(t, "the step", *event.StepID, f.path.Steps[0].ID)
		wantJSON(t, string(event.Data), `{"stepName":"A"}`)

		gone := f.fill("{sn}")
		for _, id := range []string{gone, strings.ToLower(gone)} {
			f.conflict(fmt.Sprintf(`/api/serials {"pathId":"{path}","serialNumbers":[%q]}`, id), "Serial number was deleted and cannot be used again: "+id)
		}
		f.must(200, "/api/serials/{sn2}/advance")
		f.must(200, "/api/serials/{sn2}/undo")
		f.conflict("DELETE /api/serials/{sn2}", "Serial number {sn2} cannot be deleted because it has moved; scrap it instead")
		f.must(204, "DELETE /api/serials/"+strings.ToLower(f.serials[2].ID))
		f.serials = f.serials[1:2]
		f.checkProgress()
	})
}

// TestDeletedNumberIsNotReused deletes a number of the server's own form that the shop brought along.
func TestDeletedNumberIsNotReused(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["SN-00001"]}`)
		f.must(204, "DELETE /api/serials/SN-00001")
		wantEqual(t, "the next number", f.addSerials(1)[0].ID, "SN-00002")
	})
}

func TestSerialNumbersIgnoreCase(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 0)
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["Hsg-1"]}`)
		wantJSON(t, f.must(200, "GET /api/serials/HSG-1").Body, `{"id":"Hsg-1"}`)
		wantJSON(t, f.must(200, "/api/serials/hsg-1/advance").Body, `{"id":"Hsg-1","currentStepIndex":1}`)
		wantJSON(t, f.must(200, `/api/serials/undo {"serialIds":["hSG-1"]}`).Body,
			`{"succeeded":1,"failed":0,"results":[{"serialId":"hSG-1","ok":true,"serial":{"id":"Hsg-1"}}]}`)
		f.conflict(`/api/serials {"pathId":"{path}","serialNumbers":["hsg-2","hsg-1"]}`, "Serial number already exists: Hsg-1")
		f.invalid(`/api/serials {"pathId":"{path}","serialNumbers":["hsg-2","HSG-2"]}`, "serialNumbers.1 must not repeat HSG-2")
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["sn-00001"]}`)
		wantEqual(t, "the next number", f.addSerials(1)[0].ID, "SN-00002")
	})
}

func TestOccurredAt(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		// The clock of the server begins at 2024-01-15T10:30:00.123Z.
		f := build(t, s, "strict A B C", 2)
		f.must(200, `advance {"occurredAt":"2024-01-15T11:00:00+01:00"}`)
		f.must(200, `/api/serials/notes {"serialIds":{sns},"text":"x","occurredAt":"2024-01-09T10:30:00.5Z"}`)
		f.must(200, "advance")
		events := f.events("serialId={sn}")
		wantEqual(t, "the time of the move", *events[1].OccurredAt, "2024-01-15T10:00:00.000Z")
		wantEqual(t, "the time of the note", *events[2].OccurredAt, "2024-01-09T10:30:00.500Z")
		if events[3].OccurredAt != nil || events[0].OccurredAt != nil {
			t.Errorf("the events are %+v", events)
		}
		for i := 1; i < len(events); i++ {
			if events[i].At < events[i-1].At || events[i].Seq <= events[i-1].Seq {
				t.Errorf("the events are not in the order of their commits: %+v", events)
			}
		}
		const form = "occurredAt must be a time by RFC 3339, such as 2024-01-15T10:30:00Z"
		for text, want := range map[string]string{
			"2024-01-15T10:45:00Z":      "occurredAt must not be in the future",
			"2024-01-08T10:29:59Z":      "occurredAt must be at most 7 days ago",
			"2024-01-15":                form,
			"2024-13-15T10:30:00Z":      form,
			"2024-01-15T10:30:00":       form,
			"2024-01-15T10:30:00+25:00": form,
		} {
			f.unchanged(func() {
				f.invalid(fmt.Sprintf(`undo {"occurredAt":%q}`, text), want)
				f.invalid(fmt.Sprintf(`/api/serials {"pathId":"{path}","quantity":1,"occurredAt":%q}`, text), want)
			})
		}
	})
}

// TestOccurredAtOfACreation checks that a unit which was created earlier on the shop floor has entered its first step then. The
// unit itself keeps the time of the request.
func TestOccurredAtOfACreation(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["HSG-1"],"occurredAt":"2024-01-15T11:00:00+02:00"}`)
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["HSG-2"],"occurredAt":"2024-01-14T09:00:00Z"}`)
		created := f.events("serialId=HSG-1")[0]
		wantEqual(t, "the time of the creation", *created.OccurredAt, "2024-01-15T09:00:00.000Z")
		unit := routecardtest.Decode[gen.Serial](t, f.must(200, "GET /api/serials/HSG-1"))
		wantEqual(t, "the time of the request", unit.CreatedAt, created.At)

		f.must(200, `/api/serials/HSG-1/advance {"occurredAt":"2024-01-15T10:00:00Z"}`)
		wantJSON(t, f.must(200, "GET /api/insights/steps?jobId={job}&from=2024-01-15T00:00:00Z&to=2024-01-16T00:00:00Z").Body,
			`{"steps":[{"stepName":"A","entered":2,"left":1,"medianTimeMs":3600000},{"stepName":"B","entered":1}]}`)
		wantJSON(t, f.must(200, "GET /api/insights/throughput?bucket=day&from=2024-01-14T00:00:00Z&to=2024-01-16T00:00:00Z").Body,
			`{"buckets":[{"created":1},{"created":2}]}`)
		// The deletion removes the creation from the count at the time at which it counted.
		f.must(204, "DELETE /api/serials/HSG-2")
		wantJSON(t, f.must(200, "GET /api/insights/throughput?bucket=day&from=2024-01-14T00:00:00Z&to=2024-01-16T00:00:00Z").Body,
			`{"buckets":[{"created":0},{"created":2}]}`)
	})
}

func TestSkip(t *testing.T) {
	t.Parallel()
	give(t, []order{
		{
			name: "a required step", route: "flexible A B", request: `advance {"skip":true}`,
			wantBody: `{"currentStepIndex":1}`, wantSteps: "A deferred, B in_progress",
			wantEvent: `{"type":"serial.advanced","data":{"fromStepName":"A","bypassed":[{"stepId":"{A}","status":"deferred"}]}}`,
		},
		{
			name: "an optional step of a strict path", route: "strict A:optional B", request: `advance {"skip":true}`,
			wantSteps: "A skipped, B in_progress",
		},
		{
			name: "an overridden step", route: "strict A:physical B", before: []string{`steps/{A}/override {"reason":"x"}`},
			request: `advance {"skip":true}`, wantSteps: "A skipped, B in_progress",
		},
		{
			name: "a required step of a strict path", request: `advance {"skip":true}`, wantStatus: 409,
			wantMessage: "Serial number {sn} cannot skip A: the step is required; override it first",
		},
		{
			name: "a gate", route: "per_step A:completion_gate B", request: `advance {"skip":true}`, wantStatus: 409,
			wantMessage: "Serial number {sn} cannot skip A: the step is required; override it first",
		},
		{
			name: "the last step", route: "flexible A", request: `advance {"skip":true}`, wantStatus: 409,
			wantMessage: "Serial number {sn} cannot be completed while these steps are deferred: A",
		},
	})
}
