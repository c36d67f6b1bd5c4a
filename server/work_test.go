package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// workText shows the rows of work: "job/step waiting+incoming create toCreate".
func workText(rows []gen.WorkItem) []string {
	out := []string{}
	for _, row := range rows {
		text := fmt.Sprintf("%s/%s %d+%d", row.JobName, row.StepName, row.Waiting, row.Incoming)
		if row.ToCreate != nil {
			text += fmt.Sprintf(" create %d", *row.ToCreate)
		}
		out = append(out, text)
	}
	return out
}

func TestWork(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		f.must(200, `PUT /api/jobs/{job} {"name":"plain"}`)
		plan := func(name, fields string) gen.JobDetail {
			t.Helper()
			return routecardtest.Decode[gen.JobDetail](t, f.must(201, `/api/jobs/plan {"name":"`+name+`","goalQuantity":4`+fields+`,"paths":[
				{"name":"x","goalQuantity":4,"steps":[{"name":"Saw","location":"Bay 1"},{"name":"Mill","location":"Bay 2","assignedTo":"tom"},
				{"name":"Pack"}],"quantity":4}]}`))
		}
		urgent, due, closed := plan("urgent", `,"priority":"urgent"`), plan("due", `,"dueDate":"2024-02-01"`), plan("closed", "")
		f.must(200, "/api/jobs/"+closed.ID+"/close")
		serials := routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials?jobId="+urgent.ID))
		s.Clock.Advance(time.Minute)
		f.must(200, "/api/serials/"+serials[3].ID+"/advance")
		s.Clock.Advance(time.Minute)
		f.must(200, "/api/serials/"+serials[2].ID+"/advance")
		f.must(200, `/api/serials/`+serials[0].ID+`/scrap {"reason":"damaged"}`)

		all := []string{"urgent/Saw 1+0 create 1", "urgent/Mill 2+1", "due/Saw 4+0", "plain/A 0+0 create 10"}
		for query, want := range map[string][]string{
			"":                           all,
			"location=Bay%202":           {"urgent/Mill 2+1"},
			"location=Bay%201":           {"urgent/Saw 1+0 create 1", "due/Saw 4+0"},
			"location=bay%201":           {},
			"assignedTo=tom":             {"urgent/Mill 2+1"},
			"stepName=Saw":               {"urgent/Saw 1+0 create 1", "due/Saw 4+0"},
			"jobId=" + due.ID:            {"due/Saw 4+0"},
			"jobId=" + closed.ID:         {},
			"stepName=Saw&assignedTo=to": {},
		} {
			for _, limit := range []int{1, 3, 1000} {
				wantEqual(t, fmt.Sprintf("work %s by %d", query, limit), workText(pages[gen.WorkItem](f, "/api/work?"+query, limit)), want)
			}
			wantEqual(t, "work "+query, workText(routecardtest.Decode[[]gen.WorkItem](t, f.must(200, "GET /api/work?"+query))), want)
		}
		path := urgent.Paths[0]
		rows := routecardtest.Decode[[]gen.WorkItem](t, f.must(200, "GET /api/work?limit=2"))
		wantEqual(t, "a row", rows[1], gen.WorkItem{
			JobID: urgent.ID, JobName: "urgent", Priority: new(gen.JobPriority("urgent")), PathID: path.ID, PathName: "x",
			StepID: path.Steps[1].ID, StepName: "Mill", StepOrder: 1, Location: new("Bay 2"), AssignedTo: new("tom"),
			Waiting: 2, Incoming: 1, OldestSince: new("2024-01-15T10:31:00.123Z"),
		})
		wantEqual(t, "since when at the first step", *rows[0].OldestSince, "2024-01-15T10:30:00.123Z")
		next := nextPage(t, f.must(200, "GET /api/jobs?limit=1"))
		f.invalid("GET "+strings.Replace(next, "/api/jobs", "/api/work", 1), "cursor must be taken from the Link header of a page")

		places := routecardtest.Decode[gen.Places](t, f.must(200, "GET /api/places"))
		wantEqual(t, "the places", places, gen.Places{
			Locations: []gen.Place{{Name: "Bay 1", Steps: 2, Waiting: 5}, {Name: "Bay 2", Steps: 2, Waiting: 2}},
			Assignees: []gen.Place{{Name: "tom", Steps: 2, Waiting: 2}},
			StepNames: []gen.Place{
				{Name: "A", Steps: 1}, {Name: "Mill", Steps: 2, Waiting: 2}, {Name: "Pack", Steps: 2}, {Name: "Saw", Steps: 2, Waiting: 5},
			},
		})
		f.must(200, "/api/jobs/"+closed.ID+"/reopen")
		wantEqual(t, "work after the reopening", workText(routecardtest.Decode[[]gen.WorkItem](t, f.must(200, "GET /api/work?stepName=Saw"))),
			[]string{"urgent/Saw 1+0 create 1", "due/Saw 4+0", "closed/Saw 4+0"})
	})
}

