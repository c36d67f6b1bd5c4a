//go:build chaos

package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// kind is an operation of the contract; operations with modes have a kind for each.
type kind string

const (
	createJob            kind = "createJob"
	updateJob            kind = "updateJob"
	deleteJob            kind = "deleteJob"
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
)

// choices are the kinds, how often each is chosen, and the types of the events that each leaves.
var choices = []struct {
	kind   kind
	weight int
	events string
	plan   func(*planner) bool
}{
	{createJob, 3, "job.created", (*planner).createJob},
	{updateJob, 3, "job.updated", (*planner).updateJob},
	{deleteJob, 2, "job.deleted", (*planner).deleteJob},
	{createPath, 4, "path.created", (*planner).createPath},
	{updatePath, 8, "path.updated", (*planner).updatePath},
	{deletePath, 2, "path.deleted", (*planner).deletePath},
	{updateStep, 3, "step.updated", (*planner).updateStep},
	{createSerials, 6, "serial.created", (*planner).createSerials},
	{createOwnSerials, 6, "serial.created", (*planner).createOwnSerials},
	{advanceSerial, 20, "serial.advanced serial.completed", (*planner).advance},
	{advanceSerialTo, 16, "serial.advanced serial.completed", (*planner).advanceTo},
	{scrapSerial, 3, "serial.scrapped", (*planner).scrap},
	{forceCompleteSerial, 4, "serial.force_completed", (*planner).forceComplete},
	{undoSerial, 14, "serial.undone", (*planner).undo},
	{overrideStep, 6, "serial.step_overridden", (*planner).override},
	{clearStepOverride, 6, "serial.override_cleared", (*planner).clearOverride},
	{waiveStep, 6, "serial.step_waived", (*planner).waive},
	{completeStep, 6, "serial.step_completed", (*planner).completeStep},
	{advanceSerialsAtomic, 4, "serial.advanced serial.completed", (*planner).advanceMany},
	{advanceSerialsEach, 4, "serial.advanced serial.completed", (*planner).advanceMany},
	{scrapSerialsAtomic, 2, "serial.scrapped", (*planner).scrapMany},
	{scrapSerialsEach, 1, "serial.scrapped", (*planner).scrapMany},
}

// operation is one change that a client asks for.
type operation struct {
	kind         kind
	method, path string
	body         string
	// token is what the events of the operation are known by: see tokenOf.
	token string
	// key is the Idempotency-Key, or "".
	key string
	// ifMatchOf is what to read the ETag of first, or "".
	ifMatchOf string
	ifMatch   string
	// units are those that the operation names, and count how many it creates.
	units []string
	count int
	// step is the one that it names, and route the path that it is about, for what comes of it.
	step  string
	route *route
}

// world is what the clients know: what was created, as far as somebody was told so.
type world struct {
	mutex  sync.Mutex
	jobs   []string
	routes []*route
	units  []workpiece
	// deferred and overridden are steps that somebody was told to be so for a unit.
	deferred, overridden []unitStep
}

type unitStep struct{ unit, step string }

// route is a path and the steps that it was last known to have.
type route struct {
	id, jobID string
	steps     []string
}

type workpiece struct {
	id    string
	route *route
}

// pick returns one of the things, usually one of the newest, so that clients often meet.
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

func (w *world) job(numbers *rand.Rand) (string, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return pick(numbers, w.jobs, 8)
}

// route returns a path and a copy of its steps.
func (w *world) route(numbers *rand.Rand) (*route, []string, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	found, ok := pick(numbers, w.routes, 6)
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
	return unit.id, slices.Clone(unit.route.steps), true
}

// unitStep returns a step of a unit: usually the newest of the list, which it takes out, else any.
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

func (w *world) addUnits(r *route, ids ...string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, id := range ids {
		w.units = append(w.units, workpiece{id, r})
	}
}

