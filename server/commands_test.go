package server_test

import (
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// order is a command for a unit on a separate path, and the expected result. The texts have placeholders, see floor.fill.
type order struct {
	name string
	// route is an argument of build. Defaults to "strict A B C".
	route string
	// before are the requests that prepare the unit for the command.
	before []string
	// request is the command, see floor.do.
	request string

	// wantStatus defaults to 200.
	wantStatus  int
	wantBody    string
	wantAbsent  []string
	wantSteps   string
	wantEvent   string
	wantMessage string
	wantErrors  []string
}

// give sends each order on both databases and checks the expected result. It also checks that a command that succeeds appends one
// event with the user and the ids, that a refused command changes nothing, that progress equals a recount, and that undo restores
// the steps.
func give(t *testing.T, orders []order) {
	t.Helper()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, order := range orders {
			t.Run(order.name, func(t *testing.T) {
				t.Parallel()
				order.run(t, s)
			})
		}
	})
}

func (o *order) run(t *testing.T, s *routecardtest.Server) {
	t.Helper()
	route := o.route
	if route == "" {
		route = "strict A B C"
	}
	f := build(t, s, route, 1)
	for _, request := range o.before {
		if answer := f.do(request); answer.Status >= 300 {
			t.Fatalf("%s answered %d: %s", request, answer.Status, answer.Body)
		}
	}
	if o.wantStatus >= 400 {
		c := scenario{wantStatus: o.wantStatus, wantMessage: f.fill(o.wantMessage)}
		for _, failure := range o.wantErrors {
			c.wantErrors = append(c.wantErrors, f.fill(failure))
		}
		f.unchanged(func() { c.checkError(t, f.do(o.request)) })
		return
	}
	before, events := f.steps(), f.events("serialId={sn}")
	answer := f.do(o.request)
	c := scenario{wantAbsent: o.wantAbsent}
	if c.wantStatus = o.wantStatus; c.wantStatus == 0 {
		c.wantStatus = 200
	}
	if answer.Status != c.wantStatus {
		t.Fatalf("the status is %d, want %d: %s", answer.Status, c.wantStatus, answer.Body)
	}
	o.check(t, f, answer)
	now := f.events("serialId={sn}")
	if len(now) != len(events)+1 {
		t.Fatalf("the events are %v, were %v", eventTypes(now), eventTypes(events))
	}
	last := now[len(now)-1]
	wantEqual(t, "the event's ids", []string{*last.JobID, *last.PathID, *last.SerialID}, []string{f.job.ID, f.path.ID, f.serials[0].ID})
	if o.wantEvent != "" {
		encoded := f.must(200, "GET /api/events?serialId={sn}&after="+itoa(last.Seq-1))
		wantJSON(t, encoded.Body, "["+f.fill(o.wantEvent)+"]")
	}
	f.checkProgress()

	if last.Type == "serial.undone" {
		return
	}
	f.must(200, `undo {"reason":"Wrong part scanned","userId":"otto"}`)
	wantEqual(t, "the steps after undo", f.steps(), before)
	undone := f.events("serialId={sn}&type=serial.undone")
	wantEqual(t, "the user of undo", undone[len(undone)-1].UserID, "otto")
	wantJSON(t, string(undone[len(undone)-1].Data),
		`{"reason":"Wrong part scanned","eventId":"`+last.ID+`","eventType":"`+last.Type+`"}`)
	f.checkProgress()
}

