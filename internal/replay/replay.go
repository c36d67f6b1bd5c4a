// Package replay derives the state of a shop floor from its events alone: which jobs, paths and units there are, where each
// unit stands, and the status of each step. It follows the descriptions in openapi.yaml and shares no code with the
// packages that write events, so that a difference between its result and the database shows a fault in one of them.
//
// Begin with [New], pass every event to [Replay.Apply] in the order of the feed, and then read the result. The feed must
// begin with the first event.
package replay

import (
	"encoding/json"
	"fmt"
	"iter"
)

// Event is one event as GET /api/events returns it.
type Event struct {
	Seq  int64  `json:"seq"`
	ID   string `json:"id"`
	Type string `json:"type"`
	At   string `json:"at"`
	// OccurredAt is "" unless the caller has said when the change happened.
	OccurredAt string          `json:"occurredAt"`
	UserID     string          `json:"userId"`
	JobID      string          `json:"jobId"`
	PathID     string          `json:"pathId"`
	SerialID   string          `json:"serialId"`
	StepID     string          `json:"stepId"`
	Data       json.RawMessage `json:"data"`
}

// Problem is a contradiction: an event that cannot follow from the events before it.
type Problem struct {
	// Seq and EventID name the event.
	Seq     int64
	EventID string
	// Text says what is wrong with the event.
	Text string
}

// String returns the problem as one line for a log.
func (p Problem) String() string { return fmt.Sprintf("event %d (%s): %s", p.Seq, p.EventID, p.Text) }

// Replay has the state after the events that were applied so far. Its memory grows with the jobs, paths and units, and by about
// 37 bytes for each command that undo can still take back. It is not safe for concurrent use.
type Replay struct {
	jobs  map[string]*job
	paths map[string]*path
	units map[string]*unit
	// deleted are the ids of deleted units, in lower case: no unit gets them again.
	deleted  map[string]bool
	last     int64
	recent   recentIDs
	problems []Problem
	// event is the event that is being applied.
	event *Event
}

// New returns a Replay to which no event was applied.
func New() *Replay {
	return &Replay{
		jobs: map[string]*job{}, paths: map[string]*path{}, units: map[string]*unit{}, deleted: map[string]bool{},
		recent: newRecentIDs(),
	}
}

// Apply applies the next event and returns its contradictions. It then goes on as if the event were right, as far as that is
// possible, so that one wrong event causes few further contradictions. It ignores events of a type that it does not know. It
// finds a repeated id only among the last 65,536 events.
func (r *Replay) Apply(event Event) []Problem {
	r.event, r.problems = &event, nil
	if event.Seq <= r.last {
		r.report("its seq is not greater than %d, the seq before it", r.last)
	}
	r.last = max(r.last, event.Seq)
	if !r.recent.add(event.ID) {
		r.report("an earlier event has the same id")
	}
	switch event.Type {
	case "job.created", "job.updated", "job.closed", "job.reopened", "job.deleted", "job.linked", "job.pushed":
		r.apply(r.applyToJob)
	case "path.created", "path.updated", "path.deleted", "step.updated":
		r.apply(r.applyToPath)
	case "serial.created":
		r.createUnit()
	case "serial.advanced", "serial.completed", "serial.scrapped", "serial.force_completed", "serial.undone",
		"serial.step_overridden", "serial.override_cleared", "serial.step_waived", "serial.step_completed", "serial.noted",
		"serial.deleted":
		r.apply(r.applyToUnit)
	}
	return r.problems
}

// apply reads the data of the event for its kind.
func (r *Replay) apply(toKind func(*data)) {
	var content data
	if err := json.Unmarshal(r.event.Data, &content); err != nil {
		r.report("its data is not what its type asks for: %v", err)
		return
	}
	toKind(&content)
}

func (r *Replay) report(format string, args ...any) {
	r.problems = append(r.problems, Problem{Seq: r.event.Seq, EventID: r.event.ID, Text: fmt.Sprintf(format, args...)})
}

// LastSeq returns the greatest seq that was applied, 0 before the first event.
func (r *Replay) LastSeq() int64 { return r.last }

// data has the fields of the data of all types of events.
type data struct {
	// Jobs and paths.
	Name            string     `json:"name"`
	GoalQuantity    int64      `json:"goalQuantity"`
	AdvancementMode string     `json:"advancementMode"`
	Steps           []stepData `json:"steps"`
	planning
	// Cleared are the planning fields of a job that were cleared.
	Cleared []string `json:"cleared"`
	// The step of step.updated.
	stepData
	// Moves.
	FromStepID string         `json:"fromStepId"`
	ToStepID   string         `json:"toStepId"`
	Bypassed   []stepStanding `json:"bypassed"`
	// Scraps and forced completions.
	Reason      *string        `json:"reason"`
	Explanation *string        `json:"explanation"`
	OpenSteps   []stepStanding `json:"openSteps"`
	// Undo.
	EventID   string `json:"eventId"`
	EventType string `json:"eventType"`
}

