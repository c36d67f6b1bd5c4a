package server_test

import (
	"fmt"
	"strconv"
	"testing"
)

func itoa(number int64) string { return strconv.FormatInt(number, 10) }

// TestAdvanceToByMode bypasses one step of each kind in each mode: to the step after it, and past the last step.
func TestAdvanceToByMode(t *testing.T) {
	t.Parallel()
	var orders []order
	for _, mode := range []string{"strict", "flexible", "per_step"} {
		for _, dependency := range []string{"preferred", "physical", "completion_gate"} {
			for _, kind := range []string{"required", "optional", "overridden"} {
				o := order{
					name:    fmt.Sprintf("%s over a %s %s step", mode, kind, dependency),
					route:   mode + " A B:" + dependency + " C",
					request: `advance-to {"targetStepIndex":2}`,
				}
				switch kind {
				case "optional":
					o.route = mode + " A B:" + dependency + ":optional C"
				case "overridden":
					o.before = []string{`steps/{B}/override {"reason":"Prototype"}`}
				}
				status := "skipped"
				if kind == "required" {
					status = "deferred"
				}
				switch {
				case mode == "strict":
					o.wantStatus, o.wantMessage = 409, "Serial number {sn} can only go to the next step: the path is strict"
				case kind == "required" && (dependency == "physical" || mode == "per_step" && dependency != "preferred"):
					o.wantStatus, o.wantMessage = 409, "Serial number {sn} cannot bypass B"
				default:
					o.wantBody = `{"serial":{"id":"{sn}","currentStepIndex":2,"currentStepId":"{C}","status":"in_progress"},
						"bypassed":[{"stepId":"{B}","stepName":"B","stepOrder":1,"status":"` + status + `"}]}`
					o.wantSteps = "A completed, B " + status + ", C in_progress"
					o.wantEvent = `{"type":"serial.advanced","stepId":"{C}","data":{"fromStepName":"A","toStepName":"C",
						"bypassed":[{"stepId":"{B}","stepName":"B","status":"` + status + `"}]}}`
				}
				orders = append(orders, o, beyond(o, kind, status))
			}
		}
	}
	give(t, orders)
}

// beyond is the result of the same move on a path that ends with the bypassed step, so that the move completes the unit.
func beyond(o order, kind, status string) order {
	o.name += ", to completion"
	o.route = o.route[:len(o.route)-len(" C")]
	o.wantEvent = ""
	switch {
	case o.wantStatus != 0:
		return o
	case kind == "required":
		o.wantStatus, o.wantMessage = 409, "Serial number {sn} cannot be completed while these steps are deferred: B"
		return o
	}
	o.wantBody = `{"serial":{"status":"completed","currentStepIndex":-1},"bypassed":[{"stepName":"B","status":"` + status + `"}]}`
	o.wantSteps = "A completed, B " + status
	o.wantEvent = `{"type":"serial.completed","stepId":"{A}"}`
	return o
}

func TestAdvanceTo(t *testing.T) {
	t.Parallel()
	const unknown = "step_01h455vb4pex5vsknk084sn02q"
	give(t, []order{
		{
			name: "the next step, strict", request: `advance-to {"targetStepIndex":1,"userId":"maria"}`,
			wantBody:  `{"serial":{"currentStepIndex":1},"bypassed":[]}`,
			wantSteps: "A completed, B in_progress, C pending", wantEvent: `{"userId":"maria","data":{"toStepName":"B"}}`,
		},
		{
			name: "completed from the last step, strict", before: []string{"advance", "advance"}, request: `advance-to {"targetStepIndex":3}`,
			wantBody: `{"serial":{"status":"completed"},"bypassed":[]}`, wantSteps: "A completed, B completed, C completed",
		},
		{
			name: "a step by its id", route: "flexible A B C D:optional E", request: `advance-to {"targetStepId":"{E}"}`,
			wantBody: `{"serial":{"currentStepId":"{E}","currentStepIndex":4},"bypassed":[{"stepName":"B","status":"deferred"},
				{"stepName":"C","status":"deferred"},{"stepName":"D","status":"skipped"}]}`,
			wantSteps: "A completed, B deferred, C deferred, D skipped, E in_progress",
		},
		{
			name: "past steps of several kinds", route: "per_step A B C:physical:optional D:completion_gate E",
			before: []string{`steps/{D}/override {"reason":"x"}`}, request: `advance-to {"targetStepIndex":4,"fromStepIndex":0}`,
			wantSteps: "A completed, B deferred, C skipped, D skipped, E in_progress",
		},
		{
			name: "past a physical step among others", route: "per_step A B:optional C:physical D",
			request: `advance-to {"targetStepIndex":3}`, wantStatus: 409, wantMessage: "Serial number {sn} cannot bypass C",
		},
		{
			name: "the current step", route: "flexible A B C", before: []string{"advance"}, request: `advance-to {"targetStepIndex":1}`,
			wantStatus: 409, wantMessage: "Serial number {sn} already stands at B",
		},
		{
			name: "an earlier step", route: "flexible A B C", before: []string{"advance"}, request: `advance-to {"targetStepId":"{A}"}`,
			wantStatus: 409, wantMessage: "Serial number {sn} cannot go back to A",
		},
		{
			name: "fromStepIndex is an earlier step", route: "flexible A B C", before: []string{"advance"},
			request: `advance-to {"targetStepIndex":2,"fromStepIndex":0}`, wantStatus: 409, wantMessage: "Serial number {sn} is no longer at A (step 1)",
		},
		{
			name: "an index after the completion", request: `advance-to {"targetStepIndex":4}`, wantStatus: 400,
			wantErrors: []string{"targetStepIndex must be at most 3"},
		},
		{
			name: "a negative index", request: `advance-to {"targetStepIndex":-1}`, wantStatus: 400,
			wantErrors: []string{"targetStepIndex must be at least 0"},
		},
		{name: "no target", request: "advance-to", wantStatus: 400, wantErrors: []string{"targetStepIndex is required"}},
		{
			name: "both targets", request: `advance-to {"targetStepIndex":1,"targetStepId":"{B}"}`, wantStatus: 400,
			wantErrors: []string{"targetStepIndex must not be given together with targetStepId"},
		},
		{
			name: "an unknown step", request: `advance-to {"targetStepId":"` + unknown + `"}`, wantStatus: 404,
			wantMessage: "Step not found: " + unknown,
		},
	})
}

