package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// AdvanceSerial implements POST /api/serials/{serialId}/advance.
func (s *Server) AdvanceSerial(ctx context.Context, r gen.AdvanceSerialRequestObject) (gen.AdvanceSerialResponseObject, error) {
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
		models.Advance{FromStepIndex: r.Body.FromStepIndex})
}

// AdvanceSerialTo implements POST /api/serials/{serialId}/advance-to.
func (s *Server) AdvanceSerialTo(ctx context.Context, r gen.AdvanceSerialToRequestObject) (gen.AdvanceSerialToResponseObject, error) {
	result, earlier, err := s.store.Command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID),
		store.UnitCommand{SerialNumber: r.SerialID, Command: models.AdvanceTo{
			StepIndex: r.Body.TargetStepIndex, StepID: r.Body.TargetStepID, FromStepIndex: r.Body.FromStepIndex,
		}})
	if err != nil {
		return nil, err
	}
	return gen.AdvanceSerialTo200JSONResponse{
		Body: gen.AdvanceToResult{
			Serial: toAPIUnit(result.Unit, result.StepIndex), Bypassed: toAPIBypassed(result.Bypassed),
		},
		Headers: gen.AdvanceSerialTo200ResponseHeaders{ETag: toETag(result.Unit.Version), IdempotencyReplayed: replayed(earlier)},
	}, nil
}

// ScrapSerial implements POST /api/serials/{serialId}/scrap.
func (s *Server) ScrapSerial(ctx context.Context, r gen.ScrapSerialRequestObject) (gen.ScrapSerialResponseObject, error) {
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
		models.Scrap{Reason: models.ScrapReason(r.Body.Reason), Explanation: r.Body.Explanation})
}

// ForceCompleteSerial implements POST /api/serials/{serialId}/force-complete.
func (s *Server) ForceCompleteSerial(ctx context.Context, r gen.ForceCompleteSerialRequestObject) (gen.ForceCompleteSerialResponseObject, error) {
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
		models.ForceComplete{Reason: r.Body.Reason})
}

// UndoSerial implements POST /api/serials/{serialId}/undo.
func (s *Server) UndoSerial(ctx context.Context, r gen.UndoSerialRequestObject) (gen.UndoSerialResponseObject, error) {
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
		models.Undo{Reason: r.Body.Reason})
}

// OverrideStep implements POST /api/serials/{serialId}/steps/{stepId}/override.
func (s *Server) OverrideStep(ctx context.Context, r gen.OverrideStepRequestObject) (gen.OverrideStepResponseObject, error) {
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
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
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
		models.Waive{StepID: r.StepID, Reason: r.Body.Reason, ApproverID: r.Body.ApproverID})
}

// CompleteStep implements POST /api/serials/{serialId}/steps/{stepId}/complete.
func (s *Server) CompleteStep(ctx context.Context, r gen.CompleteStepRequestObject) (gen.CompleteStepResponseObject, error) {
	return s.command(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.SerialID,
		models.CompleteStep{StepID: r.StepID})
}

// AdvanceSerials implements POST /api/serials/advance.
func (s *Server) AdvanceSerials(ctx context.Context, r gen.AdvanceSerialsRequestObject) (gen.AdvanceSerialsResponseObject, error) {
	return s.commandMany(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.Body.SerialIds, r.Body.Mode,
		models.Advance{})
}

// ScrapSerials implements POST /api/serials/scrap.
func (s *Server) ScrapSerials(ctx context.Context, r gen.ScrapSerialsRequestObject) (gen.ScrapSerialsResponseObject, error) {
	return s.commandMany(ctx, repeatable(ctx, r.Params.IdempotencyKey, r.Body.UserID), r.Body.SerialIds, r.Body.Mode,
		models.Scrap{Reason: models.ScrapReason(r.Body.Reason), Explanation: r.Body.Explanation})
}

// command carries out a command for one unit.
func (s *Server) command(ctx context.Context, by store.Request, serialNumber string, command models.Command) (unitChanged, error) {
	result, earlier, err := s.store.Command(ctx, by, store.UnitCommand{SerialNumber: serialNumber, Command: command})
	if err != nil {
		return unitChanged{}, err
	}
	return unitChanged{gen.AdvanceSerial200JSONResponse{
		Body:    toAPIUnit(result.Unit, result.StepIndex),
		Headers: gen.AdvanceSerial200ResponseHeaders{ETag: toETag(result.Unit.Version), IdempotencyReplayed: replayed(earlier)},
	}}, nil
}

