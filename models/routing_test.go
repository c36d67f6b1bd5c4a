package models

import (
	"slices"
	"strings"
	"testing"
)

// walk is a unit on a path, for tests that tell a story.
type walk struct {
	t    *testing.T
	path *Path
	unit Unit
}

func begin(t *testing.T, path *Path) *walk {
	t.Helper()
	return &walk{t: t, path: path, unit: Unit{SerialNumber: "SN-00001", State: State{
		Status: InProgress, StepID: &path.Steps[0].ID, KnownStepNumber: path.LastStepNumber,
	}}}
}

func (w *walk) give(command Command) {
	w.t.Helper()
	change, err := Apply(command, w.path, w.unit, maria)
	if err != nil {
		w.t.Fatalf("%#v: %v", command, err)
	}
	w.unit = change.Unit
}

func (w *walk) refuse(command Command, message string) {
	w.t.Helper()
	if _, err := Apply(command, w.path, w.unit, maria); err == nil || err.Error() != message {
		w.t.Errorf("%#v: the error is %v, want %q", command, err, message)
	}
}

func (w *walk) to(name string) {
	w.t.Helper()
	w.give(AdvanceTo{StepID: w.id(name)})
}

func (w *walk) id(name string) *string {
	i := slices.IndexFunc(w.path.Steps, func(step Step) bool { return step.Name == name })
	return &w.path.Steps[i].ID
}

// want checks the statuses of all steps: "Mill completed, Wash in_progress".
func (w *walk) want(statuses string) {
	w.t.Helper()
	var got []string
	for _, state := range w.path.StepsOf(&w.unit) {
		text := state.Step.Name + " " + string(state.Status)
		if state.Overridden {
			text += " overridden"
		}
		got = append(got, text)
	}
	if text := strings.Join(got, ", "); text != statuses {
		w.t.Errorf("the steps are\n%s, want\n%s", text, statuses)
	}
}

