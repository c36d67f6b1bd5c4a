package models

import (
	"maps"
	"reflect"
	"slices"

	"pgregory.net/rapid"
)

// This file implements the rules of routing.go a second time, on the statuses that a unit shows. The property test compares the
// two.

// refusal returns the kind of the error that the command must return, or 0 if the command must succeed.
func (s *shop) refusal(p *part, states []StepState, command Command) Kind {
	at := s.path.CurrentStepIndex(&p.unit)
	working := p.unit.Status == InProgress
	switch command := command.(type) {
	case Advance:
		if !working || s.elsewhere(p, command.From) {
			return Conflict
		}
		return s.jump(p, states, at, nextOpen(states, at), command.Skip)
	case AdvanceTo:
		return s.jumpTo(p, states, at, working, command)
	case Scrap:
		return conflictUnless(working && !s.elsewhere(p, command.From))
	case ForceComplete:
		return conflictUnless(working && !s.elsewhere(p, command.From) && slices.ContainsFunc(states, func(state StepState) bool {
			return state.Index != at && open(state)
		}))
	case Override:
		return s.onStep(states, command.StepID, working, func(state StepState) bool {
			return !state.Overridden && (state.Status == StepPending || state.Status == StepInProgress || owed(state))
		})
	case ClearOverride:
		return s.onStep(states, command.StepID, working, func(state StepState) bool { return state.Overridden })
	case Waive:
		return s.onStep(states, command.StepID, working, owed)
	case CompleteStep:
		return s.onStep(states, command.StepID, working, owed)
	case Undo:
		return conflictUnless(command.Before != nil && s.path.StepIndex(*command.Before.StepID) >= 0 &&
			(command.EventID == nil || *command.EventID == command.Last.ID))
	case Note:
		return 0
	case Delete:
		return conflictUnless(working && !p.moved)
	default:
		panic("a command that nobody has thought of")
	}
}

// elsewhere reports whether a unit does not stand where a command expects it.
func (s *shop) elsewhere(p *part, from From) bool {
	at := s.path.CurrentStepIndex(&p.unit)
	return from.StepIndex != nil && *from.StepIndex != at || from.StepID != nil && s.path.StepIndex(*from.StepID) != at
}

func conflictUnless(allowed bool) Kind {
	if allowed {
		return 0
	}
	return Conflict
}

func (s *shop) onStep(states []StepState, id string, working bool, allowed func(StepState) bool) Kind {
	i := s.path.StepIndex(id)
	if i < 0 {
		return NotFound
	}
	return conflictUnless(working && allowed(states[i]))
}

func (s *shop) jumpTo(p *part, states []StepState, at int, working bool, command AdvanceTo) Kind {
	target := s.target(command)
	switch {
	case target < 0:
		return NotFound
	case target > len(states):
		return Invalid
	}
	if !working || s.elsewhere(p, command.From) || target <= at {
		return Conflict
	}
	return s.jump(p, states, at, target, false)
}

// target returns the index to which the command moves a unit, -1 for a step of another path.
func (s *shop) target(command AdvanceTo) int {
	if command.StepID != nil {
		return s.path.StepIndex(*command.StepID)
	}
	return *command.StepIndex
}

// jump returns the kind of the error if a unit may not move from one step to a later one. With skip the unit has not done the step
// that it leaves.
func (s *shop) jump(p *part, states []StepState, at, target int, skip bool) Kind {
	between := states[at+1 : target]
	for _, state := range between {
		switch {
		case done(state):
			// The unit does not bypass a step that is done.
		case s.path.AdvancementMode == Strict:
			return Conflict
		case binds(state) && !s.mayDefer(state):
			return Conflict
		}
	}
	owesHere := skip && binds(states[at]) && p.memory.done[states[at].Step.ID] == ""
	if owesHere && (s.path.AdvancementMode == Strict || !s.mayDefer(states[at])) {
		return Conflict
	}
	owesBehind := slices.ContainsFunc(states[:at], owed)
	if states[at].Step.DependencyType == CompletionGate && owesBehind {
		return Conflict
	}
	owesBetween := slices.ContainsFunc(between, func(state StepState) bool { return !done(state) && binds(state) })
	return conflictUnless(target < len(states) || !owesBehind && !owesBetween && !owesHere)
}

