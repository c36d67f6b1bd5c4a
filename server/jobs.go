package server

import (
	"context"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// CreateJob implements POST /api/jobs.
func (s *Server) CreateJob(ctx context.Context, request gen.CreateJobRequestObject) (gen.CreateJobResponseObject, error) {
	return answered(ctx, func() (models.Job, error) {
		return s.store.CreateJob(ctx, fromAPIJobCreate(*request.Body))
	}, toAPIJobCreated, gen.CreateJobResponseObject.VisitCreateJobResponse)
}

func toAPIJobCreated(job models.Job) gen.CreateJobResponseObject {
	return gen.CreateJob201JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.CreateJob201ResponseHeaders{Location: "/api/jobs/" + job.ID, ETag: toETag(job.Version)},
	}
}

// ListJobs implements GET /api/jobs.
func (s *Server) ListJobs(ctx context.Context, request gen.ListJobsRequestObject) (gen.ListJobsResponseObject, error) {
	filter := fromAPIJobFilter(request.Params)
	withProgress := request.Params.Include != nil
	jobs, err := newList(ctx, request.Params.Cursor, request.Params.Limit,
		func(ctx context.Context, cursor string, limit int) ([]gen.JobListItem, string, error) {
			jobs, err := s.store.Jobs(ctx, filter, cursor, limit+1)
			if err != nil {
				return nil, "", err
			}
			jobs, next := cut(jobs, limit, func(job models.Job) string { return job.ID })
			items := toAPIJobList(jobs)
			if withProgress {
				err = s.addProgress(ctx, items)
			}
			return items, next, err
		})
	return jobList{jobs}, err
}

// jobList makes a streamed list the answer of ListJobs.
type jobList struct{ list[gen.JobListItem] }

// VisitListJobsResponse implements gen.ListJobsResponseObject.
func (l jobList) VisitListJobsResponse(w http.ResponseWriter) error { return l.write(w) }

// addProgress counts for all jobs of a page at once.
func (s *Server) addProgress(ctx context.Context, items []gen.JobListItem) error {
	ids := make([]string, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	paths, err := s.store.PathsOfJobs(ctx, ids)
	if err != nil {
		return err
	}
	for i := range items {
		progress := toAPIJobProgress(items[i].GoalQuantity, paths[items[i].ID])
		items[i].Progress = &progress
	}
	return nil
}

// GetJob implements GET /api/jobs/{jobId}.
func (s *Server) GetJob(ctx context.Context, request gen.GetJobRequestObject) (gen.GetJobResponseObject, error) {
	job, paths, err := s.store.JobWithPaths(ctx, request.JobID)
	if err != nil {
		return nil, err
	}
	return gen.GetJob200JSONResponse{
		Body:    toAPIJobDetail(job, paths),
		Headers: gen.GetJob200ResponseHeaders{ETag: toETag(job.Version)},
	}, nil
}

// UpdateJob implements PUT /api/jobs/{jobId}.
func (s *Server) UpdateJob(ctx context.Context, request gen.UpdateJobRequestObject) (gen.UpdateJobResponseObject, error) {
	job, err := s.store.UpdateJob(ctx, request.JobID, fromIfMatch(request.Params.IfMatch), fromAPIJobUpdate(*request.Body))
	if err != nil {
		return nil, err
	}
	return gen.UpdateJob200JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.UpdateJob200ResponseHeaders{ETag: toETag(job.Version)},
	}, nil
}

// DeleteJob implements DELETE /api/jobs/{jobId}.
func (s *Server) DeleteJob(ctx context.Context, request gen.DeleteJobRequestObject) (gen.DeleteJobResponseObject, error) {
	if err := s.store.DeleteJob(ctx, request.JobID, fromIfMatch(request.Params.IfMatch)); err != nil {
		return nil, err
	}
	return gen.DeleteJob204Response{}, nil
}

func fromAPIJobFilter(params gen.ListJobsParams) store.JobFilter {
	filter := store.JobFilter{
		Query:      params.Q,
		TicketKey:  params.JiraTicketKey,
		PartNumber: params.JiraPartNumber,
		Priority:   params.JiraPriority,
		EpicLink:   params.JiraEpicLink,
	}
	if params.JiraLabel != nil {
		filter.Labels = *params.JiraLabel
	}
	return filter
}