// check checks the response, and that getSerial returns the same unit.
func (o *order) check(t *testing.T, f *floor, answer routecardtest.Answer) {
	t.Helper()
	if o.wantBody != "" {
		wantJSON(t, answer.Body, f.fill(o.wantBody))
	}
	read := f.must(200, "GET /api/serials/{sn}")
	detail := routecardtest.Decode[gen.SerialDetail](t, read)
	if o.wantSteps != "" {
		wantEqual(t, "the steps", f.steps(), o.wantSteps)
	}
	if answer.Status == 204 {
		return
	}
	wantEqual(t, "the ETag when read", read.Header.Get("ETag"), answer.Header.Get("ETag"))
	serial := routecardtest.Decode[gen.Serial](t, answer)
	if serial.ID == "" {
		serial = routecardtest.Decode[gen.AdvanceToResult](t, answer).Serial
	}
	wantEqual(t, "the unit when read", detail.Serial, serial)
	for _, name := range o.wantAbsent {
		if strings.Contains(answer.Body, `"`+name+`"`) {
			t.Errorf("the answer has %s: %s", name, answer.Body)
		}
	}
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	give(t, []order{
		{
			name: "to the next step", request: `advance {"userId":"maria"}`,
			wantBody:  `{"id":"{sn}","jobId":"{job}","pathId":"{path}","currentStepIndex":1,"currentStepId":"{B}","status":"in_progress","forceCompleted":false}`,
			wantSteps: "A completed, B in_progress, C pending",
			wantEvent: `{"type":"serial.advanced","userId":"maria","stepId":"{B}","data":{"fromStepId":"{A}","fromStepName":"A","toStepId":"{B}","toStepName":"B"}}`,
		},
		{
			name: "past the last step", before: []string{"advance", "advance"}, request: "advance",
			wantBody: `{"currentStepIndex":-1,"status":"completed","forceCompleted":false}`,
			wantAbsent: []string{
				"currentStepId", "forceReason", "forceCompletedBy", "forceCompletedAt", "scrapReason", "scrappedBy", "scrappedAt",
			},
			wantSteps: "A completed, B completed, C completed",
			wantEvent: `{"type":"serial.completed","userId":"anonymous","stepId":"{C}","data":{"fromStepId":"{C}","fromStepName":"C"}}`,
		},
		{name: "the only step", route: "strict A", request: "advance", wantBody: `{"status":"completed"}`, wantSteps: "A completed"},
		{name: "from an optional step", route: "strict A:optional B", request: "advance", wantSteps: "A completed, B in_progress"},
		{name: "to an overridden step", before: []string{`steps/{B}/override {"reason":"x"}`}, request: "advance", wantSteps: "A completed, B in_progress overridden, C pending"},
		{name: "fromStepIndex is the current step", before: []string{"advance"}, request: `advance {"fromStepIndex":1}`, wantSteps: "A completed, B completed, C in_progress"},
		{
			name: "fromStepIndex is a later step", request: `advance {"fromStepIndex":2}`,
			wantStatus: 409, wantMessage: "Serial number {sn} is no longer at C (step 3)",
		},
		{
			name: "fromStepIndex is an earlier step", before: []string{"advance"}, request: `advance {"fromStepIndex":0}`,
			wantStatus: 409, wantMessage: "Serial number {sn} is no longer at A (step 1)",
		},
		{
			name: "fromStepIndex of a completed unit", route: "strict A", before: []string{"advance"}, request: `advance {"fromStepIndex":0}`,
			wantStatus: 409, wantMessage: "Serial number {sn} is no longer at A (step 1)",
		},
		{
			name: "from a step that the path does not have", request: `advance {"fromStepIndex":3}`,
			wantStatus: 409, wantMessage: "Serial number {sn} is no longer at step 4",
		},
		{name: "userId is null", request: `advance {"userId":null}`, wantEvent: `{"userId":"anonymous"}`},
		{name: "fromStepIndex is negative", request: `advance {"fromStepIndex":-1}`, wantStatus: 400, wantErrors: []string{"fromStepIndex must be at least 0"}},
		{name: "userId is a number", request: `advance {"userId":1}`, wantStatus: 400, wantErrors: []string{"userId must be a string"}},
	})
}

// TestEndedUnits sends every command to units that are completed or scrapped. They accept only undo.
func TestEndedUnits(t *testing.T) {
	t.Parallel()
	var orders []order
	for end, message := range map[string]string{
		"advance":                          "Serial number {sn} is already completed",
		"force-complete":                   "Serial number {sn} is already completed",
		`scrap {"reason":"damaged"}`:       "Serial number {sn} is scrapped",
		`advance-to {"targetStepIndex":3}`: "Serial number {sn} is already completed",
	} {
		// B is deferred, and waived where the unit could not be completed otherwise.
		before := []string{`advance-to {"targetStepIndex":2}`}
		if strings.HasPrefix(end, "advance") {
			before = append(before, `steps/{B}/waive {"reason":"x","approverId":"lead"}`)
		}
		before = append(before, end)
		for _, request := range []string{
			"advance", `advance {"fromStepIndex":0}`, `advance-to {"targetStepIndex":0}`, `advance-to {"targetStepIndex":3}`,
			`advance-to {"targetStepId":"{A}"}`, `scrap {"reason":"damaged"}`, "force-complete",
			`steps/{B}/override {"reason":"x"}`, "DELETE steps/{B}/override",
			`steps/{B}/waive {"reason":"x","approverId":"lead"}`, "steps/{B}/complete",
		} {
			o := order{
				name: request + " after " + end, route: "flexible A B C", before: before, request: request,
				wantStatus: 409, wantMessage: message,
			}
			if strings.Contains(request, "fromStepIndex") {
				o.wantMessage = "Serial number {sn} is no longer at A (step 1)"
			}
			orders = append(orders, o)
		}
	}
	give(t, orders)
}

