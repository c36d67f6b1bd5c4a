package models

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// 100 runs, rapid's default, miss faults that need a gate, a jump, and an edit at the same time.
func init() {
	if err := flag.Set("rapid.checks", "2000"); err != nil {
		panic(err)
	}
}

// TestRouting drives random commands and random edits of the path, and checks all units after each of them. It computes a second
// time what a command may do, from the statuses that the unit shows before the command.
func TestRouting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shop := newShop(t)
		t.Repeat(map[string]func(*rapid.T){
			"":        shop.check,
			"command": func(t *rapid.T) { shop.command(t, rapid.SampledFrom(shop.parts).Draw(t, "part")) },
			"move":    func(t *rapid.T) { shop.move(t, rapid.SampledFrom(shop.parts).Draw(t, "part")) },
			"jump":    func(t *rapid.T) { shop.jumpAhead(t, rapid.SampledFrom(shop.parts).Draw(t, "part")) },
			"undo":    func(t *rapid.T) { shop.undo(t, rapid.SampledFrom(shop.parts).Draw(t, "part")) },
			"revise":  shop.revise,
			"mode":    func(t *rapid.T) { shop.path.AdvancementMode = modes.Draw(t, "mode") },
		})
	})
}

// shop is a path with units on it.
type shop struct {
	path  Path
	parts []*part
}

// part is a unit with what its events store, by the event's id.
type part struct {
	unit   Unit
	before map[string]kept
	memory memory
	// moved says that the unit has moved, was scrapped, or was completed.
	moved bool
}

// kept is a change that can be undone: its event, and the unit before it.
type kept struct {
	event  Event
	state  string
	memory memory
}

var (
	modes        = rapid.SampledFrom([]AdvancementMode{Strict, Flexible, PerStep})
	dependencies = rapid.SampledFrom([]DependencyType{Preferred, Physical, CompletionGate})
	maria        = Actor{UserID: "maria", At: 1}
)

func newShop(t *rapid.T) *shop {
	s := &shop{path: Path{ID: NewID(PathPrefix), AdvancementMode: modes.Draw(t, "mode")}}
	steps := make([]StepChange, rapid.IntRange(1, 6).Draw(t, "steps"))
	for i := range steps {
		steps[i] = anyStep(t)
	}
	if _, err := s.path.Revise(steps); err != nil {
		t.Fatal(err)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "parts") {
		p := &part{before: map[string]kept{}, memory: newMemory(), unit: Unit{
			SerialNumber: GeneratedSerialNumber(int64(i + 1)),
			State: State{
				Status: InProgress, StepID: &s.path.Steps[0].ID, KnownStepNumber: s.path.LastStepNumber,
			},
		}}
		p.memory.see(&s.path, &p.unit.State)
		s.parts = append(s.parts, p)
	}
	return s
}

func anyStep(t *rapid.T) StepChange {
	name, optional, dependency := rapid.StringMatching("[A-Z]{3}").Draw(t, "name"), rapid.Bool().Draw(t, "optional"),
		dependencies.Draw(t, "dependency")
	return StepChange{Name: &name, Optional: &optional, DependencyType: &dependency}
}

// anyStepID returns the id of a step, usually one of the path.
func (s *shop) anyStepID(t *rapid.T) string {
	ids := []string{"step_01h455vb4pex5vsknk084sn02q"}
	for _, step := range s.path.Steps {
		ids = append(ids, step.ID)
	}
	return rapid.SampledFrom(ids).Draw(t, "step")
}

// command gives a unit any command except a move or an undo.
func (s *shop) command(t *rapid.T, p *part) {
	reason := "why"
	step := s.anyStepID(t)
	s.give(t, p, rapid.SampledFrom([]Command{
		Override{StepID: step, Reason: reason},
		ClearOverride{StepID: step},
		Waive{StepID: step, Reason: reason, ApproverID: "lead"},
		CompleteStep{StepID: step},
		ForceComplete{Reason: &reason, From: s.anyFrom(t)},
		Scrap{Reason: "damaged", Explanation: &reason, From: s.anyFrom(t)},
		Note{Text: reason},
		Delete{Moved: p.moved},
	}).Draw(t, "command"))
}

