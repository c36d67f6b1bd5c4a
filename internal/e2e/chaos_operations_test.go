//go:build chaos

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// kind is an operation of the contract, or one mode of an operation.
type kind string

const (
	createJob            kind = "createJob"
	updateJob            kind = "updateJob"
	deleteJob            kind = "deleteJob"
	planJob              kind = "planJob"
	importJobs           kind = "importJobs"
	closeJob             kind = "closeJob"
	reopenJob            kind = "reopenJob"
	createPath           kind = "createPath"
	updatePath           kind = "updatePath"
	deletePath           kind = "deletePath"
	updateStep           kind = "updateStep"
	createSerials        kind = "createSerials"
	createOwnSerials     kind = "createSerials own"
	advanceSerial        kind = "advanceSerial"
	advanceSerialTo      kind = "advanceSerialTo"
	scrapSerial          kind = "scrapSerial"
	forceCompleteSerial  kind = "forceCompleteSerial"
	undoSerial           kind = "undoSerial"
	overrideStep         kind = "overrideStep"
	clearStepOverride    kind = "clearStepOverride"
	waiveStep            kind = "waiveStep"
	completeStep         kind = "completeStep"
	advanceSerialsAtomic kind = "advanceSerials all"
	advanceSerialsEach   kind = "advanceSerials each"
	scrapSerialsAtomic   kind = "scrapSerials all"
	scrapSerialsEach     kind = "scrapSerials each"
	addSerialNote        kind = "addSerialNote"
	deleteSerial         kind = "deleteSerial"
	advanceToAtomic      kind = "advanceSerialsTo all"
	advanceToEach        kind = "advanceSerialsTo each"
	undoSerialsAtomic    kind = "undoSerials all"
	undoSerialsEach      kind = "undoSerials each"
	overrideStepsAtomic  kind = "overrideSteps all"
	overrideStepsEach    kind = "overrideSteps each"
	addSerialNotesAtomic kind = "addSerialNotes all"
	addSerialNotesEach   kind = "addSerialNotes each"
)

// isBulk tells whether the kind is a command for several units, and isAtomic whether it is for all of them or none.
func (k kind) isBulk() bool { return k.isAtomic() || strings.HasSuffix(string(k), " each") }

func (k kind) isAtomic() bool { return strings.HasSuffix(string(k), " all") }

// choices are the kinds with their weights and the types of the events that they append.
var choices = []struct {
	kind   kind
	weight int
	events string
	plan   func(*generator) bool
}{
	{createJob, 2, "job.created", (*generator).createJob},
	{updateJob, 3, "job.updated", (*generator).updateJob},
	{deleteJob, 2, "job.deleted", (*generator).deleteJob},
	{planJob, 1, "job.created path.created serial.created", (*generator).planJob},
	{importJobs, 2, "job.created job.updated", (*generator).importJobs},
	{closeJob, 1, "job.closed", (*generator).closeJob},
	{reopenJob, 4, "job.reopened", (*generator).reopenJob},
	{createPath, 2, "path.created", (*generator).createPath},
	{updatePath, 8, "path.updated", (*generator).updatePath},
	{deletePath, 2, "path.deleted", (*generator).deletePath},
	{updateStep, 3, "step.updated", (*generator).updateStep},
	{createSerials, 6, "serial.created", (*generator).createSerials},
	{createOwnSerials, 6, "serial.created", (*generator).createOwnSerials},
	{advanceSerial, 20, "serial.advanced serial.completed", (*generator).advance},
	{advanceSerialTo, 16, "serial.advanced serial.completed", (*generator).advanceTo},
	{scrapSerial, 3, "serial.scrapped", (*generator).scrap},
	{forceCompleteSerial, 4, "serial.force_completed", (*generator).forceComplete},
	{undoSerial, 14, "serial.undone", (*generator).undo},
	{overrideStep, 6, "serial.step_overridden", (*generator).override},
	{clearStepOverride, 6, "serial.override_cleared", (*generator).clearOverride},
	{waiveStep, 6, "serial.step_waived", (*generator).waive},
	{completeStep, 6, "serial.step_completed", (*generator).completeStep},
	{advanceSerialsAtomic, 4, "serial.advanced serial.completed", (*generator).advanceMany},
	{advanceSerialsEach, 4, "serial.advanced serial.completed", (*generator).advanceMany},
	{scrapSerialsAtomic, 2, "serial.scrapped", (*generator).scrapMany},
	{scrapSerialsEach, 1, "serial.scrapped", (*generator).scrapMany},
	{addSerialNote, 3, "serial.noted", (*generator).note},
	{deleteSerial, 3, "serial.deleted", (*generator).deleteSerial},
	{advanceToAtomic, 1, "serial.advanced serial.completed", (*generator).advanceManyTo},
	{advanceToEach, 2, "serial.advanced serial.completed", (*generator).advanceManyTo},
	{undoSerialsAtomic, 1, "serial.undone", (*generator).undoMany},
	{undoSerialsEach, 2, "serial.undone", (*generator).undoMany},
	{overrideStepsAtomic, 1, "serial.step_overridden", (*generator).overrideMany},
	{overrideStepsEach, 2, "serial.step_overridden", (*generator).overrideMany},
	{addSerialNotesAtomic, 1, "serial.noted", (*generator).noteMany},
	{addSerialNotesEach, 1, "serial.noted", (*generator).noteMany},
}

