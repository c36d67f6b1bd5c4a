package models

import "fmt"

// PathChange has the new values of a path's fields. A nil field stays as it is.
type PathChange struct {
	Name            *string
	GoalQuantity    *int64
	AdvancementMode *AdvancementMode
	// Steps are all steps of the path after the change, in their order. Nil leaves the steps as they are.
	Steps []StepChange
}

// StepChange has the new values of a step's fields, or the fields of a new step. A nil field stays as it is.
type StepChange struct {
	// ID names a step of the path. A step without an ID is a new step or, when no step of the list has an ID, the step with
	// the same index.
	ID   *string
	Name *string
	// A pointer to nil clears Location or AssignedTo.
	Location       **string
	AssignedTo     **string
	Optional       *bool
	DependencyType *DependencyType
}

// Apply changes the step's fields.
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

// Apply changes the path's fields, except for its steps.
func (c PathChange) Apply(path *Path) {
	set(&path.Name, c.Name)
	set(&path.GoalQuantity, c.GoalQuantity)
	set(&path.AdvancementMode, c.AdvancementMode)
}

// Revise replaces the steps of the path by the list and returns the removed steps. A step with an id keeps its identity,
// wherever it is in the list; without any ids, steps are matched by index. Revise returns a NotFound error for an id that is
// not on the path, an Invalid error for an id that is in the list twice, and a Conflict error for a removed step at which
// units in progress stand.
func (p *Path) Revise(list []StepChange) (removed []Step, err error) {
	old, last := p.Steps, p.LastStepNumber
	matched, err := p.match(list)
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	p.Steps = make([]Step, len(list))
	for i, change := range list {
		if index := matched[i]; index >= 0 {
			p.Steps[i] = old[index]
			kept[old[index].ID] = true
		} else {
			p.Steps[i] = p.NewStep()
		}
		change.Apply(&p.Steps[i])
		p.Steps[i].Index = new(i)
	}
	p.recordStandings(old, last)
	for _, step := range old {
		if kept[step.ID] {
			continue
		}
		if step.PartCount > 0 {
			return nil, ConflictError("Cannot remove step %s: %d unit(s) in progress stand there", step.Name, step.PartCount)
		}
		step.Index, step.JobRank, step.ToCreate = nil, nil, 0
		removed = append(removed, step)
	}
	return removed, nil
}

// NewStep returns a step with the defaults and the path's next number.
func (p *Path) NewStep() Step {
	p.LastStepNumber++
	return Step{ID: NewID(StepPrefix), PathID: p.ID, Number: p.LastStepNumber, DependencyType: Preferred, JobRank: p.JobRank}
}

// match returns, for each step of the list, the index of the existing step that it changes, or -1 for a new step.
func (p *Path) match(list []StepChange) ([]int, error) {
	matched := make([]int, len(list))
	byIndex := true
	taken := map[string]bool{}
	for i, change := range list {
		matched[i] = -1
		if change.ID == nil {
			continue
		}
		byIndex = false
		if taken[*change.ID] {
			return nil, InvalidError(fmt.Sprintf("steps.%d.id", i), "must not repeat "+*change.ID)
		}
		taken[*change.ID] = true
		if matched[i] = p.StepIndex(*change.ID); matched[i] < 0 {
			return nil, NotFoundError("Step", *change.ID)
		}
	}
	if byIndex {
		for i := range min(len(list), len(p.Steps)) {
			matched[i] = i
		}
	}
	return matched, nil
}

// recordStandings records which steps were ahead of units at other steps until this edit, and are behind them from now on: the
// units owe them. Last is the path's LastStepNumber before the edit.
func (p *Path) recordStandings(old []Step, last int) {
	before := make(map[string]int, len(old))
	for i := range old {
		before[old[i].ID] = i
	}
	moved := false
	for i := range p.Steps {
		step := &p.Steps[i]
		was, known := before[step.ID]
		if !known {
			continue
		}
		var standings Standings
		for j := i + 1; j < len(p.Steps); j++ {
			other := &p.Steps[j]
			otherWas, known := before[other.ID]
			if !known {
				continue
			}
			if was > otherWas {
				standings = append(standings, Standing{other.Number, last})
				moved = true
			} else if until, ok := step.StoodAhead.Of(other.Number); ok {
				standings = append(standings, Standing{other.Number, until})
			}
		}
		step.StoodAhead = standings
	}
	if moved && p.LastStepNumber == last {
		// Units that move from now on have a higher KnownStepNumber than those that have seen the old order.
		p.LastStepNumber++
	}
}
