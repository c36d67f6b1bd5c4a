//go:build chaos

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/replay"
)

// checker compares the recorded history, the events, and what the servers return after the run.
type checker struct {
	t       *testing.T
	system  *system
	history *history
	feed    []replay.Event

	mutex  sync.Mutex
	faults int
}

// newChecker reads all events. It waits until there are no new ones, because servers may still finish requests whose
// clients timed out.
func newChecker(t *testing.T, s *system, h *history) *checker {
	t.Helper()
	c := &checker{t: t, system: s, history: h}
	for quiet := 0; quiet < 4; time.Sleep(250 * time.Millisecond) {
		more := c.more()
		c.feed = append(c.feed, more...)
		quiet++
		if len(more) > 0 {
			quiet = 0
		}
	}
	return c
}

// more returns the events that were added since the last read.
func (c *checker) more() []replay.Event {
	after := int64(0)
	if len(c.feed) > 0 {
		after = c.feed[len(c.feed)-1].Seq
	}
	return fetch[[]replay.Event](c, 0, fmt.Sprintf("/api/events?after=%d", after)).body
}

// errorf fails the test. It prints only the first 30 faults.
func (c *checker) errorf(format string, args ...any) {
	c.t.Helper()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.faults++
	if c.faults <= 30 {
		c.t.Errorf(format, args...)
	}
}

func (c *checker) check() {
	c.t.Helper()
	state := c.checkEvents()
	c.checkOutcomes()
	c.checkOrder()
	for i := range c.system.servers {
		c.checkState(i, state)
		c.checkKeys(i)
	}
	if more := c.more(); len(more) > 0 {
		c.errorf("there was an event during the check: %s", asJSON(more[0]))
	}
	c.t.Logf("%d events and %d requests checked, %d fault(s)", len(c.feed), len(c.history.records), c.faults)
}

// tokenOf returns the token that links an event to its request: the user where a request can name one, otherwise the unique
// name that the request sets. An event without either is identified by what it deletes or clears.
func tokenOf(e *replay.Event) string {
	var content struct{ Name, StepName string }
	_ = json.Unmarshal(e.Data, &content) // an event without a name has a token that no request has
	switch e.Type {
	case "job.created", "job.updated", "path.created", "path.updated":
		return content.Name
	case "step.updated":
		return content.StepName
	case "job.deleted":
		return "delete " + e.JobID
	case "path.deleted":
		return "delete " + e.PathID
	case "serial.deleted":
		return "delete " + e.SerialID
	case "serial.override_cleared":
		return "clear /api/serials/" + e.SerialID + "/steps/" + e.StepID + "/override"
	default:
		return e.UserID
	}
}

// thingOf returns the id of what an event changes.
func thingOf(e *replay.Event) string {
	switch kind, _, _ := strings.Cut(e.Type, "."); kind {
	case "job":
		return e.JobID
	case "path":
		return e.PathID
	case "step":
		return e.StepID
	default:
		return e.SerialID
	}
}

// checkEvents replays all events. After each event it compares the replayed state with the response of the request behind
// it.
func (c *checker) checkEvents() *replay.Replay {
	told := map[[2]string]*change{}
	deleted := map[string]*record{}
	for _, r := range c.history.records {
		if (r.kind == deleteJob || r.kind == deletePath || r.kind == deleteSerial) && r.outcome == acknowledged {
			deleted[r.token] = r
		}
		for i := range r.results {
			told[[2]string{r.token, r.results[i].ID}] = &r.results[i]
		}
	}
	state := replay.New()
	ids := map[string]bool{}
	for i := range c.feed {
		e := &c.feed[i]
		if r := deleted[tokenOf(e)]; r != nil {
			c.compareDeleted(state, e, r)
		}
		for _, problem := range state.Apply(*e) {
			c.errorf("%s: %s", problem, asJSON(e))
		}
		if ids[e.ID] {
			c.errorf("the id of event %d, %s, is that of an earlier event", e.Seq, e.ID)
		}
		ids[e.ID] = true
		if want := told[[2]string{tokenOf(e), thingOf(e)}]; want != nil {
			c.compareResult(state, e, *want)
		}
	}
	return state
}

// compareDeleted compares the If-Match of a deletion with the replayed version right before the deletion.
func (c *checker) compareDeleted(state *replay.Replay, e *replay.Event, r *record) {
	job, _ := state.Job(e.JobID)
	version := job.Version
	if r.kind == deletePath {
		path, _ := state.Path(e.PathID)
		version = path.Version
	}
	if r.kind == deleteSerial {
		unit, _ := state.Unit(e.SerialID)
		version = unit.Version
	}
	if want := versionOf(r.ifMatch); want != 0 && version != want {
		c.errorf("version %d was deleted by %s", version, r)
	}
}

// compareResult compares a response with the replayed state right after the event of its request.
func (c *checker) compareResult(state *replay.Replay, e *replay.Event, want change) {
	got := change{ID: want.ID}
	switch kind, _, _ := strings.Cut(e.Type, "."); kind {
	case "job":
		job, _ := state.Job(e.JobID)
		got.version = job.Version
	case "path", "step":
		path, _ := state.Path(e.PathID)
		got.version = path.Version
	default:
		unit, _ := state.Unit(e.SerialID)
		got = change{
			ID: unit.ID, Status: string(unit.Status), CurrentStepID: unit.StepID, CurrentStepIndex: unit.StepIndex,
			ForceCompleted: unit.ForceCompleted, ScrapReason: unit.ScrapReason, version: unit.Version,
		}
	}
	if want.version == 0 {
		got.version = 0
	}
	if got != want {
		c.errorf("after event %d (%s of %s) the state is %+v, and its client was told %+v", e.Seq, e.Type, thingOf(e), got, want)
	}
}

