package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// floor is a job with one path and units on it, for tests about production.
type floor struct {
	t       *testing.T
	s       *routecardtest.Server
	job     gen.Job
	path    gen.Path
	serials []gen.Serial
}

// build creates a job, a path, and units. The route is the mode and the steps, each with its values that are not the default:
// "per_step A B:optional C:physical". The path's and the job's goal is 10.
func build(t *testing.T, s *routecardtest.Server, route string, units int) *floor {
	t.Helper()
	f := &floor{t: t, s: s, job: createJob(t, s, `{"name":"JOB-2024-002","goalQuantity":10}`)}
	f.path = f.addPath(route)
	if units > 0 {
		f.serials = f.addSerials(units)
	}
	return f
}

func (f *floor) addPath(route string) gen.Path {
	f.t.Helper()
	words := strings.Fields(route)
	var steps []string
	for _, word := range words[1:] {
		steps = append(steps, stepJSON(word))
	}
	answer := f.must(201, fmt.Sprintf(`POST /api/paths {"jobId":"%s","name":"Main Route","goalQuantity":10,
		"advancementMode":"%s","steps":[%s]}`, f.job.ID, words[0], strings.Join(steps, ",")))
	return routecardtest.Decode[gen.Path](f.t, answer)
}

func stepJSON(word string) string {
	name, rest, _ := strings.Cut(word, ":")
	fields := `"name":"` + name + `"`
	for option := range strings.SplitSeq(rest, ":") {
		switch option {
		case "":
		case "optional":
			fields += `,"optional":true`
		default:
			fields += `,"dependencyType":"` + option + `"`
		}
	}
	return "{" + fields + "}"
}

func (f *floor) addSerials(units int) []gen.Serial {
	f.t.Helper()
	answer := f.must(201, fmt.Sprintf(`POST /api/serials {"pathId":%q,"quantity":%d}`, f.path.ID, units))
	return routecardtest.Decode[[]gen.Serial](f.t, answer)
}

