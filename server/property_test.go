package server_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestRequestsMadeFromTheSchemas sends valid and invalid requests to every operation, drawn from its schemas. No response is a 5xx,
// every response follows the contract, valid requests are accepted, and invalid requests get a 400 that names the field. A failure
// shows the request as a shell command.
func TestRequestsMadeFromTheSchemas(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		g := &guest{world: withJira(t, database), keys: map[string]bool{}}
		stopping := make(chan struct{})
		close(stopping) // so that a live stream ends when it has sent what there is
		options := g.options
		options.Stopping = stopping
		g.at = behind(t, g.Server, options, nil)
		g.at.client = &http.Client{} // the answers are judged here
		operations := slices.Clone(contracttest.Routecard().Operations)
		// Lists first, while there is little to list.
		slices.SortStableFunc(operations, func(a, b *contracttest.Operation) int {
			return strings.Compare(listFirst(a), listFirst(b))
		})
		for _, operation := range operations {
			t.Run(operation.ID, func(t *testing.T) { g.visit(t, operation) })
		}
	})
}

func listFirst(operation *contracttest.Operation) string {
	if strings.HasPrefix(operation.ID, "list") {
		return "0"
	}
	return "1"
}

// guest sends random requests, and knows which responses are allowed.
type guest struct {
	*world
	at *front
	// known are ids of existing resources, by the name of the property or parameter.
	known map[string][]string
	// keys are the idempotency keys that were used.
	keys map[string]bool
	// accepted counts the 2xx responses of the operation.
	accepted int
}

// renew creates new resources and forgets the earlier ones. It creates resources in states that the operation accepts, because
// otherwise nearly all requests would get a 409.
func (g *guest) renew(t *testing.T, operation string) {
	t.Helper()
	g.populate(t)
	id := func(names ...string) []string {
		var ids []string
		for _, name := range names {
			ids = append(ids, g.ids[name])
		}
		return ids
	}
	for _, unit := range id("sn1", "sn2", "sn3") {
		g.must(t, `POST /api/serials/`+unit+`/advance-to {"targetStepIndex":2}`)
	}
	for _, unit := range id("sn4", "sn5", "sn6") {
		g.must(t, `POST /api/serials/`+unit+`/steps/{B}/override {"reason":"x"}`)
	}
	units := id("sn1", "sn2", "sn3", "sn4", "sn5", "sn6", "sn7", "sn8", "sn9")
	g.known = map[string][]string{
		"jobId": id("job", "empty", "linked"), "pathId": id("path", "free"), "stepId": id("A", "B", "C"),
		"targetStepId": id("B", "C"), "targetStepIndex": {"1", "2", "3"}, "fromStepIndex": {"0"}, "fromStepId": id("A"), "quantity": {"1", "2", "3"},
		"id": id("A", "B", "C"), "serialId": units, "serialIds": units,
		"tz": {"UTC", "Europe/Berlin"}, "from": {"2024-01-15T00:00:00Z"}, "to": {"2024-01-17T02:00:00+02:00"},
		"ticketKey": {linkedTicket, freeTicket, "PI-44"}, "If-Match": {`"1"`, `"2"`, "*", `W/"1"`},
		"templateId": id("template"), "dueDate": {"2026-12-01", "2024-02-29"}, "since": {"2024-01-15T10:30:00Z"},
	}
	switch operation {
	case "waiveStep", "completeStep":
		g.known["serialId"], g.known["stepId"] = id("sn1", "sn2", "sn3"), id("B")
	case "clearStepOverride":
		g.known["serialId"], g.known["stepId"] = id("sn4", "sn5", "sn6"), id("B")
	case "overrideStep", "overrideSteps":
		g.known["serialId"], g.known["stepId"] = id("sn7", "sn8", "sn9"), id("B", "C")
		g.known["serialIds"] = g.known["serialId"]
	case "deleteSerial":
		g.known["serialId"] = id("sn4", "sn5", "sn6", "sn7", "sn8", "sn9")
	case "undoSerial", "undoSerials":
		g.known["serialId"] = id("sn1", "sn2", "sn3", "sn4", "sn5")
		g.known["serialIds"] = g.known["serialId"]
	case "createSerials":
		g.known["jobId"] = id("job")
	case "reopenJob":
		g.must(t, `POST /api/jobs/{job}/close {}`)
		g.must(t, `POST /api/jobs/{empty}/close {}`)
	case "deletePath":
		g.known["pathId"] = id("free", "free", "path")
	case "pushJobToJira":
		g.known["jobId"] = id("linked", "linked", "job")
	}
}