// mayDefer reports whether the mode of the path lets units defer a required step.
func (s *shop) mayDefer(state StepState) bool {
	switch state.Step.DependencyType {
	case Physical:
		return false
	case CompletionGate:
		return s.path.AdvancementMode != PerStep
	default:
		return true
	}
}

// nextOpen returns the index of the first step after at that is not done yet, or the number of steps.
func nextOpen(states []StepState, at int) int {
	for i, state := range states {
		if i > at && !done(state) {
			return i
		}
	}
	return len(states)
}

func owed(state StepState) bool { return state.Status == StepDeferred }

func done(state StepState) bool {
	return state.Status == StepCompleted || state.Status == StepWaived
}

// binds reports whether a unit owes the step if it bypasses the step.
func binds(state StepState) bool { return !state.Step.Optional && !state.Overridden }

// open reports whether the unit cannot be completed because of the step.
func open(state StepState) bool {
	return owed(state) || state.Status == StepPending && binds(state)
}

// checkChange checks the change of a unit by an accepted command other than undo.
func (s *shop) checkChange(t *rapid.T, p *part, before []StepState, command Command, change Change) {
	at := s.path.CurrentStepIndex(&p.unit)
	want := make([]StepStatus, len(before))
	for i := range before {
		want[i] = before[i].Status
	}
	status, place, event := InProgress, at, EventType("")
	switch command := command.(type) {
	case Advance:
		status, place, event = s.land(p, want, before, at, nextOpen(before, at), command.Skip)
	case AdvanceTo:
		status, place, event = s.land(p, want, before, at, s.target(command), false)
	case Scrap:
		status, event = Scrapped, UnitScrapped
		p.moved = true
	case ForceComplete:
		status, place, event = Completed, -1, UnitForceCompleted
		want[at] = StepPending
		p.memory.end(before, want)
		p.moved = true
	case Override:
		event = StepOverridden
		i := s.path.StepIndex(command.StepID)
		delete(p.memory.deferred, command.StepID)
		// Only the current step can have been done before. The mark of the override replaces the mark of that.
		delete(p.memory.done, command.StepID)
		if want[i] == StepDeferred {
			want[i] = StepPending
			if i < at {
				want[i] = StepSkipped
			}
		}
	case ClearOverride:
		event = OverrideCleared
	case Waive:
		event = StepWasWaived
		want[s.path.StepIndex(command.StepID)] = StepWaived
		p.memory.done[command.StepID] = StepWaived
	case CompleteStep:
		event = StepWasCompleted
		want[s.path.StepIndex(command.StepID)] = StepCompleted
		p.memory.done[command.StepID] = StepCompleted
	}
	after := s.path.StepsOf(&change.Unit)
	got := make([]StepStatus, len(after))
	for i := range after {
		got[i] = after[i].Status
	}
	if change.Unit.Status != status || s.path.CurrentStepIndex(&change.Unit) != place || change.Type != event || !slices.Equal(got, want) {
		t.Fatalf("%#v makes of %v a unit that is %s at %d, by %s: %v\nwant %s at %d, by %s: %v", command, show(before),
			change.Unit.Status, s.path.CurrentStepIndex(&change.Unit), change.Type, got, status, place, event, want)
	}
	skipped := false
	if advance, ok := command.(Advance); ok {
		skipped = advance.Skip
	}
	checkBypassed(t, before, after, at, skipped, change)
}

