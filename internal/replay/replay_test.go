package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

func TestMoves(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.wantUnit("in_progress at a: a in_progress, b pending, c pending")
	f.wantLast(0)
	f.advance("a", "b")
	f.wantUnit("in_progress at b: a completed, b in_progress, c pending")
	f.advance("b", "c")
	f.unit("completed", "c", moved("c", ""))
	f.wantUnit("completed: a completed, b completed, c completed")
	u, _ := f.replay.Unit("U")
	if u.StepIndex != -1 || u.Version != 4 || u.LastEvent != 6 || u.CreatedAt != "2024-01-15T10:30:03.000Z" {
		t.Errorf("the unit is %+v", u)
	}
}

func TestBypassedSteps(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c?", "d")
	f.advance("a", "d", "b:deferred", "c:skipped")
	f.wantUnit("in_progress at d: a completed, b deferred, c skipped, d in_progress")
	f.unit("step_completed", "b", `{"stepName":"x"}`)
	f.wantUnit("in_progress at d: a completed, b completed, c skipped, d in_progress")
	f.undo("d", 5, "step_completed")
	f.unit("step_waived", "b", `{"stepName":"x","reason":"y","approverId":"z"}`)
	f.wantUnit("in_progress at d: a completed, b waived, c skipped, d in_progress")
	f.unit("completed", "d", moved("d", ""))
	f.wantUnit("completed: a completed, b waived, c skipped, d completed")
}

func TestUndoChain(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c", "d")
	f.advance("a", "b")                                // 4
	f.unit("step_overridden", "c", `{"stepName":"x"}`) // 5
	f.advance("b", "d", "c:skipped")                   // 6
	f.undo("b", 6, "advanced")                         // 7
	f.wantUnit("in_progress at b: a completed, b in_progress, c pending overridden, d pending")
	f.wantLast(5)
	f.undo("b", 5, "step_overridden") // 8
	f.wantUnit("in_progress at b: a completed, b in_progress, c pending, d pending")
	f.advance("b", "c") // 9
	f.wantLast(9)
	f.undo("b", 9, "advanced")
	f.undo("a", 4, "advanced")
	f.wantUnit("in_progress at a: a in_progress, b pending, c pending, d pending")
	f.wantLast(0)
	f.contradicts("nothing to undo", unitEvent("undone", "a"), undone(4, "advanced"))
}

func TestUndoOfAnotherThanTheLast(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.advance("a", "b")
	f.advance("b", "c")
	f.contradicts("not the last change", unitEvent("undone", "a"), undone(4, "advanced"))
	// After a contradiction, the replay continues as if the event were right.
	f.wantUnit("in_progress at a: a in_progress, b pending, c pending")
	f.advance("a", "b")
	f.contradicts("takes back a serial.scrapped", unitEvent("undone", "a"), undone(7, "scrapped"))
	f.advance("a", "b")
	f.contradicts("not to step b", unitEvent("undone", "b"), undone(9, "advanced"))
	f.contradicts("nothing to undo", unitEvent("undone", "a"), undone(9, "advanced"))
}

func TestScrapAndItsUndo(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b")
	f.advance("a", "b")
	f.unit("scrapped", "b", `{"stepName":"x","reason":"other","explanation":"Lost"}`)
	f.wantUnit("scrapped at b: a completed, b in_progress")
	u, _ := f.replay.Unit("U")
	if u.ScrapReason != "other" || *u.ScrapExplanation != "Lost" || u.EndedBy != "maria" || u.EndedAt != "2024-01-15T10:30:05.000Z" || u.ForceCompleted {
		t.Errorf("the unit is %+v", u)
	}
	f.undo("b", 5, "scrapped")
	f.wantUnit("in_progress at b: a completed, b in_progress")
	if u, _ = f.replay.Unit("U"); u.ScrapReason != "" || u.EndedBy != "" || u.Version != 4 {
		t.Errorf("the unit is %+v", u)
	}
	f.unit("scrapped", "b", `{"stepName":"x","reason":"damaged"}`)
	f.contradicts("scrapped already", unitEvent("advanced", "b"), moved("a", "b"))
}