// operation is one request that changes something.
type operation struct {
	kind         kind
	method, path string
	body         string
	// token links the events to the operation, see tokenOf.
	token string
	// key is the Idempotency-Key, or "".
	key string
	// ifMatchOf is the URL path whose ETag becomes ifMatch, or "".
	ifMatchOf string
	ifMatch   string
	// units are the units that the operation names, and count the number that it creates.
	units []string
	count int
	// step is the step that it names, and knownPath its path.
	step      string
	knownPath *knownPath
	// fromStep is the step where the units must stand, eventID is the event that it must take back, and occurredAt is when it
	// happened; "" if it does not say so.
	fromStep, eventID, occurredAt string
}

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

// generator makes one random operation. Each operation has its own random numbers, so that it does not depend on how many
// numbers the operations before it used.
type generator struct {
	*rand.Rand
	world *world
	operation
}

// plan returns the operation with the given number of a client.
func plan(w *world, client, number int) operation {
	token := fmt.Sprintf("c%d-%d", client, number)
	p := &generator{Rand: random("operation", client, number), world: w, operation: operation{token: token}}
	total := 0
	for _, choice := range choices {
		total += choice.weight
	}
	drawn := p.IntN(total)
	withKey, withIfMatch := p.IntN(4) > 0, p.IntN(2) == 0
	for _, choice := range choices {
		if drawn -= choice.weight; drawn >= 0 {
			continue
		}
		p.kind = choice.kind
		// There is nothing yet that the operation could change, so create something.
		if !choice.plan(p) {
			p.operation = operation{kind: createPath, token: token}
			if !p.createPath() {
				p.operation = operation{kind: createJob, token: token}
				p.createJob()
			}
		}
		break
	}
	switch {
	case p.method == "POST" && withKey:
		p.key = p.token
	case p.method == "POST":
		p.ifMatchOf = ""
	case !withIfMatch:
		p.ifMatchOf = ""
	}
	return p.operation
}

func (p *generator) ask(method, path string, body map[string]any) {
	p.method, p.path = method, path
	if body == nil {
		return
	}
	encoded, _ := json.Marshal(body)
	p.body = string(encoded)
}

func (p *generator) goal() int { return 1 + p.IntN(100) }

func (p *generator) createJob() bool {
	body := map[string]any{"name": p.token, "goalQuantity": p.goal()}
	if p.IntN(3) == 0 {
		body["jiraLabels"] = []string{"rush", "rush", "label-" + p.token}
		body["jiraPriority"] = "High"
	}
	p.ask("POST", "/api/jobs", body)
	return true
}

// planJob plans a job with one path, and with units that the client knows.
func (p *generator) planJob() bool {
	for i := range 1 + p.IntN(3) {
		p.units = append(p.units, fmt.Sprintf("PLAN-%s-%d", p.token, i))
	}
	p.count = 2 + len(p.units)
	p.ask("POST", "/api/jobs/plan", map[string]any{
		"name": p.token, "goalQuantity": p.goal(), "dueDate": "2026-12-01", "priority": "high", "userId": p.token,
		"paths": []any{map[string]any{
			"name": p.token, "goalQuantity": p.goal(), "advancementMode": p.mode(), "serialNumbers": p.units,
			"steps": []any{p.newStep(), p.newStep(), p.newStep()},
		}},
	})
	return true
}

