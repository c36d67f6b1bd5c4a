package replay

import "strings"

// Status is the status of a unit, or of a step for a unit, in the words of the contract.
type Status string

// The states of units and steps. A unit is in progress, completed or scrapped; a step is never scrapped.
const (
	InProgress Status = "in_progress"
	Completed  Status = "completed"
	Scrapped   Status = "scrapped"
	Pending    Status = "pending"
	Skipped    Status = "skipped"
	Deferred   Status = "deferred"
	Waived     Status = "waived"
)

// mark is what the events have said of a step for one unit. Zero is nothing.
type mark byte

const (
	unmarked mark = iota
	markPending
	markCompleted
	markSkipped
	markDeferred
	markWaived
	markOverridden
)

var markOf = map[Status]mark{
	Pending: markPending, Completed: markCompleted, Skipped: markSkipped, Deferred: markDeferred, Waived: markWaived,
}

var statusOf = [...]Status{
	markPending: Pending, markCompleted: Completed, markSkipped: Skipped, markDeferred: Deferred, markWaived: Waived,
}

// unit is a unit. There may be millions, so it is kept small.
type unit struct {
	path   *path
	status Status
	// step is where the unit stands or was scrapped; nil when it is completed.
	step *step
	// known is the place of the order that the path's steps had when the unit moved last.
	known int
	// marks has at place n-1 what the events have said of the step with number n. It may be shorter than the path.
	marks  []mark
	ending *ending
	// moved says that the unit has left a step or ended, even if that was undone.
	moved     bool
	version   int64
	createdAt string
	// created is the hash of the move that created the unit, and entered is when it entered the step where it stands.
	created uint64
	entered int64
	// history has the states to which undo leads back, see push.
	history []byte
}

// ending is how a unit was scrapped or completed by force.
type ending struct {
	reason      *string
	explanation *string
	by, at      string
}

func (u *unit) view(id string) Unit {
	view := Unit{
		ID: id, JobID: u.path.job.id, PathID: u.path.id, Status: u.status, StepIndex: u.index(), Version: u.version,
		CreatedAt: u.createdAt, Steps: make([]StepState, len(u.path.steps)),
	}
	if u.step != nil {
		view.StepID = u.step.StepID
	}
	if u.ending != nil {
		view.EndedBy, view.EndedAt = u.ending.by, u.ending.at
		if u.status == Scrapped {
			view.ScrapReason, view.ScrapExplanation = *u.ending.reason, u.ending.explanation
		} else {
			view.ForceCompleted, view.ForceReason = true, u.ending.reason
		}
	}
	if last, found := u.top(); found {
		view.LastEvent = last.seq
	}
	for i, step := range u.path.steps {
		status, overridden := u.statusOf(step)
		view.Steps[i] = StepState{StepID: step.StepID, Status: status, Overridden: overridden}
	}
	return view
}

// index is the place of the unit's step on the path, or -1.
func (u *unit) index() int {
	if u.step == nil {
		return -1
	}
	return u.step.index
}

func (u *unit) mark(s *step) mark {
	if s.number > len(u.marks) {
		return unmarked
	}
	return u.marks[s.number-1]
}

func (u *unit) setMark(s *step, m mark) {
	for len(u.marks) < s.number {
		u.marks = append(u.marks, unmarked)
	}
	u.marks[s.number-1] = m
}

// statusOf returns the status of a current step of the path, and whether an override of it is active.
func (u *unit) statusOf(s *step) (status Status, overridden bool) {
	m := u.mark(s)
	overridden = m == markOverridden
	switch {
	case u.status == Completed && (m == unmarked || overridden):
		return Skipped, overridden
	case u.status == Completed:
		return statusOf[m], false
	case s == u.step:
		return InProgress, overridden
	case m == markCompleted, m == markWaived, u.index() < 0 && m != unmarked && !overridden:
		return statusOf[m], false
	case s.index > u.index() && m == markDeferred && !s.Optional:
		return Deferred, false
	case s.index > u.index():
		return Pending, overridden
	case overridden, s.Optional, m != markDeferred && !u.path.wasAhead(s, u.step, u.known):
		// The step is behind the unit, and the unit does not owe it.
		return Skipped, false
	default:
		return Deferred, false
	}
}

// count adds n units in the unit's state to the counts of its path and step.
func (u *unit) count(n int64) {
	switch u.status {
	case Completed:
		u.path.Completed += n
	case Scrapped:
		u.path.Scrapped += n
		return
	default:
		u.path.InProgress += n
		u.step.partCount += n
	}
	for i, m := range u.marks {
		if m == markCompleted {
			u.path.all[i].doneCount += n
		}
	}
}

