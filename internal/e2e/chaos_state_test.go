//go:build chaos

package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/routecard/routecard/internal/replay"
)

// progress is the progress of a job in a response.
type progress struct {
	TotalInProgress, TotalCompleted, TotalScrapped int64
	PathProgress                                   []struct {
		PathID                          string
		InProgress, Completed, Scrapped int64
	}
}

func (p progress) counts() replay.Counts {
	return replay.Counts{InProgress: p.TotalInProgress, Completed: p.TotalCompleted, Scrapped: p.TotalScrapped}
}

type jobDetail struct {
	ID, Name                             string
	GoalQuantity                         int64
	DueDate, Priority, Notes, ExternalID *string
	ClosedAt, CloseReason                string
	Progress                             progress
	Paths                                []struct{ ID string }
}

type pathDetail struct {
	ID, JobID, Name, AdvancementMode string
	GoalQuantity, CompletedCount     int64
	Steps                            []struct {
		ID, Name, DependencyType string
		Location, AssignedTo     *string
		Optional                 bool
	}
	Distribution []struct {
		StepID               string
		PartCount, DoneCount int64
	}
}

type serialDetail struct {
	ID, JobID, PathID, Status, CurrentStepID, CreatedAt string
	CurrentStepIndex                                    int
	ForceCompleted                                      bool
	ForceReason, ScrapExplanation                       *string
	ScrapReason                                         string
	ForceCompletedBy, ForceCompletedAt                  string
	ScrappedBy, ScrappedAt                              string
	Steps                                               []struct {
		StepID, Status string
		Overridden     bool
	}
}

// checkState compares all jobs, paths and units that a server returns with the replayed state.
func (c *checker) checkState(server int, state *replay.Replay) {
	jobs, paths, units := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for job := range state.Jobs() {
		jobs[job.ID] = true
	}
	pathsOf := map[string]int{}
	for path := range state.Paths() {
		paths[path.ID] = true
		pathsOf[path.JobID]++
	}
	for unit := range state.Units() {
		units[unit.ID] = true
	}
	c.compareIDs("jobs", fetch[[]struct{ ID string }](c, server, "/api/jobs").body, jobs)
	c.compareIDs("units", fetch[[]struct{ ID string }](c, server, "/api/serials").body, units)

	var checks sync.WaitGroup
	work := make(chan func())
	for range 8 {
		checks.Go(func() {
			for check := range work {
				check()
			}
		})
	}
	for id := range jobs {
		work <- func() { c.checkJob(server, state, id, pathsOf[id]) }
	}
	for id := range paths {
		work <- func() { c.checkPath(server, state, id) }
	}
	for id := range units {
		work <- func() { c.checkUnit(server, state, id) }
	}
	close(work)
	checks.Wait()
}

func (c *checker) compareIDs(what string, listed []struct{ ID string }, want map[string]bool) {
	if len(listed) != len(want) {
		c.errorf("%d %s are listed, and %d follow from the events", len(listed), what, len(want))
	}
	for _, item := range listed {
		if !want[item.ID] {
			c.errorf("%s is listed under %s, and does not follow from the events", item.ID, what)
		}
	}
}

// checkJob compares one job, which must have the given number of paths.
func (c *checker) checkJob(server int, state *replay.Replay, id string, paths int) {
	found := fetch[jobDetail](c, server, "/api/jobs/"+id)
	job := found.body
	got := replay.Job{
		ID: job.ID, Name: job.Name, GoalQuantity: job.GoalQuantity, DueDate: job.DueDate, Priority: job.Priority, Notes: job.Notes,
		ExternalID: job.ExternalID, ClosedAt: job.ClosedAt, CloseReason: job.CloseReason, Version: found.version,
		Counts: job.Progress.counts(),
	}
	if want, _ := state.Job(id); !reflect.DeepEqual(got, want) {
		c.errorf("server %d has job %+v, and the events %+v", server, got, want)
	}
	for _, p := range job.Progress.PathProgress {
		want, found := state.Path(p.PathID)
		got := replay.Counts{InProgress: p.InProgress, Completed: p.Completed, Scrapped: p.Scrapped}
		if !found || want.JobID != id || got != want.Counts {
			c.errorf("server %d has path %s of job %s with %+v, and the events %+v", server, p.PathID, id, got, want)
		}
	}
	if len(job.Paths) != paths || len(job.Progress.PathProgress) != paths {
		c.errorf("server %d has %d paths of job %s, and the events %d", server, len(job.Paths), id, paths)
	}
}