// land sets want to the statuses after a move, and returns the status of the unit, its index, and the type of the event.
func (s *shop) land(p *part, want []StepStatus, before []StepState, at, target int, skip bool) (UnitStatus, int, EventType) {
	known := p.memory.done[before[at].Step.ID]
	switch {
	case skip && known != "":
		want[at] = known
	case skip && binds(before[at]):
		want[at] = StepDeferred
	case skip:
		want[at] = StepSkipped
	default:
		want[at] = StepCompleted
	}
	for i := at + 1; i < target; i++ {
		switch {
		case done(before[i]):
		case binds(before[i]):
			want[i] = StepDeferred
		default:
			want[i] = StepSkipped
		}
	}
	p.memory.pass(before[:target], want)
	p.moved = true
	if target == len(before) {
		p.memory.end(before, want)
		return Completed, -1, UnitCompleted
	}
	want[target] = StepInProgress
	for i := target + 1; i < len(before); i++ {
		p.memory.owes[before[i].Step.ID] = true
	}
	return InProgress, target, UnitAdvanced
}

// checkBypassed checks that a move names the steps that it bypassed, with their new status.
func checkBypassed(t *rapid.T, before, after []StepState, at int, skipped bool, change Change) {
	var want []StepState
	if change.Type == UnitAdvanced || change.Type == UnitCompleted {
		if skipped {
			want = append(want, after[at])
		}
		for i := at + 1; i < len(after) && after[i].Status != StepInProgress; i++ {
			if !done(before[i]) && after[i].Status != StepPending {
				want = append(want, after[i])
			}
		}
	}
	if len(want) != len(change.Bypassed) || len(want) > 0 && !reflect.DeepEqual(change.Bypassed, want) {
		t.Fatalf("the change names %v as bypassed, want %v", show(change.Bypassed), show(want))
	}
}

// memory has what determines the statuses of the steps for a unit, by the ids of the steps and not by marks and numbers.
type memory struct {
	// done are the steps that the unit has completed or that were waived.
	done map[string]StepStatus
	// deferred are the steps that the unit passed while they were required.
	deferred map[string]bool
	// owes are the steps that have stood ahead of the unit since it passed them last.
	owes map[string]bool
	// final has the statuses of all steps when the unit was completed.
	final map[string]StepStatus
}

func newMemory() memory {
	return memory{map[string]StepStatus{}, map[string]bool{}, map[string]bool{}, map[string]StepStatus{}}
}

func (m memory) clone() memory {
	return memory{maps.Clone(m.done), maps.Clone(m.deferred), maps.Clone(m.owes), maps.Clone(m.final)}
}

// see records which steps stand ahead of a unit in the given state.
func (m memory) see(path *Path, state *State) {
	at := path.CurrentStepIndex(&Unit{State: *state})
	for i := range path.Steps {
		if at >= 0 && i > at {
			m.owes[path.Steps[i].ID] = true
		}
	}
}

// pass records the statuses that a move gave to the steps that are behind the unit now.
func (m memory) pass(states []StepState, statuses []StepStatus) {
	for i, state := range states {
		id := state.Step.ID
		delete(m.owes, id)
		delete(m.deferred, id)
		switch statuses[i] {
		case StepCompleted, StepWaived:
			m.done[id] = statuses[i]
		case StepDeferred:
			m.deferred[id] = true
		default:
		}
	}
}

func (m memory) end(states []StepState, statuses []StepStatus) {
	clear(m.final)
	for i, state := range states {
		m.final[state.Step.ID] = statuses[i]
	}
}

// statuses returns the statuses that a unit must show. It returns nil if the step at which the unit was scrapped was removed,
// because then no step is ahead or behind.
func (m memory) statuses(path *Path, unit *Unit) []StepStatus {
	at := path.CurrentStepIndex(unit)
	if unit.Status == Scrapped && at < 0 {
		return nil
	}
	want := make([]StepStatus, len(path.Steps))
	for i, step := range path.Steps {
		final, finished := m.final[step.ID]
		required := !step.Optional && unit.Marks.Of(step.Number) != Overridden
		switch {
		case unit.Status == Completed && finished:
			want[i] = final
		case unit.Status == Completed:
			want[i] = StepSkipped
		case i == at:
			want[i] = StepInProgress
		case m.done[step.ID] != "":
			want[i] = m.done[step.ID]
		case required && m.deferred[step.ID]:
			want[i] = StepDeferred
		case i > at:
			want[i] = StepPending
		case required && m.owes[step.ID]:
			want[i] = StepDeferred
		default:
			want[i] = StepSkipped
		}
	}
	return want
}