// learn takes over what an acknowledged operation has changed.
func (w *world) learn(o *operation, body []byte) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var shown struct {
		ID, JobID string
		Steps     []struct{ ID string }
		Bypassed  []struct{ StepID, Status string }
	}
	var units []struct{ ID string }
	// What cannot be read is reported by take.
	_ = json.Unmarshal(body, &shown)
	_ = json.Unmarshal(body, &units)
	steps := make([]string, len(shown.Steps))
	for i := range steps {
		steps[i] = shown.Steps[i].ID
	}
	switch o.kind {
	case createJob:
		w.jobs = append(w.jobs, shown.ID)
	case createPath:
		w.routes = append(w.routes, &route{id: shown.ID, jobID: shown.JobID, steps: steps})
	case updatePath:
		o.route.steps = steps
	case deleteJob:
		id := strings.TrimPrefix(o.path, "/api/jobs/")
		w.jobs = slices.DeleteFunc(w.jobs, func(job string) bool { return job == id })
		w.routes = slices.DeleteFunc(w.routes, func(r *route) bool { return r.jobID == id })
	case deletePath:
		w.routes = slices.DeleteFunc(w.routes, func(r *route) bool { return r == o.route })
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
			w.units = append(w.units, workpiece{unit.ID, o.route})
		}
	default:
		// It makes nothing that others could meet.
	}
}

// planner makes up one operation, with random numbers of its own: what a client asks for next does not depend on how many
// numbers the operations before took.
type planner struct {
	*rand.Rand
	world *world
	operation
}