// importJobs imports a file with jobs. Some of them have an external id that a job may have already.
func (p *generator) importJobs() bool {
	p.count = 1 + p.IntN(4)
	file := "Name;Quantity;Due date;External id\n"
	first := p.IntN(30)
	for i := range p.count {
		external := ""
		if p.IntN(2) == 0 {
			external = fmt.Sprintf("ERP-%d", first+i)
		}
		file += fmt.Sprintf("%s;%d;2026-12-01;%s\n", p.token, p.goal(), external)
	}
	p.method, p.path, p.body = "POST", "/api/jobs/import?onDuplicate=update", file
	return true
}

func (p *generator) closeJob() bool {
	id, found := p.world.job(p.Rand, 8)
	p.ask("POST", "/api/jobs/"+id+"/close", map[string]any{"reason": "Canceled", "userId": p.token})
	return found
}

func (p *generator) reopenJob() bool {
	id, found := p.world.job(p.Rand, 8)
	p.ask("POST", "/api/jobs/"+id+"/reopen", map[string]any{"userId": p.token})
	return found
}

func (p *generator) updateJob() bool {
	id, found := p.world.job(p.Rand, 8)
	body := map[string]any{"name": p.token}
	if p.IntN(2) == 0 {
		body["goalQuantity"] = p.goal()
	}
	switch p.IntN(4) {
	case 0:
		body["dueDate"], body["notes"] = "2026-12-01", "Changed by "+p.token
	case 1:
		body["dueDate"], body["priority"] = nil, "low"
	}
	p.ask("PUT", "/api/jobs/"+id, body)
	p.ifMatchOf = p.path
	return found
}

func (p *generator) deleteJob() bool {
	id, found := p.world.job(p.Rand, neverUsed)
	p.ask("DELETE", "/api/jobs/"+id, nil)
	p.token = "delete " + id
	p.ifMatchOf = p.path
	return found
}

func (p *generator) newStep() map[string]any {
	step := map[string]any{"name": fmt.Sprintf("Step %d", p.IntN(1000))}
	if p.IntN(2) == 0 {
		step["optional"] = p.IntN(3) == 0
	}
	if p.IntN(2) == 0 {
		step["dependencyType"] = []string{"preferred", "physical", "completion_gate"}[p.IntN(3)]
	}
	if p.IntN(4) == 0 {
		step["location"] = fmt.Sprintf("Bay %d", p.IntN(5))
	}
	return step
}

func (p *generator) mode() string {
	return []string{"strict", "per_step", "flexible", "flexible"}[p.IntN(4)]
}

func (p *generator) createPath() bool {
	id, found := p.world.job(p.Rand, 8)
	steps := make([]any, 2+p.IntN(5))
	for i := range steps {
		steps[i] = p.newStep()
	}
	p.ask("POST", "/api/paths", map[string]any{
		"jobId": id, "name": p.token, "goalQuantity": p.goal(), "advancementMode": p.mode(), "steps": steps,
	})
	return found
}

// updatePath renames a path, and moves, removes and adds steps.
func (p *generator) updatePath() bool {
	r, known, found := p.world.knownPath(p.Rand, 6)
	if !found {
		return false
	}
	p.knownPath = r
	body := map[string]any{"name": p.token}
	if p.IntN(3) == 0 {
		body["advancementMode"] = p.mode()
	}
	if p.IntN(3) > 0 {
		var steps []any
		named := p.IntN(4) > 0
		for _, id := range known {
			step := p.newStep()
			if named {
				step["id"] = id
			}
			steps = append(steps, step)
		}
		if p.IntN(2) == 0 {
			p.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		}
		if p.IntN(4) == 0 && len(steps) > 2 {
			steps = slices.Delete(steps, 0, 1)
		}
		if p.IntN(3) == 0 && len(steps) < 8 {
			steps = slices.Insert(steps, p.IntN(len(steps)+1), any(p.newStep()))
		}
		if len(steps) > 0 {
			body["steps"] = steps
		}
	}
	p.ask("PUT", "/api/paths/"+r.id, body)
	p.ifMatchOf = p.path
	return true
}