// TestDeferredWork checks that a unit with deferred steps cannot be completed, and that the steps can be completed or waived.
func TestDeferredWork(t *testing.T) {
	t.Parallel()
	const (
		waiveB    = `steps/{B}/waive {"reason":"Measured later","approverId":"quality-lead","userId":"maria"}`
		completeB = `steps/{B}/complete {"userId":"maria"}`
		skipB     = `advance-to {"targetStepIndex":2}`
		skipBC    = `advance-to {"targetStepIndex":3}`
	)
	var orders []order
	for _, mode := range []string{"flexible", "per_step"} {
		orders = append(orders,
			order{
				name: mode + ": not completed while one is owed", route: mode + " A B C", before: []string{skipB}, request: "advance",
				wantStatus: 409, wantMessage: "Serial number {sn} cannot be completed while these steps are deferred: B",
			},
			order{
				name: mode + ": not completed by a jump while some are owed", route: mode + " A B C D E:optional", before: []string{skipBC},
				request: `advance-to {"targetStepIndex":5}`, wantStatus: 409,
				wantMessage: "Serial number {sn} cannot be completed while these steps are deferred: B, C",
			},
			order{
				name: mode + ": moved on while one is owed", route: mode + " A B C D", before: []string{skipB}, request: "advance",
				wantSteps: "A completed, B deferred, C completed, D in_progress",
			},
			order{
				name: mode + ": does not leave a gate while some are owed", route: mode + " A B C D:completion_gate E", before: []string{skipBC},
				request: "advance", wantStatus: 409, wantMessage: "Serial number {sn} cannot leave D while these steps are deferred: B, C",
			},
			order{
				name: mode + ": does not jump from a gate while one is owed", route: mode + " A B C:completion_gate D:optional E",
				before: []string{skipB}, request: `advance-to {"targetStepIndex":4}`, wantStatus: 409,
				wantMessage: "Serial number {sn} cannot leave C while these steps are deferred: B",
			},
			order{
				name: mode + ": leaves a gate when nothing is owed", route: mode + " A B:optional C:completion_gate D", before: []string{skipB},
				request: "advance", wantSteps: "A completed, B skipped, C completed, D in_progress",
			},
			order{
				name: mode + ": leaves a gate when all is settled", route: mode + " A B C D:completion_gate E",
				before: []string{skipBC, waiveB, "steps/{C}/complete"}, request: "advance",
				wantSteps: "A completed, B waived, C completed, D completed, E in_progress",
			},
			order{
				name: mode + ": completed when what was owed is waived", route: mode + " A B C", before: []string{skipB, waiveB}, request: "advance",
				wantBody: `{"status":"completed","forceCompleted":false}`, wantSteps: "A completed, B waived, C completed",
			},
			order{
				name: mode + ": completed when what was owed is done", route: mode + " A B C", before: []string{skipB, completeB}, request: "advance",
				wantBody: `{"status":"completed","forceCompleted":false}`, wantSteps: "A completed, B completed, C completed",
			},
		)
	}
	give(t, append(orders,
		order{
			name: "a deferred step stays deferred after the mode becomes strict", route: "flexible A B C",
			before: []string{skipB, `PUT /api/paths/{path} {"advancementMode":"strict"}`}, request: "advance", wantStatus: 409,
			wantMessage: "Serial number {sn} cannot be completed while these steps are deferred: B",
		},
		order{
			name: "waive", route: "flexible A B C", before: []string{skipB}, request: waiveB,
			wantBody: `{"status":"in_progress","currentStepIndex":2}`, wantSteps: "A completed, B waived, C in_progress",
			wantEvent: `{"type":"serial.step_waived","userId":"maria","stepId":"{B}",
				"data":{"stepName":"B","reason":"Measured later","approverId":"quality-lead"}}`,
		},
		order{
			name: "complete", route: "flexible A B C", before: []string{skipB}, request: completeB,
			wantBody: `{"status":"in_progress","currentStepIndex":2}`, wantSteps: "A completed, B completed, C in_progress",
			wantEvent: `{"type":"serial.step_completed","userId":"maria","stepId":"{B}","data":{"stepName":"B"}}`,
		},
		order{name: "waive twice", route: "flexible A B C", before: []string{skipB, waiveB}, request: waiveB, wantStatus: 409, wantMessage: notDeferredB},
		order{name: "complete twice", route: "flexible A B C", before: []string{skipB, completeB}, request: completeB, wantStatus: 409, wantMessage: notDeferredB},
		order{name: "waive a pending step", request: waiveB, wantStatus: 409, wantMessage: notDeferredB},
		order{name: "complete the current step", before: []string{"advance"}, request: completeB, wantStatus: 409, wantMessage: notDeferredB},
		order{name: "waive a skipped step", route: "flexible A B:optional C", before: []string{skipB}, request: waiveB, wantStatus: 409, wantMessage: notDeferredB},
		order{
			name: "waive without a body", route: "flexible A B C", before: []string{skipB}, request: "steps/{B}/waive", wantStatus: 400,
			wantErrors: []string{"reason is required", "approverId is required"},
		},
		order{
			name: "waive with texts of spaces only", route: "flexible A B C", before: []string{skipB},
			request: `steps/{B}/waive {"reason":" ","approverId":"\t"}`, wantStatus: 400, wantErrors: []string{"reason is required", "approverId is required"},
		},
	))
}

