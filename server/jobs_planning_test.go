package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/server"
)

func TestPlanningFields(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		created := f.must(201, `POST /api/jobs {"name":"x","goalQuantity":1,"dueDate":"2024-02-29","priority":"urgent",
			"notes":" by Friday ","externalId":"ERP-1"}`)
		wantJSON(t, created.Body, `{"dueDate":"2024-02-29","priority":"urgent","notes":" by Friday ","externalId":"ERP-1"}`)
		job := "/api/jobs/" + routecardtest.Decode[gen.Job](t, created).ID
		wantJSON(t, f.must(200, "GET "+job).Body, created.Body)
		wantJSON(t, f.must(200, "GET /api/jobs?externalId=ERP-1").Body, "["+created.Body+"]")

		changed := f.must(200, "PUT "+job+` {"dueDate":"2024-03-01","priority":"low"}`)
		wantJSON(t, changed.Body, `{"dueDate":"2024-03-01","priority":"low","notes":" by Friday ","externalId":"ERP-1"}`)
		cleared := f.must(200, "PUT "+job+` {"dueDate":null,"priority":null,"notes":null,"externalId":null}`)
		for _, field := range []string{"dueDate", "priority", "notes", "externalId", "closedAt", "closeReason"} {
			if strings.Contains(cleared.Body, field) {
				t.Errorf("%s was cleared and is shown: %s", field, cleared.Body)
			}
		}
		events := f.events("jobId=" + strings.TrimPrefix(job, "/api/jobs/"))
		wantEqual(t, "the data of the events", []string{string(events[0].Data), string(events[1].Data), string(events[2].Data)}, []string{
			`{"name":"x","goalQuantity":1,"dueDate":"2024-02-29","priority":"urgent","notes":" by Friday ","externalId":"ERP-1"}`,
			`{"dueDate":"2024-03-01","priority":"low"}`,
			`{"cleared":["dueDate","priority","notes","externalId"]}`,
		})
	})
}

func TestPlanningFieldsRefused(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		for _, request := range []string{`/api/jobs {"name":"x","goalQuantity":1,`, `PUT /api/jobs/{job} {`} {
			f.invalid(request+`"dueDate":"1.12.2026"}`, "dueDate must be a date like 2026-12-01")
			f.invalid(request+`"dueDate":"2026-02-30"}`, "dueDate must be a date like 2026-12-01")
			f.invalid(request+`"priority":"High"}`, "priority must be one of: low, normal, high, urgent")
			f.invalid(request+`"notes":1,"externalId":" "}`, "notes must be a string", "externalId cannot be empty")
		}
		other := f.must(201, `POST /api/jobs {"name":"JOB-9","goalQuantity":1,"externalId":"ERP-1"}`)
		taken := "externalId ERP-1 is already used by job JOB-9 (" + routecardtest.Decode[gen.Job](t, other).ID + ")"
		f.unchanged(func() {
			f.conflict(`/api/jobs {"name":"x","goalQuantity":1,"externalId":"ERP-1"}`, taken)
			f.conflict(`PUT /api/jobs/{job} {"externalId":"ERP-1"}`, taken)
			f.conflict(`/api/jobs/plan {"name":"x","goalQuantity":1,"externalId":"ERP-1","paths":[{"name":"A","goalQuantity":1,
				"steps":[{"name":"A"}]}]}`, taken)
		})
	})
}

// TestExternalIDOnce has many requests ask for the same external id at the same time, next to others without one.
func TestExternalIDOnce(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		statuses := make([]int, 40)
		var group sync.WaitGroup
		for i := range statuses {
			body := `{"name":"x","goalQuantity":1}`
			if i%2 == 0 {
				body = `{"name":"x","goalQuantity":1,"externalId":"ERP-1"}`
			}
			group.Go(func() { statuses[i] = s.Do(t, "POST", "/api/jobs", body).Status })
		}
		group.Wait()
		created, refused := 0, 0
		for i, status := range statuses {
			switch {
			case status == 201 && i%2 == 0:
				created++
			case status == 409 && i%2 == 0:
				refused++
			case status != 201:
				t.Errorf("a job without an external id was answered with %d", status)
			}
		}
		wantEqual(t, "created and refused", []int{created, refused}, []int{1, 19})
	})
}

