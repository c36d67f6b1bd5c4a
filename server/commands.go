package server

import (
	"context"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// AdvanceSerial implements POST /api/serials/{serialId}/advance.
func (s *Server) AdvanceSerial(ctx context.Context, request gen.AdvanceSerialRequestObject) (gen.AdvanceSerialResponseObject, error) {
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID, models.Advance{From: request.Body.FromStepIndex})
	return gen.AdvanceSerial200JSONResponse{Body: serial, Headers: gen.AdvanceSerial200ResponseHeaders{ETag: etag}}, err
}

// AdvanceSerialTo implements POST /api/serials/{serialId}/advance-to.
func (s *Server) AdvanceSerialTo(ctx context.Context, request gen.AdvanceSerialToRequestObject) (gen.AdvanceSerialToResponseObject, error) {
	command, err := fromAPIAdvanceTo(*request.Body)
	if err != nil {
		return nil, err
	}
	outcome, err := s.store.Command(ctx, store.Order{
		SerialID: request.SerialID, Command: command, UserID: fromAPIUser(request.Body.UserID),
	})
	if err != nil {
		return nil, err
	}
	return gen.AdvanceSerialTo200JSONResponse{
		Body: gen.AdvanceToResult{
			Serial:   toAPISerial(outcome.Unit, outcome.Place),
			Bypassed: toAPIBypassed(outcome.Bypassed),
		},
		Headers: gen.AdvanceSerialTo200ResponseHeaders{ETag: toETag(outcome.Unit.Version)},
	}, nil
}

// ScrapSerial implements POST /api/serials/{serialId}/scrap.
func (s *Server) ScrapSerial(ctx context.Context, request gen.ScrapSerialRequestObject) (gen.ScrapSerialResponseObject, error) {
	command, err := fromAPIScrap(request.Body.Reason, request.Body.Explanation)
	if err != nil {
		return nil, err
	}
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID, command)
	return gen.ScrapSerial200JSONResponse{Body: serial, Headers: gen.ScrapSerial200ResponseHeaders{ETag: etag}}, err
}

// ForceCompleteSerial implements POST /api/serials/{serialId}/force-complete.
func (s *Server) ForceCompleteSerial(ctx context.Context, request gen.ForceCompleteSerialRequestObject) (gen.ForceCompleteSerialResponseObject, error) {
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID, models.ForceComplete{Reason: request.Body.Reason})
	return gen.ForceCompleteSerial200JSONResponse{
		Body: serial, Headers: gen.ForceCompleteSerial200ResponseHeaders{ETag: etag},
	}, err
}

// UndoSerial implements POST /api/serials/{serialId}/undo.
func (s *Server) UndoSerial(ctx context.Context, request gen.UndoSerialRequestObject) (gen.UndoSerialResponseObject, error) {
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID, models.Undo{Reason: request.Body.Reason})
	return gen.UndoSerial200JSONResponse{Body: serial, Headers: gen.UndoSerial200ResponseHeaders{ETag: etag}}, err
}

// OverrideStep implements POST /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) OverrideStep(ctx context.Context, request gen.OverrideStepRequestObject) (gen.OverrideStepResponseObject, error) {
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID,
		models.Override{StepID: request.StepID, Reason: request.Body.Reason})
	return gen.OverrideStep200JSONResponse{Body: serial, Headers: gen.OverrideStep200ResponseHeaders{ETag: etag}}, err
}

// ClearStepOverride implements DELETE /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) ClearStepOverride(ctx context.Context, request gen.ClearStepOverrideRequestObject) (gen.ClearStepOverrideResponseObject, error) {
	_, err := s.store.Command(ctx, store.Order{
		SerialID:  request.SerialID,
		Command:   models.ClearOverride{StepID: request.StepID},
		Condition: fromIfMatch(request.Params.IfMatch),
	})
	return gen.ClearStepOverride204Response{}, err
}

// WaiveStep implements POST /api/serials/{serialId}/steps/{stepId}/waive.
func (s *Server) WaiveStep(ctx context.Context, request gen.WaiveStepRequestObject) (gen.WaiveStepResponseObject, error) {
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID,
		models.Waive{StepID: request.StepID, Reason: request.Body.Reason, ApproverID: request.Body.ApproverID})
	return gen.WaiveStep200JSONResponse{Body: serial, Headers: gen.WaiveStep200ResponseHeaders{ETag: etag}}, err
}

// CompleteStep implements POST /api/serials/{serialId}/steps/{stepId}/complete.
func (s *Server) CompleteStep(ctx context.Context, request gen.CompleteStepRequestObject) (gen.CompleteStepResponseObject, error) {
	serial, etag, err := s.command(ctx, request.SerialID, request.Body.UserID, models.CompleteStep{StepID: request.StepID})
	return gen.CompleteStep200JSONResponse{Body: serial, Headers: gen.CompleteStep200ResponseHeaders{ETag: etag}}, err
}

// command gives one unit a command and maps what became of it.
func (s *Server) command(ctx context.Context, serialID string, user *gen.UserID, command models.Command) (gen.Serial, string, error) {
	outcome, err := s.store.Command(ctx, store.Order{SerialID: serialID, Command: command, UserID: fromAPIUser(user)})
	if err != nil {
		return gen.Serial{}, "", err
	}
	return toAPISerial(outcome.Unit, outcome.Place), toETag(outcome.Unit.Version), nil
}

// AdvanceSerials implements POST /api/serials/advance.
func (s *Server) AdvanceSerials(ctx context.Context, request gen.AdvanceSerialsRequestObject) (gen.AdvanceSerialsResponseObject, error) {
	result, err := s.commandMany(ctx, request.Body.SerialIds, request.Body.Mode, request.Body.UserID, models.Advance{})
	return gen.AdvanceSerials200JSONResponse(result), err
}

// ScrapSerials implements POST /api/serials/scrap.
func (s *Server) ScrapSerials(ctx context.Context, request gen.ScrapSerialsRequestObject) (gen.ScrapSerialsResponseObject, error) {
	command, err := fromAPIScrap(request.Body.Reason, request.Body.Explanation)
	if err != nil {
		return nil, err
	}
	result, err := s.commandMany(ctx, request.Body.SerialIds, request.Body.Mode, request.Body.UserID, command)
	return gen.ScrapSerials200JSONResponse(result), err
}

// commandMany gives many units the same command.
func (s *Server) commandMany(ctx context.Context, ids []string, mode *gen.BulkMode, user *gen.UserID, command models.Command) (gen.BulkResult, error) {
	orders := make([]store.Order, len(ids))
	for i, id := range ids {
		orders[i] = store.Order{SerialID: id, Command: command, UserID: fromAPIUser(user)}
	}
	give := s.store.CommandAll
	if mode != nil && *mode == gen.PerItem {
		give = s.store.CommandEach
	}
	outcomes, err := give(ctx, orders)
	if err != nil {
		return gen.BulkResult{}, err
	}
	return toAPIBulkResult(ids, outcomes)
}