type stepData struct {
	StepID         string  `json:"stepId"`
	StepName       string  `json:"stepName"`
	Location       *string `json:"location"`
	AssignedTo     *string `json:"assignedTo"`
	Optional       bool    `json:"optional"`
	DependencyType string  `json:"dependencyType"`
}

type stepStanding struct {
	StepID string `json:"stepId"`
	Status Status `json:"status"`
}

// Job is a job that was created and not deleted. Its Jira fields are not in the events.
type Job struct {
	ID           string
	Name         string
	GoalQuantity int64
	// The planning fields are nil unless they were set.
	DueDate, Priority, Notes, ExternalID *string
	// ClosedAt is when the job was closed, and CloseReason why; "" for an open job.
	ClosedAt, CloseReason string
	// Version counts the changes of the job's own fields, from 1, as its ETag does.
	Version int64
	// Counts has the sums over all paths of the job.
	Counts
}

// Counts has the number of units in each state.
type Counts struct {
	InProgress, Completed, Scrapped int64
}

// Path is a path that was created and not deleted.
type Path struct {
	ID, JobID, Name, AdvancementMode string
	GoalQuantity                     int64
	// Version counts the changes of the path and its steps, from 1, as its ETag does.
	Version int64
	Counts
	// Steps are those that the path has now, in their order.
	Steps []Step
}

// Step is a step that a path has now.
type Step struct {
	ID, Name, DependencyType string
	Location, AssignedTo     *string
	Optional                 bool
	// PartCount is how many units in progress stand at the step.
	PartCount int64
	// DoneCount is how many units, in progress or completed, have completed the step.
	DoneCount int64
}

// Unit is a unit with its current state.
type Unit struct {
	ID, JobID, PathID string
	Status            Status
	// StepID is where the unit stands, or stood when it was scrapped; "" when it is completed.
	StepID string
	// StepIndex is the place of that step on the path, from 0; -1 when the path no longer has it or there is none.
	StepIndex int
	// ForceCompleted is true if the unit was completed although steps were open. ForceReason is the reason, if there is one.
	ForceCompleted bool
	ForceReason    *string
	// ScrapReason is "" unless the unit is scrapped.
	ScrapReason      string
	ScrapExplanation *string
	// EndedBy and EndedAt are who scrapped the unit or completed it by force, and when; "" for other units.
	EndedBy, EndedAt string
	// LastEvent is the seq of the event that undo takes back next, 0 when there is none.
	LastEvent int64
	// Version counts the changes of the unit, from 1, as its ETag does.
	Version int64
	// CreatedAt is when the unit was created.
	CreatedAt string
	// Steps has the status of each current step of the path, in their order.
	Steps []StepState
}

// StepState is the status of one step for one unit.
type StepState struct {
	StepID string
	Status Status
	// Overridden says that the step counts as optional for the unit.
	Overridden bool
}

// Jobs returns the jobs that exist now, in no particular order.
func (r *Replay) Jobs() iter.Seq[Job] {
	return func(yield func(Job) bool) {
		for _, job := range r.jobs {
			if !yield(job.view()) {
				return
			}
		}
	}
}

// Job returns a job that exists now.
func (r *Replay) Job(id string) (Job, bool) {
	job, found := r.jobs[id]
	if !found {
		return Job{}, false
	}
	return job.view(), true
}

// Paths returns the paths that exist now, in no particular order.
func (r *Replay) Paths() iter.Seq[Path] {
	return func(yield func(Path) bool) {
		for _, path := range r.paths {
			if !yield(path.view()) {
				return
			}
		}
	}
}

// Path returns a path that exists now.
func (r *Replay) Path(id string) (Path, bool) {
	path, found := r.paths[id]
	if !found {
		return Path{}, false
	}
	return path.view(), true
}

// Units returns the units, in no particular order.
func (r *Replay) Units() iter.Seq[Unit] {
	return func(yield func(Unit) bool) {
		for id, unit := range r.units {
			if !yield(unit.view(id)) {
				return
			}
		}
	}
}

// Unit returns one unit.
func (r *Replay) Unit(id string) (Unit, bool) {
	unit, found := r.units[id]
	if !found {
		return Unit{}, false
	}
	return unit.view(id), true
}

// recentIDs remembers the ids of the last events.
type recentIDs struct {
	ring []string
	next int
	set  map[string]struct{}
}

func newRecentIDs() recentIDs {
	return recentIDs{ring: make([]string, 1<<16), set: map[string]struct{}{}}
}

// add returns false when the id is there already.
func (r *recentIDs) add(id string) bool {
	if _, found := r.set[id]; found {
		return false
	}
	delete(r.set, r.ring[r.next])
	r.ring[r.next] = id
	r.set[id] = struct{}{}
	r.next = (r.next + 1) % len(r.ring)
	return true
}
