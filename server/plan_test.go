package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestPlanJob(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 1)
		template := routecardtest.Decode[gen.Template](t,
			f.must(201, `/api/templates {"name":"x","advancementMode":"per_step","steps":[{"name":"Saw"},{"name":"Mill"}]}`))
		last := f.events("")
		const headers = "Idempotency-Key: plan"
		request := `/api/jobs/plan {"name":"JOB-9","goalQuantity":9,"dueDate":"2024-02-01","priority":"high","jiraLabels":["rush"],
			"userId":"maria","paths":[
			{"name":"first","goalQuantity":4,"steps":[{"name":"A","location":"Bay 3"},{"name":"B"}],"quantity":3},
			{"name":"second","goalQuantity":5,"templateId":"` + template.ID + `","serialNumbers":["HSG-1","HSG-2"]},
			{"name":"third","goalQuantity":1,"steps":[{"name":"A"}],"advancementMode":"flexible"},
			{"name":"fourth","goalQuantity":1,"steps":[{"name":"A"}],"quantity":1}]}`
		answer := f.do(request, headers)
		wantEqual(t, "the status", answer.Status, 201)
		job := routecardtest.Decode[gen.JobDetail](t, answer)
		wantEqual(t, "Location", answer.Header.Get("Location"), "/api/jobs/"+job.ID)
		wantJSON(t, answer.Body, `{"name":"JOB-9","goalQuantity":9,"dueDate":"2024-02-01","priority":"high","jiraLabels":["rush"],
			"progress":{"totalGoal":9,"totalInProgress":6,"totalCompleted":0}}`)
		wantEqual(t, "what getJob returns", f.must(200, "GET /api/jobs/"+job.ID).Body, answer.Body)
		var paths []string
		for _, path := range job.Paths {
			var steps []string
			for _, step := range path.Steps {
				steps = append(steps, step.Name)
			}
			paths = append(paths, fmt.Sprint(path.Name, " ", path.AdvancementMode, " ", steps))
		}
		wantEqual(t, "the paths", paths, []string{"first strict [A B]", "second per_step [Saw Mill]", "third flexible [A]", "fourth strict [A]"})
		units := map[string][]string{}
		for _, serial := range routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials?jobId="+job.ID)) {
			units[serial.PathID] = append(units[serial.PathID], serial.ID)
		}
		wantEqual(t, "the units", []any{units[job.Paths[0].ID], units[job.Paths[1].ID], len(units[job.Paths[2].ID]), units[job.Paths[3].ID]},
			[]any{[]string{"SN-00004", "SN-00003", "SN-00002"}, []string{"HSG-2", "HSG-1"}, 0, []string{"SN-00005"}})
		events := f.events(fmt.Sprintf("after=%d", last[len(last)-1].Seq))
		wantEqual(t, "the events", eventTypes(events), []string{
			"job.created", "path.created", "serial.created", "serial.created", "serial.created", "path.created", "serial.created",
			"serial.created", "path.created", "path.created", "serial.created",
		})
		wantEqual(t, "the user", events[2].UserID, "maria")
		again := f.do(request, headers)
		wantEqual(t, "the repeated request", []string{again.Body, again.Header.Get("Idempotency-Replayed")}, []string{answer.Body, "true"})
		f.job, f.path = job.Job, job.Paths[0]
		f.checkProgress()
		f.must(200, "/api/serials/HSG-1/advance")
		f.checkProgress()
	})
}

func TestPlanJobRefused(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 1)
		plan := func(paths string) string {
			return `/api/jobs/plan {"name":"x","goalQuantity":1,"paths":[` + paths + `]}`
		}
		const good = `{"name":"x","goalQuantity":1,"steps":[{"name":"A"}]}`
		path := func(fields string) string { return `{"name":"x","goalQuantity":1,` + fields + `}` }
		all := f.must(200, "GET /api/events").Body
		f.invalid("/api/jobs/plan", "name is required", "goalQuantity is required", "paths is required")
		f.invalid(plan(""), "paths must have at least 1 item")
		f.invalid(plan(good+`,`+good+`,{"name":"x","goalQuantity":1,"steps":[{"name":"A"},{"name":"B"},{}]}`), "paths.2.steps.2.name is required")
		f.invalid(plan(good+`,{}`), "paths.1.name is required", "paths.1.goalQuantity is required")
		f.invalid(plan(good+`,{"name":"x","goalQuantity":1}`), "paths.1.steps is required")
		f.invalid(plan(path(`"steps":[{"name":"A"}],"templateId":"tpl_1"`)), "paths.0.templateId must not be given together with steps")
		f.invalid(plan(path(`"steps":[{"name":"A"}],"quantity":1,"serialNumbers":["HSG-1"]`)),
			"paths.0.quantity must not be given together with serialNumbers")
		f.invalid(plan(path(`"steps":[{"name":"A"}],"serialNumbers":["HSG-1"]`)+","+path(`"steps":[{"name":"A"}],"serialNumbers":["HSG-2","HSG-1"]`)),
			"paths.1.serialNumbers.1 must not repeat HSG-1")
		f.invalid(plan(path(`"steps":[{"name":"A"}],"serialNumbers":["HSG-1","hsg-1"]`)), "paths.0.serialNumbers.1 must not repeat hsg-1")
		f.invalid(plan(path(`"steps":[{"name":"A"}],"quantity":50000`)+strings.Repeat(","+path(`"steps":[{"name":"A"}],"quantity":50000`), 2)),
			"paths must have at most 100000 units together")
		f.missing(plan(good+","+path(`"templateId":"tpl_1"`)), "paths.1.templateId: Template not found: tpl_1")
		f.conflict(plan(good+","+path(`"steps":[{"name":"A"}],"serialNumbers":["HSG-1","{sn}"]`)), "Serial number already exists: {sn}")
		f.conflict(plan(path(`"steps":[{"name":"A"}],"serialNumbers":["SN-00003"]`)+","+path(`"steps":[{"name":"A"}],"quantity":2`)),
			"Serial number already exists: SN-00003")
		f.conflict(plan(path(`"steps":[{"name":"A"}],"serialNumbers":["sn-00003"]`)+","+path(`"steps":[{"name":"A"}],"quantity":2`)),
			"Serial number already exists: sn-00003")
		f.invalid(`/api/jobs/plan {"name":"x","goalQuantity":1,"dueDate":"2024-02-30","paths":[`+good+`]}`,
			"dueDate must be a date like 2026-12-01")
		wantEqual(t, "the events", f.must(200, "GET /api/events").Body, all)
		wantEqual(t, "the jobs", len(routecardtest.Decode[[]gen.JobListItem](t, f.must(200, "GET /api/jobs"))), 1)
	})
}
