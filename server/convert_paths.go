package server

import (
	"github.com/oapi-codegen/nullable"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

func fromAPIPathCreate(body gen.PathCreate) models.Path {
	path := models.Path{
		JobID:           body.JobID,
		Name:            body.Name,
		GoalQuantity:    body.GoalQuantity,
		AdvancementMode: models.Strict,
	}
	if body.AdvancementMode != nil {
		path.AdvancementMode = models.AdvancementMode(*body.AdvancementMode)
	}
	return path
}

func fromAPIStepCreates(bodies []gen.StepCreate) []models.StepChange {
	steps := make([]models.StepChange, len(bodies))
	for i := range bodies {
		body := &bodies[i]
		steps[i] = models.StepChange{
			Name:           &body.Name,
			Location:       &body.Location,
			AssignedTo:     &body.AssignedTo,
			Optional:       body.Optional,
			DependencyType: (*models.DependencyType)(body.DependencyType),
		}
	}
	return steps
}

func fromAPIPathUpdate(body gen.PathUpdate) models.PathChange {
	change := models.PathChange{
		Name:            body.Name,
		GoalQuantity:    body.GoalQuantity,
		AdvancementMode: (*models.AdvancementMode)(body.AdvancementMode),
	}
	if body.Steps != nil {
		change.Steps = make([]models.StepChange, len(*body.Steps))
		for i, step := range *body.Steps {
			change.Steps[i] = models.StepChange{
				ID:             step.ID,
				Name:           &step.Name,
				Location:       fromAPINullable(step.Location),
				AssignedTo:     fromAPINullable(step.AssignedTo),
				Optional:       step.Optional,
				DependencyType: (*models.DependencyType)(step.DependencyType),
			}
		}
	}
	return change
}

func fromAPIStepUpdate(body gen.StepUpdate) models.StepChange {
	return models.StepChange{
		Name:           body.Name,
		Location:       fromAPINullable(body.Location),
		AssignedTo:     fromAPINullable(body.AssignedTo),
		Optional:       body.Optional,
		DependencyType: (*models.DependencyType)(body.DependencyType),
	}
}

// fromAPINullable tells absent (nil) from null (a pointer to nil).
func fromAPINullable[T any](field nullable.Nullable[T]) **T {
	if !field.IsSpecified() {
		return nil
	}
	var value *T
	if !field.IsNull() {
		given := field.MustGet()
		value = &given
	}
	return &value
}

func toAPIPaths(paths []models.Path) []gen.Path {
	out := make([]gen.Path, len(paths))
	for i := range paths {
		out[i] = toAPIPath(paths[i])
	}
	return out
}

func toAPIPath(path models.Path) gen.Path {
	steps := make([]gen.Step, len(path.Steps))
	for i, step := range path.Steps {
		steps[i] = toAPIStep(step, i)
	}
	return gen.Path{
		ID:              path.ID,
		JobID:           path.JobID,
		Name:            path.Name,
		GoalQuantity:    path.GoalQuantity,
		AdvancementMode: gen.AdvancementMode(path.AdvancementMode),
		Steps:           steps,
		CreatedAt:       path.CreatedAt.String(),
		UpdatedAt:       path.UpdatedAt.String(),
	}
}

func toAPIStep(step models.Step, order int) gen.Step {
	return gen.Step{
		ID:             step.ID,
		Name:           step.Name,
		Order:          order,
		Location:       step.Location,
		AssignedTo:     step.AssignedTo,
		Optional:       step.Optional,
		DependencyType: gen.DependencyType(step.DependencyType),
	}
}

func toAPIPathDetail(path models.Path) gen.PathDetail {
	var most int64
	for i := range path.Steps {
		most = max(most, path.Steps[i].PartCount)
	}
	distribution := make([]gen.StepDistribution, len(path.Steps))
	for i, step := range path.Steps {
		distribution[i] = gen.StepDistribution{
			StepID:       step.ID,
			StepName:     step.Name,
			StepOrder:    i,
			Location:     step.Location,
			PartCount:    step.PartCount,
			IsBottleneck: most > 0 && step.PartCount == most,
		}
	}
	return gen.PathDetail{Path: toAPIPath(path), CompletedCount: path.Completed, Distribution: distribution}
}
