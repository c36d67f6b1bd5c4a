package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// noPath and noStep have the form of ids.
const (
	noPath = "path_01h455vb4pex5vsknk084sn02q"
	noStep = "step_01h455vb4pex5vsknk084sn02q"
)

func TestCreatePath(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		answer := f.must(201, `POST /api/paths {"jobId":"{job}","name":" Main Route ","goalQuantity":30,"steps":[
			{"name":"CNC Machining","location":"Bay 3","assignedTo":"maria","optional":true,"dependencyType":"physical"},
			{"name":"Deburring","location":null,"optional":null}],"id":"mine","createdAt":"then"}`)
		path := routecardtest.Decode[gen.Path](t, answer)
		wantJSON(t, answer.Body, f.fill(`{"jobId":"{job}","name":" Main Route ","goalQuantity":30,"advancementMode":"strict",
			"createdAt":"2024-01-15T10:30:00.123Z","updatedAt":"2024-01-15T10:30:00.123Z","steps":[
			{"name":"CNC Machining","order":0,"location":"Bay 3","assignedTo":"maria","optional":true,"dependencyType":"physical"},
			{"name":"Deburring","order":1,"optional":false,"dependencyType":"preferred"}]}`))
		if strings.Count(answer.Body, "location") != 1 || strings.Count(answer.Body, "assignedTo") != 1 {
			t.Errorf("what was not given is not left out: %s", answer.Body)
		}
		if !strings.HasPrefix(path.ID, "path_") || !strings.HasPrefix(path.Steps[0].ID, "step_") || path.Steps[0].ID >= path.Steps[1].ID {
			t.Errorf("the ids are %s, %s, %s", path.ID, path.Steps[0].ID, path.Steps[1].ID)
		}
		wantEqual(t, "Location", answer.Header.Get("Location"), "/api/paths/"+path.ID)
		wantEqual(t, "ETag", answer.Header.Get("ETag"), `"1"`)
		read := f.must(200, "GET "+answer.Header.Get("Location"))
		wantEqual(t, "ETag when read", read.Header.Get("ETag"), `"1"`)
		wantJSON(t, read.Body, answer.Body)
		wantJSON(t, read.Body, `{"completedCount":0}`)

		for _, mode := range []gen.AdvancementMode{gen.Strict, gen.Flexible, gen.PerStep} {
			wantEqual(t, "the mode", f.addPath(string(mode)+" A").AdvancementMode, mode)
		}
	})
}

func TestCreatePathRefuses(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat(`{"name":"A"},`, 501), ",")
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		f.unchanged(func() {
			f.invalid("/api/paths", "jobId is required", "name is required", "goalQuantity is required")
			f.invalid(`/api/paths {"jobId":"{job}","name":"x","goalQuantity":1}`, "steps is required")
			f.invalid(`/api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"steps":[{"name":"A"}],"templateId":"tpl_1"}`,
				"templateId must not be given together with steps")
			f.missing(`/api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"templateId":"tpl_1"}`, "Template not found: tpl_1")
			f.invalid(`/api/paths {"jobId":" ","name":"\t","goalQuantity":0,"steps":[]}`, "jobId is required", "name is required",
				"goalQuantity must be greater than 0", "steps must have at least 1 item")
			f.invalid(`/api/paths {"jobId":1,"name":2,"goalQuantity":"3","steps":{},"advancementMode":"loose"}`,
				"jobId must be a string", "name must be a string", "goalQuantity must be a number", "steps must be an array",
				"advancementMode must be one of: strict, flexible, per_step")
			f.invalid(`/api/paths {"jobId":"{job}","name":"x","goalQuantity":1.5,"steps":[{"name":"A"},1,{"name":" ","optional":"no",
				"dependencyType":"soft","location":3,"assignedTo":[]}]}`, "goalQuantity must be an integer", "steps.1 must be an object",
				"steps.2.name is required", "steps.2.location must be a string", "steps.2.assignedTo must be a string",
				"steps.2.optional must be a boolean", "steps.2.dependencyType must be one of: preferred, physical, completion_gate")
			f.invalid(`/api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"steps":[`+many+`]}`, "steps must have at most 500 items")
			f.missing(`/api/paths {"jobId":"`+noJob+`","name":"x","goalQuantity":1,"steps":[{"name":"A"}]}`, "Job not found: "+noJob)
		})
		f.must(201, `POST /api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"steps":[`+strings.TrimSuffix(many, `,{"name":"A"}`)+`]}`)
	})
}

func TestListJobPaths(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		build(t, s, "strict Other", 0)
		want := []string{f.path.ID}
		for _, route := range []string{"flexible B C", "per_step D", "strict E", "strict F"} {
			want = append(want, f.addPath(route).ID)
		}
		want = reversed(want)
		list := routecardtest.Decode[[]gen.Path](t, f.must(200, "GET /api/jobs/{job}/paths"))
		wantEqual(t, "the list", pathIDs(list), want)
		wantEqual(t, "the oldest path", list[4], f.path)
		for _, limit := range []int{1, 2, 5, 1000} {
			wantEqual(t, fmt.Sprintf("the list by %d", limit), pathIDs(pages[gen.Path](f, "/api/jobs/"+f.job.ID+"/paths", limit)), want)
		}
		detail := routecardtest.Decode[gen.JobDetail](t, f.must(200, "GET /api/jobs/{job}"))
		wantEqual(t, "the paths of the job", pathIDs(detail.Paths), reversed(want))

		empty := createJob(t, s, exampleJob).ID
		wantEqual(t, "no paths", f.must(200, "GET /api/jobs/"+empty+"/paths").Body, "[]\n")
		f.missing("GET /api/jobs/"+noJob+"/paths", "Job not found: "+noJob)
		f.invalid("GET /api/jobs/{job}/paths?limit=0", "limit must be greater than 0")
		f.invalid("GET /api/jobs/{job}/paths?cursor=x", "cursor must be taken from the Link header of a page")
	})
}