func TestForceComplete(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c?", "d")
	f.advance("a", "c", "b:deferred")
	open := `{"reason":"Accepted","openSteps":[{"stepId":"b","status":"deferred"},{"stepId":"d","status":"pending"}]}`
	f.unit("force_completed", "c", open)
	f.wantUnit("completed: a completed, b deferred, c pending, d pending")
	u, _ := f.replay.Unit("U")
	if !u.ForceCompleted || *u.ForceReason != "Accepted" || u.EndedBy != "maria" || u.ScrapReason != "" {
		t.Errorf("the unit is %+v", u)
	}
	f.undo("c", 5, "force_completed")
	f.wantUnit("in_progress at c: a completed, b deferred, c in_progress, d pending")
	f.contradicts("step b is deferred (open: true)", unitEvent("force_completed", "c"), `{"openSteps":[{"stepId":"d","status":"pending"}]}`)
}

func TestOverrideAndClear(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.unit("step_overridden", "a", `{"stepName":"x"}`)
	f.unit("step_overridden", "b", `{"stepName":"x"}`)
	f.wantUnit("in_progress at a: a in_progress overridden, b pending overridden, c pending")
	f.contradicts("overridden: true", unitEvent("step_overridden", "b"), `{}`)
	f.unit("override_cleared", "b", `{"stepName":"x"}`)
	f.wantUnit("in_progress at a: a in_progress overridden, b pending, c pending")
	f.contradicts("overridden: false", unitEvent("override_cleared", "c"), `{}`)
	f.advance("a", "b")
	f.contradicts("step a is completed", unitEvent("step_overridden", "a"), `{}`)
	f.contradicts("step c is pending", unitEvent("step_waived", "c"), `{}`)
	f.contradicts("has no step x", unitEvent("step_completed", "x"), `{}`)
}

// TestPathEdits moves, removes, and adds steps while a unit stands on the path.
func TestPathEdits(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.advance("a", "b")
	f.path("path.updated", steps("new", "a", "b", "c")) // behind the unit, and added later
	f.wantUnit("in_progress at b: new skipped, a completed, b in_progress, c pending")
	f.path("path.updated", steps("c", "a", "b", "new")) // c moves behind the unit, new ahead of it
	f.wantUnit("in_progress at b: c deferred, a completed, b in_progress, new pending")
	f.path("path.updated", steps("c?", "a", "b", "new"))
	f.wantUnit("in_progress at b: c skipped, a completed, b in_progress, new pending")
	f.path("path.updated", steps("c", "b", "new")) // a is removed
	f.wantUnit("in_progress at b: c deferred, b in_progress, new pending")
	f.advance("b", "new")
	f.path("path.updated", steps("c?", "b", "new")) // an optional step is not owed
	f.wantUnit("in_progress at new: c skipped, b completed, new in_progress")
	f.path("path.updated", steps("new", "c", "b", "d")) // c and b are ahead again
	f.wantUnit("in_progress at new: new in_progress, c deferred, b completed, d pending")
	f.advance("new", "d", "c:deferred") // b is done already
	f.unit("step_completed", "c", `{}`)
	f.unit("completed", "d", moved("d", ""))
	f.path("path.updated", steps("new", "c", "b", "d", "late"))
	f.wantUnit("completed: new completed, c completed, b completed, d completed, late skipped")
	path, _ := f.replay.Path("path")
	if path.Version != 8 || len(path.Steps) != 5 || path.Steps[4].Name != "Step late" {
		t.Errorf("the path is %+v", path)
	}
}

// TestOwedSteps moves a step that was added behind a unit, and overrides a step that the unit owes.
func TestOwedSteps(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.advance("a", "c", "b:deferred")
	f.path("path.updated", steps("a", "b", "new", "c"))
	f.wantUnit("in_progress at c: a completed, b deferred, new skipped, c in_progress")
	f.path("path.updated", steps("a", "b", "c", "new"))
	f.path("path.updated", steps("new", "a", "b", "c"))
	f.wantUnit("in_progress at c: new deferred, a completed, b deferred, c in_progress")
	f.unit("step_overridden", "b", `{"stepName":"x","reason":"Prototype"}`)
	f.wantUnit("in_progress at c: new deferred, a completed, b skipped, c in_progress")
	f.contradicts("step b is skipped", unitEvent("step_overridden", "b"), `{}`)
}

