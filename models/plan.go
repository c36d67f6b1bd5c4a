package models

import (
	"cmp"
	"fmt"
)

// The largest numbers of steps and units that one plan creates.
const (
	maxPlanSteps = 5_000
	maxPlanUnits = 100_000
)

// JobPlan is a job that is created with its paths, their steps, and units on them.
type JobPlan struct {
	Job   Job
	Paths []PathPlan
}

// PathPlan is a path of a [JobPlan].
type PathPlan struct {
	// Path has the name, the goal quantity, and the advancement mode. An empty mode is that of the template, or strict.
	Path Path
	// Steps and TemplateID are the two sources of the path's steps.
	Steps      []StepChange
	TemplateID *string
	// Units has either Quantity or SerialNumbers, or neither for a path without units.
	Units NewUnits
}

// Check returns an Invalid error that names the place for a due date that does not exist, for a path that has not exactly one
// source of steps, for two sources of serial numbers, and for two serial numbers that are the same or differ only in case.
func (p JobPlan) Check() error {
	if err := CheckDueDate(p.Job.DueDate); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, path := range p.Paths {
		place := fmt.Sprintf("paths.%d.", i)
		if err := CheckStepSource(place, path.Steps != nil, path.TemplateID != nil); err != nil {
			return err
		}
		if path.Units.Quantity != nil && path.Units.SerialNumbers != nil {
			return InvalidError(place+"quantity", "must not be given together with serialNumbers")
		}
		for j, serialNumber := range path.Units.SerialNumbers {
			folded := FoldSerialNumber(serialNumber)
			if seen[folded] {
				return InvalidError(fmt.Sprintf("%sserialNumbers.%d", place, j), "must not repeat "+serialNumber)
			}
			seen[folded] = true
		}
	}
	return nil
}

// CheckStepSource returns an Invalid error unless a path has either steps or a template. The place is what precedes the names
// of the fields.
func CheckStepSource(place string, hasSteps, hasTemplate bool) error {
	switch {
	case !hasSteps && !hasTemplate:
		return InvalidError(place+"steps", "is required")
	case hasSteps && hasTemplate:
		return InvalidError(place+"templateId", "must not be given together with steps")
	}
	return nil
}

// FillSteps sets the steps and the advancement mode of each path that is made from a template. It returns a NotFound error that
// names the place of an unknown template, and an Invalid error for a plan with too many steps or units.
func (p *JobPlan) FillSteps(templates map[string]Template) error {
	steps, units := 0, 0
	for i := range p.Paths {
		path := &p.Paths[i]
		if path.TemplateID != nil {
			template, ok := templates[*path.TemplateID]
			if !ok {
				return &Error{Kind: NotFound, Message: fmt.Sprintf("paths.%d.templateId: Template not found: %s", i, *path.TemplateID)}
			}
			path.Steps = template.Steps.StepChanges()
			path.Path.AdvancementMode = cmp.Or(path.Path.AdvancementMode, template.AdvancementMode)
		}
		path.Path.AdvancementMode = cmp.Or(path.Path.AdvancementMode, Strict)
		steps += len(path.Steps)
		units += path.Units.Count()
	}
	switch {
	case steps > maxPlanSteps:
		return InvalidError("paths", fmt.Sprintf("must have at most %d steps together", maxPlanSteps))
	case units > maxPlanUnits:
		return InvalidError("paths", fmt.Sprintf("must have at most %d units together", maxPlanUnits))
	}
	return nil
}