// visit sends many requests to one operation.
func (g *guest) visit(t *testing.T, operation *contracttest.Operation) {
	g.accepted = 0
	sent, deleted := 0, 0
	property := func(rt *rapid.T) {
		// Most commands need a unit whose state allows them, and a deletion needs a resource that can be deleted.
		switch {
		case sent == 0, operation.Method == "DELETE" && g.accepted > deleted,
			operation.Method != "GET" && operation.Method != "DELETE" && sent%5 == 0:
			g.renew(t, operation.ID)
			deleted = g.accepted
		}
		sent++
		generator := &Generator{Known: g.known}
		if rapid.IntRange(0, 2).Draw(rt, "invalid?") < 2 {
			request := generator.Valid(rt, operation)
			if operation.ID == "listEvents" && rapid.Bool().Draw(rt, "stream?") {
				request.Header.Set("Accept", "text/event-stream")
			}
			g.send(rt, request)
			return
		}
		if request := generator.Invalid(rt, operation); request != nil {
			g.send(rt, request)
		}
	}
	rapid.Check(t, property)
	for range 20 {
		// Some commands succeed only if several values match, so a few requests can all fail.
		if g.accepted == 0 && !t.Failed() {
			rapid.Check(t, property)
		}
	}
	if g.accepted == 0 && !t.Failed() {
		t.Errorf("%s has accepted none of %d requests", operation.ID, sent)
	}
}

// send sends a request, and fails the test for a response that is not allowed.
func (g *guest) send(t *rapid.T, r *drawnRequest) {
	request := r.HTTP(t, g.at.url)
	line := contracttest.Curl(request, r.Body)
	response, err := g.at.client.Do(request)
	if err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
	answer := contracttest.Answer{Status: response.StatusCode, Header: response.Header, Body: body}
	if found := contracttest.Judge(request, answer); len(found) > 0 {
		t.Fatalf("the answer breaks the contract:\n%s\n%d %.2000s\n%s", contracttest.Describe(found), answer.Status, body, line)
	}
	if answer.Status/100 == 2 {
		g.accepted++
	}
	if objection := g.object(r, answer); objection != "" {
		t.Fatalf("%s:\n%d %.2000s\n%s", objection, answer.Status, body, line)
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		g.keys[key] = true
	}
}

// object returns what is wrong with the status, or "".
func (g *guest) object(r *drawnRequest, answer contracttest.Answer) string {
	refused := answer.Status == http.StatusBadRequest
	switch {
	case answer.Status >= 500:
		return "the server failed"
	case r.Wrong == "the body" || r.Wrong == "query":
		if !refused {
			return "no JSON object, or no query, was accepted"
		}
		return ""
	case r.Wrong != "":
		for _, field := range ptr(errorOf(answer).Errors) {
			if field.Field == r.Wrong {
				return ""
			}
		}
		return r.Wrong + " breaks the contract, and the answer does not say so"
	}
	var broken error
	if r.Operation.Body != nil {
		broken = Validate(r.Operation.Body, r.Value)
	}
	// The generator does not know the rules between fields, which the schemas have in not. It follows all other rules.
	var failure *openapi3.SchemaError
	if broken != nil && (!errors.As(broken, &failure) || failure.SchemaField != "not") {
		return "this test is wrong: the schema does not allow what was taken for valid: " + broken.Error()
	}
	if answer.Status == http.StatusUnprocessableEntity && g.keys[r.Header.Get("Idempotency-Key")] {
		return ""
	}
	if broken != nil {
		if !refused {
			return "the schema does not allow what was accepted: " + broken.Error()
		}
		return ""
	}
	switch answer.Status {
	case http.StatusBadRequest:
		return g.objectRefusal(r, answer)
	case http.StatusNotFound:
		if g.namesOnlyWhatExists(r) {
			return "what was asked for exists"
		}
	case http.StatusPreconditionFailed:
		if len(r.Header.Values("If-Match")) == 0 {
			return "nothing was asked of the version"
		}
	case http.StatusConflict:
		// The status depends on the state of the resources, which other tests check. At the end this test checks that some requests
		// were accepted.
	default:
		if answer.Status/100 != 2 {
			return "what the contract allows was refused"
		}
	}
	return ""
}