// TestSkip leaves steps without having done them.
func TestSkip(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b?", "c")
	f.advance("a", "b", "a:deferred")
	f.advance("b", "c", "b:skipped")
	f.wantUnit("in_progress at c: a deferred, b skipped, c in_progress")
	f.contradicts("cannot have bypassed step c as completed", unitEvent("completed", "c"), moved("c", "", "c:completed"))
}

// TestNoteAndDeletion adds a note to a unit, and deletes units that have never moved and one that has.
func TestNoteAndDeletion(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b")
	f.unit("noted", "a", `{"text":"Scratch"}`)
	f.wantUnit("in_progress at a: a in_progress, b pending")
	if u, _ := f.replay.Unit("U"); u.Version != 2 || u.LastEvent != 0 {
		t.Errorf("the unit is %+v", u)
	}
	f.unit("deleted", "a", `{"stepName":"a"}`)
	if path, _ := f.replay.Path("path"); path.Counts != (Counts{}) || path.Steps[0].PartCount != 0 {
		t.Errorf("the path is %+v", path)
	}
	again := unitEvent("created", "a")
	again.SerialID = "u"
	f.contradicts("unit u was deleted before", again, `{"stepName":"a"}`)
	f.contradicts("there is no unit U", unitEvent("noted", "a"), `{}`)
	f = shop(t, "a", "b")
	f.advance("a", "b")
	f.undo("a", 4, "advanced")
	f.contradicts("although it has moved", unitEvent("deleted", "a"), `{}`)
}

// TestDoneCount counts the units that have done a step, without the scrapped ones.
func TestDoneCount(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b")
	want := func(counts ...int64) {
		t.Helper()
		path, _ := f.replay.Path("path")
		if got := []int64{path.Steps[0].DoneCount, path.Steps[1].DoneCount}; !slices.Equal(got, counts) {
			t.Errorf("the counts are %v, want %v", got, counts)
		}
	}
	want(0, 0)
	f.advance("a", "b")
	want(1, 0)
	f.unit("scrapped", "b", `{"reason":"damaged"}`)
	want(0, 0)
	f.undo("b", 5, "scrapped")
	f.unit("completed", "b", moved("b", ""))
	want(1, 1)
	f.undo("b", 7, "completed")
	want(1, 0)
}

// TestUndoOverPathEdits checks that undo also restores which edits of the path the unit has seen.
func TestUndoOverPathEdits(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.advance("a", "b")                                 // 4
	f.path("path.updated", steps("new", "a", "b", "c")) // 5
	f.advance("b", "c")                                 // 6
	f.path("path.updated", steps("a", "b", "c", "new"))
	f.wantUnit("in_progress at c: a completed, b completed, c in_progress, new pending")
	f.path("path.updated", steps("new", "a", "b", "c")) // it has stood ahead of the unit
	f.wantUnit("in_progress at c: new deferred, a completed, b completed, c in_progress")
	f.path("path.updated", steps("a", "b", "c", "new"))
	f.undo("b", 6, "advanced")
	f.wantUnit("in_progress at b: a completed, b in_progress, c pending, new pending")
	f.unit("scrapped", "b", `{"reason":"damaged"}`) // 11
	f.path("path.updated", steps("a", "c"))
	f.wantUnit("scrapped at b: a completed, c pending")
	if u, _ := f.replay.Unit("U"); u.StepIndex != -1 {
		t.Errorf("the unit is %+v", u)
	}
	f.contradicts("no longer on the path", unitEvent("undone", "b"), undone(11, "scrapped"))
}

func TestOverrideOfAStepThatMovesBehind(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b", "c")
	f.unit("step_overridden", "c", `{}`)
	f.advance("a", "b")
	f.path("path.updated", steps("a", "c", "b"))
	f.wantUnit("in_progress at b: a completed, c skipped, b in_progress")
	f.contradicts("overridden: false", unitEvent("override_cleared", "c"), `{}`)
}