func TestCloseJob(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B C", 2)
		f.must(200, "scrap {\"reason\":\"damaged\"}")
		f.must(200, "/api/serials/{sn2}/advance-to {\"targetStepIndex\":2}")
		f.conflict("/api/jobs/{job}/reopen", "Job JOB-2024-002 is not closed")
		s.Clock.Advance(time.Minute)
		closed := f.must(200, `/api/jobs/{job}/close {"reason":"Canceled","userId":"maria"}`)
		wantJSON(t, closed.Body, `{"closedAt":"2024-01-15T10:31:00.123Z","closeReason":"Canceled","updatedAt":"2024-01-15T10:31:00.123Z"}`)
		wantEqual(t, "ETag", closed.Header.Get("ETag"), `"2"`)
		const message = "Job JOB-2024-002 is closed"
		f.unchanged(func() {
			f.conflict("/api/jobs/{job}/close", "Job JOB-2024-002 is closed already")
			f.conflict(`/api/serials {"pathId":"{path}","quantity":1}`, message)
			for _, command := range []string{
				"undo", "/api/serials/{sn2}/advance", `/api/serials/{sn2}/advance-to {"targetStepIndex":3}`,
				`/api/serials/{sn2}/scrap {"reason":"damaged"}`, "/api/serials/{sn2}/force-complete", "/api/serials/{sn2}/undo",
				`/api/serials/{sn2}/steps/{C}/override {"reason":"x"}`, "DELETE /api/serials/{sn2}/steps/{C}/override",
				`/api/serials/{sn2}/steps/{B}/waive {"reason":"x","approverId":"y"}`, "/api/serials/{sn2}/steps/{B}/complete",
			} {
				f.conflict(command, message)
			}
			bulk := f.must(200, `/api/serials/advance {"serialIds":["{sn2}"],"mode":"perItem"}`)
			wantJSON(t, bulk.Body, `{"succeeded":0,"failed":1,"results":[{"ok":false,"error":{"statusCode":409,"message":"`+message+`"}}]}`)
			wantEqual(t, "atomic", f.do(`/api/serials/advance {"serialIds":["{sn2}"]}`).Status, 409)
		})
		// A path that is added to a closed job takes no units either.
		added := f.addPath("strict A")
		f.conflict(`/api/serials {"pathId":"`+added.ID+`","quantity":1}`, message)

		reopened := f.must(200, "/api/jobs/{job}/reopen")
		if strings.Contains(reopened.Body, "closed") || strings.Contains(reopened.Body, "closeReason") {
			t.Errorf("a reopened job shows that it was closed: %s", reopened.Body)
		}
		f.must(200, "/api/serials/{sn2}/undo")
		f.must(201, `/api/serials {"pathId":"`+added.ID+`","quantity":1}`)
		events := f.events("jobId={job}&type=job.closed&type=job.reopened")
		wantEqual(t, "the events", eventTypes(events), []string{"job.closed", "job.reopened"})
		wantEqual(t, "the user", events[0].UserID, "maria")
		wantEqual(t, "the data", string(events[0].Data), `{"name":"JOB-2024-002","reason":"Canceled"}`)
		f.missing("/api/jobs/"+noJob+"/close", "Job not found: "+noJob)
		f.missing("/api/jobs/"+noJob+"/reopen", "Job not found: "+noJob)
		f.checkProgress()
	})
}

// TestCloseJobRace closes a job while units are created and moved on its paths. By the order of the events, nothing happens
// between the close and the reopening.
func TestCloseJobRace(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible A B", 20)
		other := f.addPath("flexible A B")
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for i := range 10 {
					for _, request := range []string{
						"/api/serials/" + f.serials[(worker*5+i)%20].ID + "/advance",
						"/api/serials/" + f.serials[(worker*5+i)%20].ID + "/undo",
						`/api/serials {"pathId":"` + other.ID + `","quantity":1}`,
					} {
						if status := f.do(request).Status; status != 200 && status != 201 && status != 409 {
							t.Errorf("%s answered %d", request, status)
						}
					}
				}
			})
		}
		group.Go(func() {
			for range 10 {
				f.do("/api/jobs/{job}/close")
				f.do("/api/jobs/{job}/reopen")
			}
		})
		group.Wait()
		closed := false
		for _, event := range f.events("jobId={job}") {
			switch {
			case event.Type == "job.closed":
				closed = true
			case event.Type == "job.reopened":
				closed = false
			case closed:
				t.Fatalf("event %d, %s, happened on a closed job", event.Seq, event.Type)
			}
		}
		f.checkProgress()
	})
}

// plannedJob is a job of the tests of lists.
type plannedJob struct {
	due, priority string
	closed, met   bool
}

