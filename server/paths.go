package server

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// ListJobPaths implements GET /api/jobs/{jobId}/paths.
func (s *Server) ListJobPaths(ctx context.Context, r gen.ListJobPathsRequestObject) (gen.ListJobPathsResponseObject, error) {
	paths, err := newList(ctx, r.Params.Cursor, r.Params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.Path], error) {
			paths, err := s.store.Paths(ctx, r.JobID, cursor, limit)
			return toPage(paths, toAPIPaths(paths.Rows), func(path models.Path) string { return path.ID }), err
		})
	return pathList{paths}, err
}

// pathList is a list as a response of ListJobPaths.
type pathList struct{ list[gen.Path] }

// VisitListJobPathsResponse implements gen.ListJobPathsResponseObject.
func (l pathList) VisitListJobPathsResponse(w http.ResponseWriter) error { return l.write(w) }

// CreatePath implements POST /api/paths.
func (s *Server) CreatePath(ctx context.Context, r gen.CreatePathRequestObject) (gen.CreatePathResponseObject, error) {
	path, earlier, err := s.createPath(ctx, repeatable(ctx, r.Params.IdempotencyKey, nil), *r.Body)
	if err != nil {
		return nil, err
	}
	return gen.CreatePath201JSONResponse{CreatedPathJSONResponse: gen.CreatedPathJSONResponse{
		Body: toAPIPath(path),
		Headers: gen.CreatedPathResponseHeaders{
			Location: "/api/paths/" + path.ID, ETag: toETag(path.Version), IdempotencyReplayed: replayed(earlier),
		},
	}}, nil
}

// createPath creates a path from its steps or from a template.
func (s *Server) createPath(ctx context.Context, by store.Request, body gen.PathCreate) (models.Path, bool, error) {
	if err := models.CheckStepSource("", body.Steps != nil, body.TemplateID != nil); err != nil {
		return models.Path{}, false, err
	}
	if body.TemplateID != nil {
		return s.store.CreatePathFromTemplate(ctx, by, fromAPIPathCreate(body), *body.TemplateID)
	}
	return s.store.CreatePath(ctx, by, fromAPIPathCreate(body), fromAPIStepCreates(body.Steps))
}

// GetPath implements GET /api/paths/{pathId}.
func (s *Server) GetPath(ctx context.Context, r gen.GetPathRequestObject) (gen.GetPathResponseObject, error) {
	path, err := s.store.Path(ctx, r.PathID)
	if err != nil {
		return nil, err
	}
	return gen.GetPath200JSONResponse{
		Body: toAPIPathDetail(path), Headers: gen.GetPath200ResponseHeaders{ETag: toETag(path.Version)},
	}, nil
}

// UpdatePath implements PUT /api/paths/{pathId}.
func (s *Server) UpdatePath(ctx context.Context, r gen.UpdatePathRequestObject) (gen.UpdatePathResponseObject, error) {
	path, err := s.store.UpdatePath(ctx, change(ctx), r.PathID, fromIfMatch(r.Params.IfMatch), fromAPIPathUpdate(*r.Body))
	if err != nil {
		return nil, err
	}
	return gen.UpdatePath200JSONResponse{
		Body: toAPIPath(path), Headers: gen.UpdatePath200ResponseHeaders{ETag: toETag(path.Version)},
	}, nil
}

// DeletePath implements DELETE /api/paths/{pathId}.
func (s *Server) DeletePath(ctx context.Context, r gen.DeletePathRequestObject) (gen.DeletePathResponseObject, error) {
	return gen.DeletePath204Response{}, s.store.DeletePath(ctx, change(ctx), r.PathID, fromIfMatch(r.Params.IfMatch))
}

// UpdateStep implements PATCH /api/steps/{stepId}.
func (s *Server) UpdateStep(ctx context.Context, r gen.UpdateStepRequestObject) (gen.UpdateStepResponseObject, error) {
	path, err := s.store.UpdateStep(ctx, change(ctx), r.StepID, fromIfMatch(r.Params.IfMatch), fromAPIStepUpdate(*r.Body))
	if err != nil {
		return nil, err
	}
	index := path.StepIndex(r.StepID)
	return gen.UpdateStep200JSONResponse{
		Body: toAPIStep(path.Steps[index], index), Headers: gen.UpdateStep200ResponseHeaders{ETag: toETag(path.Version)},
	}, nil
}

func fromAPIPathCreate(body gen.PathCreate) models.Path {
	path := models.Path{JobID: body.JobID, Name: body.Name, GoalQuantity: body.GoalQuantity}
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

// fromAPINullable returns nil for an absent field, and a pointer to nil for null.
func fromAPINullable[T any](field nullable.Nullable[T]) **T {
	if !field.IsSpecified() {
		return nil
	}
	var value *T
	if !field.IsNull() {
		value = new(field.MustGet())
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

func toAPIStep(step models.Step, index int) gen.Step {
	return gen.Step{
		ID:             step.ID,
		Name:           step.Name,
		Order:          index,
		Location:       step.Location,
		AssignedTo:     step.AssignedTo,
		Optional:       step.Optional,
		DependencyType: gen.DependencyType(step.DependencyType),
	}
}

func toAPIDistribution(path *models.Path) []gen.StepDistribution {
	distribution := make([]gen.StepDistribution, len(path.Steps))
	for i := range path.Steps {
		step := &path.Steps[i]
		distribution[i] = gen.StepDistribution{
			StepID:       step.ID,
			StepName:     step.Name,
			StepOrder:    i,
			Location:     step.Location,
			PartCount:    step.PartCount,
			DoneCount:    step.DoneCount,
			IsBottleneck: path.IsBottleneck(i),
		}
	}
	return distribution
}

func toAPIPathDetail(path models.Path) gen.PathDetail {
	return gen.PathDetail{Path: toAPIPath(path), CompletedCount: path.Completed, Distribution: toAPIDistribution(&path)}
}
