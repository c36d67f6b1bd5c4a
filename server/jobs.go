package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// CreateJob implements POST /api/jobs.
func (s *Server) CreateJob(ctx context.Context, r gen.CreateJobRequestObject) (gen.CreateJobResponseObject, error) {
	job, earlier, err := s.store.CreateJob(ctx, repeatable(ctx, r.Params.IdempotencyKey, nil), fromAPIJobCreate(*r.Body))
	if err != nil {
		return nil, err
	}
	return gen.CreateJob201JSONResponse{
		Body: toAPIJob(job),
		Headers: gen.CreateJob201ResponseHeaders{
			Location: jobLocation(job), ETag: toETag(job.Version), IdempotencyReplayed: replayed(earlier),
		},
	}, nil
}

// ListJobs implements GET /api/jobs.
func (s *Server) ListJobs(ctx context.Context, r gen.ListJobsRequestObject) (gen.ListJobsResponseObject, error) {
	filter := fromAPIJobFilter(r.Params)
	withProgress := r.Params.Include != nil
	jobs, err := newList(ctx, r.Params.Cursor, r.Params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.JobListItem], error) {
			jobs, err := s.store.Jobs(ctx, filter, cursor, limit)
			items := toAPIJobList(jobs.Rows)
			if err == nil && withProgress {
				err = s.addProgress(ctx, items)
			}
			return toPage(jobs, items, func(job models.Job) string { return job.ID }), err
		})
	return jobList{jobs}, err
}

// jobList is a list as a response of ListJobs.
type jobList struct{ list[gen.JobListItem] }

// VisitListJobsResponse implements gen.ListJobsResponseObject.
func (l jobList) VisitListJobsResponse(w http.ResponseWriter) error {
	return l.writeTable(w, jobColumns)
}

// jobColumns are the columns of ListJobs as CSV. The contract lists them.
var jobColumns = []column[gen.JobListItem]{
	{"id", func(job *gen.JobListItem) string { return job.ID }},
	{"name", func(job *gen.JobListItem) string { return toCell(&job.Name) }},
	{"goalQuantity", func(job *gen.JobListItem) string { return strconv.FormatInt(job.GoalQuantity, 10) }},
	{"jiraTicketKey", func(job *gen.JobListItem) string { return toCell(job.JiraTicketKey) }},
	{"jiraTicketSummary", func(job *gen.JobListItem) string { return toCell(job.JiraTicketSummary) }},
	{"jiraPartNumber", func(job *gen.JobListItem) string { return toCell(job.JiraPartNumber) }},
	{"jiraPriority", func(job *gen.JobListItem) string { return toCell(job.JiraPriority) }},
	{"jiraEpicLink", func(job *gen.JobListItem) string { return toCell(job.JiraEpicLink) }},
	{"jiraLabels", func(job *gen.JobListItem) string { return toListCell(job.JiraLabels) }},
	{"createdAt", func(job *gen.JobListItem) string { return job.CreatedAt }},
	{"updatedAt", func(job *gen.JobListItem) string { return job.UpdatedAt }},
	{"totalCompleted", progressCell(func(p *gen.JobProgress) string { return strconv.FormatInt(p.TotalCompleted, 10) })},
	{"totalInProgress", progressCell(func(p *gen.JobProgress) string { return strconv.FormatInt(p.TotalInProgress, 10) })},
	{"totalScrapped", progressCell(func(p *gen.JobProgress) string { return strconv.FormatInt(p.TotalScrapped, 10) })},
	{"percentComplete", progressCell(func(p *gen.JobProgress) string { return strconv.FormatFloat(p.PercentComplete, 'f', -1, 64) })},
}

// progressCell returns the function of a column that is empty for a job without progress.
func progressCell(cell func(*gen.JobProgress) string) func(*gen.JobListItem) string {
	return func(job *gen.JobListItem) string {
		if job.Progress == nil {
			return ""
		}
		return cell(job.Progress)
	}
}