func (p *generator) deletePath() bool {
	r, _, found := p.world.knownPath(p.Rand, neverUsed)
	if !found {
		return false
	}
	p.knownPath = r
	p.ask("DELETE", "/api/paths/"+r.id, nil)
	p.token = "delete " + r.id
	p.ifMatchOf = p.path
	return true
}

func (p *generator) updateStep() bool {
	r, known, found := p.world.knownPath(p.Rand, 6)
	id, some := pick(p.Rand, known, 8)
	if !found || !some {
		return false
	}
	body := p.newStep()
	body["name"] = p.token
	if p.IntN(4) == 0 {
		body["assignedTo"] = nil
	}
	p.ask("PATCH", "/api/steps/"+id, body)
	p.ifMatchOf = "/api/paths/" + r.id
	return true
}

func (p *generator) createSerials() bool {
	r, _, found := p.world.knownPath(p.Rand, 6)
	if !found {
		return false
	}
	p.knownPath = r
	p.count = 1 + p.IntN(4)
	p.ask("POST", "/api/serials", map[string]any{"pathId": r.id, "quantity": p.count, "userId": p.token})
	return true
}

// createOwnSerials adds the numbers to the world before the request is sent, so that other clients send commands to units
// that are just being created.
func (p *generator) createOwnSerials() bool {
	r, _, found := p.world.knownPath(p.Rand, 6)
	if !found {
		return false
	}
	p.knownPath = r
	for i := range 1 + p.IntN(3) {
		p.units = append(p.units, fmt.Sprintf("OWN-%s-%d", p.token, i))
	}
	switch p.IntN(8) {
	case 0: // may collide with a number that the server assigns
		p.units[0] = fmt.Sprintf("SN-%05d", 1+p.IntN(5000))
	case 1: // exists already, if others have created it
		if id, _, found := p.world.unit(p.Rand); found {
			p.units[0] = id
		}
	}
	p.count = len(p.units)
	p.ask("POST", "/api/serials", map[string]any{"pathId": r.id, "serialNumbers": p.units, "userId": p.token})
	p.world.addUnits(r, p.units...)
	return true
}

// command gives one unit a command.
func (p *generator) command(action string, body map[string]any) bool {
	id, _, found := p.world.unit(p.Rand)
	p.commandUnit(id, action, p.occurred(body))
	return found
}

// moveUnit moves one unit, which must stand at a step for some of the moves.
func (p *generator) moveUnit(action string, body map[string]any) bool {
	id, steps, found := p.world.unit(p.Rand)
	p.commandUnit(id, action, p.occurred(p.from(steps, body)))
	return found
}

// occurred has some of the commands say when they happened.
func (p *generator) occurred(body map[string]any) map[string]any {
	if p.IntN(4) == 0 {
		ago := time.Duration(p.IntN(6*24*60)) * time.Minute
		p.occurredAt = time.Now().Add(-ago).UTC().Format("2006-01-02T15:04:05.000Z")
		body["occurredAt"] = p.occurredAt
	}
	return body
}

func (p *generator) commandUnit(id, action string, body map[string]any) {
	p.units = []string{id}
	body["userId"] = p.token
	p.ask("POST", "/api/serials/"+id+"/"+action, body)
}

// commandStep gives one unit a command about a step, usually one of the list.
func (p *generator) commandStep(action string, list *[]unitStep, body map[string]any) bool {
	at, found := p.world.unitStep(p.Rand, list)
	p.step = at.step
	p.commandUnit(at.unit, "steps/"+at.step+"/"+action, body)
	return found
}

// from has some of the moves say where the units must stand, at one of the first steps, where most units are.
func (p *generator) from(steps []string, body map[string]any) map[string]any {
	switch p.IntN(6) {
	case 0:
		body["fromStepIndex"] = p.IntN(4)
	case 1:
		if len(steps) > 0 {
			p.fromStep = steps[p.IntN(min(len(steps), 3))]
			body["fromStepId"] = p.fromStep
		}
	}
	return body
}

func (p *generator) advance() bool { return p.moveUnit("advance", p.skip(map[string]any{})) }

func (p *generator) skip(body map[string]any) map[string]any {
	if p.IntN(4) == 0 {
		body["skip"] = true
	}
	return body
}

