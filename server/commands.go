package server

import (
	"context"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// AdvanceSerial implements POST /api/serials/{serialId}/advance.
func (s *Server) AdvanceSerial(ctx context.Context, r gen.AdvanceSerialRequestObject) (gen.AdvanceSerialResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		fromAPIAdvance(*r.Body))
}

// AdvanceSerialTo implements POST /api/serials/{serialId}/advance-to.
func (s *Server) AdvanceSerialTo(ctx context.Context, r gen.AdvanceSerialToRequestObject) (gen.AdvanceSerialToResponseObject, error) {
	by, err := commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}.request(ctx)
	if err != nil {
		return nil, err
	}
	result, earlier, err := s.store.Command(ctx, by, store.UnitCommand{SerialNumber: r.SerialID, Command: models.AdvanceTo{
		StepIndex: r.Body.TargetStepIndex, StepID: r.Body.TargetStepID,
		From: models.From{StepIndex: r.Body.FromStepIndex, StepID: r.Body.FromStepID},
	}})
	if err != nil {
		return nil, err
	}
	s.metrics.countMoves(earlier, result)
	return gen.AdvanceSerialTo200JSONResponse{
		Body: gen.AdvanceToResult{
			Serial: toAPIUnit(result.Unit, result.StepIndex), Bypassed: toAPIBypassed(result.Bypassed),
		},
		Headers: gen.AdvanceSerialTo200ResponseHeaders{ETag: toETag(result.Unit.Version), IdempotencyReplayed: replayed(earlier)},
	}, nil
}

// ScrapSerial implements POST /api/serials/{serialId}/scrap.
func (s *Server) ScrapSerial(ctx context.Context, r gen.ScrapSerialRequestObject) (gen.ScrapSerialResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID, models.Scrap{
		From:   models.From{StepID: r.Body.FromStepID},
		Reason: models.ScrapReason(r.Body.Reason), Explanation: r.Body.Explanation,
	})
}

// ForceCompleteSerial implements POST /api/serials/{serialId}/force-complete.
func (s *Server) ForceCompleteSerial(ctx context.Context, r gen.ForceCompleteSerialRequestObject) (gen.ForceCompleteSerialResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		models.ForceComplete{From: models.From{StepID: r.Body.FromStepID}, Reason: r.Body.Reason})
}

// UndoSerial implements POST /api/serials/{serialId}/undo.
func (s *Server) UndoSerial(ctx context.Context, r gen.UndoSerialRequestObject) (gen.UndoSerialResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		models.Undo{Reason: r.Body.Reason, EventID: r.Body.EventID})
}

// AddSerialNote implements POST /api/serials/{serialId}/notes.
func (s *Server) AddSerialNote(ctx context.Context, r gen.AddSerialNoteRequestObject) (gen.AddSerialNoteResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		models.Note{Text: r.Body.Text})
}

// OverrideStep implements POST /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) OverrideStep(ctx context.Context, r gen.OverrideStepRequestObject) (gen.OverrideStepResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		models.Override{StepID: r.StepID, Reason: r.Body.Reason})
}

// ClearStepOverride implements DELETE /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) ClearStepOverride(ctx context.Context, r gen.ClearStepOverrideRequestObject) (gen.ClearStepOverrideResponseObject, error) {
	_, _, err := s.store.Command(ctx, change(ctx), store.UnitCommand{
		SerialNumber: r.SerialID, Command: models.ClearOverride{StepID: r.StepID}, Condition: fromIfMatch(r.Params.IfMatch),
	})
	return gen.ClearStepOverride204Response{}, err
}

// WaiveStep implements POST /api/serials/{serialId}/steps/{stepId}/waive.
func (s *Server) WaiveStep(ctx context.Context, r gen.WaiveStepRequestObject) (gen.WaiveStepResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		models.Waive{StepID: r.StepID, Reason: r.Body.Reason, ApproverID: r.Body.ApproverID})
}

// CompleteStep implements POST /api/serials/{serialId}/steps/{stepId}/complete.
func (s *Server) CompleteStep(ctx context.Context, r gen.CompleteStepRequestObject) (gen.CompleteStepResponseObject, error) {
	return s.command(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.SerialID,
		models.CompleteStep{StepID: r.StepID})
}

// DeleteSerial implements DELETE /api/serials/{serialId}.
func (s *Server) DeleteSerial(ctx context.Context, r gen.DeleteSerialRequestObject) (gen.DeleteSerialResponseObject, error) {
	_, _, err := s.store.Command(ctx, change(ctx), store.UnitCommand{
		SerialNumber: r.SerialID, Command: models.Delete{}, Condition: fromIfMatch(r.Params.IfMatch),
	})
	return gen.DeleteSerial204Response{}, err
}

// command carries out a command for one unit.
func (s *Server) command(ctx context.Context, options commandOptions, serialNumber string, command models.Command) (unitChanged, error) {
	by, err := options.request(ctx)
	if err != nil {
		return unitChanged{}, err
	}
	result, earlier, err := s.store.Command(ctx, by, store.UnitCommand{SerialNumber: serialNumber, Command: command})
	if err != nil {
		return unitChanged{}, err
	}
	s.metrics.countMoves(earlier, result)
	return unitChanged{gen.AdvanceSerial200JSONResponse{
		Body:    toAPIUnit(result.Unit, result.StepIndex),
		Headers: gen.AdvanceSerial200ResponseHeaders{ETag: toETag(result.Unit.Version), IdempotencyReplayed: replayed(earlier)},
	}}, nil
}

func fromAPIAdvance(body gen.SerialAdvance) models.Advance {
	return models.Advance{
		From: models.From{StepIndex: body.FromStepIndex, StepID: body.FromStepID},
		Skip: body.Skip != nil && *body.Skip,
	}
}

func toAPIBypassed(states []models.StepState) []gen.BypassedStep {
	out := make([]gen.BypassedStep, len(states))
	for i, state := range states {
		out[i] = gen.BypassedStep{
			StepID:    state.Step.ID,
			StepName:  state.Step.Name,
			StepOrder: state.Index,
			Status:    gen.BypassedStepStatus(state.Status),
		}
	}
	return out
}

// unitChanged is the response that the commands for one unit share.
type unitChanged struct {
	gen.AdvanceSerial200JSONResponse
}

func (u unitChanged) write(w http.ResponseWriter) error {
	return u.VisitAdvanceSerialResponse(w)
}

// VisitScrapSerialResponse implements gen.ScrapSerialResponseObject.
func (u unitChanged) VisitScrapSerialResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitForceCompleteSerialResponse implements gen.ForceCompleteSerialResponseObject.
func (u unitChanged) VisitForceCompleteSerialResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitUndoSerialResponse implements gen.UndoSerialResponseObject.
func (u unitChanged) VisitUndoSerialResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitAddSerialNoteResponse implements gen.AddSerialNoteResponseObject.
func (u unitChanged) VisitAddSerialNoteResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitOverrideStepResponse implements gen.OverrideStepResponseObject.
func (u unitChanged) VisitOverrideStepResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitWaiveStepResponse implements gen.WaiveStepResponseObject.
func (u unitChanged) VisitWaiveStepResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitCompleteStepResponse implements gen.CompleteStepResponseObject.
func (u unitChanged) VisitCompleteStepResponse(w http.ResponseWriter) error { return u.write(w) }