func (r *Replay) createUnit() {
	id := r.event.SerialID
	p := r.paths[r.event.PathID]
	switch {
	case r.units[id] != nil:
		r.report("unit %s was created before", id)
		return
	case r.deleted[strings.ToLower(id)]:
		r.report("unit %s was deleted before", id)
	case p == nil:
		r.report("there is no path %s", r.event.PathID)
		return
	case p.job.id != r.event.JobID:
		r.report("path %s belongs to job %s, not to %s", p.id, p.job.id, r.event.JobID)
	}
	if len(p.steps) == 0 {
		r.report("path %s has no step where unit %s could stand", p.id, id)
		return
	}
	if p.steps[0].StepID != r.event.StepID {
		r.report("unit %s begins at step %s, and the path at %s", id, r.event.StepID, p.steps[0].StepID)
	}
	if p.job.closedAt != "" {
		r.report("unit %s was created on job %s, which is closed", id, p.job.id)
	}
	created := &unit{path: p, status: InProgress, step: p.steps[0], known: len(p.orders) - 1, version: 1, createdAt: r.event.At}
	created.count(+1)
	created.created = r.addMove(created, "")
	r.units[id] = created
}

func (r *Replay) applyToUnit(content *data) {
	u := r.units[r.event.SerialID]
	if u == nil {
		r.report("there is no unit %s", r.event.SerialID)
		return
	}
	if u.path.id != r.event.PathID || u.path.job.id != r.event.JobID {
		r.report("unit %s belongs to path %s of job %s, not to path %s of job %s",
			r.event.SerialID, u.path.id, u.path.job.id, r.event.PathID, r.event.JobID)
	}
	if u.path.job.closedAt != "" && r.event.Type != "serial.noted" {
		r.report("unit %s was changed on job %s, which is closed", r.event.SerialID, u.path.job.id)
	}
	u.count(-1)
	switch r.event.Type {
	case "serial.undone":
		r.undo(u, content)
	case "serial.noted":
		// It changes nothing but the version.
	case "serial.deleted":
		if u.moved {
			r.report("unit %s was deleted although it has moved", r.event.SerialID)
		}
		u.path.job.moves.addHash(u.created, -1)
		delete(r.units, r.event.SerialID)
		r.deleted[strings.ToLower(r.event.SerialID)] = true
		return
	default:
		r.command(u, content)
	}
	u.version++
	u.count(+1)
}

// command applies an event that changes the state of a unit and is not serial.undone.
func (r *Replay) command(u *unit, content *data) {
	if u.status != InProgress {
		r.report("unit %s is %s already", r.event.SerialID, u.status)
		u.status, u.ending = InProgress, nil
		if u.step == nil {
			// A unit in progress stands somewhere.
			u.step = u.path.all[0]
		}
	}
	switch r.event.Type {
	case "serial.advanced", "serial.completed":
		r.leave(u, content.FromStepID, func() { r.move(u, content) })
	case "serial.scrapped":
		r.leave(u, r.event.StepID, func() { r.scrap(u, content) })
	case "serial.force_completed":
		r.leave(u, r.event.StepID, func() { r.forceComplete(u, content) })
	default:
		r.changeStep(u)
	}
}

// leave applies an event that takes a unit from the step where it stands.
func (r *Replay) leave(u *unit, stepID string, apply func()) {
	r.standAt(u, stepID)
	from, entry := u.step.StepID, u.push(r.event)
	u.moved = true
	apply()
	u.setMove(entry, r.addMove(u, from))
}

// scrap scraps a unit.
func (r *Replay) scrap(u *unit, content *data) {
	if content.Reason == nil {
		r.report("it gives no reason")
		content.Reason = new(string)
	}
	u.status = Scrapped
	u.ending = &ending{content.Reason, content.Explanation, r.event.UserID, r.event.At}
}

// standAt reports a unit that is not at the step that an event names, and moves the unit to this step.
func (r *Replay) standAt(u *unit, stepID string) {
	if u.step.StepID == stepID {
		return
	}
	r.report("unit %s stands at step %s, not at step %s", r.event.SerialID, u.step.StepID, stepID)
	if there := r.stepOf(u, stepID); there != nil {
		u.step = there
	}
}

// stepOf returns a step that the unit's path has now. It reports any other step, and returns nil.
func (r *Replay) stepOf(u *unit, stepID string) *step {
	found := u.path.step(stepID)
	if found == nil || found.index < 0 {
		r.report("path %s has no step %s", u.path.id, stepID)
		return nil
	}
	return found
}

