//go:build chaos || soak

package e2e

import (
	"fmt"
	"slices"
	"time"
)

func (p *generator) createSerials() bool {
	r, _, found := p.world.knownPath(p.Rand, 6)
	if !found {
		return false
	}
	p.knownPath = r
	p.count = 1 + p.IntN(4)
	p.ask("POST", "/api/serials", p.occurred(map[string]any{"pathId": r.id, "quantity": p.count, "userId": p.token}))
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
	known := p.units
	switch p.IntN(8) {
	case 0: // may collide with a number that the server assigns, also for the other workload of the soak test
		p.units[0] = fmt.Sprintf("SN-%05d", 1+p.IntN(5000))
		known = p.units[1:]
	case 1: // exists already, if others have created it
		if id, _, found := p.world.unit(p.Rand); found {
			p.units[0] = id
		}
	}
	p.count = len(p.units)
	p.ask("POST", "/api/serials", p.occurred(map[string]any{"pathId": r.id, "serialNumbers": p.units, "userId": p.token}))
	p.world.addUnits(r, known...)
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

// occurred has some of the commands, and of the creations of units, say when they happened.
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
	id, steps, found := p.world.unit(p.Rand)
	return p.commandMany(action, p.from(steps, body), id) && found
}

func (p *generator) undoMany() bool {
	return p.commandMany("undo", map[string]any{"reason": "Wrong box"})
}

func (p *generator) overrideMany() bool {
	id, steps, found := p.world.unit(p.Rand)
	step, some := pick(p.Rand, steps, 8)
	return p.commandMany("override", map[string]any{"stepId": step, "reason": "Prototype"}, id) && found && some
}

func (p *generator) noteMany() bool {
	return p.commandMany("notes", map[string]any{"text": "Noted by " + p.token})
}

func (p *generator) scrapMany() bool { return p.commandMany("scrap", p.reason()) }

// commandMany gives several units the same command, the given ones first.
func (p *generator) commandMany(action string, body map[string]any, units ...string) bool {
	p.units = units
	more := 2 + p.IntN(3)
	if p.kind.isAtomic() {
		// Few, because one refusal refuses all.
		more = p.IntN(2)
	}
	if len(units) == 0 {
		more++
	}
	for range more {
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