// jumpAhead moves a unit to a step ahead of it, if it stands anywhere.
func (s *shop) jumpAhead(t *rapid.T, p *part) {
	target := rapid.IntRange(s.path.CurrentStepIndex(&p.unit)+1, len(s.path.Steps)).Draw(t, "target")
	s.give(t, p, AdvanceTo{StepIndex: &target})
}

// anyFrom returns where a command expects the unit, usually nothing.
func (s *shop) anyFrom(t *rapid.T) From {
	var from From
	if rapid.IntRange(0, 3).Draw(t, "says from where") == 0 {
		at := rapid.IntRange(0, len(s.path.Steps)).Draw(t, "from")
		from.StepIndex = &at
	}
	if rapid.IntRange(0, 3).Draw(t, "says from which step") == 0 {
		id := s.anyStepID(t)
		from.StepID = &id
	}
	return from
}

// move advances a unit by one step or by several.
func (s *shop) move(t *rapid.T, p *part) {
	from := s.anyFrom(t)
	target, id := rapid.IntRange(0, len(s.path.Steps)+1).Draw(t, "target"), s.anyStepID(t)
	s.give(t, p, rapid.SampledFrom([]Command{
		Advance{From: from},
		Advance{From: from, Skip: true},
		AdvanceTo{StepIndex: &target, From: from},
		AdvanceTo{StepID: &id, From: from},
	}).Draw(t, "move"))
}

// undo takes back the last change of a unit, or names an event that is not the last.
func (s *shop) undo(t *rapid.T, p *part) {
	undo := p.undo(t)
	ids := append(slices.Sorted(maps.Keys(p.before)), "evt_01h455vb4pex5vsknk084sn02q")
	if rapid.Bool().Draw(t, "names an event") {
		id := rapid.SampledFrom(ids).Draw(t, "event")
		undo.EventID = &id
	}
	s.give(t, p, undo)
}

func (p *part) undo(t *rapid.T) Undo {
	if p.unit.LastEventID == nil {
		return Undo{}
	}
	kept := p.before[*p.unit.LastEventID]
	var before State
	if err := json.Unmarshal([]byte(kept.state), &before); err != nil {
		t.Fatalf("the state before %s: %v", kept.event.Type, err)
	}
	return Undo{Last: &kept.event, Before: &before}
}

// give applies a command as the store does, and checks the result.
func (s *shop) give(t *rapid.T, p *part, command Command) {
	path, unit, states := clonePath(s.path), cloneUnit(p.unit), s.path.StepsOf(&p.unit)
	change, err := Apply(command, &s.path, p.unit, maria)
	if !reflect.DeepEqual(s.path, path) || !reflect.DeepEqual(p.unit, unit) {
		t.Fatalf("%#v wrote to what it was given", command)
	}
	want := s.refusal(p, states, command)
	if err != nil {
		var refused *Error
		if !errors.As(err, &refused) || refused.Kind != want {
			t.Fatalf("%#v of %v was refused (%v), want kind %d", command, show(states), err, want)
		}
		return
	}
	if want != 0 {
		t.Fatalf("%#v of %v was not refused, want kind %d", command, show(states), want)
	}
	switch command := command.(type) {
	case Undo:
		wantState(t, "undo", change.Unit.State, *command.Before)
		p.memory = p.before[command.Last.ID].memory.clone()
		p.unit = change.Unit
		return
	case Note, Delete:
		wantState(t, "a note or a deletion", change.Unit.State, unit.State)
		return
	default:
		p.keep(t, &change)
		s.checkChange(t, p, states, command, change)
		p.unit = change.Unit
	}
	// Undo restores the state before the command, whatever the command was.
	taken, err := Apply(p.undo(t), &s.path, p.unit, maria)
	if err != nil {
		t.Fatalf("undo of %#v: %v", command, err)
	}
	wantState(t, fmt.Sprintf("undo of %#v", command), taken.Unit.State, unit.State)
	if taken.Type != UnitUndone {
		t.Fatalf("the event of undo is %s", taken.Type)
	}
}

