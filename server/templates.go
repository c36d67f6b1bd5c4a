package server

import (
	"context"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

// CreateTemplate implements POST /api/templates.
func (s *Server) CreateTemplate(ctx context.Context, r gen.CreateTemplateRequestObject) (gen.CreateTemplateResponseObject, error) {
	template := models.Template{Name: r.Body.Name, AdvancementMode: models.Strict, Steps: fromAPITemplateSteps(r.Body.Steps)}
	if r.Body.AdvancementMode != nil {
		template.AdvancementMode = models.AdvancementMode(*r.Body.AdvancementMode)
	}
	template, earlier, err := s.store.CreateTemplate(ctx, repeatable(ctx, r.Params.IdempotencyKey, nil), template)
	if err != nil {
		return nil, err
	}
	return gen.CreateTemplate201JSONResponse{CreatedTemplateJSONResponse: gen.CreatedTemplateJSONResponse{
		Body: toAPITemplate(template),
		Headers: gen.CreatedTemplateResponseHeaders{
			Location: "/api/templates/" + template.ID, ETag: toETag(template.Version), IdempotencyReplayed: replayed(earlier),
		},
	}}, nil
}

// ListTemplates implements GET /api/templates.
func (s *Server) ListTemplates(ctx context.Context, r gen.ListTemplatesRequestObject) (gen.ListTemplatesResponseObject, error) {
	templates, err := newList(ctx, r.Params.Cursor, r.Params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.Template], error) {
			templates, err := s.store.Templates(ctx, cursor, limit)
			items := make([]gen.Template, len(templates.Rows))
			for i := range templates.Rows {
				items[i] = toAPITemplate(templates.Rows[i])
			}
			return toPage(templates, items, func(template models.Template) string { return template.ID }), err
		})
	return templateList{templates}, err
}

// templateList is a list as a response of ListTemplates.
type templateList struct{ list[gen.Template] }

// VisitListTemplatesResponse implements gen.ListTemplatesResponseObject.
func (l templateList) VisitListTemplatesResponse(w http.ResponseWriter) error { return l.write(w) }

// GetTemplate implements GET /api/templates/{templateId}.
func (s *Server) GetTemplate(ctx context.Context, r gen.GetTemplateRequestObject) (gen.GetTemplateResponseObject, error) {
	template, err := s.store.Template(ctx, r.TemplateID)
	if err != nil {
		return nil, err
	}
	if isCurrent(r.Params.IfNoneMatch, template.Version) {
		return gen.GetTemplate304Response{Headers: gen.NotModifiedResponseHeaders{ETag: toETag(template.Version)}}, nil
	}
	return gen.GetTemplate200JSONResponse{
		Body: toAPITemplate(template), Headers: gen.GetTemplate200ResponseHeaders{ETag: toETag(template.Version)},
	}, nil
}

// UpdateTemplate implements PUT /api/templates/{templateId}.
func (s *Server) UpdateTemplate(ctx context.Context, r gen.UpdateTemplateRequestObject) (gen.UpdateTemplateResponseObject, error) {
	changes := models.TemplateChange{Name: r.Body.Name, AdvancementMode: (*models.AdvancementMode)(r.Body.AdvancementMode)}
	if r.Body.Steps != nil {
		changes.Steps = new(fromAPITemplateSteps(*r.Body.Steps))
	}
	template, err := s.store.UpdateTemplate(ctx, change(ctx), r.TemplateID, fromIfMatch(r.Params.IfMatch), changes)
	if err != nil {
		return nil, err
	}
	return gen.UpdateTemplate200JSONResponse{
		Body: toAPITemplate(template), Headers: gen.UpdateTemplate200ResponseHeaders{ETag: toETag(template.Version)},
	}, nil
}

// DeleteTemplate implements DELETE /api/templates/{templateId}.
func (s *Server) DeleteTemplate(ctx context.Context, r gen.DeleteTemplateRequestObject) (gen.DeleteTemplateResponseObject, error) {
	return gen.DeleteTemplate204Response{},
		s.store.DeleteTemplate(ctx, change(ctx), r.TemplateID, fromIfMatch(r.Params.IfMatch))
}

func fromAPITemplateSteps(bodies []gen.StepCreate) models.TemplateSteps {
	steps := make(models.TemplateSteps, len(bodies))
	for i, body := range bodies {
		steps[i] = models.TemplateStep{
			Name: body.Name, Location: body.Location, AssignedTo: body.AssignedTo, DependencyType: models.Preferred,
		}
		if body.Optional != nil {
			steps[i].Optional = *body.Optional
		}
		if body.DependencyType != nil {
			steps[i].DependencyType = models.DependencyType(*body.DependencyType)
		}
	}
	return steps
}

func toAPITemplate(template models.Template) gen.Template {
	steps := make([]gen.TemplateStep, len(template.Steps))
	for i, step := range template.Steps {
		steps[i] = gen.TemplateStep{
			Name: step.Name, Location: step.Location, AssignedTo: step.AssignedTo, Optional: step.Optional,
			DependencyType: gen.DependencyType(step.DependencyType),
		}
	}
	return gen.Template{
		ID:              template.ID,
		Name:            template.Name,
		AdvancementMode: gen.AdvancementMode(template.AdvancementMode),
		Steps:           steps,
		CreatedAt:       template.CreatedAt.String(),
		UpdatedAt:       template.UpdatedAt.String(),
	}
}
