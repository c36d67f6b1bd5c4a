package server_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		created := f.must(201, `/api/templates {"name":" Housing route ","advancementMode":"flexible","steps":[
			{"name":"Saw","location":"Bay 1","assignedTo":"tom","optional":true,"dependencyType":"physical"},{"name":"Mill"}]}`)
		template := routecardtest.Decode[gen.Template](t, created)
		wantJSON(t, created.Body, `{"name":" Housing route ","advancementMode":"flexible","createdAt":"2024-01-15T10:30:00.123Z",
			"updatedAt":"2024-01-15T10:30:00.123Z","steps":[
			{"name":"Saw","location":"Bay 1","assignedTo":"tom","optional":true,"dependencyType":"physical"},
			{"name":"Mill","optional":false,"dependencyType":"preferred"}]}`)
		if !strings.HasPrefix(template.ID, "tpl_") {
			t.Errorf("the id is %s", template.ID)
		}
		url := "/api/templates/" + template.ID
		wantEqual(t, "Location", created.Header.Get("Location"), url)
		wantJSON(t, f.must(200, "GET "+url).Body, created.Body)

		path := routecardtest.Decode[gen.Path](t,
			f.must(201, `/api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"templateId":"`+template.ID+`"}`))
		wantEqual(t, "the mode", path.AdvancementMode, gen.Flexible)
		wantEqual(t, "the first step", []any{
			path.Steps[0].Name, *path.Steps[0].Location, *path.Steps[0].AssignedTo, path.Steps[0].Optional,
			path.Steps[0].DependencyType, path.Steps[1].Name,
		}, []any{"Saw", "Bay 1", "tom", true, gen.Physical, "Mill"})
		strict := f.must(201, `/api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"advancementMode":"strict","templateId":"`+template.ID+`"}`)
		wantJSON(t, strict.Body, `{"advancementMode":"strict"}`)

		s.Clock.Advance(time.Minute)
		changed := f.must(200, "PUT "+url+` {"name":"y","steps":[{"name":"Pack"}]}`)
		wantJSON(t, changed.Body, `{"name":"y","advancementMode":"flexible","updatedAt":"2024-01-15T10:31:00.123Z",
			"steps":[{"name":"Pack","optional":false,"dependencyType":"preferred"}]}`)
		wantEqual(t, "ETag", changed.Header.Get("ETag"), `"2"`)
		wantJSON(t, f.must(200, "PUT "+url+` {"advancementMode":"per_step"}`).Body, `{"name":"y","advancementMode":"per_step"}`)
		wantEqual(t, "the path", routecardtest.Decode[gen.PathDetail](t, f.must(200, "GET /api/paths/"+path.ID)).Path, path)

		wantEqual(t, "an old version", f.do("DELETE "+url, `If-Match: "1"`).Status, 412)
		wantEqual(t, "an old version", f.do("PUT "+url+` {"name":"z"}`, `If-Match: "2"`).Status, 412)
		wantEqual(t, "the version", f.do("DELETE "+url, `If-Match: "3"`).Status, 204)
		for _, request := range []string{"GET " + url, "PUT " + url + ` {"name":"z"}`, "DELETE " + url} {
			f.missing(request, "Template not found: "+template.ID)
		}
		wantEqual(t, "the path", routecardtest.Decode[gen.PathDetail](t, f.must(200, "GET /api/paths/"+path.ID)).Path, path)
		events := f.events("type=template.created&type=template.updated&type=template.deleted")
		wantEqual(t, "the events", eventTypes(events),
			[]string{"template.created", "template.updated", "template.updated", "template.deleted"})
		wantJSON(t, string(events[1].Data), `{"templateId":"`+template.ID+`","name":"y","advancementMode":"flexible"}`)
	})
}

// TestTemplateIsNotSentAgain sends If-None-Match with versions that a client may have.
func TestTemplateIsNotSentAgain(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		url := "/api/templates/" + routecardtest.Decode[gen.Template](t, f.must(201, `/api/templates {"name":"x","steps":[{"name":"A"}]}`)).ID
		f.must(200, "PUT "+url+` {"name":"y"}`)
		for known, want := range map[string]int{
			`"2"`: 304, `W/"2"`: 304, `"1", "2"`: 304, `*`: 304, `"1"`: 200, `"3"`: 200, `2`: 200, `"x"`: 200,
		} {
			for _, method := range []string{"GET", "HEAD"} {
				answer := f.do(method+" "+url, "If-None-Match: "+known)
				wantEqual(t, "the status of "+method+" with "+known, answer.Status, want)
				wantEqual(t, "the ETag of "+method+" with "+known, answer.Header.Get("ETag"), `"2"`)
				if hasBody := answer.Body != ""; hasBody != (want == 200 && method == "GET") {
					t.Errorf("the body of %s with %s is %q", method, known, answer.Body)
				}
			}
		}
		// The ETag of these doesn't identify the body.
		for _, path := range []string{"/api/jobs/{job}", "/api/paths/{path}"} {
			wantEqual(t, "the status of "+path, f.do("GET "+path, `If-None-Match: "1"`).Status, 200)
		}
		for _, known := range []string{"", strings.Repeat("x", 1001)} {
			answer := f.do("GET "+url, "If-None-Match: "+known)
			wantEqual(t, "the status with a header of "+strconv.Itoa(len(known))+" bytes", answer.Status, map[bool]int{true: 200, false: 400}[known == ""])
		}
	})
}

func TestListTemplates(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		wantEqual(t, "no templates", f.must(200, "GET /api/templates").Body, "[]\n")
		var want []string
		for range 5 {
			answer := f.must(201, `/api/templates {"name":"x","steps":[{"name":"A"}]}`)
			want = append(want, routecardtest.Decode[gen.Template](t, answer).ID)
		}
		want = reversed(want)
		for _, limit := range []int{1, 2, 5, 1000} {
			var got []string
			for _, template := range pages[gen.Template](f, "/api/templates", limit) {
				got = append(got, template.ID)
			}
			wantEqual(t, "the list", got, want)
		}
	})
}

func TestTemplatesRefused(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		f.invalid("/api/templates", "name is required", "steps is required")
		f.invalid(`/api/templates {"name":"x","steps":[],"advancementMode":"loose"}`, "steps must have at least 1 item",
			"advancementMode must be one of: strict, flexible, per_step")
		f.invalid(`/api/templates {"name":"`+strings.Repeat("x", 1001)+`","steps":[{"name":"A"},{}]}`,
			"name must be at most 1000 characters long", "steps.1.name is required")
	})
}
