package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// update changes the path and keeps the response as the path of the floor.
func (f *floor) update(body string) {
	f.t.Helper()
	f.path = routecardtest.Decode[gen.Path](f.t, f.must(200, "PUT /api/paths/{path} "+body))
}

func stepNames(path gen.Path) string {
	var names []string
	for i, step := range path.Steps {
		if step.Order != i {
			return "out of order"
		}
		names = append(names, step.Name)
	}
	return strings.Join(names, " ")
}

func TestUpdatePath(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A:physical B:optional", 1)
		before := f.path
		for i, c := range []struct{ body, want string }{
			{`{"name":" Second Route "}`, `{"name":" Second Route ","goalQuantity":10,"advancementMode":"strict"}`},
			{`{"goalQuantity":5e1}`, `{"name":" Second Route ","goalQuantity":50,"advancementMode":"strict"}`},
			{`{"advancementMode":"per_step"}`, `{"goalQuantity":50,"advancementMode":"per_step"}`},
			{`{"name":null,"goalQuantity":null,"advancementMode":null,"steps":null}`, `{"goalQuantity":50,"advancementMode":"per_step"}`},
			{`{"jobId":"job_1","id":"path_1","createdAt":1}`, `{"id":"{path}","jobId":"{job}"}`},
		} {
			s.Clock.Advance(time.Second)
			answer := f.must(200, "PUT /api/paths/{path} "+c.body)
			wantJSON(t, answer.Body, f.fill(c.want))
			wantEqual(t, "ETag", answer.Header.Get("ETag"), `"`+itoa(int64(i+2))+`"`)
			path := routecardtest.Decode[gen.Path](t, answer)
			wantEqual(t, "the steps", path.Steps, before.Steps)
			wantEqual(t, "createdAt", path.CreatedAt, before.CreatedAt)
			if path.UpdatedAt <= before.UpdatedAt {
				t.Errorf("updatedAt is %s, was %s", path.UpdatedAt, before.UpdatedAt)
			}
			before = path
			wantJSON(t, f.must(200, "GET /api/paths/{path}").Body, answer.Body)
		}
		f.unchanged(func() {
			f.invalid(`PUT /api/paths/{path} {"name":" ","goalQuantity":0,"advancementMode":"x","steps":[]}`, "name cannot be empty",
				"goalQuantity must be greater than 0", "advancementMode must be one of: strict, flexible, per_step", "steps must have at least 1 item")
			f.invalid(`PUT /api/paths/{path} {"steps":[{"id":"{A}"},{"id":" ","name":"B"}]}`, "steps.0.name is required", "steps.1.id cannot be empty")
			f.missing("PUT /api/paths/"+noPath+` {"name":"x"}`, "Path not found: "+noPath)
			f.missing("GET /api/paths/"+noPath, "Path not found: "+noPath)
			f.missing("DELETE /api/paths/"+noPath, "Path not found: "+noPath)
		})
	})
}

// TestStepIdentity edits the steps of a path with units in progress. A step keeps its id at every position.
func TestStepIdentity(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A:physical B:optional C", 2)
		created := f.path
		f.must(200, `PATCH /api/steps/{B} {"location":"Bay 3","assignedTo":"maria"}`)
		f.must(200, "/api/serials/{sn1}/advance")

		f.update(`{"steps":[{"id":"{C}","name":"C"},{"name":"New","dependencyType":"completion_gate"},{"id":"{B}","name":"B2"},{"id":"{A}","name":"A"}]}`)
		wantEqual(t, "the steps", stepNames(f.path), "C New B2 A")
		wantJSON(t, f.must(200, "GET /api/paths/{path}").Body, `{"steps":[{"id":"`+created.Steps[2].ID+`","dependencyType":"preferred"},
			{"name":"New","optional":false,"dependencyType":"completion_gate"},
			{"id":"`+created.Steps[1].ID+`","location":"Bay 3","assignedTo":"maria","optional":true},
			{"id":"`+created.Steps[0].ID+`","dependencyType":"physical"}]}`)
		wantJSON(t, f.must(200, "GET /api/serials/{sn1}").Body, f.fill(`{"currentStepId":"{B2}","currentStepIndex":2}`))
		wantEqual(t, "the steps of the unit", f.steps(), "C deferred, New skipped, B2 in_progress, A completed")
		wantJSON(t, f.must(200, "GET /api/serials/{sn2}").Body, f.fill(`{"currentStepId":"{A}","currentStepIndex":3}`))
		f.checkProgress()

		// Null clears a field. A field that is not sent does not change.
		f.update(`{"steps":[{"id":"{C}","name":"C"},{"id":"{B2}","name":"B2","location":null,"optional":false},{"id":"{A}","name":"A"}]}`)
		wantEqual(t, "the steps", stepNames(f.path), "C B2 A")
		b := f.path.Steps[1]
		if b.Location != nil || b.AssignedTo == nil || *b.AssignedTo != "maria" || b.Optional {
			t.Errorf("the step is %+v", b)
		}
		f.checkProgress()
	})
}