func TestScrap(t *testing.T) {
	t.Parallel()
	var orders []order
	for _, reason := range []string{"out_of_tolerance", "process_defect", "damaged", "operator_error", "other"} {
		orders = append(orders, order{
			name: reason, before: []string{"advance"},
			request: `scrap {"reason":"` + reason + `","explanation":" Dropped ","userId":"maria"}`,
			wantBody: `{"status":"scrapped","currentStepIndex":1,"currentStepId":"{B}","scrapReason":"` + reason +
				`","scrapExplanation":" Dropped ","scrappedBy":"maria","scrappedAt":"2024-01-15T10:30:00.123Z","forceCompleted":false}`,
			wantAbsent: []string{"forceCompletedBy", "forceCompletedAt"},
			wantSteps:  "A completed, B in_progress, C pending",
			wantEvent: `{"type":"serial.scrapped","userId":"maria","stepId":"{B}","data":{"stepName":"B","reason":"` + reason +
				`","explanation":" Dropped "}}`,
		})
	}
	give(t, append(orders,
		order{name: "without an explanation", request: `scrap {"reason":"damaged"}`, wantAbsent: []string{"scrapExplanation"}},
		order{name: "without a reason", request: "scrap", wantStatus: 400, wantErrors: []string{"reason is required"}},
		order{
			name: "for an unknown reason", request: `scrap {"reason":"lost"}`, wantStatus: 400,
			wantErrors: []string{"reason must be one of: out_of_tolerance, process_defect, damaged, operator_error, other"},
		},
		order{name: "for another reason", request: `scrap {"reason":"other"}`, wantStatus: 400, wantErrors: []string{"explanation is required"}},
		order{
			name: "for another reason, which is blank", request: `scrap {"reason":"other","explanation":" \t"}`, wantStatus: 400,
			wantErrors: []string{"explanation is required"},
		},
	))
}

func TestForceComplete(t *testing.T) {
	t.Parallel()
	const nothingOpen = "Serial number {sn} has no open steps: advance it to complete it"
	give(t, []order{
		{
			name: "with steps ahead", request: `force-complete {"reason":"Customer accepts","userId":"maria"}`,
			wantBody: `{"status":"completed","currentStepIndex":-1,"forceCompleted":true,"forceReason":"Customer accepts",
				"forceCompletedBy":"maria","forceCompletedAt":"2024-01-15T10:30:00.123Z"}`,
			wantAbsent: []string{"currentStepId", "scrappedBy", "scrappedAt"},
			wantSteps:  "A pending, B pending, C pending",
			wantEvent: `{"type":"serial.force_completed","userId":"maria","stepId":"{A}","data":{"reason":"Customer accepts","openSteps":[
				{"stepId":"{A}","stepName":"A","status":"pending"},{"stepId":"{B}","stepName":"B","status":"pending"},
				{"stepId":"{C}","stepName":"C","status":"pending"}]}}`,
		},
		{
			name: "with a deferred step", route: "flexible A B C:optional D", before: []string{`advance-to {"targetStepIndex":3}`},
			request: "force-complete", wantAbsent: []string{"forceReason"}, wantSteps: "A completed, B deferred, C skipped, D pending",
			wantEvent: `{"data":{"openSteps":[{"stepId":"{B}","stepName":"B","status":"deferred"},{"stepId":"{D}","stepName":"D","status":"pending"}]}}`,
		},
		{
			name: "at a completion gate", route: "flexible A B C:completion_gate", before: []string{`advance-to {"targetStepIndex":2}`},
			request: "force-complete", wantSteps: "A completed, B deferred, C pending",
		},
		{
			name: "with optional and overridden steps among others", route: "flexible A:optional B C D", before: []string{`steps/{C}/override {"reason":"x"}`},
			request: "force-complete", wantSteps: "A pending, B pending, C pending, D pending",
			wantEvent: `{"data":{"openSteps":[{"stepId":"{B}","stepName":"B","status":"pending"},{"stepId":"{D}","stepName":"D","status":"pending"}]}}`,
		},
		{name: "at the last step", before: []string{"advance", "advance"}, request: "force-complete", wantStatus: 409, wantMessage: nothingOpen},
		{name: "with optional steps ahead", route: "strict A B:optional", request: "force-complete", wantStatus: 409, wantMessage: nothingOpen},
		{
			name: "with overridden steps ahead", route: "strict A B", before: []string{`steps/{B}/override {"reason":"x"}`},
			request: "force-complete", wantStatus: 409, wantMessage: nothingOpen,
		},
		{
			name: "after the deferred step was waived", route: "flexible A B C",
			before:  []string{`advance-to {"targetStepIndex":2}`, `steps/{B}/waive {"reason":"x","approverId":"lead"}`},
			request: "force-complete", wantStatus: 409, wantMessage: nothingOpen,
		},
	})
}