func TestStepUpdated(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b")
	event := Event{Type: "step.updated", JobID: "job", PathID: "path", StepID: "b"}
	f.follows(event, `{"stepId":"b","stepName":"Wash","location":"Bay 4","optional":true,"dependencyType":"physical"}`)
	path, _ := f.replay.Path("path")
	step := path.Steps[1]
	if path.Version != 2 || step.Name != "Wash" || *step.Location != "Bay 4" || step.AssignedTo != nil || !step.Optional || step.DependencyType != "physical" {
		t.Errorf("the step is %+v", step)
	}
	event.StepID = "x"
	f.contradicts("has no step x", event, `{"stepId":"x"}`)
}

func TestJobs(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := func(eventType string) Event { return Event{Type: eventType, JobID: "job"} }
	f.follows(job("job.created"), `{"name":"J","goalQuantity":5}`)
	f.follows(job("job.updated"), `{"goalQuantity":6}`)
	f.follows(job("job.updated"), `{"name":"K"}`)
	f.follows(job("job.linked"), `{"ticketKey":"PI-1"}`)
	f.follows(job("job.pushed"), `{"ticketKey":"PI-1","commentId":"1"}`)
	f.follows(job("job.approved"), `[]`) // a type of a later version
	if got, _ := f.replay.Job("job"); got != (Job{ID: "job", Name: "K", GoalQuantity: 6, Version: 4}) {
		t.Errorf("the job is %+v", got)
	}
	f.path("path.created", steps("a"))
	f.contradicts("created before", job("job.created"), `{"name":"J","goalQuantity":5}`)
	f.follows(job("job.deleted"), `{"name":"K"}`)
	if _, found := f.replay.Job("job"); found {
		t.Error("the job is still there")
	}
	if _, found := f.replay.Path("path"); found {
		t.Error("the path of the deleted job is still there")
	}
	f.contradicts("no job job", job("job.updated"), `{"name":"K"}`)
	f.contradicts("no job job", Event{Type: "path.created", JobID: "job", PathID: "path"}, steps("a"))
}

// TestContradictions has one event each that cannot follow.
func TestContradictions(t *testing.T) {
	t.Parallel()
	path := func(eventType string) Event { return Event{Type: eventType, JobID: "job", PathID: "path"} }
	for _, c := range []struct {
		text    string
		event   Event
		content string
	}{
		{"there is no unit V", Event{Type: "serial.advanced", JobID: "job", PathID: "path", SerialID: "V", StepID: "b"}, moved("a", "b")},
		{"created before", unitEvent("created", "a"), `{}`},
		{"there is no path other", Event{Type: "serial.created", JobID: "job", PathID: "other", SerialID: "V", StepID: "a"}, `{}`},
		{"begins at step b", Event{Type: "serial.created", JobID: "job", PathID: "path", SerialID: "V", StepID: "b"}, `{}`},
		{"belongs to path path", Event{Type: "serial.advanced", JobID: "job", PathID: "other", SerialID: "U", StepID: "b"}, moved("a", "b")},
		{"stands at step a, not at step b", unitEvent("advanced", "c"), moved("b", "c")},
		{"neither done nor bypassed", unitEvent("advanced", "c"), moved("a", "c")},
		{"cannot have bypassed step c", unitEvent("advanced", "b"), moved("a", "b", "c:skipped")},
		{"cannot have bypassed step b", unitEvent("advanced", "c"), moved("a", "c", "b:waived")},
		{"has no step x", unitEvent("advanced", "x"), moved("a", "x")},
		{"went back from step a to step a", unitEvent("advanced", "a"), moved("a", "a")},
		{"about step c, and its data about step b", unitEvent("advanced", "c"), moved("a", "b")},
		{"although step b is deferred", unitEvent("completed", "a"), moved("a", "", "b:deferred", "c:skipped")},
		{"stands at step a, not at step b", unitEvent("scrapped", "b"), `{"reason":"damaged"}`},
		{"gives no reason", unitEvent("scrapped", "a"), `{}`},
		{"deleted although it has units", path("path.deleted"), steps("a")},
		{"deleted although it has units", Event{Type: "job.deleted", JobID: "job"}, `{}`},
		{"there is no path other", Event{Type: "path.deleted", JobID: "job", PathID: "other"}, steps("a")},
		{"created before", path("path.created"), steps("a")},
		{"removed although 1 unit(s) stand there", path("path.updated"), steps("b", "c")},
		{"without a step", path("path.updated"), steps()},
		{"on path path twice", path("path.updated"), steps("a", "a")},
		{"not what its type asks for", path("path.updated"), `{"steps":1}`},
		{"same id", Event{ID: "evt_2", Type: "job.updated", JobID: "job"}, `{"name":"K"}`},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			shop(t, "a", "b", "c").contradicts(c.text, c.event, c.content)
		})
	}
}