// plan makes up the operation of a client with this number.
func plan(w *world, client, number int) operation {
	token := fmt.Sprintf("c%d-%d", client, number)
	p := &planner{Rand: random("operation", client, number), world: w, operation: operation{token: token}}
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
		// While there is nothing to change, clients create.
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

func (p *planner) ask(method, path string, body map[string]any) {
	p.method, p.path = method, path
	if body == nil {
		return
	}
	encoded, _ := json.Marshal(body)
	p.body = string(encoded)
}

func (p *planner) goal() int { return 1 + p.IntN(100) }

func (p *planner) createJob() bool {
	body := map[string]any{"name": p.token, "goalQuantity": p.goal()}
	if p.IntN(3) == 0 {
		body["jiraLabels"] = []string{"rush", "rush", "label-" + p.token}
		body["jiraPriority"] = "High"
	}
	p.ask("POST", "/api/jobs", body)
	return true
}

func (p *planner) updateJob() bool {
	id, found := p.world.job(p.Rand)
	body := map[string]any{"name": p.token}
	if p.IntN(2) == 0 {
		body["goalQuantity"] = p.goal()
	}
	p.ask("PUT", "/api/jobs/"+id, body)
	p.ifMatchOf = p.path
	return found
}

func (p *planner) deleteJob() bool {
	id, found := p.world.job(p.Rand)
	p.ask("DELETE", "/api/jobs/"+id, nil)
	p.token = "delete " + id
	p.ifMatchOf = p.path
	return found
}

func (p *planner) newStep() map[string]any {
	step := map[string]any{"name": fmt.Sprintf("Step %d", p.IntN(1000))}
	if p.IntN(3) == 0 {
		step["optional"] = true
	}
	if p.IntN(2) == 0 {
		step["dependencyType"] = []string{"preferred", "physical", "completion_gate"}[p.IntN(3)]
	}
	if p.IntN(4) == 0 {
		step["location"] = fmt.Sprintf("Bay %d", p.IntN(5))
	}
	return step
}

func (p *planner) mode() string {
	return []string{"strict", "per_step", "flexible", "flexible"}[p.IntN(4)]
}

func (p *planner) createPath() bool {
	id, found := p.world.job(p.Rand)
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
func (p *planner) updatePath() bool {
	r, known, found := p.world.route(p.Rand)
	if !found {
		return false
	}
	p.route = r
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

func (p *planner) deletePath() bool {
	r, _, found := p.world.route(p.Rand)
	if !found {
		return false
	}
	p.route = r
	p.ask("DELETE", "/api/paths/"+r.id, nil)
	p.token = "delete " + r.id
	p.ifMatchOf = p.path
	return true
}

func (p *planner) updateStep() bool {
	r, known, found := p.world.route(p.Rand)
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

func (p *planner) createSerials() bool {
	r, _, found := p.world.route(p.Rand)
	if !found {
		return false
	}
	p.route = r
	p.count = 1 + p.IntN(4)
	p.ask("POST", "/api/serials", map[string]any{"pathId": r.id, "quantity": p.count, "userId": p.token})
	return true
}

// createOwnSerials announces the numbers before it asks for them: others give the units commands while they are created.
func (p *planner) createOwnSerials() bool {
	r, _, found := p.world.route(p.Rand)
	if !found {
		return false
	}
	p.route = r
	for i := range 1 + p.IntN(3) {
		p.units = append(p.units, fmt.Sprintf("OWN-%s-%d", p.token, i))
	}
	switch p.IntN(8) {
	case 0: // one that the server may give itself
		p.units[0] = fmt.Sprintf("SN-%05d", 1+p.IntN(5000))
	case 1: // one that may be taken
		if id, _, found := p.world.unit(p.Rand); found {
			p.units[0] = id
		}
	}
	p.count = len(p.units)
	p.ask("POST", "/api/serials", map[string]any{"pathId": r.id, "serialNumbers": p.units, "userId": p.token})
	p.world.addUnits(r, p.units...)
	return true
}

// command asks something of one unit.
func (p *planner) command(action string, body map[string]any) bool {
	id, _, found := p.world.unit(p.Rand)
	p.commandUnit(id, action, body)
	return found
}

func (p *planner) commandUnit(id, action string, body map[string]any) {
	p.units = []string{id}
	body["userId"] = p.token
	p.ask("POST", "/api/serials/"+id+"/"+action, body)
}

// commandStep asks something about one step of a unit, usually of the list.
func (p *planner) commandStep(action string, list *[]unitStep, body map[string]any) bool {
	at, found := p.world.unitStep(p.Rand, list)
	p.step = at.step
	p.commandUnit(at.unit, "steps/"+at.step+"/"+action, body)
	return found
}

func (p *planner) from(body map[string]any) map[string]any {
	if p.IntN(4) == 0 {
		body["fromStepIndex"] = p.IntN(4)
	}
	return body
}

func (p *planner) advance() bool { return p.command("advance", p.from(map[string]any{})) }

func (p *planner) advanceTo() bool {
	body := p.from(map[string]any{})
	if p.IntN(2) == 0 {
		body["targetStepIndex"] = 1 + p.IntN(5)
		return p.command("advance-to", body)
	}
	id, steps, found := p.world.unit(p.Rand)
	step, some := pick(p.Rand, steps, 8)
	body["targetStepId"] = step
	p.commandUnit(id, "advance-to", body)
	return found && some
}

func (p *planner) reason() map[string]any {
	reason := []string{"out_of_tolerance", "process_defect", "damaged", "operator_error", "other"}[p.IntN(5)]
	body := map[string]any{"reason": reason}
	if reason == "other" {
		body["explanation"] = "Explained by " + p.token
	}
	return body
}

func (p *planner) scrap() bool { return p.command("scrap", p.reason()) }

func (p *planner) forceComplete() bool {
	return p.command("force-complete", map[string]any{"reason": "Accepted by " + p.token})
}

func (p *planner) undo() bool { return p.command("undo", map[string]any{"reason": "Wrong part"}) }

func (p *planner) override() bool {
	return p.commandStep("override", &[]unitStep{}, map[string]any{"reason": "Prototype"})
}

func (p *planner) clearOverride() bool {
	found := p.commandStep("override", &p.world.overridden, map[string]any{})
	p.method, p.body = "DELETE", ""
	p.token = "clear " + p.path
	p.ifMatchOf = "/api/serials/" + p.units[0]
	return found
}

func (p *planner) waive() bool {
	return p.commandStep("waive", &p.world.deferred, map[string]any{"reason": "Measured later", "approverId": "lead"})
}

func (p *planner) completeStep() bool {
	return p.commandStep("complete", &p.world.deferred, map[string]any{})
}

func (p *planner) advanceMany() bool { return p.commandMany("advance", map[string]any{}) }

func (p *planner) scrapMany() bool { return p.commandMany("scrap", p.reason()) }

// commandMany asks the same of several units.
func (p *planner) commandMany(action string, body map[string]any) bool {
	for range 2 + p.IntN(3) {
		id, _, found := p.world.unit(p.Rand)
		if found && !slices.Contains(p.units, id) {
			p.units = append(p.units, id)
		}
	}
	if p.kind == advanceSerialsEach || p.kind == scrapSerialsEach {
		body["mode"] = "perItem"
	} else if p.IntN(2) == 0 {
		body["mode"] = "atomic"
	}
	body["serialIds"], body["userId"] = p.units, p.token
	p.ask("POST", "/api/serials/"+action, body)
	return len(p.units) > 0
}