func (c *checker) checkPath(server int, state *replay.Replay, id string) {
	found := fetch[pathDetail](c, server, "/api/paths/"+id)
	path := found.body
	want, _ := state.Path(id)
	got := replay.Path{
		ID: path.ID, JobID: path.JobID, Name: path.Name, AdvancementMode: path.AdvancementMode,
		GoalQuantity: path.GoalQuantity, Version: found.version, Counts: want.Counts,
	}
	got.Completed = path.CompletedCount
	for i, step := range path.Steps {
		shown := replay.Step{
			ID: step.ID, Name: step.Name, DependencyType: step.DependencyType, Location: step.Location,
			AssignedTo: step.AssignedTo, Optional: step.Optional,
		}
		if i < len(path.Distribution) && path.Distribution[i].StepID == step.ID {
			shown.PartCount, shown.DoneCount = path.Distribution[i].PartCount, path.Distribution[i].DoneCount
		}
		got.Steps = append(got.Steps, shown)
	}
	if !reflect.DeepEqual(got, want) {
		c.errorf("server %d has path %s, and the events %s", server, asJSON(got), asJSON(want))
	}
}

func (c *checker) checkUnit(server int, state *replay.Replay, id string) {
	found := fetch[serialDetail](c, server, "/api/serials/"+id)
	unit := found.body
	want, _ := state.Unit(id)
	got := replay.Unit{
		ID: unit.ID, JobID: unit.JobID, PathID: unit.PathID, Status: replay.Status(unit.Status), StepID: unit.CurrentStepID,
		StepIndex: unit.CurrentStepIndex, ForceCompleted: unit.ForceCompleted, ForceReason: unit.ForceReason,
		ScrapReason: unit.ScrapReason, ScrapExplanation: unit.ScrapExplanation,
		EndedBy: unit.ForceCompletedBy + unit.ScrappedBy, EndedAt: unit.ForceCompletedAt + unit.ScrappedAt,
		Version: found.version, CreatedAt: unit.CreatedAt,
		LastEvent: want.LastEvent, // the API does not show it
	}
	for _, step := range unit.Steps {
		got.Steps = append(got.Steps, replay.StepState{StepID: step.StepID, Status: replay.Status(step.Status), Overridden: step.Overridden})
	}
	if !reflect.DeepEqual(got, want) {
		c.errorf("server %d has unit %s, and the events %s", server, asJSON(got), asJSON(want))
	}
}

// checkKeys reports a server that accepts a revoked key.
func (c *checker) checkKeys(server int) {
	for _, key := range c.system.revoked {
		// Servers may take up to ten seconds to notice.
		for begun := time.Now(); c.get(server, "/api/jobs?limit=1", key).status != http.StatusUnauthorized; time.Sleep(100 * time.Millisecond) {
			if time.Since(begun) > 10*time.Second {
				c.errorf("server %d accepts a revoked key", server)
				break
			}
		}
	}
}

// reply is a decoded response.
type reply[T any] struct {
	body    T
	version int64
}

// fetch reads something that must exist, directly from a server and not through its network.
func fetch[T any](c *checker, server int, path string) reply[T] {
	c.t.Helper()
	a := c.get(server, path, c.system.admin)
	if a.status != http.StatusOK {
		c.errorf("server %d answers %d %.500s to GET %s", server, a.status, a.body, path)
		return reply[T]{}
	}
	return reply[T]{body: decode[T](c.t, a.body), version: versionOf(a.header.Get("ETag"))}
}

func (c *checker) get(server int, path, key string) answer {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.system.servers[server].address+path, http.NoBody)
	if err != nil {
		c.errorf("GET %s: %v", path, err)
		return answer{}
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.errorf("GET %s: %v", path, err)
		return answer{}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.errorf("GET %s: %v", path, err)
		return answer{}
	}
	return answer{response.StatusCode, response.Header, content}
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