// TestStepsByPlace sends steps without any id: each is the step with the same index.
func TestStepsByPlace(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A:physical B C", 1)
		created := f.path
		f.update(`{"steps":[{"name":"A2"},{"name":"B2","optional":true}]}`)
		wantEqual(t, "the steps", stepNames(f.path), "A2 B2")
		wantEqual(t, "the ids", []string{f.path.Steps[0].ID, f.path.Steps[1].ID}, []string{created.Steps[0].ID, created.Steps[1].ID})
		wantEqual(t, "what was not sent", f.path.Steps[0].DependencyType, gen.Physical)
		f.update(`{"steps":[{"name":"A2"},{"name":"B2"},{"name":"C"}]}`)
		if f.path.Steps[2].ID == created.Steps[2].ID {
			t.Error("a removed step came back under its id")
		}
		wantEqual(t, "the steps of the unit", f.steps(), "A2 in_progress, B2 pending, C pending")
	})
}

func TestUpdateStepsRefuses(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 3)
		other := build(t, s, "strict X", 0)
		f.must(200, "/api/serials/{sn1}/advance")
		f.unchanged(func() {
			f.conflict(`PUT /api/paths/{path} {"name":"x","steps":[{"id":"{B}","name":"B"}]}`,
				"Cannot remove step A: 2 unit(s) in progress stand there")
			f.conflict(`PUT /api/paths/{path} {"steps":[{"name":"A"}]}`, "Cannot remove step B: 1 unit(s) in progress stand there")
			f.conflict(`PUT /api/paths/{path} {"steps":[{"name":"New"},{"id":"{A}","name":"A"}]}`,
				"Cannot remove step B: 1 unit(s) in progress stand there")
			f.missing(`PUT /api/paths/{path} {"steps":[{"id":"`+noStep+`","name":"A"}]}`, "Step not found: "+noStep)
			foreign := other.path.Steps[0].ID
			f.missing(`PUT /api/paths/{path} {"steps":[{"id":"{A}","name":"A"},{"id":"`+foreign+`","name":"X"}]}`, "Step not found: "+foreign)
			f.invalid(`PUT /api/paths/{path} {"steps":[{"id":"{A}","name":"A"},{"id":"{A}","name":"B"}]}`, f.fill("steps.1.id must not repeat {A}"))
		})
		// No unit in progress stands there. Completed and scrapped units do not count.
		f.must(200, "/api/serials/{sn1}/advance")
		f.must(200, `/api/serials/scrap {"serialIds":["{sn2}"],"reason":"damaged"}`)
		removed := f.path.Steps[1].ID
		f.update(`{"steps":[{"id":"{A}","name":"A"}]}`)
		f.missing("PATCH /api/steps/"+removed+` {"name":"x"}`, "Step not found: "+removed)
		f.missing(`PUT /api/paths/{path} {"steps":[{"id":"{A}","name":"A"},{"id":"`+removed+`","name":"B"}]}`, "Step not found: "+removed)
		f.checkProgress()
	})
}

// TestHistoryKeepsNames checks the events of a step that was renamed and then removed.
func TestHistoryKeepsNames(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict Deburring Washing Packing", 1)
		f.must(200, "advance")
		f.must(200, "advance")
		f.update(`{"steps":[{"id":"{Deburring}","name":"Grinding"},{"id":"{Packing}","name":"Packing"}]}`)
		f.update(`{"steps":[{"id":"{Packing}","name":"Packing"}]}`)
		events := f.must(200, "GET /api/events?serialId={sn}&type=serial.advanced").Body
		wantJSON(t, events, `[{"data":{"fromStepName":"Deburring","toStepName":"Washing"}},{"data":{"fromStepName":"Washing","toStepName":"Packing"}}]`)
		wantJSON(t, f.must(200, "GET /api/events?serialId={sn}&type=serial.created").Body, `[{"data":{"stepName":"Deburring"}}]`)
	})
}