// move takes a unit from the step where it stands to a step further on, or completes it.
func (r *Replay) move(u *unit, content *data) {
	here := u.step
	target := len(u.path.steps)
	var there *step
	shown := content.FromStepID
	if r.event.Type == "serial.advanced" {
		shown = content.ToStepID
		if there = r.stepOf(u, content.ToStepID); there == nil {
			return
		}
		if target = there.index; target <= here.index {
			r.report("unit %s went back from step %s to step %s", r.event.SerialID, here.StepID, there.StepID)
		}
	}
	if r.event.StepID != shown {
		r.report("it is about step %s, and its data about step %s", r.event.StepID, shown)
	}
	bypassed := map[*step]mark{}
	left := markCompleted
	for _, standing := range content.Bypassed {
		between := r.stepOf(u, standing.StepID)
		if between == nil {
			continue
		}
		if between == here && (standing.Status == Completed || standing.Status == Waived) && u.mark(here) == markOf[standing.Status] {
			// A skip of a step that the unit has done before changes nothing.
			left = markOf[standing.Status]
			continue
		}
		if between.index < here.index || between.index >= target || standing.Status != Skipped && standing.Status != Deferred {
			r.report("unit %s cannot have bypassed step %s as %s", r.event.SerialID, standing.StepID, standing.Status)
			continue
		}
		if between == here {
			left = markOf[standing.Status]
			continue
		}
		bypassed[between] = markOf[standing.Status]
	}
	// The move fixes the status of each step behind the unit. Later edits of the path do not change it.
	for _, behind := range u.path.steps[:max(here.index, 0)] {
		status, _ := u.statusOf(behind)
		u.setMark(behind, markOf[status])
	}
	for _, between := range u.path.steps[min(here.index+1, target):target] {
		m, found := bypassed[between]
		if !found {
			if done := u.mark(between); done != markCompleted && done != markWaived {
				r.report("unit %s passed step %s, which is neither done nor bypassed", r.event.SerialID, between.StepID)
			}
			continue
		}
		u.setMark(between, m)
	}
	u.setMark(here, left)
	u.known = len(u.path.orders) - 1
	u.step = there
	if there != nil {
		return
	}
	for _, s := range u.path.steps {
		if status, _ := u.statusOf(s); status == Deferred {
			r.report("unit %s is completed although step %s is deferred", r.event.SerialID, s.StepID)
		}
	}
	u.status = Completed
}

// forceComplete settles the status of every step, and compares the open steps with those that the event names.
func (r *Replay) forceComplete(u *unit, content *data) {
	named := map[string]Status{}
	for _, standing := range content.OpenSteps {
		named[standing.StepID] = standing.Status
	}
	settled := make([]mark, len(u.path.steps))
	for i, s := range u.path.steps {
		status, overridden := u.statusOf(s)
		if s == u.step {
			status = Pending
		}
		settled[i] = markOf[status]
		open := status == Deferred || status == Pending && !s.Optional && !overridden
		if given, found := named[s.StepID]; found != open || found && given != status {
			r.report("for unit %s, step %s is %s (open: %t), and the event has it as %q (open: %t)",
				r.event.SerialID, s.StepID, status, open, given, found)
		}
		delete(named, s.StepID)
	}
	for id := range named {
		r.report("path %s has no step %s", u.path.id, id)
	}
	for i, s := range u.path.steps {
		u.setMark(s, settled[i])
	}
	u.status, u.step = Completed, nil
	u.ending = &ending{reason: content.Reason, by: r.event.UserID, at: r.event.At}
}

// changeStep applies an event that changes the status of one step and does not move the unit.
func (r *Replay) changeStep(u *unit) {
	s := r.stepOf(u, r.event.StepID)
	if s == nil {
		return
	}
	status, overridden := u.statusOf(s)
	var allowed bool
	var m mark
	switch r.event.Type {
	case "serial.step_overridden":
		allowed, m = !overridden && (status == Pending || status == InProgress || status == Deferred), markOverridden
	case "serial.override_cleared":
		allowed, m = overridden, unmarked
	case "serial.step_waived":
		allowed, m = status == Deferred, markWaived
	case "serial.step_completed":
		allowed, m = status == Deferred, markCompleted
	}
	if !allowed {
		r.report("for unit %s, step %s is %s (overridden: %t)", r.event.SerialID, s.StepID, status, overridden)
	}
	u.push(r.event)
	u.setMark(s, m)
}

// undo gives a unit back the state before the event that the undo names.
func (r *Replay) undo(u *unit, content *data) {
	last, found := u.top()
	if !found {
		r.report("unit %s has nothing to undo", r.event.SerialID)
		return
	}
	if last.id != hashID(content.EventID) {
		r.report("it takes back event %s, which is not the last change of unit %s (seq %d)", content.EventID, r.event.SerialID, last.seq)
		if !u.popTo(hashID(content.EventID)) {
			return
		}
		last, _ = u.top()
	}
	if eventType := unitTypes[last.eventType]; eventType != content.EventType {
		r.report("it takes back a %s, and event %s is a %s", content.EventType, content.EventID, eventType)
	}
	u.history = u.history[:last.begin]
	if last.move != 0 {
		u.path.job.moves.addHash(last.move, -1)
	}
	u.status, u.ending, u.entered = InProgress, nil, last.entered
	u.step, u.known, u.marks = u.path.all[last.step-1], last.known, last.marks
	if u.step.index < 0 {
		r.report("unit %s goes back to step %s, which is no longer on the path", r.event.SerialID, u.step.StepID)
	}
	if u.step.StepID != r.event.StepID {
		r.report("unit %s goes back to step %s, not to step %s", r.event.SerialID, u.step.StepID, r.event.StepID)
	}
}
