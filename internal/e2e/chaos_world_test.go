//go:build chaos || soak

package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// world is what the clients know about existing things, shared by all clients.
type world struct {
	mutex sync.Mutex
	jobs  []string
	paths []*knownPath
	units []knownUnit
	// lastEvents are the events that undo takes back, by unit, as the last known response showed them.
	lastEvents map[string]string
	// deferred and overridden are steps that a response showed in that state.
	deferred, overridden []unitStep
}

type unitStep struct{ unit, step string }

// knownPath is a path with the steps of the last known response.
type knownPath struct {
	id, jobID string
	steps     []string
}

type knownUnit struct {
	id        string
	knownPath *knownPath
}

// pick returns one of the things: usually one of the newest, so that several clients change the same things at the same
// time.
func pick[Thing any](numbers *rand.Rand, things []Thing, newest int) (thing Thing, found bool) {
	recent, whichever, old := numbers.IntN(newest), numbers.Int(), numbers.IntN(8) == 0
	if len(things) == 0 {
		return thing, false
	}
	if old {
		return things[whichever%len(things)], true
	}
	return things[len(things)-1-recent%len(things)], true
}

// neverUsed is how many of the newest jobs and paths probably have no units yet, and so can be deleted.
const neverUsed = 2

func (w *world) job(numbers *rand.Rand, newest int) (string, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return pick(numbers, w.jobs, newest)
}

// knownPath returns a path and a copy of its steps.
func (w *world) knownPath(numbers *rand.Rand, newest int) (*knownPath, []string, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	found, ok := pick(numbers, w.paths, newest)
	if !ok {
		return nil, nil, false
	}
	return found, slices.Clone(found.steps), true
}

func (w *world) unit(numbers *rand.Rand) (id string, steps []string, found bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	unit, found := pick(numbers, w.units, 40)
	if !found {
		return "", nil, false
	}
	return unit.id, slices.Clone(unit.knownPath.steps), true
}

// lastEvent returns the last known event of a unit that undo takes back, or "".
func (w *world) lastEvent(unit string) string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.lastEvents[unit]
}

// unitStep returns a step of a unit. Usually it removes and returns the newest of the list, otherwise it picks any.
func (w *world) unitStep(numbers *rand.Rand, list *[]unitStep) (unitStep, bool) {
	likely := numbers.IntN(4) > 0
	unit, steps, found := w.unit(numbers)
	step, some := pick(numbers, steps, 8)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if newest := len(*list) - 1; likely && newest >= 0 {
		taken := (*list)[newest]
		*list = (*list)[:newest]
		return taken, true
	}
	return unitStep{unit, step}, found && some
}

func (w *world) addUnits(r *knownPath, ids ...string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, id := range ids {
		w.units = append(w.units, knownUnit{id, r})
	}
}

// learn adds what an acknowledged operation has created or changed.
func (w *world) learn(o *operation, body []byte) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var shown struct {
		ID, JobID, LastEventID string
		Rows                   []struct{ Status, JobID string }
		Steps                  []struct{ ID string }
		Bypassed               []struct{ StepID, Status string }
		Paths                  []struct {
			ID    string
			Steps []struct{ ID string }
		}
	}
	var units []struct{ ID string }
	// readResults reports a body that cannot be decoded.
	_ = json.Unmarshal(body, &shown)
	_ = json.Unmarshal(body, &units)
	steps := make([]string, len(shown.Steps))
	for i := range steps {
		steps[i] = shown.Steps[i].ID
	}
	if shown.LastEventID != "" {
		w.lastEvents[shown.ID] = shown.LastEventID
	}
	switch o.kind {
	case createJob:
		w.jobs = append(w.jobs, shown.ID)
	case importJobs:
		for _, row := range shown.Rows {
			if row.Status == "created" {
				w.jobs = append(w.jobs, row.JobID)
			}
		}
	case planJob:
		w.jobs = append(w.jobs, shown.ID)
		for _, path := range shown.Paths {
			known := &knownPath{id: path.ID, jobID: shown.ID}
			for _, step := range path.Steps {
				known.steps = append(known.steps, step.ID)
			}
			w.paths = append(w.paths, known)
			for _, unit := range o.units {
				w.units = append(w.units, knownUnit{unit, known})
			}
		}
	case createPath:
		w.paths = append(w.paths, &knownPath{id: shown.ID, jobID: shown.JobID, steps: steps})
	case updatePath:
		o.knownPath.steps = steps
	case deleteJob:
		id := strings.TrimPrefix(o.path, "/api/jobs/")
		w.jobs = slices.DeleteFunc(w.jobs, func(job string) bool { return job == id })
		w.paths = slices.DeleteFunc(w.paths, func(r *knownPath) bool { return r.jobID == id })
	case deletePath:
		w.paths = slices.DeleteFunc(w.paths, func(r *knownPath) bool { return r == o.knownPath })
	case advanceSerialTo:
		for _, step := range shown.Bypassed {
			if step.Status == "deferred" {
				w.deferred = append(w.deferred, unitStep{o.units[0], step.StepID})
			}
		}
	case overrideStep:
		w.overridden = append(w.overridden, unitStep{o.units[0], o.step})
	case createSerials:
		for _, unit := range units {
			w.units = append(w.units, knownUnit{unit.ID, o.knownPath})
		}
	default:
		// The other kinds add nothing that operations can name.
	}
}