// commandMany carries out a command for several units: for all or none of them, or for each on its own.
func (s *Server) commandMany(
	ctx context.Context, by store.Request, serialNumbers []string, mode *gen.BulkMode, command models.Command,
) (unitsChanged, error) {
	changed, err := takeUnits(ctx, len(serialNumbers))
	if err != nil {
		return unitsChanged{}, err
	}
	commands := make([]store.UnitCommand, len(serialNumbers))
	for i, serialNumber := range serialNumbers {
		commands[i] = store.UnitCommand{SerialNumber: serialNumber, Command: command}
	}
	carryOut := s.store.CommandAll
	if mode != nil && *mode == gen.PerItem {
		carryOut = s.store.CommandEach
	}
	results, earlier, err := carryOut(ctx, by, commands)
	changed()
	if refused, ok := errors.AsType[*store.RefusedError](err); ok {
		err = fromRefused(refused)
	}
	if err != nil {
		return unitsChanged{}, err
	}
	return unitsChanged{gen.AdvanceSerials200JSONResponse{
		Body:    toAPIBulkResult(serialNumbers, results),
		Headers: gen.AdvanceSerials200ResponseHeaders{IdempotencyReplayed: replayed(earlier)},
	}}, nil
}

// fromRefused returns the error of the first unit that refused its command, with a field for each such unit.
func fromRefused(refused *store.RefusedError) error {
	var all *models.Error
	for i, result := range refused.Results {
		if result.Err == nil {
			continue
		}
		if all == nil {
			all = &models.Error{Kind: result.Err.Kind, Message: result.Err.Message}
		}
		all.Fields = append(all.Fields, models.FieldError{Field: fmt.Sprintf("serialIds.%d", i), Message: result.Err.Message})
	}
	return all
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

func toAPIBulkResult(serialNumbers []string, results []store.CommandResult) gen.BulkResult {
	out := gen.BulkResult{Results: make([]gen.BulkOutcome, len(results))}
	for i, result := range results {
		out.Results[i] = gen.BulkOutcome{SerialID: serialNumbers[i], Ok: result.Err == nil}
		if result.Err != nil {
			out.Results[i].Error = &gen.Error{StatusCode: statuses[result.Err.Kind], Message: result.Err.Message}
			out.Failed++
			continue
		}
		out.Results[i].Serial = new(toAPIUnit(result.Unit, result.StepIndex))
		out.Succeeded++
	}
	return out
}

// unitChanged is the response of every command for one unit. In the contract each has its own, because their examples differ.
type unitChanged struct {
	gen.AdvanceSerial200JSONResponse
}

func (u unitChanged) write(w http.ResponseWriter) error { return u.VisitAdvanceSerialResponse(w) }

// VisitScrapSerialResponse implements gen.ScrapSerialResponseObject.
func (u unitChanged) VisitScrapSerialResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitForceCompleteSerialResponse implements gen.ForceCompleteSerialResponseObject.
func (u unitChanged) VisitForceCompleteSerialResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitUndoSerialResponse implements gen.UndoSerialResponseObject.
func (u unitChanged) VisitUndoSerialResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitOverrideStepResponse implements gen.OverrideStepResponseObject.
func (u unitChanged) VisitOverrideStepResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitWaiveStepResponse implements gen.WaiveStepResponseObject.
func (u unitChanged) VisitWaiveStepResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitCompleteStepResponse implements gen.CompleteStepResponseObject.
func (u unitChanged) VisitCompleteStepResponse(w http.ResponseWriter) error { return u.write(w) }

// unitsChanged is the response of every command for several units.
type unitsChanged struct {
	gen.AdvanceSerials200JSONResponse
}

func (u unitsChanged) write(w http.ResponseWriter) error { return u.VisitAdvanceSerialsResponse(w) }

// VisitScrapSerialsResponse implements gen.ScrapSerialsResponseObject.
func (u unitsChanged) VisitScrapSerialsResponse(w http.ResponseWriter) error { return u.write(w) }
