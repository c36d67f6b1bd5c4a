package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// feed applies events that are numbered one after the other.
type feed struct {
	t      *testing.T
	replay *Replay
	seq    int64
}

func newFeed(t *testing.T) *feed {
	t.Helper()
	return &feed{t: t, replay: New()}
}

// apply applies an event under the next seq. Its id is evt_ and the seq unless it has one.
func (f *feed) apply(event Event, content string) []Problem {
	f.t.Helper()
	f.seq++
	event.Seq = f.seq
	if event.ID == "" {
		event.ID = fmt.Sprintf("evt_%d", f.seq)
	}
	event.At = fmt.Sprintf("2024-01-15T%02d:%02d:%02d.000Z", 10+(30+f.seq/60)/60, (30+f.seq/60)%60, f.seq%60)
	event.Data = json.RawMessage(content)
	return f.replay.Apply(event)
}

// follows applies an event that must follow from the ones before it.
func (f *feed) follows(event Event, content string) {
	f.t.Helper()
	if problems := f.apply(event, content); problems != nil {
		f.t.Fatalf("%s: %v", event.Type, problems)
	}
}

// contradicts applies an event that must be found wrong for a reason that contains the text.
func (f *feed) contradicts(text string, event Event, content string) {
	f.t.Helper()
	problems := f.apply(event, content)
	if !slices.ContainsFunc(problems, func(p Problem) bool { return strings.Contains(p.Text, text) }) {
		f.t.Errorf("%s gives the problems %v, want one that contains %q", event.Type, problems, text)
	}
}

func (f *feed) path(eventType, content string) {
	f.t.Helper()
	f.follows(Event{Type: eventType, JobID: "job", PathID: "path"}, content)
}

// unitEvent is an event of unit U, by maria.
func unitEvent(eventType, stepID string) Event {
	return Event{Type: "serial." + eventType, JobID: "job", PathID: "path", SerialID: "U", StepID: stepID, UserID: "maria"}
}

func (f *feed) unit(eventType, stepID, content string) {
	f.t.Helper()
	f.follows(unitEvent(eventType, stepID), content)
}

func (f *feed) undo(stepID string, seq int64, eventType string) {
	f.t.Helper()
	f.unit("undone", stepID, undone(seq, eventType))
}

func undone(seq int64, eventType string) string {
	return fmt.Sprintf(`{"eventId":"evt_%d","eventType":"serial.%s"}`, seq, eventType)
}

// steps is the data of a path with these steps; a step that ends in ? is optional.
func steps(names ...string) string {
	var list []string
	for _, name := range names {
		id, optional := strings.CutSuffix(name, "?")
		list = append(list, fmt.Sprintf(`{"stepId":%q,"stepName":%q,"optional":%t,"dependencyType":"preferred"}`, id, "Step "+id, optional))
	}
	return fmt.Sprintf(`{"name":"Main","goalQuantity":5,"advancementMode":"flexible","steps":[%s]}`, strings.Join(list, ","))
}

// shop is a feed of a job and a path with steps; unit U was put on the path by event 3.
func shop(t *testing.T, names ...string) *feed {
	t.Helper()
	f := newFeed(t)
	f.follows(Event{Type: "job.created", JobID: "job"}, `{"name":"J","goalQuantity":5}`)
	f.path("path.created", steps(names...))
	first, _ := strings.CutSuffix(names[0], "?")
	f.unit("created", first, `{"stepName":"Saw"}`)
	return f
}

// advance moves unit U; bypassed are written as "b:deferred".
func (f *feed) advance(from, to string, bypassed ...string) {
	f.t.Helper()
	f.unit("advanced", to, moved(from, to, bypassed...))
}

func moved(from, to string, bypassed ...string) string {
	list := []string{}
	for _, step := range bypassed {
		id, status, _ := strings.Cut(step, ":")
		list = append(list, fmt.Sprintf(`{"stepId":%q,"stepName":"x","status":%q}`, id, status))
	}
	return fmt.Sprintf(`{"fromStepId":%q,"fromStepName":"x","toStepId":%q,"toStepName":"x","bypassed":[%s]}`, from, to, strings.Join(list, ","))
}

// wantUnit compares unit U with a line such as "in_progress at b: a completed, b in_progress, c pending overridden".
func (f *feed) wantUnit(want string) {
	f.t.Helper()
	u, found := f.replay.Unit("U")
	if !found {
		f.t.Fatal("there is no unit U")
	}
	var list []string
	for _, state := range u.Steps {
		text := state.StepID + " " + string(state.Status)
		if state.Overridden {
			text += " overridden"
		}
		list = append(list, text)
	}
	place := ""
	if u.StepID != "" {
		place = " at " + u.StepID
	}
	if got := string(u.Status) + place + ": " + strings.Join(list, ", "); got != want {
		f.t.Errorf("the unit is\n%s, want\n%s", got, want)
	}
	// The stored counts must equal a recount of the units.
	path, _ := f.replay.Path("path")
	counts, standing := Counts{}, map[string]int64{}
	for u := range f.replay.Units() {
		switch u.Status {
		case InProgress:
			counts.InProgress++
			standing[u.StepID]++
		case Completed:
			counts.Completed++
		default:
			counts.Scrapped++
		}
	}
	job, _ := f.replay.Job("job")
	if path.Counts != counts || job.Counts != counts {
		f.t.Errorf("the path counts %+v, the job %+v, and there are %+v", path.Counts, job.Counts, counts)
	}
	for _, step := range path.Steps {
		if step.PartCount != standing[step.ID] {
			f.t.Errorf("step %s counts %d units, and %d stand there", step.ID, step.PartCount, standing[step.ID])
		}
	}
}

// wantLast checks which event the next undo undoes.
func (f *feed) wantLast(seq int64) {
	f.t.Helper()
	if u, _ := f.replay.Unit("U"); u.LastEvent != seq {
		f.t.Errorf("undo takes back event %d next, want %d", u.LastEvent, seq)
	}
}

// wantCounted checks that the unit U is counted once, where it stands.
func (f *feed) wantCounted(u Unit) {
	f.t.Helper()
	path, _ := f.replay.Path("path")
	want := Counts{}
	switch u.Status {
	case InProgress:
		want.InProgress = 1
	case Completed:
		want.Completed = 1
	default:
		want.Scrapped = 1
	}
	if path.Counts != want {
		f.t.Fatalf("the path counts %+v, and the unit is %s", path.Counts, u.Status)
	}
	for _, step := range path.Steps {
		if (step.PartCount == 1) != (u.Status == InProgress && u.StepID == step.ID) {
			f.t.Fatalf("step %s counts %d, and the unit is %s at %s", step.ID, step.PartCount, u.Status, u.StepID)
		}
	}
}
