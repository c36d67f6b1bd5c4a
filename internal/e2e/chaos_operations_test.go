//go:build chaos || soak

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// seed returns the seed of the whole run, and prints it once.
var seed = sync.OnceValue(func() uint64 {
	number := rand.Uint64()
	if text := os.Getenv("ROUTECARD_CHAOS_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			panic("ROUTECARD_CHAOS_SEED must be a number: " + text)
		}
		number = given
	}
	fmt.Printf("To repeat this run: ROUTECARD_CHAOS_SEED=%d\n", number)
	return number
})

// random returns the random numbers for one part of the run. With the same seed, a part gets the same numbers again.
func random(part string, numbers ...int) *rand.Rand {
	sum := uint64(len(part))
	for _, letter := range part {
		sum = sum*31 + uint64(letter)
	}
	for _, number := range numbers {
		sum = sum*1_000_003 + uint64(number)
	}
	return rand.New(rand.NewPCG(seed(), sum))
}

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

// mediaTypeOf returns the media type of the bodies that are sent to a path.
func mediaTypeOf(path string) string {
	if strings.HasPrefix(path, "/api/jobs/import") {
		return "text/csv"
	}
	return "application/json"
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