func ptr[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}

// objectRefusal returns what is wrong with a 400 for a request that the schemas allow. Some of these errors depend on the state.
func (g *guest) objectRefusal(r *drawnRequest, answer contracttest.Answer) string {
	excused := map[string][]string{
		"createSerials":    {"jobId"},           // must be the path's
		"advanceSerialTo":  {"targetStepIndex"}, // must be on the path
		"undoSerials":      {"eventIds"},        // must be as many as serialIds
		"advanceSerialsTo": {"targetStepIndex"},
		"scrapSerial":      {"explanation"}, // must not be only spaces; the patterns of Go know fewer kinds of space than the server
		"scrapSerials":     {"explanation"},
		"listJobs":         {"cursor"}, // must be the server's own
		"listTemplates":    {"cursor"},
		"listWork":         {"cursor"},
		"listEvents":       {"since", "order", "before"}, // must exist, and must not be given for a stream
		"createJob":        {"dueDate"},                  // must exist
		"updateJob":        {"dueDate"},
		"planJob":          {"dueDate"},
		"listJobPaths":     {"cursor"},
		"listSerials":      {"cursor"},
		"listJiraTickets":  {"pageToken"},
		"getThroughput":    {"tz", "from", "to"}, // must exist, and be a period
		"getStepTimes":     {"from", "to"},
		"getScrap":         {"from", "to"},
		"getForecast":      {"tz"},
	}[r.Operation.ID]
	refused := ptr(errorOf(answer).Errors)
	// The index must be on the path of each unit. The reasons of the other units are listed with it.
	offPath := r.Operation.ID == "advanceSerialsTo" && slices.ContainsFunc(refused, func(field gen.FieldError) bool {
		return strings.HasPrefix(field.Message, "targetStepIndex must be at most ")
	})
	for _, field := range refused {
		if offPath && strings.HasPrefix(field.Field, "serialIds.") {
			continue
		}
		if r.Operation.ID == "updatePath" && strings.Contains(field.Message, ".id must not repeat ") {
			continue // a step that is meant twice
		}
		if field.Field == "occurredAt" {
			continue // must be a time of the last 7 days
		}
		if strings.HasPrefix(field.Field, "serial") && strings.Contains(field.Message, " must not repeat ") {
			continue // serial numbers that differ only in case
		}
		if !slices.Contains(excused, field.Field) {
			return field.Field + " was refused, which the contract allows"
		}
	}
	if len(refused) == 0 {
		return "what the contract allows was refused"
	}
	return ""
}

// namesOnlyWhatExists reports whether all ids in the request are of resources that the test has created.
func (g *guest) namesOnlyWhatExists(r *drawnRequest) bool {
	exists := func(name string, value any) bool {
		ids, isID := g.known[name]
		id, isText := value.(string)
		return !isID || !isText || slices.Contains(ids, id)
	}
	for name, value := range r.Path {
		if !exists(name, value) {
			return false
		}
	}
	if r.Operation.ID == "planJob" {
		// The templates are named within the paths.
		return false
	}
	for name := range r.Query {
		if !exists(name, r.Query.Get(name)) {
			return false
		}
	}
	for name, value := range r.Value {
		items, isList := value.([]any)
		if !isList {
			items = []any{value}
		}
		for _, item := range items {
			if object, isObject := item.(map[string]any); isObject && object["id"] != nil {
				// The id of a step. The server checks whether it is a step of this path.
				return false
			}
			if !exists(name, item) {
				return false
			}
		}
	}
	return true
}
