package models

import "fmt"

// PathChange is what to change of a path; a nil field stays as it is.
type PathChange struct {
	Name            *string
	GoalQuantity    *int64
	AdvancementMode *AdvancementMode
	// Steps are all steps that the path is to have, in their order; nil leaves them.
	Steps []StepChange
}

// StepChange is what to change of a step, or a new one. A nil field stays as it is.
type StepChange struct {
	// ID names a step of the path; nil is a new step, or the one at this place when no step of the list has an ID.
	ID   *string
	Name *string
	// Location and AssignedTo are cleared by a pointer to nil.
	Location       **string
	AssignedTo     **string
	Optional       *bool
	DependencyType *DependencyType
}

// Apply changes the step.
func (c StepChange) Apply(step *Step) {
	set(&step.Name, c.Name)
	set(&step.Location, c.Location)
	set(&step.AssignedTo, c.AssignedTo)
	set(&step.Optional, c.Optional)
	set(&step.DependencyType, c.DependencyType)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Apply changes the path, except for its steps.
func (c PathChange) Apply(path *Path) {
	set(&path.Name, c.Name)
	set(&path.GoalQuantity, c.GoalQuantity)
	set(&path.AdvancementMode, c.AdvancementMode)
}

// Revise gives the path the steps of the list and returns those that it removed. A step that is named by its id stays
// that step, wherever it now stands; when none is named, they are matched by place. It returns a NotFound error for an
// id that is none of the path's, an Invalid one for an id that stands twice, and a Conflict for a step that can't go
// because units in progress stand there.
func (p *Path) Revise(list []StepChange) (removed []Step, err error) {
	old := p.Steps
	matched, err := p.match(list)
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	p.Steps = make([]Step, len(list))
	for i, change := range list {
		if at := matched[i]; at >= 0 {
			p.Steps[i] = old[at]
			kept[old[at].ID] = true
		} else {
			p.Steps[i] = p.NewStep()
		}
		change.Apply(&p.Steps[i])
		position := i
		p.Steps[i].Index = &position
	}
	for _, step := range old {
		if kept[step.ID] {
			continue
		}
		if step.PartCount > 0 {
			return nil, ConflictError("Cannot remove step %s: %d unit(s) in progress stand there", step.Name, step.PartCount)
		}
		step.Index = nil
		removed = append(removed, step)
	}
	return removed, nil
}

// NewStep makes a step with the defaults, under the path's next number.
func (p *Path) NewStep() Step {
	p.LastStepNumber++
	return Step{ID: NewID(StepPrefix), PathID: p.ID, Number: p.LastStepNumber, DependencyType: Preferred}
}

// match returns for each step of the list the place of the step that it is now, or -1 for a new one.
func (p *Path) match(list []StepChange) ([]int, error) {
	matched := make([]int, len(list))
	byPlace := true
	taken := map[string]bool{}
	for i, change := range list {
		matched[i] = -1
		if change.ID == nil {
			continue
		}
		byPlace = false
		if taken[*change.ID] {
			return nil, InvalidError(fmt.Sprintf("steps.%d.id", i), "must not repeat "+*change.ID)
		}
		taken[*change.ID] = true
		if matched[i] = p.StepIndex(*change.ID); matched[i] < 0 {
			return nil, NotFoundError("Step", *change.ID)
		}
	}
	if byPlace {
		for i := range min(len(list), len(p.Steps)) {
			matched[i] = i
		}
	}
	return matched, nil
}
