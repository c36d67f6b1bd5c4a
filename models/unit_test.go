package models

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSerialID(t *testing.T) {
	t.Parallel()
	for number, want := range map[int64]string{
		1: "SN-00001", 99999: "SN-99999", 100000: "SN-100000", 9007199254740991: "SN-9007199254740991",
	} {
		if got := GeneratedSerialNumber(number); got != want {
			t.Errorf("SerialID(%d) is %s, want %s", number, got, want)
		}
		for _, id := range []string{want, strings.ToLower(want)} {
			if got := SequenceOf(id); got == nil || *got != number {
				t.Errorf("SequenceOf(%s) is %v, want %d", id, got, number)
			}
		}
	}
}

// TestForeignSerialNumber checks serial numbers that the server never generates: they must not use up a generated number.
func TestForeignSerialNumber(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", "SN-", "SN-1", "SN-0001", "SN-000001", "SN-00000", "SN--0001", "SN-+0001", "SN-0000x", "SN-00001 ", " SN-00001",
		"SN00001", "HSG-00001", "SN-9223372036854775808", "SN-0x001", "SN-1_000",
	} {
		if got := SequenceOf(id); got != nil {
			t.Errorf("SerialNumber(%q) is %d, want none", id, *got)
		}
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	statuses := rapid.SampledFrom([]StepStatus{
		"", StepPending, StepCompleted, StepSkipped, StepDeferred, StepWaived, Overridden,
	})
	rapid.Check(t, func(t *rapid.T) {
		var marks Marks
		want := map[int]StepStatus{}
		for range rapid.IntRange(0, 20).Draw(t, "marks") {
			no, status := rapid.IntRange(1, 12).Draw(t, "step"), statuses.Draw(t, "status")
			before := marks.String()
			changed := marks.With(no, status)
			if marks.String() != before {
				t.Fatalf("With wrote to the marks it was called on: %s, now %s", before, marks)
			}
			marks = changed
			if want[no] = status; status == "" {
				delete(want, no)
			}
		}
		checkMarks(t, marks)
		got := map[int]StepStatus{}
		for _, mark := range marks {
			got[mark.StepNumber] = mark.Status
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("the marks are %v, want %v", got, want)
		}
	})
}

func TestMarksText(t *testing.T) {
	t.Parallel()
	marks := Marks{{1, StepCompleted}, {12, StepSkipped}, {3, StepDeferred}, {4, StepWaived}, {5, Overridden}, {6, StepPending}}
	const want = "1c12s3d4w5o6p"
	if got := marks.String(); got != want {
		t.Errorf("the text is %s, want %s", got, want)
	}
	for _, stored := range []any{want, []byte(want)} {
		var back Marks
		if err := back.Scan(stored); err != nil || !reflect.DeepEqual(back, marks) {
			t.Errorf("%v is read as %v, %v", stored, back, err)
		}
	}
	back := Marks{{1, StepCompleted}}
	if err := back.Scan(""); err != nil || len(back) != 0 {
		t.Errorf("no marks are read as %v, %v", back, err)
	}
}

// TestBrokenMarks checks that an invalid text of marks is an error, and does not give a unit with fewer marks.
func TestBrokenMarks(t *testing.T) {
	t.Parallel()
	for _, stored := range []any{"c", "1x", "1cc", "99999999999999999999c", "-1c", nil, int64(1)} {
		var marks Marks
		if err := marks.Scan(stored); err == nil {
			t.Errorf("%v is read as %v", stored, marks)
		}
	}
}

// TestStateAsJSON checks that undo reads exactly the state that the event has stored.
func TestStateAsJSON(t *testing.T) {
	t.Parallel()
	text, reason, at := "Maße ✗ \"quoted\"\n", ReasonOther, Millis(1705314600123)
	for i, state := range []State{
		{Status: InProgress, StepID: &text, KnownStepNumber: 3},
		{Status: InProgress, StepID: &text, Marks: Marks{{2, Overridden}, {1, StepWaived}}, LastEventID: &text},
		{Status: Completed, ForceCompleted: true, ForceReason: &text, EndedBy: &text, EndedAt: &at},
		{Status: Scrapped, StepID: &text, ScrapReason: &reason, ScrapExplanation: &text, EndedBy: &text, EndedAt: &at},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(state)
			if err != nil {
				t.Fatal(err)
			}
			var back State
			if err := json.Unmarshal(encoded, &back); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, state) {
				t.Errorf("%s is read as %+v, want %+v", encoded, back, state)
			}
		})
	}
}

func TestStateEqual(t *testing.T) {
	t.Parallel()
	yes, no, damaged, other := "yes", "no", ScrapReason("damaged"), ReasonOther
	base := func() State {
		id := "yes" // another pointer to the same text
		return State{
			Status: InProgress, StepID: &id, ForceReason: &id, ScrapReason: &damaged, ScrapExplanation: &id,
			Marks: Marks{{1, StepCompleted}, {2, StepDeferred}},
		}
	}
	if !base().Equal(base()) {
		t.Error("a state is not equal to itself")
	}
	for name, c := range map[string]struct {
		change func(*State)
		equal  bool
	}{
		"the order of the marks": {func(s *State) { s.Marks = Marks{{2, StepDeferred}, {1, StepCompleted}} }, true},
		"the text elsewhere":     {func(s *State) { s.StepID = &yes }, true},
		"a mark":                 {func(s *State) { s.Marks = s.Marks.With(2, StepWaived) }, false},
		"one mark less":          {func(s *State) { s.Marks = s.Marks[:1] }, false},
		"the status":             {func(s *State) { s.Status = Scrapped }, false},
		"the step":               {func(s *State) { s.StepID = &no }, false},
		"no step":                {func(s *State) { s.StepID = nil }, false},
		"forced":                 {func(s *State) { s.ForceCompleted = true }, false},
		"the reason of force":    {func(s *State) { s.ForceReason = nil }, false},
		"the reason of scrap":    {func(s *State) { s.ScrapReason = &other }, false},
		"the explanation":        {func(s *State) { s.ScrapExplanation = &no }, false},
	} {
		changed := base()
		c.change(&changed)
		if base().Equal(changed) != c.equal || changed.Equal(base()) != c.equal {
			t.Errorf("states that differ in %s: equal is %v", name, !c.equal)
		}
	}
}
