package server

import (
	"context"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// AdvanceSerial implements POST /api/serials/{serialId}/advance.
func (s *Server) AdvanceSerial(ctx context.Context, request gen.AdvanceSerialRequestObject) (gen.AdvanceSerialResponseObject, error) {
	return command(ctx, s, request.SerialID, request.Body.UserID, models.Advance{FromStepIndex: request.Body.FromStepIndex},
		func(changed gen.SerialChangedJSONResponse) gen.AdvanceSerialResponseObject {
			return gen.AdvanceSerial200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.AdvanceSerialResponseObject.VisitAdvanceSerialResponse)
}

// AdvanceSerialTo implements POST /api/serials/{serialId}/advance-to.
func (s *Server) AdvanceSerialTo(ctx context.Context, request gen.AdvanceSerialToRequestObject) (gen.AdvanceSerialToResponseObject, error) {
	target, err := fromAPIAdvanceTo(*request.Body)
	if err != nil {
		return nil, err
	}
	order := store.UnitCommand{SerialNumber: request.SerialID, Command: target, UserID: fromAPIUser(request.Body.UserID)}
	return answered(ctx, func() (store.CommandResult, error) { return s.store.Command(ctx, order) },
		toAPIAdvancedTo, gen.AdvanceSerialToResponseObject.VisitAdvanceSerialToResponse)
}

func toAPIAdvancedTo(outcome store.CommandResult) gen.AdvanceSerialToResponseObject {
	return gen.AdvanceSerialTo200JSONResponse{
		Body: gen.AdvanceToResult{
			Serial:   toAPISerial(outcome.Unit, outcome.StepIndex),
			Bypassed: toAPIBypassed(outcome.Bypassed),
		},
		Headers: gen.AdvanceSerialTo200ResponseHeaders{ETag: toETag(outcome.Unit.Version)},
	}
}

// ScrapSerial implements POST /api/serials/{serialId}/scrap.
func (s *Server) ScrapSerial(ctx context.Context, request gen.ScrapSerialRequestObject) (gen.ScrapSerialResponseObject, error) {
	scrap, err := fromAPIScrap(request.Body.Reason, request.Body.Explanation)
	if err != nil {
		return nil, err
	}
	return command(ctx, s, request.SerialID, request.Body.UserID, scrap,
		func(changed gen.SerialChangedJSONResponse) gen.ScrapSerialResponseObject {
			return gen.ScrapSerial200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.ScrapSerialResponseObject.VisitScrapSerialResponse)
}

// ForceCompleteSerial implements POST /api/serials/{serialId}/force-complete.
func (s *Server) ForceCompleteSerial(ctx context.Context, request gen.ForceCompleteSerialRequestObject) (gen.ForceCompleteSerialResponseObject, error) {
	return command(ctx, s, request.SerialID, request.Body.UserID, models.ForceComplete{Reason: request.Body.Reason},
		func(changed gen.SerialChangedJSONResponse) gen.ForceCompleteSerialResponseObject {
			return gen.ForceCompleteSerial200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.ForceCompleteSerialResponseObject.VisitForceCompleteSerialResponse)
}

// UndoSerial implements POST /api/serials/{serialId}/undo.
func (s *Server) UndoSerial(ctx context.Context, request gen.UndoSerialRequestObject) (gen.UndoSerialResponseObject, error) {
	return command(ctx, s, request.SerialID, request.Body.UserID, models.Undo{Reason: request.Body.Reason},
		func(changed gen.SerialChangedJSONResponse) gen.UndoSerialResponseObject {
			return gen.UndoSerial200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.UndoSerialResponseObject.VisitUndoSerialResponse)
}

// OverrideStep implements POST /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) OverrideStep(ctx context.Context, request gen.OverrideStepRequestObject) (gen.OverrideStepResponseObject, error) {
	return command(ctx, s, request.SerialID, request.Body.UserID,
		models.Override{StepID: request.StepID, Reason: request.Body.Reason},
		func(changed gen.SerialChangedJSONResponse) gen.OverrideStepResponseObject {
			return gen.OverrideStep200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.OverrideStepResponseObject.VisitOverrideStepResponse)
}

// ClearStepOverride implements DELETE /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) ClearStepOverride(ctx context.Context, request gen.ClearStepOverrideRequestObject) (gen.ClearStepOverrideResponseObject, error) {
	_, err := s.store.Command(ctx, store.UnitCommand{
		SerialNumber: request.SerialID,
		Command:      models.ClearOverride{StepID: request.StepID},
		Condition:    fromIfMatch(request.Params.IfMatch),
	})
	return gen.ClearStepOverride204Response{}, err
}

// WaiveStep implements POST /api/serials/{serialId}/steps/{stepId}/waive.
func (s *Server) WaiveStep(ctx context.Context, request gen.WaiveStepRequestObject) (gen.WaiveStepResponseObject, error) {
	return command(ctx, s, request.SerialID, request.Body.UserID,
		models.Waive{StepID: request.StepID, Reason: request.Body.Reason, ApproverID: request.Body.ApproverID},
		func(changed gen.SerialChangedJSONResponse) gen.WaiveStepResponseObject {
			return gen.WaiveStep200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.WaiveStepResponseObject.VisitWaiveStepResponse)
}

// CompleteStep implements POST /api/serials/{serialId}/steps/{stepId}/complete.
func (s *Server) CompleteStep(ctx context.Context, request gen.CompleteStepRequestObject) (gen.CompleteStepResponseObject, error) {
	return command(ctx, s, request.SerialID, request.Body.UserID, models.CompleteStep{StepID: request.StepID},
		func(changed gen.SerialChangedJSONResponse) gen.CompleteStepResponseObject {
			return gen.CompleteStep200JSONResponse{SerialChangedJSONResponse: changed}
		}, gen.CompleteStepResponseObject.VisitCompleteStepResponse)
}

// command gives one unit a command. wrap makes the answer that all such operations share their own.
func command[Answer any](
	ctx context.Context,
	s *Server,
	serialID string,
	user *gen.UserID,
	command models.Command,
	wrap func(gen.SerialChangedJSONResponse) Answer,
	visit func(Answer, http.ResponseWriter) error,
) (Answer, error) {
	order := store.UnitCommand{SerialNumber: serialID, Command: command, UserID: fromAPIUser(user)}
	return answered(ctx, func() (store.CommandResult, error) { return s.store.Command(ctx, order) },
		func(outcome store.CommandResult) Answer {
			return wrap(gen.SerialChangedJSONResponse{
				Body:    toAPISerial(outcome.Unit, outcome.StepIndex),
				Headers: gen.SerialChangedResponseHeaders{ETag: toETag(outcome.Unit.Version)},
			})
		}, visit)
}

// AdvanceSerials implements POST /api/serials/advance.
func (s *Server) AdvanceSerials(ctx context.Context, request gen.AdvanceSerialsRequestObject) (gen.AdvanceSerialsResponseObject, error) {
	body := request.Body
	return commandMany(ctx, s, body.SerialIds, body.Mode, body.UserID, models.Advance{},
		func(changed gen.BulkChangedJSONResponse) gen.AdvanceSerialsResponseObject {
			return gen.AdvanceSerials200JSONResponse{BulkChangedJSONResponse: changed}
		}, gen.AdvanceSerialsResponseObject.VisitAdvanceSerialsResponse)
}

// ScrapSerials implements POST /api/serials/scrap.
func (s *Server) ScrapSerials(ctx context.Context, request gen.ScrapSerialsRequestObject) (gen.ScrapSerialsResponseObject, error) {
	body := request.Body
	scrap, err := fromAPIScrap(body.Reason, body.Explanation)
	if err != nil {
		return nil, err
	}
	return commandMany(ctx, s, body.SerialIds, body.Mode, body.UserID, scrap,
		func(changed gen.BulkChangedJSONResponse) gen.ScrapSerialsResponseObject {
			return gen.ScrapSerials200JSONResponse{BulkChangedJSONResponse: changed}
		}, gen.ScrapSerialsResponseObject.VisitScrapSerialsResponse)
}

// commandMany gives many units the same command.
func commandMany[Answer any](
	ctx context.Context,
	s *Server,
	ids []string,
	mode *gen.BulkMode,
	user *gen.UserID,
	command models.Command,
	wrap func(gen.BulkChangedJSONResponse) Answer,
	visit func(Answer, http.ResponseWriter) error,
) (Answer, error) {
	orders := make([]store.UnitCommand, len(ids))
	for i, id := range ids {
		orders[i] = store.UnitCommand{SerialNumber: id, Command: command, UserID: fromAPIUser(user)}
	}
	give := s.store.CommandAll
	if mode != nil && *mode == gen.PerItem {
		give = s.store.CommandEach
	}
	return answered(ctx, func() ([]store.CommandResult, error) { return give(ctx, orders) },
		func(outcomes []store.CommandResult) Answer {
			return wrap(gen.BulkChangedJSONResponse{Body: toAPIBulkResult(ids, outcomes)})
		}, visit)
}