// fill puts ids for {job}, {path}, {sn} (the first unit), {sn1}, {sn2}, …, {sns} (all of them as JSON), and steps by
// their names: {A}.
func (f *floor) fill(text string) string {
	pairs := []string{"{job}", f.job.ID, "{path}", f.path.ID}
	var ids []string
	for i, serial := range f.serials {
		ids = append(ids, serial.ID)
		if i == 0 {
			pairs = append(pairs, "{sn}", serial.ID)
		}
		pairs = append(pairs, fmt.Sprintf("{sn%d}", i+1), serial.ID)
	}
	pairs = append(pairs, "{sns}", jsonList(ids))
	for _, step := range f.path.Steps {
		pairs = append(pairs, "{"+step.Name+"}", step.ID)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func jsonList(ids []string) string { return `["` + strings.Join(ids, `","`) + `"]` }

// do sends a request: "POST /api/paths {…}". A path that does not begin with a slash is a command for the first unit, and the
// method defaults to POST: "advance", "scrap {…}", "DELETE steps/{A}/override". A POST without a body sends {}.
func (f *floor) do(request string, headers ...string) routecardtest.Answer {
	f.t.Helper()
	method, rest := "POST", f.fill(request)
	if first, others, found := strings.Cut(rest, " "); found && first == strings.ToUpper(first) && first[0] != '/' {
		method, rest = first, others
	}
	path, body, _ := strings.Cut(rest, " ")
	if path[0] != '/' {
		path = "/api/serials/" + f.serials[0].ID + "/" + path
	}
	if body == "" && method == "POST" {
		body = "{}"
	}
	return f.s.Do(f.t, method, path, body, headers...)
}

func (f *floor) must(status int, request string) routecardtest.Answer {
	f.t.Helper()
	answer := f.do(request)
	if answer.Status != status {
		f.t.Fatalf("%s answered %d, want %d: %.500s", f.fill(request), answer.Status, status, answer.Body)
	}
	return answer
}

// conflict checks that the response is a 409 with this message.
func (f *floor) conflict(request, message string) {
	f.t.Helper()
	wantError(f.t, f.do(request), gen.Error{StatusCode: 409, Message: f.fill(message)})
}

// missing checks that the response is a 404 with this message.
func (f *floor) missing(request, message string) {
	f.t.Helper()
	wantError(f.t, f.do(request), gen.Error{StatusCode: 404, Message: f.fill(message)})
}

// invalid checks that the response is a 400 with these messages.
func (f *floor) invalid(request string, failures ...string) {
	f.t.Helper()
	c := scenario{wantStatus: 400, wantErrors: failures}
	c.checkError(f.t, f.do(request))
}

// steps shows the status of each step of the first unit: "A completed, B in_progress overridden".
func (f *floor) steps() string {
	f.t.Helper()
	var out []string
	for _, step := range routecardtest.Decode[gen.SerialDetail](f.t, f.must(200, "GET /api/serials/{sn}")).Steps {
		text := step.StepName + " " + string(step.Status)
		if step.Overridden {
			text += " overridden"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// events gets the events of a list.
func (f *floor) events(query string) []gen.Event {
	f.t.Helper()
	return routecardtest.Decode[[]gen.Event](f.t, f.must(200, "GET /api/events?"+query))
}

func eventTypes(events []gen.Event) []string {
	types := []string{}
	for _, event := range events {
		types = append(types, event.Type)
	}
	return types
}

// checkProgress counts the units in the list of units, and compares every number of the job's progress.
func (f *floor) checkProgress() {
	f.t.Helper()
	job := routecardtest.Decode[gen.JobDetail](f.t, f.must(200, "GET /api/jobs/{job}"))
	counts := map[string]int64{}
	for _, serial := range routecardtest.Decode[[]gen.Serial](f.t, f.must(200, "GET /api/serials?jobId={job}")) {
		counts[serial.PathID+string(serial.Status)]++
		counts[string(serial.Status)]++
		if serial.Status == gen.SerialStatusInProgress {
			counts[*serial.CurrentStepID]++
		}
		if serial.Status == gen.SerialStatusScrapped {
			continue
		}
		for _, step := range routecardtest.Decode[gen.SerialDetail](f.t, f.must(200, "GET /api/serials/"+serial.ID)).Steps {
			if step.Status == gen.SerialStepStatusCompleted {
				counts[step.StepID+" done"]++
			}
		}
	}
	want := gen.JobProgress{
		TotalGoal: job.GoalQuantity, TotalCompleted: counts["completed"], TotalInProgress: counts["in_progress"],
		TotalScrapped: counts["scrapped"], PercentComplete: percent(counts["completed"], job.GoalQuantity),
		PathProgress: []gen.PathProgress{},
	}
	for _, path := range job.Paths {
		completed := counts[path.ID+"completed"]
		want.PathProgress = append(want.PathProgress, gen.PathProgress{
			PathID: path.ID, PathName: path.Name, Goal: path.GoalQuantity, Completed: completed,
			InProgress: counts[path.ID+"in_progress"], Scrapped: counts[path.ID+"scrapped"],
			PercentComplete: percent(completed, path.GoalQuantity),
		})
		f.checkDistribution(path, counts)
	}
	wantEqual(f.t, "the progress", job.Progress, want)
	for _, item := range routecardtest.Decode[[]gen.JobListItem](f.t, f.must(200, "GET /api/jobs?include=progress")) {
		if item.ID == job.ID {
			wantEqual(f.t, "the progress in the list", *item.Progress, want)
		}
	}
}

func percent(completed, goal int64) float64 { return float64(completed*100) / float64(goal) }

func (f *floor) checkDistribution(path gen.Path, counts map[string]int64) {
	f.t.Helper()
	detail := routecardtest.Decode[gen.PathDetail](f.t, f.must(200, "GET /api/paths/"+path.ID))
	wantEqual(f.t, "completedCount", detail.CompletedCount, counts[path.ID+"completed"])
	wantEqual(f.t, "the path", detail.Path, path)
	most := int64(1) // a step where nothing stands is no bottleneck
	for _, step := range path.Steps {
		most = max(most, counts[step.ID])
	}
	want := make([]gen.StepDistribution, len(path.Steps))
	for i, step := range path.Steps {
		want[i] = gen.StepDistribution{
			StepID: step.ID, StepName: step.Name, StepOrder: i, Location: step.Location,
			PartCount: counts[step.ID], DoneCount: counts[step.ID+" done"], IsBottleneck: counts[step.ID] == most,
		}
	}
	wantEqual(f.t, "the distribution", detail.Distribution, want)
}

// snapshot returns everything that the API shows of the job, its path, its units, and their events.
func (f *floor) snapshot() string {
	f.t.Helper()
	var out strings.Builder
	requests := []string{
		"GET /api/jobs/{job}", "GET /api/paths/{path}", "GET /api/serials?jobId={job}", "GET /api/events?jobId={job}",
	}
	for _, serial := range f.serials {
		requests = append(requests, "GET /api/serials/"+serial.ID)
	}
	for _, request := range requests {
		answer := f.do(request)
		fmt.Fprintln(&out, request, answer.Status, answer.Header.Get("ETag"), answer.Body)
	}
	return out.String()
}

// unchanged checks that the requests, which must be refused, change nothing and append no event.
func (f *floor) unchanged(refused func()) {
	f.t.Helper()
	before := f.snapshot()
	refused()
	if after := f.snapshot(); after != before {
		f.t.Errorf("a refused request changed something: before\n%s\nafter\n%s", before, after)
	}
}

func serialIDs(serials []gen.Serial) []string {
	ids := []string{}
	for _, serial := range serials {
		ids = append(ids, serial.ID)
	}
	return ids
}

// newestFirst is the order of lists.
func newestFirst(serials []gen.Serial) []string {
	ids := serialIDs(serials)
	slices.Reverse(ids)
	return ids
}