// TestStepsAfterEdits checks the effect of an edit of the path on a unit in progress: the unit stays at its step, does not owe a
// step that is added behind it, owes a step that is moved behind it, and need not repeat a step that it has done.
func TestStepsAfterEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		story func(w *walk)
	}{
		{"a step is added behind", func(w *walk) {
			w.to("C")
			edit(t, w.path, "New", "A", "B", "C", "D")
			w.want("New skipped, A completed, B deferred, C in_progress, D pending")
			w.to("D") // and stays so when the unit goes on
			w.want("New skipped, A completed, B deferred, C completed, D in_progress")
		}},
		{"a step is added ahead", func(w *walk) {
			edit(t, w.path, "A", "New", "B", "C", "D")
			w.want("A in_progress, New pending, B pending, C pending, D pending")
			w.give(Advance{})
			w.want("A completed, New in_progress, B pending, C pending, D pending")
		}},
		{"a required step is moved behind", func(w *walk) {
			w.give(Advance{})
			edit(t, w.path, "A", "C", "B", "D")
			w.want("A completed, C deferred, B in_progress, D pending")
			w.give(Advance{})
			w.want("A completed, C deferred, B completed, D in_progress")
			w.give(CompleteStep{StepID: *w.id("C")})
			w.give(Advance{})
			w.want("A completed, C completed, B completed, D completed")
		}},
		{"an optional step is moved behind", func(w *walk) {
			edit(t, w.path, "A", "B", "C:optional", "D")
			edit(t, w.path, "C", "A", "B", "D")
			w.want("C skipped, A in_progress, B pending, D pending")
		}},
		{"an overridden step is moved behind", func(w *walk) {
			w.give(Override{StepID: *w.id("C")})
			edit(t, w.path, "C", "A", "B", "D")
			w.want("C skipped, A in_progress, B pending, D pending")
		}},
		{"a step is added ahead and then moved behind", func(w *walk) {
			edit(t, w.path, "A", "B", "C", "D", "New")
			edit(t, w.path, "New", "A", "B", "C", "D")
			w.want("New deferred, A in_progress, B pending, C pending, D pending")
			w.to("D")
			w.refuse(Advance{}, "Serial number SN-00001 cannot be completed while these steps are deferred: New, B, C")
		}},
		{"a step is added behind, moved ahead, and moved behind again", func(w *walk) {
			w.give(Advance{})
			edit(t, w.path, "A", "New", "B", "C", "D")
			w.want("A completed, New skipped, B in_progress, C pending, D pending")
			edit(t, w.path, "A", "B", "New", "C", "D")
			w.want("A completed, B in_progress, New pending, C pending, D pending")
			edit(t, w.path, "A", "New", "B", "C", "D")
			w.want("A completed, New deferred, B in_progress, C pending, D pending")
		}},
		{"a step is added behind, passed, moved ahead, and moved behind again", func(w *walk) {
			w.give(Advance{})
			edit(t, w.path, "New", "A", "B", "C", "D")
			w.give(Advance{})
			w.want("New skipped, A completed, B completed, C in_progress, D pending")
			edit(t, w.path, "A", "B", "C", "D", "New")
			w.want("A completed, B completed, C in_progress, D pending, New pending")
			edit(t, w.path, "New", "A", "B", "C", "D")
			w.want("New deferred, A completed, B completed, C in_progress, D pending")
		}},
		{"a step that another unit has seen ahead is added behind this one", func(w *walk) {
			w.to("D")
			edit(t, w.path, "A", "B", "New", "C", "D")
			edit(t, w.path, "New", "A", "B", "C", "D")
			w.want("New skipped, A completed, B deferred, C deferred, D in_progress")
		}},
		{"a deferred step becomes optional", func(w *walk) {
			w.to("C")
			edit(t, w.path, "A", "B:optional", "C", "D")
			w.want("A completed, B skipped, C in_progress, D pending")
			w.give(Advance{})
			w.give(Advance{})
			w.want("A completed, B skipped, C completed, D completed")
		}},
		{"a deferred step is overridden", func(w *walk) {
			w.to("C")
			w.give(Override{StepID: *w.id("B"), Reason: "prototype"})
			w.want("A completed, B skipped, C in_progress, D pending")
			w.give(Advance{})
			w.give(Advance{})
			w.want("A completed, B skipped, C completed, D completed")
		}},
		{"only optional steps are open", func(w *walk) {
			w.to("C")
			edit(t, w.path, "A", "B:optional", "C", "D:optional")
			w.refuse(ForceComplete{}, "Serial number SN-00001 has no open steps: advance it to complete it")
		}},
		{"a physical step is bypassed", func(w *walk) {
			edit(t, w.path, "A", "B:physical", "C", "D")
			w.refuse(AdvanceTo{StepID: w.id("C")}, "Serial number SN-00001 cannot bypass B")
			w.give(Override{StepID: *w.id("B"), Reason: "prototype"})
			w.to("C")
			w.want("A completed, B skipped, C in_progress, D pending")
		}},
		{"a required step is skipped", func(w *walk) {
			w.give(Advance{Skip: true})
			w.want("A deferred, B in_progress, C pending, D pending")
		}},
		{"an optional and an overridden step are skipped", func(w *walk) {
			edit(t, w.path, "A:optional", "B", "C", "D")
			w.path.AdvancementMode = Strict
			w.give(Advance{Skip: true})
			w.give(Override{StepID: *w.id("B"), Reason: "prototype"})
			w.give(Advance{Skip: true})
			w.want("A skipped, B skipped, C in_progress, D pending")
		}},
		{"a required step of a strict path is skipped", func(w *walk) {
			w.path.AdvancementMode = Strict
			w.refuse(Advance{Skip: true}, "Serial number SN-00001 cannot skip A: the step is required; override it first")
		}},
		{"a physical step is skipped", func(w *walk) {
			edit(t, w.path, "A:physical", "B", "C", "D")
			w.refuse(Advance{Skip: true}, "Serial number SN-00001 cannot skip A: the step is required; override it first")
		}},
		{"the last step is skipped", func(w *walk) {
			for range 3 {
				w.give(Advance{})
			}
			w.refuse(Advance{Skip: true}, "Serial number SN-00001 cannot be completed while these steps are deferred: D")
			edit(t, w.path, "A", "B", "C", "D:optional")
			w.give(Advance{Skip: true})
			w.want("A completed, B completed, C completed, D skipped")
		}},
		{"the step where a unit was scrapped is removed", func(w *walk) {
			before := w.unit.State
			w.give(Scrap{Reason: "damaged"})
			edit(t, w.path, "B", "C", "D")
			w.refuse(Undo{Last: &Event{ID: "evt_1", Type: UnitScrapped}, Before: &before},
				"Serial number SN-00001 cannot go back: its step is no longer on the path; create a new serial number for the part")
		}},
		{"the step from which a unit came is removed", func(w *walk) {
			before := w.unit.State
			w.give(Advance{})
			edit(t, w.path, "B", "C", "D")
			w.refuse(Undo{Last: &Event{ID: "evt_1", Type: UnitAdvanced}, Before: &before},
				"Serial number SN-00001 cannot go back: its step is no longer on the path; move the unit forward instead")
		}},
		{"a unit is not where it is expected", func(w *walk) {
			from := From{StepID: w.id("A")}
			w.give(Advance{From: from})
			moved := "Serial number SN-00001 is not at A (step 1): it stands at B (step 2)"
			w.refuse(Advance{From: from}, moved)
			w.refuse(AdvanceTo{StepID: w.id("C"), From: from}, moved)
			w.refuse(Scrap{Reason: "damaged", From: from}, moved)
			w.refuse(ForceComplete{From: from}, moved)
			unknown := "step_x"
			w.refuse(Advance{From: From{StepID: &unknown}}, "Serial number SN-00001 is not at step step_x: it stands at B (step 2)")
			w.give(ForceComplete{})
			w.refuse(Advance{From: from}, "Serial number SN-00001 is not at A (step 1): it is completed")
		}},
		{"another event is undone", func(w *walk) {
			before, event := w.unit.State, "evt_1"
			w.give(Advance{})
			w.refuse(Undo{EventID: &event, Last: &Event{ID: "evt_2", Type: UnitAdvanced}, Before: &before},
				"Event evt_1 cannot be undone: the last change of serial number SN-00001 is event evt_2 (serial.advanced)")
		}},
		{"a unit that has moved is deleted", func(w *walk) {
			w.refuse(Delete{Moved: true}, "Serial number SN-00001 cannot be deleted because it has moved; scrap it instead")
			w.give(Delete{})
		}},
		{"a step is added, known to the unit by a move, and then moved behind", func(w *walk) {
			edit(t, w.path, "A", "B", "C", "D", "New")
			w.give(Advance{})
			edit(t, w.path, "New", "A", "B", "C", "D")
			w.want("New deferred, A completed, B in_progress, C pending, D pending")
		}},
		{"a done step is moved ahead", func(w *walk) {
			w.give(Advance{})
			edit(t, w.path, "B", "A", "C", "D")
			w.want("B in_progress, A completed, C pending, D pending")
			w.give(Advance{})
			w.want("B completed, A completed, C in_progress, D pending")
		}},
		{"a waived step is moved ahead", func(w *walk) {
			w.to("C")
			w.give(Waive{StepID: *w.id("B")})
			edit(t, w.path, "A", "C", "B", "D")
			w.give(Advance{})
			w.want("A completed, C completed, B waived, D in_progress")
		}},
		{"a deferred step is moved ahead", func(w *walk) {
			w.to("C")
			edit(t, w.path, "A", "C", "B", "D")
			w.want("A completed, C in_progress, B deferred, D pending")
			w.give(Advance{})
			w.want("A completed, C completed, B in_progress, D pending")
			w.give(Advance{})
			w.want("A completed, C completed, B completed, D in_progress")
		}},
		{"all that is ahead is done", func(w *walk) {
			w.give(Advance{})
			w.give(Advance{})
			edit(t, w.path, "C", "A", "B")
			w.give(Advance{})
			w.want("C completed, A completed, B completed")
		}},
		{"a deferred step is removed", func(w *walk) {
			w.to("D")
			edit(t, w.path, "A", "D")
			w.give(Advance{})
			w.want("A completed, D completed")
		}},
		{"a step is added when the unit is completed", func(w *walk) {
			for range 4 {
				w.give(Advance{})
			}
			edit(t, w.path, "A", "B", "C", "D", "New")
			w.want("A completed, B completed, C completed, D completed, New skipped")
		}},
		{"the steps of a scrapped unit are reordered", func(w *walk) {
			w.give(Advance{})
			w.give(Scrap{Reason: "damaged"})
			edit(t, w.path, "D", "A", "B", "C")
			w.want("D deferred, A completed, B in_progress, C pending")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.story(begin(t, route(t, Flexible, "A", "B", "C", "D")))
		})
	}
}

// TestForcedUnitShowsWhatWasNotDone checks that a forced completion shows no step as completed that was not done.
func TestForcedUnitShowsWhatWasNotDone(t *testing.T) {
	t.Parallel()
	w := begin(t, route(t, Flexible, "A", "B", "C", "D:optional", "E", "F"))
	w.give(Override{StepID: *w.id("E"), Reason: "prototype"})
	w.to("C")
	w.give(ForceComplete{})
	w.want("A completed, B deferred, C pending, D pending, E pending, F pending")
	edit(t, w.path, "F", "E", "D", "C", "B", "A", "New")
	w.want("F pending, E pending, D pending, C pending, B deferred, A completed, New skipped")
}
