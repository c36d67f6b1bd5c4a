package server

import (
	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

func fromAPISerialsCreate(body gen.SerialsCreate) (store.NewUnits, error) {
	order := store.NewUnits{PathID: body.PathID, JobID: body.JobID, UserID: fromAPIUser(body.UserID)}
	switch {
	case body.Quantity == nil && body.SerialNumbers == nil:
		return order, models.InvalidError("quantity", "is required")
	case body.Quantity != nil && body.SerialNumbers != nil:
		return order, models.InvalidError("quantity", "must not be given together with serialNumbers")
	case body.Quantity != nil:
		order.Quantity = *body.Quantity
	default:
		order.SerialNumbers = *body.SerialNumbers
	}
	return order, nil
}

// fromAPIUser is "" when the request names nobody.
func fromAPIUser(user *gen.UserID) string {
	if user == nil {
		return ""
	}
	return *user
}

func fromAPIAdvanceTo(body gen.SerialAdvanceTo) (models.Command, error) {
	if (body.TargetStepIndex == nil) == (body.TargetStepID == nil) {
		if body.TargetStepID == nil {
			return nil, models.InvalidError("targetStepIndex", "is required")
		}
		return nil, models.InvalidError("targetStepIndex", "must not be given together with targetStepId")
	}
	return models.AdvanceTo{StepIndex: body.TargetStepIndex, StepID: body.TargetStepID, FromStepIndex: body.FromStepIndex}, nil
}

// fromAPIScrap asks for an explanation where the reason says nothing.
func fromAPIScrap(reason gen.ScrapReason, explanation *string) (models.Command, error) {
	command := models.Scrap{Reason: models.ScrapReason(reason), Explanation: explanation}
	return command, command.Check()
}

func fromAPISerialFilter(params gen.ListSerialsParams) store.UnitFilter {
	return store.UnitFilter{
		JobID:  params.JobID,
		PathID: params.PathID,
		StepID: params.StepID,
		Status: (*models.UnitStatus)(params.Status),
		Query:  params.Q,
	}
}

// toAPISerial shows a unit that stands at this place of its path; -1 is nowhere.
func toAPISerial(serial models.Unit, place int) gen.Serial {
	out := gen.Serial{
		ID:               serial.SerialNumber,
		JobID:            serial.JobID,
		PathID:           serial.PathID,
		CurrentStepIndex: place,
		CurrentStepID:    serial.StepID,
		Status:           gen.SerialStatus(serial.Status),
		ForceCompleted:   serial.ForceCompleted,
		ForceReason:      serial.ForceReason,
		ScrapReason:      (*gen.ScrapReason)(serial.ScrapReason),
		ScrapExplanation: serial.ScrapExplanation,
		CreatedAt:        serial.CreatedAt.String(),
		UpdatedAt:        serial.UpdatedAt.String(),
	}
	switch {
	case serial.ForceCompleted:
		out.ForceCompletedBy, out.ForceCompletedAt = serial.EndedBy, toAPITime(serial.EndedAt)
	case serial.Status == models.Scrapped:
		out.ScrappedBy, out.ScrappedAt = serial.EndedBy, toAPITime(serial.EndedAt)
	}
	return out
}

func toAPITime(at *models.Millis) *gen.Timestamp {
	if at == nil {
		return nil
	}
	text := at.String()
	return &text
}

// toAPISerials shows units of which places tells where their steps are.
func toAPISerials(serials []models.Unit, places map[string]int) []gen.Serial {
	out := make([]gen.Serial, len(serials))
	for i, serial := range serials {
		place := -1
		if serial.StepID != nil {
			if at, ok := places[*serial.StepID]; ok {
				place = at
			}
		}
		out[i] = toAPISerial(serial, place)
	}
	return out
}

func toAPISerialDetail(serial models.Unit, path models.Path) gen.SerialDetail {
	states := path.StepsOf(&serial)
	steps := make([]gen.SerialStep, len(states))
	for i, state := range states {
		steps[i] = gen.SerialStep{
			StepID:     state.Step.ID,
			StepName:   state.Step.Name,
			StepOrder:  state.Index,
			Status:     gen.SerialStepStatus(state.Status),
			Overridden: state.Overridden,
		}
	}
	return gen.SerialDetail{Serial: toAPISerial(serial, path.CurrentStepIndex(&serial)), Steps: steps}
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

// toAPIBulkResult shows what became of each unit.
func toAPIBulkResult(ids []string, outcomes []store.CommandResult) gen.BulkResult {
	result := gen.BulkResult{Results: make([]gen.BulkOutcome, len(outcomes))}
	for i, outcome := range outcomes {
		result.Results[i] = gen.BulkOutcome{SerialID: ids[i], Ok: outcome.Err == nil}
		if outcome.Err != nil {
			result.Results[i].Error = &gen.Error{StatusCode: statuses[outcome.Err.Kind], Message: outcome.Err.Message}
			result.Failed++
			continue
		}
		serial := toAPISerial(outcome.Unit, outcome.StepIndex)
		result.Results[i].Serial = &serial
		result.Succeeded++
	}
	return result
}
