package models

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// route returns a path with steps of these names. A name may be followed by a value that is not the default: "Wash:optional",
// "Gate:completion_gate", "Mill:physical".
func route(t *testing.T, mode AdvancementMode, steps ...string) *Path {
	t.Helper()
	path := &Path{ID: "path_1", AdvancementMode: mode}
	var list []StepChange
	for _, step := range steps {
		list = append(list, newStep(step))
	}
	if _, err := path.Revise(list); err != nil {
		t.Fatal(err)
	}
	return path
}

func newStep(text string) StepChange {
	name, rest, _ := strings.Cut(text, ":")
	change := StepChange{Name: &name}
	if optional := true; rest == "optional" {
		change.Optional = &optional
	} else if rest != "" {
		dependency := DependencyType(rest)
		change.DependencyType = &dependency
	}
	return change
}

// edit replaces the steps of the path: known steps by their names, other names as new steps.
func edit(t *testing.T, path *Path, steps ...string) {
	t.Helper()
	var list []StepChange
	for _, text := range steps {
		change := newStep(text)
		if i := slices.IndexFunc(path.Steps, func(step Step) bool { return step.Name == *change.Name }); i >= 0 {
			change.ID = &path.Steps[i].ID
		}
		list = append(list, change)
	}
	if _, err := path.Revise(list); err != nil {
		t.Fatal(err)
	}
}

func stepNames(steps []Step) []string {
	var names []string
	for _, step := range steps {
		names = append(names, step.Name)
	}
	return names
}

func TestReviseDefaults(t *testing.T) {
	t.Parallel()
	path := route(t, Strict, "Mill", "Wash:optional", "Gate:completion_gate")
	for i, want := range []Step{
		{Number: 1, Name: "Mill", DependencyType: Preferred},
		{Number: 2, Name: "Wash", Optional: true, DependencyType: Preferred},
		{Number: 3, Name: "Gate", DependencyType: CompletionGate},
	} {
		got := path.Steps[i]
		if !strings.HasPrefix(got.ID, "step_") || got.PathID != path.ID || *got.Index != i {
			t.Errorf("step %d is %+v", i, got)
		}
		got.ID, got.PathID, got.Index = "", "", nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("step %d is %+v, want %+v", i, got, want)
		}
	}
	if path.LastStepNumber != 3 {
		t.Errorf("the last number is %d, want 3", path.LastStepNumber)
	}
}

// TestReviseByPlace sends steps without ids: each is the step with the same index.
func TestReviseByPlace(t *testing.T) {
	t.Parallel()
	path := route(t, Strict, "Mill", "Wash:optional", "Pack")
	before := clonePath(*path)

	removed, err := path.Revise([]StepChange{newStep("Turn"), newStep("Dry")})
	if err != nil {
		t.Fatal(err)
	}
	if got := stepNames(path.Steps); !slices.Equal(got, []string{"Turn", "Dry"}) {
		t.Errorf("the steps are %v", got)
	}
	for i, step := range path.Steps {
		if step.ID != before.Steps[i].ID || step.Number != before.Steps[i].Number || step.Optional != before.Steps[i].Optional {
			t.Errorf("step %d is %+v, was %+v", i, step, before.Steps[i])
		}
	}
	if got := stepNames(removed); !slices.Equal(got, []string{"Pack"}) || removed[0].Index != nil {
		t.Errorf("removed is %+v", removed)
	}

	// A new index gets a new step, whose number was not used before.
	if _, err := path.Revise([]StepChange{newStep("Turn"), newStep("Dry"), newStep("Pack")}); err != nil {
		t.Fatal(err)
	}
	if pack := path.Steps[2]; pack.ID == before.Steps[2].ID || pack.Number != 4 {
		t.Errorf("the new step is %+v", pack)
	}
}

func TestReviseClearsFields(t *testing.T) {
	t.Parallel()
	path := route(t, Strict, "Mill")
	bay, nobody := "Bay 3", (*string)(nil)
	set := &bay
	if _, err := path.Revise([]StepChange{{ID: &path.Steps[0].ID, Location: &set, AssignedTo: &set}}); err != nil {
		t.Fatal(err)
	}
	if _, err := path.Revise([]StepChange{{ID: &path.Steps[0].ID, AssignedTo: &nobody}}); err != nil {
		t.Fatal(err)
	}
	if step := path.Steps[0]; step.Location == nil || *step.Location != bay || step.AssignedTo != nil || step.Name != "Mill" {
		t.Errorf("the step is %+v", step)
	}
}

func TestReviseRefuses(t *testing.T) {
	t.Parallel()
	path := route(t, Strict, "Mill", "Wash")
	path.Steps[1].PartCount = 2
	mill, wash, unknown := path.Steps[0].ID, path.Steps[1].ID, "step_01h455vb4pex5vsknk084sn02q"
	for name, c := range map[string]struct {
		list    []StepChange
		kind    Kind
		message string
	}{
		"an id of no step": {[]StepChange{{ID: &wash}, {ID: &unknown}}, NotFound, "Step not found: " + unknown},
		"an id twice": {
			[]StepChange{{ID: &mill}, {ID: &wash}, {ID: &mill}}, Invalid, "steps.2.id must not repeat " + mill,
		},
		"a step where units stand": {
			[]StepChange{{ID: &mill}}, Conflict, "Cannot remove step Wash: 2 unit(s) in progress stand there",
		},
		"a place where units stand": {
			[]StepChange{newStep("Mill")}, Conflict, "Cannot remove step Wash: 2 unit(s) in progress stand there",
		},
	} {
		copied := clonePath(*path)
		_, err := copied.Revise(c.list)
		var refused *Error
		if !errors.As(err, &refused) || refused.Kind != c.kind || refused.Message != c.message {
			t.Errorf("%s: the error is %v, want %q", name, err, c.message)
		}
	}
}
