package models_test

import (
	"reflect"
	"slices"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/models"
)

// What the tables of the design say, told a second time over the statuses that a unit shows: the property test holds the
// rules against it.

// refusal is the kind of error that the command must meet, or 0.
func (s *shop) refusal(p *part, states []models.StepState, command models.Command) models.Kind {
	at := s.path.Place(&p.unit)
	working := p.unit.Status == models.InProgress
	switch command := command.(type) {
	case models.Advance:
		if !working || command.From != nil && *command.From != at {
			return models.Conflict
		}
		return s.jump(states, at, nextOpen(states, at))
	case models.AdvanceTo:
		return s.jumpTo(states, at, working, command)
	case models.Scrap:
		return conflictUnless(working)
	case models.ForceComplete:
		return conflictUnless(working && slices.ContainsFunc(states, func(state models.StepState) bool {
			return state.Order != at && open(state)
		}))
	case models.Override:
		return s.onStep(states, command.StepID, working, func(state models.StepState) bool {
			return !state.Overridden && (state.Status == models.StepPending || state.Status == models.StepInProgress)
		})
	case models.ClearOverride:
		return s.onStep(states, command.StepID, working, func(state models.StepState) bool { return state.Overridden })
	case models.Waive:
		return s.onStep(states, command.StepID, working, owed)
	case models.CompleteStep:
		return s.onStep(states, command.StepID, working, owed)
	case models.Undo:
		return conflictUnless(command.Before != nil && s.path.StepIndex(*command.Before.StepID) >= 0)
	default:
		panic("a command that nobody has thought of")
	}
}

func conflictUnless(allowed bool) models.Kind {
	if allowed {
		return 0
	}
	return models.Conflict
}

func (s *shop) onStep(states []models.StepState, id string, working bool, allowed func(models.StepState) bool) models.Kind {
	i := s.path.StepIndex(id)
	if i < 0 {
		return models.NotFound
	}
	return conflictUnless(working && allowed(states[i]))
}

func (s *shop) jumpTo(states []models.StepState, at int, working bool, command models.AdvanceTo) models.Kind {
	target := 0
	switch {
	case command.StepID != nil:
		if target = s.path.StepIndex(*command.StepID); target < 0 {
			return models.NotFound
		}
	case *command.StepIndex > len(states):
		return models.Invalid
	default:
		target = *command.StepIndex
	}
	if !working || command.From != nil && *command.From != at || target <= at {
		return models.Conflict
	}
	return s.jump(states, at, target)
}

// jump tells whether a unit may leave the place it is at for another one ahead.
func (s *shop) jump(states []models.StepState, at, target int) models.Kind {
	between := states[at+1 : target]
	for _, state := range between {
		switch {
		case done(state):
			// Bypassing it bypasses nothing.
		case s.path.AdvancementMode == models.Strict:
			return models.Conflict
		case s.path.AdvancementMode == models.PerStep && binds(state) && state.Step.DependencyType != models.Preferred:
			return models.Conflict
		}
	}
	owesBehind := slices.ContainsFunc(states[:at], owed)
	if states[at].Step.DependencyType == models.CompletionGate && owesBehind {
		return models.Conflict
	}
	owesBetween := slices.ContainsFunc(between, func(state models.StepState) bool { return !done(state) && binds(state) })
	return conflictUnless(target < len(states) || !owesBehind && !owesBetween)
}

// nextOpen is the first place after at whose step is not done yet, or the end.
func nextOpen(states []models.StepState, at int) int {
	for i, state := range states {
		if i > at && !done(state) {
			return i
		}
	}
	return len(states)
}

func owed(state models.StepState) bool { return state.Status == models.StepDeferred }

func done(state models.StepState) bool {
	return state.Status == models.StepCompleted || state.Status == models.StepWaived
}

// binds tells whether a step that is bypassed is owed.
func binds(state models.StepState) bool { return !state.Step.Optional && !state.Overridden }

// open tells whether a step would keep its unit from being completed.
func open(state models.StepState) bool {
	return owed(state) || state.Status == models.StepPending && binds(state)
}

// checkChange tests what an accepted command, which is no undo, has made of its unit.
func (s *shop) checkChange(t *rapid.T, p *part, before []models.StepState, command models.Command, change models.Change) {
	at := s.path.Place(&p.unit)
	want := make([]models.StepStatus, len(before))
	for i := range before {
		want[i] = before[i].Status
	}
	status, place, event := models.InProgress, at, models.EventType("")
	switch command := command.(type) {
	case models.Advance:
		status, place, event = s.land(want, before, at, nextOpen(before, at))
	case models.AdvanceTo:
		target := 0
		if command.StepID != nil {
			target = s.path.StepIndex(*command.StepID)
		} else {
			target = *command.StepIndex
		}
		status, place, event = s.land(want, before, at, target)
	case models.Scrap:
		status, event = models.Scrapped, models.SerialScrapped
		want[at] = models.StepPending
		if mark := p.unit.Marks.Of(s.path.Steps[at].No); mark != "" && mark != models.Overridden {
			want[at] = mark // it came back to a step that an edit moved ahead
		}
	case models.ForceComplete:
		status, place, event = models.Completed, -1, models.SerialForceCompleted
		want[at] = models.StepPending
	case models.Override:
		event = models.StepOverridden
	case models.ClearOverride:
		event = models.OverrideCleared
	case models.Waive:
		event = models.StepWasWaived
		want[s.path.StepIndex(command.StepID)] = models.StepWaived
	case models.CompleteStep:
		event = models.StepWasCompleted
		want[s.path.StepIndex(command.StepID)] = models.StepCompleted
	}
	after := s.path.StepsOf(&change.Unit)
	got := make([]models.StepStatus, len(after))
	for i := range after {
		got[i] = after[i].Status
	}
	if change.Unit.Status != status || s.path.Place(&change.Unit) != place || change.Type != event || !slices.Equal(got, want) {
		t.Fatalf("%#v makes of %v a unit that is %s at %d, by %s: %v\nwant %s at %d, by %s: %v", command, show(before),
			change.Unit.Status, s.path.Place(&change.Unit), change.Type, got, status, place, event, want)
	}
	checkBypassed(t, before, after, at, change)
}

// land writes down what a move makes of the statuses, and tells where the unit then is.
func (s *shop) land(want []models.StepStatus, before []models.StepState, at, target int) (models.SerialStatus, int, models.EventType) {
	want[at] = models.StepCompleted
	for i := at + 1; i < target; i++ {
		switch {
		case done(before[i]):
		case binds(before[i]):
			want[i] = models.StepDeferred
		default:
			want[i] = models.StepSkipped
		}
	}
	if target == len(before) {
		return models.Completed, -1, models.SerialCompleted
	}
	want[target] = models.StepInProgress
	return models.InProgress, target, models.SerialAdvanced
}

// checkBypassed tests that a move names the steps that it bypassed, with what became of them.
func checkBypassed(t *rapid.T, before, after []models.StepState, at int, change models.Change) {
	var want []models.StepState
	if change.Type == models.SerialAdvanced || change.Type == models.SerialCompleted {
		for i := at + 1; i < len(after) && after[i].Status != models.StepInProgress; i++ {
			if !done(before[i]) && after[i].Status != models.StepPending {
				want = append(want, after[i])
			}
		}
	}
	if len(want) != len(change.Bypassed) || len(want) > 0 && !reflect.DeepEqual(change.Bypassed, want) {
		t.Fatalf("the change names %v as bypassed, want %v", show(change.Bypassed), show(want))
	}
}