func TestListJobsPlanned(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		// In Kiritimati it is already January 16 at the time of the test's clock.
		zone := time.FixedZone("Kiritimati", 14*60*60)
		s := routecardtest.New(t, database, func(options *server.Options) { options.TimeZone = zone })
		f := build(t, s, "strict A", 0)
		f.must(204, "DELETE /api/jobs/{job}")
		planned := []plannedJob{
			{},
			{due: "2024-01-15"},
			{due: "2024-01-16"},
			{priority: "urgent"},
			{due: "2024-01-15", met: true},
			{priority: "low", due: "2023-01-01"},
			{closed: true},
			{due: "2020-01-01", priority: "urgent", closed: true},
			{priority: "normal", due: "2024-01-15"},
			{priority: "high"},
			{},
			{closed: true, priority: "low"},
			{due: "2024-01-15"},
		}
		names := map[string]int{}
		for i, job := range planned {
			body := fmt.Sprintf(`{"name":"%d","goalQuantity":1`, i)
			if job.due != "" {
				body += `,"dueDate":"` + job.due + `"`
			}
			if job.priority != "" {
				body += `,"priority":"` + job.priority + `"`
			}
			id := createJob(t, s, body+"}").ID
			names[id] = i
			if job.met {
				path := routecardtest.Decode[gen.Path](t, f.must(201, `/api/paths {"jobId":"`+id+`","name":"x","goalQuantity":1,"steps":[{"name":"A"}]}`))
				units := routecardtest.Decode[[]gen.Serial](t, f.must(201, `/api/serials {"pathId":"`+path.ID+`","quantity":1}`))
				f.must(200, "/api/serials/"+units[0].ID+"/advance")
			}
			if job.closed {
				f.must(200, "/api/jobs/"+id+"/close")
			}
		}
		for query, want := range map[string][]int{
			"":                         {12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
			"sort=created":             {12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
			"state=open":               {12, 10, 9, 8, 5, 4, 3, 2, 1, 0},
			"state=closed":             {11, 7, 6},
			"state=late":               {12, 8, 5, 1},
			"sort=due":                 {5, 1, 4, 8, 12, 2, 10, 9, 3, 0, 7, 11, 6},
			"sort=due&state=open":      {5, 1, 4, 8, 12, 2, 10, 9, 3, 0},
			"sort=due&state=closed":    {7, 11, 6},
			"sort=due&state=late":      {5, 1, 8, 12},
			"sort=priority":            {3, 9, 1, 4, 8, 12, 2, 0, 10, 5, 7, 6, 11},
			"sort=priority&state=open": {3, 9, 1, 4, 8, 12, 2, 0, 10, 5},
			"sort=priority&state=late": {1, 8, 12, 5},
		} {
			for _, limit := range []int{1, 3, 1000} {
				var got []int
				for _, job := range pages[gen.JobListItem](f, "/api/jobs?"+query, limit) {
					got = append(got, names[job.ID])
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s by %d: %v, want %v", query, limit, got, want)
				}
			}
			answer := f.must(200, "GET /api/jobs?limit=1&count=true&"+query)
			wantEqual(t, "the count of "+query, answer.Header.Get("X-Total-Count"), fmt.Sprint(len(want)))
		}
		if f.must(200, "GET /api/jobs?limit=1&count=false").Header[http.CanonicalHeaderKey("X-Total-Count")] != nil {
			t.Error("jobs are counted unasked")
		}
		f.invalid("GET /api/jobs?state=x&sort=y&count=z", "state must be one of: open, closed, late",
			"sort must be one of: created, due, priority", "count must be a boolean")
		next := nextPage(t, f.must(200, "GET /api/jobs?limit=1"))
		f.invalid("GET "+next+"&sort=due", "cursor must be taken from the Link header of a page")
	})
}

func TestListJobsDistribution(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 3)
		f.must(200, "advance")
		jobs := routecardtest.Decode[[]gen.JobListItem](t, f.must(200, "GET /api/jobs?include=distribution"))
		path := routecardtest.Decode[gen.PathDetail](t, f.must(200, "GET /api/paths/{path}"))
		detail := routecardtest.Decode[gen.JobDetail](t, f.must(200, "GET /api/jobs/{job}"))
		wantEqual(t, "the distribution", *jobs[0].Progress.PathProgress[0].Distribution, path.Distribution)
		jobs[0].Progress.PathProgress[0].Distribution = nil
		wantEqual(t, "the progress", *jobs[0].Progress, detail.Progress)
		if body := f.must(200, "GET /api/jobs?include=progress").Body; strings.Contains(body, "distribution") {
			t.Errorf("the distribution was not asked for: %s", body)
		}
	})
}
