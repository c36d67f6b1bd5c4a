package models

import (
	"reflect"
	"slices"

	"pgregory.net/rapid"
)

// What the tables of the design say, told a second time over the statuses that a unit shows: the property test holds the
// rules against it.

// refusal is the kind of error that the command must meet, or 0.
func (s *shop) refusal(p *part, states []StepState, command Command) Kind {
	at := s.path.CurrentStepIndex(&p.unit)
	working := p.unit.Status == InProgress
	switch command := command.(type) {
	case Advance:
		if !working || command.FromStepIndex != nil && *command.FromStepIndex != at {
			return Conflict
		}
		return s.jump(states, at, nextOpen(states, at))
	case AdvanceTo:
		return s.jumpTo(states, at, working, command)
	case Scrap:
		return conflictUnless(working)
	case ForceComplete:
		return conflictUnless(working && slices.ContainsFunc(states, func(state StepState) bool {
			return state.Index != at && open(state)
		}))
	case Override:
		return s.onStep(states, command.StepID, working, func(state StepState) bool {
			return !state.Overridden && (state.Status == StepPending || state.Status == StepInProgress)
		})
	case ClearOverride:
		return s.onStep(states, command.StepID, working, func(state StepState) bool { return state.Overridden })
	case Waive:
		return s.onStep(states, command.StepID, working, owed)
	case CompleteStep:
		return s.onStep(states, command.StepID, working, owed)
	case Undo:
		return conflictUnless(command.Before != nil && s.path.StepIndex(*command.Before.StepID) >= 0)
	default:
		panic("a command that nobody has thought of")
	}
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

func (s *shop) jumpTo(states []StepState, at int, working bool, command AdvanceTo) Kind {
	target := s.target(command)
	switch {
	case target < 0:
		return NotFound
	case target > len(states):
		return Invalid
	}
	if !working || command.FromStepIndex != nil && *command.FromStepIndex != at || target <= at {
		return Conflict
	}
	return s.jump(states, at, target)
}

// target is the place that a jump is to go to, -1 for a step of no path.
func (s *shop) target(command AdvanceTo) int {
	if command.StepID != nil {
		return s.path.StepIndex(*command.StepID)
	}
	return *command.StepIndex
}

// jump tells whether a unit may leave the place it is at for another one ahead.
func (s *shop) jump(states []StepState, at, target int) Kind {
	between := states[at+1 : target]
	for _, state := range between {
		switch {
		case done(state):
			// Bypassing it bypasses nothing.
		case s.path.AdvancementMode == Strict:
			return Conflict
		case s.path.AdvancementMode == PerStep && binds(state) && state.Step.DependencyType != Preferred:
			return Conflict
		}
	}
	owesBehind := slices.ContainsFunc(states[:at], owed)
	if states[at].Step.DependencyType == CompletionGate && owesBehind {
		return Conflict
	}
	owesBetween := slices.ContainsFunc(between, func(state StepState) bool { return !done(state) && binds(state) })
	return conflictUnless(target < len(states) || !owesBehind && !owesBetween)
}

// nextOpen is the first place after at whose step is not done yet, or the end.
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

// binds tells whether a step that is bypassed is owed.
func binds(state StepState) bool { return !state.Step.Optional && !state.Overridden }

// open tells whether a step would keep its unit from being completed.
func open(state StepState) bool {
	return owed(state) || state.Status == StepPending && binds(state)
}

// checkChange tests what an accepted command, which is no undo, has made of its unit.
func (s *shop) checkChange(t *rapid.T, p *part, before []StepState, command Command, change Change) {
	at := s.path.CurrentStepIndex(&p.unit)
	want := make([]StepStatus, len(before))
	for i := range before {
		want[i] = before[i].Status
	}
	status, place, event := InProgress, at, EventType("")
	switch command := command.(type) {
	case Advance:
		status, place, event = s.land(want, before, at, nextOpen(before, at))
	case AdvanceTo:
		status, place, event = s.land(want, before, at, s.target(command))
	case Scrap:
		status, event = Scrapped, UnitScrapped
		want[at] = StepPending
		if mark := p.unit.Marks.Of(s.path.Steps[at].Number); mark != "" && mark != Overridden {
			want[at] = mark // it came back to a step that an edit moved ahead
		}
	case ForceComplete:
		status, place, event = Completed, -1, UnitForceCompleted
		want[at] = StepPending
	case Override:
		event = StepOverridden
	case ClearOverride:
		event = OverrideCleared
	case Waive:
		event = StepWasWaived
		want[s.path.StepIndex(command.StepID)] = StepWaived
	case CompleteStep:
		event = StepWasCompleted
		want[s.path.StepIndex(command.StepID)] = StepCompleted
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
	checkBypassed(t, before, after, at, change)
}

// land writes down what a move makes of the statuses, and tells where the unit then is.
func (s *shop) land(want []StepStatus, before []StepState, at, target int) (UnitStatus, int, EventType) {
	want[at] = StepCompleted
	for i := at + 1; i < target; i++ {
		switch {
		case done(before[i]):
		case binds(before[i]):
			want[i] = StepDeferred
		default:
			want[i] = StepSkipped
		}
	}
	if target == len(before) {
		return Completed, -1, UnitCompleted
	}
	want[target] = StepInProgress
	return InProgress, target, UnitAdvanced
}

// checkBypassed tests that a move names the steps that it bypassed, with their new status.
func checkBypassed(t *rapid.T, before, after []StepState, at int, change Change) {
	var want []StepState
	if change.Type == UnitAdvanced || change.Type == UnitCompleted {
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