func TestUpdateStep(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		for _, c := range []struct{ body, want, absent string }{
			{`{"location":"Bay 3","assignedTo":" maria "}`, `{"id":"{B}","name":"B","order":1,"location":"Bay 3","assignedTo":" maria ","optional":false}`, ""},
			{`{"name":"B","location":null}`, `{"assignedTo":" maria "}`, "location"},
			{`{"assignedTo":null}`, `{"name":"B"}`, "assignedTo"},
			{`{"optional":true,"dependencyType":"completion_gate"}`, `{"optional":true,"dependencyType":"completion_gate"}`, ""},
			{`{"name":null,"optional":null,"dependencyType":null}`, `{"name":"B","optional":true,"dependencyType":"completion_gate"}`, ""},
			{`{}`, `{"name":"B"}`, ""},
		} {
			tag := f.must(200, "GET /api/paths/{path}").Header.Get("ETag")
			answer := f.do("PATCH /api/steps/{B} "+c.body, "If-Match: "+tag)
			wantEqual(t, "the status", answer.Status, 200)
			wantJSON(t, answer.Body, f.fill(c.want))
			if c.absent != "" && strings.Contains(answer.Body, c.absent) {
				t.Errorf("%s has %s", answer.Body, c.absent)
			}
			read := f.must(200, "GET /api/paths/{path}")
			wantEqual(t, "ETag of the path", read.Header.Get("ETag"), answer.Header.Get("ETag"))
			wantEqual(t, "the step when read", routecardtest.Decode[gen.Path](t, read).Steps[1], routecardtest.Decode[gen.Step](t, answer))
			changed := gen.Error{StatusCode: 412, Message: "Step was changed by someone else"}
			wantError(t, f.do("PATCH /api/steps/{A} {}", "If-Match: "+tag), changed)
		}
		f.unchanged(func() {
			f.invalid(`PATCH /api/steps/{B} {"name":"","location":1,"optional":"x","dependencyType":"soft"}`, "name cannot be empty",
				"location must be a string", "optional must be a boolean", "dependencyType must be one of: preferred, physical, completion_gate")
			f.missing("PATCH /api/steps/"+noStep+` {"name":"x"}`, "Step not found: "+noStep)
		})
	})
}

// TestPathIfMatch changes and deletes only the version that was read. The move of a unit does not change the version of its path.
func TestPathIfMatch(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 0)
		first := f.must(200, "GET /api/paths/{path}").Header.Get("ETag")
		f.must(200, `PUT /api/paths/{path} {"name":"x"}`)
		changed := gen.Error{StatusCode: 412, Message: "Path was changed by someone else"}
		f.unchanged(func() {
			wantError(t, f.do(`PUT /api/paths/{path} {"name":"y"}`, "If-Match: "+first), changed)
			wantError(t, f.do("DELETE /api/paths/{path}", "If-Match: "+first), changed)
		})
		tag := f.must(200, "GET /api/paths/{path}").Header.Get("ETag")
		f.serials = f.addSerials(2)
		f.must(200, "/api/serials/{sn1}/advance")
		f.must(200, `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
		wantEqual(t, "ETag after moves", f.must(200, "GET /api/paths/{path}").Header.Get("ETag"), tag)
		wantEqual(t, "the status", f.do(`PUT /api/paths/{path} {"name":"y"}`, "If-Match: "+tag).Status, 200)
		wantEqual(t, "ETag of the job", f.must(200, "GET /api/jobs/{job}").Header.Get("ETag"), `"1"`)
	})
}

func TestDeletePath(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 2)
		f.must(200, "/api/serials/{sn1}/advance")
		f.must(200, `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
		f.unchanged(func() {
			f.conflict("DELETE /api/paths/{path}", "Cannot delete path: it has 2 serial number(s)")
			f.conflict("DELETE /api/jobs/{job}", "Cannot delete job: it has 2 serial number(s)")
		})
		kept := f.path
		f.path = f.addPath("strict B")
		answer := f.do("DELETE /api/paths/{path}", `If-Match: "1"`)
		wantEqual(t, "the status", answer.Status, 204)
		wantEqual(t, "the body", answer.Body, "")
		f.missing("GET /api/paths/{path}", "Path not found: {path}")
		f.missing("DELETE /api/paths/{path}", "Path not found: {path}")
		f.missing(`PATCH /api/steps/{B} {"name":"x"}`, "Step not found: {B}")
		f.missing(`/api/serials {"pathId":"{path}","quantity":1}`, "Path not found: {path}")
		wantEqual(t, "the paths", pathIDs(routecardtest.Decode[[]gen.Path](t, f.must(200, "GET /api/jobs/{job}/paths"))), []string{kept.ID})
		f.checkProgress()
	})
}

// TestDeleteJobTakesPaths deletes a job with paths but without units.
func TestDeleteJobTakesPaths(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		wantEqual(t, "the status", f.do("DELETE /api/jobs/{job}").Status, 204)
		f.missing("GET /api/paths/{path}", "Path not found: {path}")
		f.missing(`PATCH /api/steps/{A} {"name":"x"}`, "Step not found: {A}")
		f.missing(`/api/serials {"pathId":"{path}","quantity":1}`, "Path not found: {path}")
	})
}