// checkOutcomes compares the events of each request with its outcome: an acknowledged change is there once, a refused one
// is not, an unknown one at most once, and nothing else is there.
func (c *checker) checkOutcomes() {
	events := map[string][]*replay.Event{}
	for i := range c.feed {
		token := tokenOf(&c.feed[i])
		events[token] = append(events[token], &c.feed[i])
	}
	records := map[string][]*record{}
	for _, r := range c.history.records {
		records[r.token] = append(records[r.token], r)
	}
	for token, list := range events {
		if len(records[token]) == 0 {
			c.errorf("nobody asked for %s", asJSON(list[0]))
		}
	}
	for token, list := range records {
		c.checkTypes(list[0], events[token])
		switch list[0].kind {
		case deleteJob, deletePath, deleteSerial, clearStepOverride:
			// Several requests can delete or clear the same thing, so only their number can be compared.
			made, possible := 0, 0
			for _, r := range list {
				if r.outcome == acknowledged {
					made++
				}
				if r.outcome != refused {
					possible++
				}
			}
			if n := len(events[token]); n < made || n > possible {
				c.errorf("%d request(s) for %q were acknowledged, %d may have been carried out, and there are %d event(s), the first request is %s",
					made, token, possible, n, list[0])
			}
		default:
			c.checkOutcome(list[0], events[token])
		}
	}
}

func (c *checker) checkTypes(r *record, events []*replay.Event) {
	for _, choice := range choices {
		if choice.kind != r.kind {
			continue
		}
		for _, e := range events {
			if !slices.Contains(strings.Fields(choice.events), e.Type) {
				c.errorf("the event is %s of %s", asJSON(e), r)
			}
		}
	}
}

// checkOutcome compares the events of one request with its outcome.
func (c *checker) checkOutcome(r *record, events []*replay.Event) {
	changed := map[string]bool{}
	for _, e := range events {
		if changed[thingOf(e)] {
			c.errorf("%s was changed twice, last by %s, of %s", thingOf(e), asJSON(e), r)
		}
		changed[thingOf(e)] = true
		c.checkConditions(r, e)
	}
	switch r.outcome {
	case acknowledged:
		for _, told := range r.results {
			if !changed[told.ID] {
				c.errorf("there is no event of %s, which was changed by %s", told.ID, r)
			}
		}
		if len(changed) != len(r.results) {
			c.errorf("%d thing(s) were acknowledged, and %d changed, by %s", len(r.results), len(changed), r)
		}
	case refused:
		if len(changed) > 0 {
			c.errorf("%s, of what was refused, %s", asJSON(events[0]), r)
		}
	case unknown:
		var whole int
		switch {
		case r.kind == createSerials || r.kind == createOwnSerials || r.kind == planJob || r.kind == importJobs:
			whole = r.count
		case r.kind.isBulk() && r.kind.isAtomic():
			whole = len(r.units)
		case r.kind.isBulk():
			whole = len(changed) // any subset
		default:
			whole = 1
		}
		if len(changed) != 0 && len(changed) != whole {
			c.errorf("%d thing(s) of %d were changed by %s", len(changed), whole, r)
		}
	}
}

// checkConditions compares an event with what its request requires: a move from a step begins there, an undo of an event takes
// back that event, and the time at which something happened is kept.
func (c *checker) checkConditions(r *record, e *replay.Event) {
	var content struct{ FromStepID, EventID string }
	if err := json.Unmarshal(e.Data, &content); err != nil {
		c.errorf("%v: %s", err, asJSON(e))
	}
	switch {
	case r.fromStep != "" && content.FromStepID != r.fromStep:
		c.errorf("the move begins at step %s: %s, of %s", content.FromStepID, asJSON(e), r)
	case r.eventID != "" && content.EventID != r.eventID:
		c.errorf("event %s was taken back: %s, of %s", content.EventID, asJSON(e), r)
	case e.OccurredAt != r.occurredAt:
		c.errorf("it occurred at %q: %s, of %s", e.OccurredAt, asJSON(e), r)
	}
}

// checkOrder reports a request whose event precedes the event of a request that was acknowledged before the first one began.
func (c *checker) checkOrder() {
	first, last := map[string]int64{}, map[string]int64{}
	for i := range c.feed {
		token := tokenOf(&c.feed[i])
		if first[token] == 0 {
			first[token] = c.feed[i].Seq
		}
		last[token] = c.feed[i].Seq
	}
	var ended []*record
	for _, r := range c.history.records {
		if r.outcome == acknowledged && len(r.results) > 0 {
			ended = append(ended, r)
		}
	}
	begun := slices.Clone(ended)
	slices.SortFunc(ended, func(a, b *record) int { return cmp.Compare(a.end, b.end) })
	slices.SortFunc(begun, func(a, b *record) int { return cmp.Compare(a.start, b.start) })
	var latest *record
	next := 0
	for _, r := range begun {
		for ; next < len(ended) && ended[next].end < r.start; next++ {
			if latest == nil || last[ended[next].token] > last[latest.token] {
				latest = ended[next]
			}
		}
		if latest != nil && first[r.token] < last[latest.token] {
			c.errorf("event %d, of %s, comes before event %d, of %s, which had ended before", first[r.token], r, last[latest.token], latest)
		}
	}
}

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
