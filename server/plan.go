package server

import (
	"context"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

// PlanJob implements POST /api/jobs/plan.
func (s *Server) PlanJob(ctx context.Context, r gen.PlanJobRequestObject) (gen.PlanJobResponseObject, error) {
	planned, earlier, err := s.store.PlanJob(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), fromAPIJobPlan(*r.Body))
	if err != nil {
		return nil, err
	}
	return gen.PlanJob201JSONResponse{PlannedJobJSONResponse: gen.PlannedJobJSONResponse{
		Body: toAPIJobDetail(planned.Job, planned.Paths),
		Headers: gen.PlannedJobResponseHeaders{
			Location: jobLocation(planned.Job), ETag: toETag(planned.Job.Version), IdempotencyReplayed: replayed(earlier),
		},
	}}, nil
}

func fromAPIJobPlan(body gen.JobPlan) models.JobPlan {
	plan := models.JobPlan{
		Job: fromAPIJobCreate(gen.JobCreate{
			Name:              body.Name,
			GoalQuantity:      body.GoalQuantity,
			JiraTicketKey:     body.JiraTicketKey,
			JiraTicketSummary: body.JiraTicketSummary,
			JiraPartNumber:    body.JiraPartNumber,
			JiraPriority:      body.JiraPriority,
			JiraEpicLink:      body.JiraEpicLink,
			JiraLabels:        body.JiraLabels,
			DueDate:           body.DueDate,
			Priority:          body.Priority,
			Notes:             body.Notes,
			ExternalID:        body.ExternalID,
		}),
		Paths: make([]models.PathPlan, len(body.Paths)),
	}
	for i, path := range body.Paths {
		plan.Paths[i] = models.PathPlan{
			Path:       models.Path{Name: path.Name, GoalQuantity: path.GoalQuantity},
			TemplateID: path.TemplateID,
			Units:      models.NewUnits{Quantity: path.Quantity},
		}
		if path.Steps != nil {
			plan.Paths[i].Steps = fromAPIStepCreates(path.Steps)
		}
		if path.AdvancementMode != nil {
			plan.Paths[i].Path.AdvancementMode = models.AdvancementMode(*path.AdvancementMode)
		}
		if path.SerialNumbers != nil {
			plan.Paths[i].Units.SerialNumbers = *path.SerialNumbers
		}
	}
	return plan
}
