package server

import (
	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/models"
)

// The functions here map between what the contract says and what the models say, and decide nothing.

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

func fromAPIJobUpdate(body gen.JobUpdate) models.JobChange {
	return models.JobChange{Name: body.Name, GoalQuantity: body.GoalQuantity}
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

func toAPIJobList(jobs []models.Job) []gen.JobListItem {
	items := make([]gen.JobListItem, len(jobs))
	for i := range jobs {
		items[i].Job = toAPIJob(jobs[i])
	}
	return items
}

func toAPIJobDetail(job models.Job, paths []models.Path) gen.JobDetail {
	return gen.JobDetail{
		Job:      toAPIJob(job),
		Paths:    toAPIPaths(paths),
		Progress: toAPIJobProgress(job.GoalQuantity, paths),
	}
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

// toAPILabels tells no labels (left out) from an empty list of them.
func toAPILabels(labels models.Labels) *[]string {
	if labels == nil {
		return nil
	}
	return (*[]string)(&labels)
}

func toAPIFieldErrors[FieldError models.FieldError | contract.FieldError](fields []FieldError) *[]gen.FieldError {
	out := make([]gen.FieldError, len(fields))
	for i, field := range fields {
		out[i] = gen.FieldError(field)
	}
	return &out
}