// keep stores the state before the change, as the store does in an event.
func (p *part) keep(t *rapid.T, change *Change) {
	text, err := json.Marshal(p.unit.State)
	if err != nil {
		t.Fatal(err)
	}
	event := Event{ID: NewID(EventPrefix), Type: change.Type}
	p.before[event.ID] = kept{event: event, state: string(text), memory: p.memory.clone()}
	change.Unit.LastEventID = &event.ID
}

func wantState(t *rapid.T, what string, got, want State) {
	if !got.Equal(want) || got.KnownStepNumber != want.KnownStepNumber || !reflect.DeepEqual(got.LastEventID, want.LastEventID) {
		t.Fatalf("%s gives\n%+v, want\n%+v", what, got, want)
	}
}

// check checks what must always be true of every unit.
func (s *shop) check(t *rapid.T) {
	for _, p := range s.parts {
		states := s.path.StepsOf(&p.unit)
		if len(states) != len(s.path.Steps) {
			t.Fatalf("%d statuses for %d steps", len(states), len(s.path.Steps))
		}
		counts := map[StepStatus]int{}
		for i, state := range states {
			counts[state.Status]++
			if state.Index != i || state.Step.ID != s.path.Steps[i].ID {
				t.Fatalf("status %d is that of step %d, %s", i, state.Index, state.Step.ID)
			}
			if state.Overridden && state.Status != StepPending && state.Status != StepInProgress {
				t.Fatalf("the override outlives the step: %v", show(states))
			}
		}
		current, at := 0, s.path.CurrentStepIndex(&p.unit)
		if p.unit.Status == InProgress && at < 0 {
			t.Fatalf("the unit stands nowhere: %v", show(states))
		}
		if at >= 0 {
			current = 1
			if states[at].Status != StepInProgress {
				t.Fatalf("the unit stands at %d: %v", at, show(states))
			}
		}
		if want := p.memory.statuses(&s.path, &p.unit); want != nil {
			got := make([]StepStatus, len(states))
			for i := range states {
				got[i] = states[i].Status
			}
			if !slices.Equal(got, want) {
				t.Fatalf("a unit that is %s at %d has %v, want %v", p.unit.Status, at, show(states), want)
			}
		}
		if counts[StepInProgress] != current {
			t.Fatalf("a unit that is %s has %v", p.unit.Status, show(states))
		}
		if p.unit.Status == Completed && !p.unit.ForceCompleted &&
			counts[StepDeferred]+counts[StepPending] > 0 {
			t.Fatalf("completed over open work: %v", show(states))
		}
		checkMarks(t, p.unit.Marks)
	}
}

func checkMarks(t *rapid.T, marks Marks) {
	seen := map[int]bool{}
	for _, mark := range marks {
		if seen[mark.StepNumber] {
			t.Fatalf("two marks for step %d: %v", mark.StepNumber, marks)
		}
		seen[mark.StepNumber] = true
		if marks.Of(mark.StepNumber) != mark.Status {
			t.Fatalf("step %d has the mark %q, want %q", mark.StepNumber, marks.Of(mark.StepNumber), mark.Status)
		}
	}
	var back Marks
	if err := back.Scan(marks.String()); err != nil || !slices.Equal(back, marks) {
		t.Fatalf("%v is stored as %q and read as %v, %v", marks, marks, back, err)
	}
}

func clonePath(path Path) Path {
	path.Steps = slices.Clone(path.Steps)
	return path
}

func cloneUnit(unit Unit) Unit {
	unit.Marks = slices.Clone(unit.Marks)
	return unit
}

// show returns the statuses of a unit as texts for a failure message.
func show(states []StepState) []string {
	var out []string
	for _, state := range states {
		text := fmt.Sprintf("%s:%s:%s", state.Step.Name, state.Step.DependencyType, state.Status)
		if state.Step.Optional {
			text += ":optional"
		}
		if state.Overridden {
			text += ":overridden"
		}
		out = append(out, text)
	}
	return out
}