// TestWorkAfterChanges changes the urgency of jobs, the goal of a path, and the steps, in every way that the API has.
func TestWorkAfterChanges(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		f.must(204, "DELETE /api/jobs/{job}")
		plan := func(name string) gen.JobDetail {
			t.Helper()
			return routecardtest.Decode[gen.JobDetail](t, f.must(201, `/api/jobs/plan {"name":"`+name+`","goalQuantity":4,"externalId":"`+name+`",
				"paths":[{"name":"x","goalQuantity":2,"quantity":2,"steps":[{"name":"Saw","location":"Bay 1"},{"name":"Mill","location":"Bay 1"}]}]}`))
		}
		a, b, c := plan("a"), plan("b"), plan("c")
		wantWork := func(after string, want ...string) {
			t.Helper()
			got := workText(routecardtest.Decode[[]gen.WorkItem](t, f.must(200, "GET /api/work?location=Bay%201")))
			wantEqual(t, "work after "+after, got, want)
		}
		wantWork("the plans", "a/Saw 2+0", "b/Saw 2+0", "c/Saw 2+0")
		f.must(200, "PUT /api/jobs/"+c.ID+` {"priority":"high"}`)
		wantWork("updateJob", "c/Saw 2+0", "a/Saw 2+0", "b/Saw 2+0")
		template := routecardtest.Decode[gen.Template](t, f.must(201, `/api/templates {"name":"T","steps":[{"name":"Saw","location":"Bay 1"}]}`))
		report := routecardtest.Decode[gen.ImportReport](t, importFile(t, s, "?onDuplicate=update",
			"externalId,name,qty,priority,template,units\nb,b,4,urgent,,\nd,d,1,high,"+template.Name+",1\n"))
		wantEqual(t, "the import", summary(report), "1 created, 1 updated, 0 skipped, 0 failed\n2 updated job\n3 created job\n")
		wantWork("importJobs", "b/Saw 2+0", "c/Saw 2+0", "d/Saw 1+0", "a/Saw 2+0")
		path := a.Paths[0]
		f.must(200, "PUT /api/paths/"+path.ID+` {"goalQuantity":5}`)
		wantWork("a higher goal", "b/Saw 2+0", "c/Saw 2+0", "d/Saw 1+0", "a/Saw 2+0 create 3")
		f.must(200, "PUT /api/paths/"+path.ID+` {"steps":[{"name":"Cut","location":"Bay 1"},{"id":"`+path.Steps[0].ID+`","name":"Saw"},{"id":"`+
			path.Steps[1].ID+`","name":"Mill","location":"Bay 2"}]}`)
		wantWork("a new first step", "b/Saw 2+0", "c/Saw 2+0", "d/Saw 1+0", "a/Cut 0+0 create 3", "a/Saw 2+0")
		f.must(200, "PUT /api/paths/"+path.ID+` {"goalQuantity":2}`)
		f.must(200, "PUT /api/jobs/"+c.ID+` {"priority":null,"dueDate":"2024-02-01"}`)
		wantWork("a lower goal and a due date", "b/Saw 2+0", "d/Saw 1+0", "c/Saw 2+0", "a/Saw 2+0")
		f.must(201, `/api/serials {"pathId":"`+c.Paths[0].ID+`","quantity":1}`)
		serial := routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials?jobId="+b.ID))[0]
		f.must(200, "/api/serials/"+serial.ID+`/scrap {"reason":"damaged"}`)
		wantWork("another unit and a scrapped one", "b/Saw 1+0 create 1", "d/Saw 1+0", "c/Saw 3+0", "a/Saw 2+0")
	})
}