const notDeferredB = "Step B is not deferred for serial number {sn}"

func TestOverride(t *testing.T) {
	t.Parallel()
	const override = `steps/{B}/override {"reason":"Prototype","userId":"maria"}`
	give(t, []order{
		{
			name: "a step ahead", request: override, wantBody: `{"currentStepIndex":0,"status":"in_progress"}`,
			wantSteps: "A in_progress, B pending overridden, C pending",
			wantEvent: `{"type":"serial.step_overridden","userId":"maria","stepId":"{B}","data":{"stepName":"B","reason":"Prototype"}}`,
		},
		{name: "the current step", before: []string{"advance"}, request: override, wantSteps: "A completed, B in_progress overridden, C pending"},
		{name: "ends when the step is passed", before: []string{"advance", override}, request: "advance", wantSteps: "A completed, B completed, C in_progress"},
		{
			name: "ends when the step is bypassed", route: "per_step A B:physical C", before: []string{override},
			request: `advance-to {"targetStepIndex":2}`, wantSteps: "A completed, B skipped, C in_progress",
		},
		{
			name: "a step that is overridden already", before: []string{override}, request: override, wantStatus: 409,
			wantMessage: "Step B is already overridden for serial number {sn}",
		},
		{
			name: "a step that is done", before: []string{"advance", "advance"}, request: override, wantStatus: 409,
			wantMessage: "Step B has already been passed by serial number {sn}",
		},
		{
			name: "a step that is deferred", route: "flexible A B C", before: []string{`advance-to {"targetStepIndex":2}`}, request: override,
			wantSteps: "A completed, B skipped, C in_progress",
		},
		{name: "without a reason", request: "steps/{B}/override", wantStatus: 400, wantErrors: []string{"reason is required"}},
		{
			name: "an override is cleared", before: []string{override}, request: "DELETE steps/{B}/override", wantStatus: 204,
			wantSteps: "A in_progress, B pending, C pending",
			wantEvent: `{"type":"serial.override_cleared","userId":"anonymous","stepId":"{B}","data":{"stepName":"B"}}`,
		},
		{
			name: "the step is required again after the override is cleared", route: "per_step A B:physical C", before: []string{override, "DELETE steps/{B}/override"},
			request: `advance-to {"targetStepIndex":2}`, wantStatus: 409, wantMessage: "Serial number {sn} cannot bypass B",
		},
		{
			name: "an override is cleared twice", before: []string{override, "DELETE steps/{B}/override"}, request: "DELETE steps/{B}/override",
			wantStatus: 409, wantMessage: "Step B is not overridden for serial number {sn}",
		},
		{
			name: "an override of a passed step is cleared", before: []string{override, "advance", "advance"}, request: "DELETE steps/{B}/override",
			wantStatus: 409, wantMessage: "Step B is not overridden for serial number {sn}",
		},
	})
}
