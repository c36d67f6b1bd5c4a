package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// revise gives the path a random list of its steps and new steps, and checks the steps and the units afterwards.
func (s *shop) revise(t *rapid.T) {
	s.countParts()
	kept := slices.Clone(s.path.Steps)
	kept = rapid.Permutation(kept).Draw(t, "order")
	kept = kept[:rapid.IntRange(0, len(kept)).Draw(t, "kept")]
	var list []StepChange
	for i := range kept {
		change := StepChange{ID: &kept[i].ID}
		if rapid.Bool().Draw(t, "changed") {
			change = anyStep(t)
			change.ID = &kept[i].ID
		}
		list = append(list, change)
	}
	// Without any id, the steps would be matched by index, which TestReviseByPlace covers.
	fresh := rapid.IntRange(0, 2).Draw(t, "new")
	for range fresh {
		at := rapid.IntRange(0, len(list)).Draw(t, "place")
		list = slices.Insert(list, at, anyStep(t))
	}
	if len(kept) == 0 {
		return
	}

	before := clonePath(s.path)
	revised := clonePath(s.path)
	removed, err := revised.Revise(list)
	occupied := slices.ContainsFunc(before.Steps, func(step Step) bool {
		return step.PartCount > 0 && !slices.ContainsFunc(kept, func(k Step) bool { return k.ID == step.ID })
	})
	if occupied {
		var refused *Error
		if !errors.As(err, &refused) || refused.Kind != Conflict {
			t.Fatalf("a step where units stand was removed: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s.path = revised
	checkRevised(t, before, s.path, list, removed)
	// The function check checks the effect on the units.
	for _, p := range s.parts {
		p.memory.see(&s.path, &p.unit.State)
		for _, kept := range p.before {
			var state State
			if err := json.Unmarshal([]byte(kept.state), &state); err != nil {
				t.Fatal(err)
			}
			kept.memory.see(&s.path, &state)
		}
	}
}

// countParts counts the units in progress at each step, which is the task of the store.
func (s *shop) countParts() {
	for i := range s.path.Steps {
		s.path.Steps[i].PartCount = 0
	}
	for _, p := range s.parts {
		if p.unit.Status == InProgress {
			s.path.Steps[s.path.CurrentStepIndex(&p.unit)].PartCount++
		}
	}
}

// checkRevised checks that the path has the steps of the list: known steps with the same id, and new steps with new numbers.
func checkRevised(t *rapid.T, before, after Path, list []StepChange, removed []Step) {
	if len(after.Steps) != len(list) {
		t.Fatalf("the path has %d steps, want %d", len(after.Steps), len(list))
	}
	seen := map[string]bool{}
	for i, step := range after.Steps {
		if *step.Index != i || seen[step.ID] {
			t.Fatalf("step %s is at %d and says %d", step.ID, i, *step.Index)
		}
		seen[step.ID] = true
		change := list[i]
		if change.ID == nil {
			if step.Number <= before.LastStepNumber || step.Number > after.LastStepNumber || step.Name != *change.Name || step.PartCount != 0 {
				t.Fatalf("the new step is %+v, the last number was %d", step, before.LastStepNumber)
			}
			continue
		}
		want := before.Steps[before.StepIndex(*change.ID)]
		change.Apply(&want)
		want.Index, want.StoodAhead = step.Index, step.StoodAhead
		if fmt.Sprintf("%+v", want) != fmt.Sprintf("%+v", step) {
			t.Fatalf("the step is %+v, want %+v", step, want)
		}
	}
	for _, step := range removed {
		if step.Index != nil || seen[step.ID] || before.StepIndex(step.ID) < 0 {
			t.Fatalf("%+v is said to be removed", step)
		}
	}
	fresh := 0
	for _, change := range list {
		if change.ID == nil {
			fresh++
		}
	}
	if len(removed)+len(after.Steps) != len(before.Steps)+fresh {
		t.Fatalf("%d of %d steps were removed, %d are there", len(removed), len(before.Steps), len(after.Steps))
	}
}
