package replay

import "slices"

// path is a path that exists.
type path struct {
	id, name, advancementMode string
	job                       *job
	goalQuantity              int64
	version                   int64
	Counts
	// steps are those that the path has now, in their order.
	steps []*step
	// all are the steps that the path has ever had, in the order in which they were added. Units name them by their place
	// here, plus 1.
	all []*step
	// orders are the orders that the steps have had, the last one last. An order has at place n-1 the index of the step with
	// number n, or -1.
	orders [][]int
}

type step struct {
	stepData
	// number is the step's place among all steps that the path has ever had, from 1.
	number int
	// index is the step's place on the path, from 0; -1 once it was removed.
	index     int
	partCount int64
	doneCount int64
}

func (p *path) view() Path {
	view := Path{
		ID: p.id, JobID: p.job.id, Name: p.name, AdvancementMode: p.advancementMode, GoalQuantity: p.goalQuantity,
		Version: p.version, Counts: p.Counts, Steps: make([]Step, len(p.steps)),
	}
	for i, step := range p.steps {
		view.Steps[i] = Step{
			ID: step.StepID, Name: step.StepName, DependencyType: step.DependencyType, Location: step.Location,
			AssignedTo: step.AssignedTo, Optional: step.Optional, PartCount: step.partCount, DoneCount: step.doneCount,
		}
	}
	return view
}

// step returns a step that the path has or had, or nil.
func (p *path) step(id string) *step {
	i := slices.IndexFunc(p.all, func(s *step) bool { return s.StepID == id })
	if i < 0 {
		return nil
	}
	return p.all[i]
}

func (r *Replay) applyToPath(content *data) {
	id := r.event.PathID
	known := r.paths[id]
	if r.event.Type == "path.created" {
		r.createPath(id, known, content)
		return
	}
	if known == nil {
		r.report("there is no path %s", id)
		return
	}
	if known.job.id != r.event.JobID {
		r.report("path %s belongs to job %s, not to %s", id, known.job.id, r.event.JobID)
	}
	switch r.event.Type {
	case "path.updated":
		known.version++
		r.setPath(known, content)
	case "path.deleted":
		if known.Counts != (Counts{}) {
			r.report("path %s was deleted although it has units: %+v", id, known.Counts)
		}
		known.job.paths = slices.DeleteFunc(known.job.paths, func(other *path) bool { return other == known })
		delete(r.paths, id)
	case "step.updated":
		known.version++
		changed := known.step(r.event.StepID)
		if changed == nil || changed.index < 0 {
			r.report("path %s has no step %s", id, r.event.StepID)
			return
		}
		if content.StepID != changed.StepID {
			r.report("it is about step %s, and its data about step %s", changed.StepID, content.StepID)
		}
		id := changed.StepID
		changed.stepData = content.stepData
		changed.StepID = id
	}
}

func (r *Replay) createPath(id string, known *path, content *data) {
	owner := r.jobs[r.event.JobID]
	switch {
	case known != nil:
		r.report("path %s was created before", id)
	case owner == nil:
		r.report("there is no job %s", r.event.JobID)
	default:
		created := &path{id: id, job: owner, version: 1}
		owner.paths = append(owner.paths, created)
		r.paths[id] = created
		r.setPath(created, content)
	}
}

// setPath gives a path the fields and the steps of the event, which shows the whole path.
func (r *Replay) setPath(p *path, content *data) {
	p.name, p.goalQuantity, p.advancementMode = content.Name, content.GoalQuantity, content.AdvancementMode
	if len(content.Steps) == 0 {
		r.report("path %s is left without a step", p.id)
	}
	before := p.steps
	for _, step := range before {
		step.index = -1
	}
	p.steps = make([]*step, 0, len(content.Steps))
	for i, shown := range content.Steps {
		known := p.step(shown.StepID)
		switch {
		case known == nil:
			known = &step{number: len(p.all) + 1}
			p.all = append(p.all, known)
		case known.index >= 0:
			r.report("step %s is on path %s twice", shown.StepID, p.id)
			continue
		case !slices.Contains(before, known):
			r.report("step %s is on path %s again after it was removed", shown.StepID, p.id)
		}
		known.stepData = shown
		known.index = i
		p.steps = append(p.steps, known)
	}
	order := make([]int, len(p.all))
	for i, step := range p.all {
		order[i] = step.index
	}
	if len(p.orders) == 0 || !slices.Equal(order, p.orders[len(p.orders)-1]) {
		p.orders = append(p.orders, order)
	}
	for _, step := range before {
		if step.index < 0 && step.partCount > 0 {
			r.report("step %s was removed although %d unit(s) stand there", step.StepID, step.partCount)
		}
	}
}

// wasAhead returns whether one step has stood after another one in any of the path's orders, from the order with the given
// place on.
func (p *path) wasAhead(one, other *step, from int) bool {
	for _, order := range p.orders[from:] {
		if one.number <= len(order) && other.number <= len(order) && order[other.number-1] >= 0 &&
			order[one.number-1] > order[other.number-1] {
			return true
		}
	}
	return false
}