func TestRemovedStepComesBack(t *testing.T) {
	t.Parallel()
	f := shop(t, "a", "b")
	f.path("path.updated", steps("a"))
	f.contradicts("again after it was removed", Event{Type: "path.updated", JobID: "job", PathID: "path"}, steps("a", "b"))
}

func TestSeqMustAscend(t *testing.T) {
	t.Parallel()
	r := New()
	event := Event{Seq: 7, ID: "evt_a", Type: "job.created", JobID: "a", Data: json.RawMessage(`{"name":"J","goalQuantity":1}`)}
	if problems := r.Apply(event); problems != nil {
		t.Fatal(problems)
	}
	event.ID, event.JobID = "evt_b", "b"
	problems := r.Apply(event)
	if len(problems) != 1 || problems[0].String() != "event 7 (evt_b): its seq is not greater than 7, the seq before it" {
		t.Errorf("the problems are %v", problems)
	}
	event.ID, event.JobID, event.Seq = "evt_c", "c", 9 // numbers may be left out
	if problems := r.Apply(event); problems != nil || r.LastSeq() != 9 {
		t.Errorf("the problems are %v and the last seq is %d", problems, r.LastSeq())
	}
}

// TestAfterEveryContradiction applies every kind of event in every state that a unit can be in, which must never panic and
// must leave the counts right.
func TestAfterEveryContradiction(t *testing.T) {
	t.Parallel()
	events := []struct {
		eventType, stepID, content string
	}{
		{"advanced", "b", moved("a", "b")},
		{"advanced", "x", moved("x", "y")},
		{"completed", "c", moved("c", "")},
		{"scrapped", "b", `{"reason":"damaged"}`},
		{"force_completed", "b", `{"openSteps":[]}`},
		{"undone", "a", undone(5, "advanced")},
		{"step_overridden", "b", `{}`},
		{"override_cleared", "x", `{}`},
		{"step_waived", "a", `{}`},
		{"step_completed", "c", `{}`},
	}
	for i := range len(events) * len(events) * len(events) {
		f := shop(t, "a", "b", "c")
		for _, choice := range []int{i % 10, i / 10 % 10, i / 100} {
			event := events[choice]
			f.apply(unitEvent(event.eventType, event.stepID), event.content)
			if choice == 2 {
				f.apply(Event{Type: "path.updated", JobID: "job", PathID: "path"}, steps("b", "c"))
			}
			u, _ := f.replay.Unit("U")
			f.wantCounted(u)
		}
	}
}

// TestLongHistory undoes many commands on a path of many steps, and measures the memory of the history.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("s%d", i))
	}
	f := shop(t, names...)
	for i := 1; i < 500; i++ {
		f.advance(names[i-1], names[i])
	}
	if size := len(f.replay.units["U"].history); size > 500*40 {
		t.Errorf("the history of 499 moves takes %d bytes", size)
	}
	for i := 498; i >= 0; i-- {
		f.undo(names[i], int64(4+i), "advanced")
	}
	f.wantLast(0)
	if moves := f.replay.MovesOf("job"); moves.Count != 1 {
		t.Errorf("%d moves stand after all but the creation were undone", moves.Count)
	}
	if u, _ := f.replay.Unit("U"); u.StepID != "s0" || u.Steps[0].Status != InProgress || u.Steps[498].Status != Pending {
		t.Errorf("the unit is at %s: %v", u.StepID, u.Steps)
	}
}