func pathIDs(paths []gen.Path) []string {
	ids := []string{}
	for _, path := range paths {
		ids = append(ids, path.ID)
	}
	return ids
}

// pages reads a list in pages of limit items and returns all items. It fails the test when a page is too long, or when a
// page with a successor is not full.
func pages[Item any](f *floor, path string, limit int) []Item {
	f.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	all := []Item{}
	for answer := range eachPage(f.t, f.s, f.fill(fmt.Sprintf("%s%slimit=%d", path, separator, limit))) {
		page := routecardtest.Decode[[]Item](f.t, answer)
		next := nextPage(f.t, answer)
		if len(page) > limit || len(page) == 0 && len(all) > 0 || len(page) < limit && next != "" {
			f.t.Fatalf("a page with limit=%d has %d items; the next page is %q", limit, len(page), next)
		}
		all = append(all, page...)
	}
	return all
}

// TestDistribution moves units and checks the number of units at each step and the bottleneck.
func TestDistribution(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B C", 0)
		want := func(counts, bottlenecks string, completed int64) {
			t.Helper()
			detail := routecardtest.Decode[gen.PathDetail](t, f.must(200, "GET /api/paths/{path}"))
			gotCounts, gotBottlenecks := "", ""
			for _, step := range detail.Distribution {
				gotCounts += itoa(step.PartCount)
				if step.IsBottleneck {
					gotBottlenecks += step.StepName
				}
			}
			wantEqual(t, "the counts", gotCounts, counts)
			wantEqual(t, "the bottlenecks", gotBottlenecks, bottlenecks)
			wantEqual(t, "completedCount", detail.CompletedCount, completed)
			f.checkProgress()
		}
		want("000", "", 0)
		f.serials = f.addSerials(4)
		want("400", "A", 0)
		f.must(200, `/api/serials/advance {"serialIds":["{sn1}","{sn2}"]}`)
		want("220", "AB", 0)
		f.must(200, "/api/serials/{sn1}/advance")
		want("211", "A", 0)
		f.must(200, "/api/serials/{sn1}/advance")
		want("210", "A", 1)
		f.must(200, `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
		want("200", "A", 1)
		f.must(200, "/api/serials/{sn3}/force-complete")
		want("100", "A", 2)
		f.must(200, `/api/serials/{sn4}/scrap {"reason":"damaged"}`)
		want("000", "", 2)
		f.must(200, "/api/serials/{sn2}/undo")
		want("010", "B", 2)
	})
}

// TestProgressBeyondTheGoal checks that percentages are neither rounded nor clamped.
func TestProgressBeyondTheGoal(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 3)
		f.must(200, `PUT /api/paths/{path} {"goalQuantity":2}`)
		f.must(200, `PUT /api/jobs/{job} {"goalQuantity":7}`)
		f.must(200, `/api/serials/advance {"serialIds":{sns}}`)
		wantJSON(t, f.must(200, "GET /api/jobs/{job}").Body, `{"progress":{"totalGoal":7,"totalCompleted":3,
			"percentComplete":42.857142857142854,"pathProgress":[{"pathName":"Main Route","goal":2,"completed":3,"inProgress":0,
			"scrapped":0,"percentComplete":150}]}}`)
	})
}

// TestJobsDoNotShare checks that changes of a job do not change other jobs, and changes of a path do not change other paths of its job.
func TestJobsDoNotShare(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		mine, other := build(t, s, "flexible A B", 2), build(t, s, "flexible A B", 2)
		second := &floor{t: t, s: s, job: mine.job, path: mine.addPath("strict A B")}
		second.serials = second.addSerials(3)
		beside := second.must(200, "GET /api/paths/{path}").Body
		other.unchanged(func() {
			mine.must(200, "/api/serials/{sn1}/advance")
			mine.must(200, "/api/serials/{sn1}/advance")
			mine.must(200, `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
			mine.must(200, `PUT /api/paths/{path} {"name":"Other Route","steps":[{"id":"{B}","name":"B"}]}`)
			mine.must(200, `PUT /api/jobs/{job} {"name":"Other"}`)
		})
		wantEqual(t, "the other path", second.must(200, "GET /api/paths/{path}").Body, beside)
		for _, f := range []*floor{mine, other, second} {
			f.checkProgress()
		}
		wantEqual(t, "the units of the other job", serialIDs(routecardtest.Decode[[]gen.Serial](t, other.must(200, "GET /api/serials?jobId={job}"))),
			newestFirst(other.serials))
	})
}