// addProgress adds the progress of all jobs of a page with one query.
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
func (s *Server) GetJob(ctx context.Context, r gen.GetJobRequestObject) (gen.GetJobResponseObject, error) {
	job, paths, err := s.store.JobWithPaths(ctx, r.JobID)
	if err != nil {
		return nil, err
	}
	return gen.GetJob200JSONResponse{
		Body: gen.JobDetail{
			Job: toAPIJob(job), Paths: toAPIPaths(paths), Progress: toAPIJobProgress(job.GoalQuantity, paths),
		},
		Headers: gen.GetJob200ResponseHeaders{ETag: toETag(job.Version)},
	}, nil
}

// UpdateJob implements PUT /api/jobs/{jobId}.
func (s *Server) UpdateJob(ctx context.Context, r gen.UpdateJobRequestObject) (gen.UpdateJobResponseObject, error) {
	job, err := s.store.UpdateJob(ctx, change(ctx), r.JobID, fromIfMatch(r.Params.IfMatch),
		models.JobChange{Name: r.Body.Name, GoalQuantity: r.Body.GoalQuantity})
	if err != nil {
		return nil, err
	}
	return gen.UpdateJob200JSONResponse{
		Body: toAPIJob(job), Headers: gen.UpdateJob200ResponseHeaders{ETag: toETag(job.Version)},
	}, nil
}

// DeleteJob implements DELETE /api/jobs/{jobId}.
func (s *Server) DeleteJob(ctx context.Context, r gen.DeleteJobRequestObject) (gen.DeleteJobResponseObject, error) {
	return gen.DeleteJob204Response{}, s.store.DeleteJob(ctx, change(ctx), r.JobID, fromIfMatch(r.Params.IfMatch))
}

func jobLocation(job models.Job) string { return "/api/jobs/" + job.ID }

func fromAPIJobCreate(body gen.JobCreate) models.Job {
	job := models.Job{
		Name:         body.Name,
		GoalQuantity: body.GoalQuantity,
		Jira: models.Jira{
			TicketKey:     body.JiraTicketKey,
			TicketSummary: body.JiraTicketSummary,
			PartNumber:    body.JiraPartNumber,
			Priority:      body.JiraPriority,
			EpicLink:      body.JiraEpicLink,
		},
	}
	if body.JiraLabels != nil {
		job.Jira.Labels = *body.JiraLabels
	}
	return job
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

func toAPIJob(job models.Job) gen.Job {
	return gen.Job{
		ID:                job.ID,
		Name:              job.Name,
		GoalQuantity:      job.GoalQuantity,
		JiraTicketKey:     job.Jira.TicketKey,
		JiraTicketSummary: job.Jira.TicketSummary,
		JiraPartNumber:    job.Jira.PartNumber,
		JiraPriority:      job.Jira.Priority,
		JiraEpicLink:      job.Jira.EpicLink,
		JiraLabels:        toAPILabels(job.Jira.Labels),
		CreatedAt:         job.CreatedAt.String(),
		UpdatedAt:         job.UpdatedAt.String(),
	}
}

// toAPILabels leaves out labels that are not set, and shows an empty list of labels.
func toAPILabels(labels models.Labels) *[]string {
	if labels == nil {
		return nil
	}
	return (*[]string)(&labels)
}

func toAPIJobList(jobs []models.Job) []gen.JobListItem {
	items := make([]gen.JobListItem, len(jobs))
	for i := range jobs {
		items[i].Job = toAPIJob(jobs[i])
	}
	return items
}

func toAPIJobProgress(goal int64, paths []models.Path) gen.JobProgress {
	total := models.CountsOf(paths)
	each := make([]gen.PathProgress, len(paths))
	for i := range paths {
		path := &paths[i]
		each[i] = gen.PathProgress{
			PathID:          path.ID,
			PathName:        path.Name,
			Goal:            path.GoalQuantity,
			Completed:       path.Completed,
			InProgress:      path.InProgress,
			Scrapped:        path.Scrapped,
			PercentComplete: models.PercentComplete(path.Completed, path.GoalQuantity),
		}
	}
	return gen.JobProgress{
		TotalGoal:       goal,
		TotalCompleted:  total.Completed,
		TotalInProgress: total.InProgress,
		TotalScrapped:   total.Scrapped,
		PercentComplete: models.PercentComplete(total.Completed, goal),
		PathProgress:    each,
	}
}
