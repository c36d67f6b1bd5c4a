//go:build chaos

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
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
