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

// AdvanceSerials implements POST /api/serials/advance.
func (s *Server) AdvanceSerials(ctx context.Context, r gen.AdvanceSerialsRequestObject) (gen.AdvanceSerialsResponseObject, error) {
	return s.commandMany(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.Body.SerialIds, r.Body.Mode,
		models.Advance{From: models.From{StepID: r.Body.FromStepID}, Skip: r.Body.Skip != nil && *r.Body.Skip})
}

// AdvanceSerialsTo implements POST /api/serials/advance-to.
func (s *Server) AdvanceSerialsTo(ctx context.Context, r gen.AdvanceSerialsToRequestObject) (gen.AdvanceSerialsToResponseObject, error) {
	return s.commandMany(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.Body.SerialIds, r.Body.Mode,
		models.AdvanceTo{
			StepIndex: r.Body.TargetStepIndex, StepID: r.Body.TargetStepID, From: models.From{StepID: r.Body.FromStepID},
		})
}

// ScrapSerials implements POST /api/serials/scrap.
func (s *Server) ScrapSerials(ctx context.Context, r gen.ScrapSerialsRequestObject) (gen.ScrapSerialsResponseObject, error) {
	return s.commandMany(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.Body.SerialIds, r.Body.Mode,
		models.Scrap{
			From:   models.From{StepID: r.Body.FromStepID},
			Reason: models.ScrapReason(r.Body.Reason), Explanation: r.Body.Explanation,
		})
}

// OverrideSteps implements POST /api/serials/override.
func (s *Server) OverrideSteps(ctx context.Context, r gen.OverrideStepsRequestObject) (gen.OverrideStepsResponseObject, error) {
	return s.commandMany(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.Body.SerialIds, r.Body.Mode,
		models.Override{StepID: r.Body.StepID, Reason: r.Body.Reason})
}

// UndoSerials implements POST /api/serials/undo.
func (s *Server) UndoSerials(ctx context.Context, r gen.UndoSerialsRequestObject) (gen.UndoSerialsResponseObject, error) {
	commands, err := fromAPISerialsUndo(*r.Body)
	if err != nil {
		return nil, err
	}
	return s.commandMany(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.Body.SerialIds, r.Body.Mode,
		commands...)
}

// AddSerialNotes implements POST /api/serials/notes.
func (s *Server) AddSerialNotes(ctx context.Context, r gen.AddSerialNotesRequestObject) (gen.AddSerialNotesResponseObject, error) {
	return s.commandMany(ctx, commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}, r.Body.SerialIds, r.Body.Mode,
		models.Note{Text: r.Body.Text})
}

// commandMany carries out a command for several units: for all or none of them, or for each on its own. The commands are one
// for all units, or one for each.
func (s *Server) commandMany(
	ctx context.Context, options commandOptions, serialNumbers []string, mode *gen.BulkMode, commands ...models.Command,
) (unitsChanged, error) {
	by, err := options.request(ctx)
	if err != nil {
		return unitsChanged{}, err
	}
	if err := models.CheckRepeated("serialIds", serialNumbers); err != nil {
		return unitsChanged{}, err
	}
	changed, err := takeUnits(ctx, len(serialNumbers))
	if err != nil {
		return unitsChanged{}, err
	}
	unitCommands := make([]store.UnitCommand, len(serialNumbers))
	for i, serialNumber := range serialNumbers {
		unitCommands[i] = store.UnitCommand{SerialNumber: serialNumber, Command: commands[min(i, len(commands)-1)]}
	}
	carryOut := s.store.CommandAll
	if mode != nil && *mode == gen.PerItem {
		carryOut = s.store.CommandEach
	}
	results, earlier, err := carryOut(ctx, by, unitCommands)
	changed()
	if refused, ok := errors.AsType[*store.RefusedError](err); ok {
		err = fromRefused(refused)
	}
	if err != nil {
		return unitsChanged{}, err
	}
	s.metrics.countMoves(earlier, results...)
	_, withBypassed := commands[0].(models.AdvanceTo)
	return unitsChanged{gen.AdvanceSerials200JSONResponse{
		Body:    toAPIBulkResult(serialNumbers, results, withBypassed),
		Headers: gen.AdvanceSerials200ResponseHeaders{IdempotencyReplayed: replayed(earlier)},
	}}, nil
}

// fromAPISerialsUndo returns one command for all units, or with eventIds one for each. It returns an Invalid error unless there
// are as many eventIds as units.
func fromAPISerialsUndo(body gen.SerialsUndo) ([]models.Command, error) {
	if body.EventIds == nil {
		return []models.Command{models.Undo{Reason: body.Reason}}, nil
	}
	if len(*body.EventIds) != len(body.SerialIds) {
		return nil, models.InvalidError("eventIds", "must be as many as serialIds")
	}
	commands := make([]models.Command, len(*body.EventIds))
	for i := range *body.EventIds {
		commands[i] = models.Undo{Reason: body.Reason, EventID: &(*body.EventIds)[i]}
	}
	return commands, nil
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

// toAPIBulkResult maps the results of commands. The results of AdvanceTo are mapped with the steps that the units bypassed.
func toAPIBulkResult(serialNumbers []string, results []store.CommandResult, withBypassed bool) gen.BulkResult {
	out := gen.BulkResult{Results: make([]gen.BulkOutcome, len(results))}
	for i, result := range results {
		out.Results[i] = gen.BulkOutcome{SerialID: serialNumbers[i], Ok: result.Err == nil}
		if result.Err != nil {
			out.Results[i].Error = &gen.Error{StatusCode: statuses[result.Err.Kind], Message: result.Err.Message}
			out.Failed++
			continue
		}
		out.Results[i].Serial = new(toAPIUnit(result.Unit, result.StepIndex))
		if withBypassed {
			out.Results[i].Bypassed = new(toAPIBypassed(result.Bypassed))
		}
		out.Succeeded++
	}
	return out
}

// unitsChanged is the response that the commands for several units share.
type unitsChanged struct {
	gen.AdvanceSerials200JSONResponse
}

func (u unitsChanged) write(w http.ResponseWriter) error {
	return u.VisitAdvanceSerialsResponse(w)
}

// VisitScrapSerialsResponse implements gen.ScrapSerialsResponseObject.
func (u unitsChanged) VisitScrapSerialsResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitAdvanceSerialsToResponse implements gen.AdvanceSerialsToResponseObject.
func (u unitsChanged) VisitAdvanceSerialsToResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitOverrideStepsResponse implements gen.OverrideStepsResponseObject.
func (u unitsChanged) VisitOverrideStepsResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitUndoSerialsResponse implements gen.UndoSerialsResponseObject.
func (u unitsChanged) VisitUndoSerialsResponse(w http.ResponseWriter) error { return u.write(w) }

// VisitAddSerialNotesResponse implements gen.AddSerialNotesResponseObject.
func (u unitsChanged) VisitAddSerialNotesResponse(w http.ResponseWriter) error { return u.write(w) }
