package server

import (
	"context"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

// ListJobPaths implements GET /api/jobs/{jobId}/paths.
func (s *Server) ListJobPaths(ctx context.Context, request gen.ListJobPathsRequestObject) (gen.ListJobPathsResponseObject, error) {
	paths, err := newList(ctx, request.Params.Cursor, request.Params.Limit,
		func(ctx context.Context, cursor string, limit int) ([]gen.Path, string, error) {
			paths, err := s.store.Paths(ctx, request.JobID, cursor, limit+1)
			paths, next := cut(paths, limit, func(path models.Path) string { return path.ID })
			return toAPIPaths(paths), next, err
		})
	return pathList{paths}, err
}

// pathList makes a streamed list the answer of ListJobPaths.
type pathList struct{ list[gen.Path] }

// VisitListJobPathsResponse implements gen.ListJobPathsResponseObject.
func (l pathList) VisitListJobPathsResponse(w http.ResponseWriter) error { return l.write(w) }

// CreatePath implements POST /api/paths.
func (s *Server) CreatePath(ctx context.Context, request gen.CreatePathRequestObject) (gen.CreatePathResponseObject, error) {
	return answered(ctx, func() (models.Path, error) {
		return s.store.CreatePath(ctx, fromAPIPathCreate(*request.Body), fromAPIStepCreates(request.Body.Steps))
	}, toAPIPathCreated, gen.CreatePathResponseObject.VisitCreatePathResponse)
}

func toAPIPathCreated(path models.Path) gen.CreatePathResponseObject {
	return gen.CreatePath201JSONResponse{
		Body:    toAPIPath(path),
		Headers: gen.CreatePath201ResponseHeaders{Location: "/api/paths/" + path.ID, ETag: toETag(path.Version)},
	}
}

// GetPath implements GET /api/paths/{pathId}.
func (s *Server) GetPath(ctx context.Context, request gen.GetPathRequestObject) (gen.GetPathResponseObject, error) {
	path, err := s.store.Path(ctx, request.PathID)
	if err != nil {
		return nil, err
	}
	return gen.GetPath200JSONResponse{
		Body:    toAPIPathDetail(path),
		Headers: gen.GetPath200ResponseHeaders{ETag: toETag(path.Version)},
	}, nil
}

// UpdatePath implements PUT /api/paths/{pathId}.
func (s *Server) UpdatePath(ctx context.Context, request gen.UpdatePathRequestObject) (gen.UpdatePathResponseObject, error) {
	path, err := s.store.UpdatePath(ctx, request.PathID, fromIfMatch(request.Params.IfMatch), fromAPIPathUpdate(*request.Body))
	if err != nil {
		return nil, err
	}
	return gen.UpdatePath200JSONResponse{
		Body:    toAPIPath(path),
		Headers: gen.UpdatePath200ResponseHeaders{ETag: toETag(path.Version)},
	}, nil
}

// DeletePath implements DELETE /api/paths/{pathId}.
func (s *Server) DeletePath(ctx context.Context, request gen.DeletePathRequestObject) (gen.DeletePathResponseObject, error) {
	if err := s.store.DeletePath(ctx, request.PathID, fromIfMatch(request.Params.IfMatch)); err != nil {
		return nil, err
	}
	return gen.DeletePath204Response{}, nil
}

// UpdateStep implements PATCH /api/steps/{stepId}.
func (s *Server) UpdateStep(ctx context.Context, request gen.UpdateStepRequestObject) (gen.UpdateStepResponseObject, error) {
	path, err := s.store.UpdateStep(ctx, request.StepID, fromIfMatch(request.Params.IfMatch), fromAPIStepUpdate(*request.Body))
	if err != nil {
		return nil, err
	}
	order := path.StepIndex(request.StepID)
	return gen.UpdateStep200JSONResponse{
		Body:    toAPIStep(path.Steps[order], order),
		Headers: gen.UpdateStep200ResponseHeaders{ETag: toETag(path.Version)},
	}, nil
}
