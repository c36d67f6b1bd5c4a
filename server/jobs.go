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
	return gen.CreateJob201JSONResponse{CreatedJobJSONResponse: gen.CreatedJobJSONResponse{
		Body: toAPIJob(job),
		Headers: gen.CreatedJobResponseHeaders{
			Location: jobLocation(job), ETag: toETag(job.Version), IdempotencyReplayed: replayed(earlier),
		},
	}}, nil
}

// ListJobs implements GET /api/jobs.
func (s *Server) ListJobs(ctx context.Context, r gen.ListJobsRequestObject) (gen.ListJobsResponseObject, error) {
	filter := fromAPIJobFilter(r.Params)
	if filter.State == store.LateJobs {
		filter.Today = models.DateAt(s.clock(), s.timeZone)
	}
	jobs, err := newList(ctx, r.Params.Cursor, r.Params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.JobListItem], error) {
			jobs, err := s.store.Jobs(ctx, filter, cursor, limit)
			items := toAPIJobList(jobs.Rows)
			if err == nil && r.Params.Include != nil {
				err = s.addProgress(ctx, items, *r.Params.Include == gen.ListJobsParamsIncludeDistribution)
			}
			return toPage(jobs, items, filter.Place), err
		})
	if err != nil || r.Params.Count == nil || !*r.Params.Count {
		return jobList{jobs, nil}, err
	}
	total, err := s.store.CountJobs(ctx, filter)
	return jobList{jobs, &total}, err
}

// jobList is a list as a response of ListJobs.
type jobList struct {
	list[gen.JobListItem]
	// total is the number of all jobs that match, nil if the client did not ask for it.
	total *int64
}

// totalHeader has the number of all items of a list.
const totalHeader = "X-Total-Count"

// VisitListJobsResponse implements gen.ListJobsResponseObject.
func (l jobList) VisitListJobsResponse(w http.ResponseWriter) error {
	if l.total != nil {
		w.Header().Set(totalHeader, strconv.FormatInt(*l.total, 10))
	}
	return l.writeTable(w, jobColumns)
}

// jobColumns are the columns of ListJobs as CSV. The contract lists them.
var jobColumns = []column[gen.JobListItem]{
	{"id", func(job *gen.JobListItem) string { return job.ID }},
	{"name", func(job *gen.JobListItem) string { return toCell(&job.Name) }},
	{"goalQuantity", func(job *gen.JobListItem) string { return strconv.FormatInt(job.GoalQuantity, 10) }},
	{"dueDate", func(job *gen.JobListItem) string { return toCell(job.DueDate) }},
	{"priority", func(job *gen.JobListItem) string { return toCell(job.Priority) }},
	{"notes", func(job *gen.JobListItem) string { return toCell(job.Notes) }},
	{"externalId", func(job *gen.JobListItem) string { return toCell(job.ExternalID) }},
	{"closedAt", func(job *gen.JobListItem) string { return toCell(job.ClosedAt) }},
	{"closeReason", func(job *gen.JobListItem) string { return toCell(job.CloseReason) }},
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

// addProgress adds the progress of all jobs of a page with one query, and the distributions of their paths with one more.
func (s *Server) addProgress(ctx context.Context, items []gen.JobListItem, withDistribution bool) error {
	ids := make([]string, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	paths, err := s.store.PathsOfJobs(ctx, ids, withDistribution)
	if err != nil {
		return err
	}
	for i := range items {
		paths := paths[items[i].ID]
		progress := toAPIJobProgress(items[i].GoalQuantity, paths)
		if withDistribution {
			for j := range paths {
				distribution := toAPIDistribution(&paths[j])
				progress.PathProgress[j].Distribution = &distribution
			}
		}
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
		Body:    toAPIJobDetail(job, paths),
		Headers: gen.GetJob200ResponseHeaders{ETag: toETag(job.Version)},
	}, nil
}

// UpdateJob implements PUT /api/jobs/{jobId}.
func (s *Server) UpdateJob(ctx context.Context, r gen.UpdateJobRequestObject) (gen.UpdateJobResponseObject, error) {
	job, err := s.store.UpdateJob(ctx, change(ctx), r.JobID, fromIfMatch(r.Params.IfMatch),
		fromAPIJobUpdate(*r.Body))
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

// CloseJob implements POST /api/jobs/{jobId}/close.
func (s *Server) CloseJob(ctx context.Context, r gen.CloseJobRequestObject) (gen.CloseJobResponseObject, error) {
	job, earlier, err := s.store.CloseJob(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.JobID, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return gen.CloseJob200JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.CloseJob200ResponseHeaders{ETag: toETag(job.Version), IdempotencyReplayed: replayed(earlier)},
	}, nil
}

// ReopenJob implements POST /api/jobs/{jobId}/reopen.
func (s *Server) ReopenJob(ctx context.Context, r gen.ReopenJobRequestObject) (gen.ReopenJobResponseObject, error) {
	job, earlier, err := s.store.ReopenJob(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.JobID)
	if err != nil {
		return nil, err
	}
	return gen.ReopenJob200JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.ReopenJob200ResponseHeaders{ETag: toETag(job.Version), IdempotencyReplayed: replayed(earlier)},
	}, nil
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
		DueDate:    body.DueDate,
		Priority:   (*models.JobPriority)(body.Priority),
		Notes:      body.Notes,
		ExternalID: body.ExternalID,
	}
	if body.JiraLabels != nil {
		job.Jira.Labels = *body.JiraLabels
	}
	return job
}

func fromAPIJobUpdate(body gen.JobUpdate) models.JobChange {
	change := models.JobChange{
		Name:         body.Name,
		GoalQuantity: body.GoalQuantity,
		DueDate:      fromAPINullable(body.DueDate),
		Notes:        fromAPINullable(body.Notes),
		ExternalID:   fromAPINullable(body.ExternalID),
	}
	if priority := fromAPINullable(body.Priority); priority != nil {
		change.Priority = new((*models.JobPriority)(*priority))
	}
	return change
}

func fromAPIJobFilter(params gen.ListJobsParams) store.JobFilter {
	filter := store.JobFilter{
		Query:      params.Q,
		TicketKey:  params.JiraTicketKey,
		PartNumber: params.JiraPartNumber,
		Priority:   params.JiraPriority,
		EpicLink:   params.JiraEpicLink,
		ExternalID: params.ExternalID,
	}
	if params.State != nil {
		filter.State = store.JobState(*params.State)
	}
	if params.Sort != nil && *params.Sort != gen.ListJobsParamsSortCreated {
		filter.Sort = store.JobSort(*params.Sort)
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
		DueDate:           job.DueDate,
		Priority:          (*gen.JobPriority)(job.Priority),
		Notes:             job.Notes,
		ExternalID:        job.ExternalID,
		ClosedAt:          toAPITime(job.ClosedAt),
		CloseReason:       job.CloseReason,
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

func toAPIJobDetail(job models.Job, paths []models.Path) gen.JobDetail {
	return gen.JobDetail{Job: toAPIJob(job), Paths: toAPIPaths(paths), Progress: toAPIJobProgress(job.GoalQuantity, paths)}
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