func (p *generator) note() bool {
	return p.command("notes", map[string]any{"text": "Noted by " + p.token})
}

func (p *generator) deleteSerial() bool {
	id, _, found := p.world.unit(p.Rand)
	p.units = []string{id}
	p.ask("DELETE", "/api/serials/"+id, nil)
	p.token = "delete " + id
	p.ifMatchOf = p.path
	return found
}

func (p *generator) advanceTo() bool {
	if p.IntN(2) == 0 {
		return p.moveUnit("advance-to", map[string]any{"targetStepIndex": 1 + p.IntN(5)})
	}
	id, steps, found := p.world.unit(p.Rand)
	step, some := pick(p.Rand, steps, 8)
	p.commandUnit(id, "advance-to", p.occurred(p.from(steps, map[string]any{"targetStepId": step})))
	return found && some
}

func (p *generator) reason() map[string]any {
	reason := []string{"out_of_tolerance", "process_defect", "damaged", "operator_error", "other"}[p.IntN(5)]
	body := map[string]any{"reason": reason}
	if reason == "other" {
		body["explanation"] = "Explained by " + p.token
	}
	return body
}

func (p *generator) scrap() bool { return p.command("scrap", p.reason()) }

func (p *generator) forceComplete() bool {
	return p.command("force-complete", map[string]any{"reason": "Accepted by " + p.token})
}

// undo takes back a change, which for some of them must be the last one that a client has seen.
func (p *generator) undo() bool {
	id, _, found := p.world.unit(p.Rand)
	body := map[string]any{"reason": "Wrong part"}
	if last := p.world.lastEvent(id); last != "" && p.IntN(2) == 0 {
		p.eventID = last
		body["eventId"] = last
	}
	p.commandUnit(id, "undo", p.occurred(body))
	return found
}

func (p *generator) override() bool {
	return p.commandStep("override", &[]unitStep{}, map[string]any{"reason": "Prototype"})
}

func (p *generator) clearOverride() bool {
	found := p.commandStep("override", &p.world.overridden, map[string]any{})
	p.method, p.body = "DELETE", ""
	p.token = "clear " + p.path
	p.ifMatchOf = "/api/serials/" + p.units[0]
	return found
}

func (p *generator) waive() bool {
	return p.commandStep("waive", &p.world.deferred, map[string]any{"reason": "Measured later", "approverId": "lead"})
}

func (p *generator) completeStep() bool {
	return p.commandStep("complete", &p.world.deferred, map[string]any{})
}

func (p *generator) advanceMany() bool { return p.moveMany("advance", p.skip(map[string]any{})) }

func (p *generator) advanceManyTo() bool {
	return p.moveMany("advance-to", map[string]any{"targetStepIndex": 1 + p.IntN(5)})
}

// moveMany moves several units, which must stand at the same step for some of the moves.
func (p *generator) moveMany(action string, body map[string]any) bool {
	_, steps, _ := p.world.unit(p.Rand)
	return p.commandMany(action, p.from(steps, body))
}

func (p *generator) undoMany() bool {
	return p.commandMany("undo", map[string]any{"reason": "Wrong box"})
}

func (p *generator) overrideMany() bool {
	_, steps, found := p.world.unit(p.Rand)
	step, some := pick(p.Rand, steps, 8)
	return p.commandMany("override", map[string]any{"stepId": step, "reason": "Prototype"}) && found && some
}

func (p *generator) noteMany() bool {
	return p.commandMany("notes", map[string]any{"text": "Noted by " + p.token})
}

func (p *generator) scrapMany() bool { return p.commandMany("scrap", p.reason()) }

// commandMany gives several units the same command.
func (p *generator) commandMany(action string, body map[string]any) bool {
	for range 2 + p.IntN(3) {
		id, _, found := p.world.unit(p.Rand)
		if found && !slices.Contains(p.units, id) {
			p.units = append(p.units, id)
		}
	}
	if !p.kind.isAtomic() {
		body["mode"] = "perItem"
	} else if p.IntN(2) == 0 {
		body["mode"] = "atomic"
	}
	body["serialIds"], body["userId"] = p.units, p.token
	p.ask("POST", "/api/serials/"+action, p.occurred(body))
	return len(p.units) > 0
}
