package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// CreateSerials implements POST /api/serials.
func (s *Server) CreateSerials(ctx context.Context, r gen.CreateSerialsRequestObject) (gen.CreateSerialsResponseObject, error) {
	wanted := fromAPISerialsCreate(*r.Body)
	by, err := commandOptions{r.Params.IdempotencyKey, r.Body.UserID, r.Body.OccurredAt}.request(ctx)
	if err != nil {
		return nil, err
	}
	changed, err := takeUnits(ctx, wanted.Count())
	if err != nil {
		return nil, err
	}
	units, earlier, err := s.store.CreateUnits(ctx, by, wanted)
	changed()
	if err != nil {
		return nil, err
	}
	items := make([]gen.Serial, len(units))
	for i := range units {
		items[i] = toAPIUnit(units[i], 0)
	}
	return unitsCreated{items, earlier}, nil
}

// unitsCreated is the response of CreateSerials. It writes one unit after the other, because the JSON of all of them would take
// as much memory again.
type unitsCreated struct {
	units   []gen.Serial
	earlier bool
}

// VisitCreateSerialsResponse implements gen.CreateSerialsResponseObject.
func (u unitsCreated) VisitCreateSerialsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	if u.earlier {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	w.WriteHeader(http.StatusCreated)
	out := newArray[gen.Serial](w)
	for i := range u.units {
		if err := out.add(&u.units[i]); err != nil {
			return err
		}
	}
	return out.end()
}

// ListSerials implements GET /api/serials.
func (s *Server) ListSerials(ctx context.Context, r gen.ListSerialsRequestObject) (gen.ListSerialsResponseObject, error) {
	filter := fromAPIUnitFilter(r.Params)
	units, err := newList(ctx, r.Params.Cursor, r.Params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.Serial], error) {
			before, err := fromNumericCursor(cursor)
			if err != nil {
				return page[gen.Serial]{}, err
			}
			units, err := s.store.Units(ctx, filter, before, limit)
			if err != nil {
				return page[gen.Serial]{}, err
			}
			steps, err := s.store.StepsOfUnits(ctx, units.Rows)
			return toPage(units, toAPIUnits(units.Rows, steps),
				func(unit models.Unit) string { return strconv.FormatInt(unit.Ordinal, 10) }), err
		})
	return unitList{units}, err
}

// unitList is a list as a response of ListSerials.
type unitList struct{ list[gen.Serial] }

// VisitListSerialsResponse implements gen.ListSerialsResponseObject.
func (l unitList) VisitListSerialsResponse(w http.ResponseWriter) error {
	return l.writeTable(w, unitColumns)
}

// unitColumns are the columns of ListSerials as CSV. The contract lists them.
var unitColumns = []column[gen.Serial]{
	{"id", func(unit *gen.Serial) string { return toCell(&unit.ID) }},
	{"jobId", func(unit *gen.Serial) string { return unit.JobID }},
	{"pathId", func(unit *gen.Serial) string { return unit.PathID }},
	{"status", func(unit *gen.Serial) string { return string(unit.Status) }},
	{"currentStepIndex", func(unit *gen.Serial) string { return strconv.Itoa(unit.CurrentStepIndex) }},
	{"currentStepId", func(unit *gen.Serial) string { return toCell(unit.CurrentStepID) }},
	{"currentStepName", func(unit *gen.Serial) string { return toCell(unit.CurrentStepName) }},
	{"forceCompleted", func(unit *gen.Serial) string { return strconv.FormatBool(unit.ForceCompleted) }},
	{"forceReason", func(unit *gen.Serial) string { return toCell(unit.ForceReason) }},
	{"forceCompletedBy", func(unit *gen.Serial) string { return toCell(unit.ForceCompletedBy) }},
	{"forceCompletedAt", func(unit *gen.Serial) string { return toCell(unit.ForceCompletedAt) }},
	{"scrapReason", func(unit *gen.Serial) string { return toCell(unit.ScrapReason) }},
	{"scrapExplanation", func(unit *gen.Serial) string { return toCell(unit.ScrapExplanation) }},
	{"scrappedBy", func(unit *gen.Serial) string { return toCell(unit.ScrappedBy) }},
	{"scrappedAt", func(unit *gen.Serial) string { return toCell(unit.ScrappedAt) }},
	{"createdAt", func(unit *gen.Serial) string { return unit.CreatedAt }},
	{"updatedAt", func(unit *gen.Serial) string { return unit.UpdatedAt }},
}

// GetSerial implements GET /api/serials/{serialId}.
func (s *Server) GetSerial(ctx context.Context, r gen.GetSerialRequestObject) (gen.GetSerialResponseObject, error) {
	detail, err := s.store.Unit(ctx, r.SerialID)
	if err != nil {
		return nil, err
	}
	return gen.GetSerial200JSONResponse{
		Body: toAPIUnitDetail(detail), Headers: gen.GetSerial200ResponseHeaders{ETag: toETag(detail.Unit.Version)},
	}, nil
}

func fromAPISerialsCreate(body gen.SerialsCreate) models.NewUnits {
	wanted := models.NewUnits{PathID: body.PathID, JobID: body.JobID, Quantity: body.Quantity}
	if body.SerialNumbers != nil {
		wanted.SerialNumbers = *body.SerialNumbers
	}
	return wanted
}

func fromAPIUnitFilter(params gen.ListSerialsParams) store.UnitFilter {
	return store.UnitFilter{
		JobID:  params.JobID,
		PathID: params.PathID,
		StepID: params.StepID,
		Status: (*models.UnitStatus)(params.Status),
		Query:  params.Q,
	}
}

// toAPIUnit maps a unit that stands at the step with the given index, or at none for -1.
func toAPIUnit(unit models.Unit, stepIndex int) gen.Serial {
	out := gen.Serial{
		ID:               unit.SerialNumber,
		JobID:            unit.JobID,
		PathID:           unit.PathID,
		CurrentStepIndex: stepIndex,
		CurrentStepID:    unit.StepID,
		CurrentStepName:  unit.StepName,
		LastEventID:      unit.LastEventID,
		Status:           gen.SerialStatus(unit.Status),
		ForceCompleted:   unit.ForceCompleted,
		ForceReason:      unit.ForceReason,
		ScrapReason:      (*gen.ScrapReason)(unit.ScrapReason),
		ScrapExplanation: unit.ScrapExplanation,
		CreatedAt:        unit.CreatedAt.String(),
		UpdatedAt:        unit.UpdatedAt.String(),
	}
	switch {
	case unit.ForceCompleted:
		out.ForceCompletedBy, out.ForceCompletedAt = unit.EndedBy, toAPITime(unit.EndedAt)
	case unit.Status == models.Scrapped:
		out.ScrappedBy, out.ScrappedAt = unit.EndedBy, toAPITime(unit.EndedAt)
	}
	return out
}

func toAPITime(at *models.Millis) *gen.Timestamp {
	if at == nil {
		return nil
	}
	return new(at.String())
}

// toAPIUnits maps units that stand at the given steps, by the steps' ids.
func toAPIUnits(units []models.Unit, steps map[string]models.Step) []gen.Serial {
	out := make([]gen.Serial, len(units))
	for i, unit := range units {
		stepIndex := -1
		if unit.StepID != nil {
			step := steps[*unit.StepID]
			unit.StepName = &step.Name
			if step.Index != nil {
				stepIndex = *step.Index
			}
		}
		out[i] = toAPIUnit(unit, stepIndex)
	}
	return out
}

func toAPIUnitDetail(detail store.UnitDetail) gen.SerialDetail {
	path := &detail.Path
	out := gen.SerialDetail{
		Serial:  toAPIUnit(detail.Unit, path.CurrentStepIndex(&detail.Unit)),
		Job:     gen.SerialJob{ID: detail.Job.ID, Name: detail.Job.Name, JiraPartNumber: detail.Job.Jira.PartNumber},
		Path:    gen.SerialPath{ID: path.ID, Name: path.Name, AdvancementMode: gen.AdvancementMode(path.AdvancementMode)},
		Steps:   make([]gen.SerialStep, len(detail.Steps)),
		Actions: make([]gen.SerialAction, len(detail.Actions)),
	}
	for i, state := range detail.Steps {
		out.Steps[i] = gen.SerialStep{
			StepID:         state.Step.ID,
			StepName:       state.Step.Name,
			StepOrder:      state.Index,
			Location:       state.Step.Location,
			AssignedTo:     state.Step.AssignedTo,
			Optional:       state.Step.Optional,
			DependencyType: gen.DependencyType(state.Step.DependencyType),
			Status:         gen.SerialStepStatus(state.Status),
			Overridden:     state.Overridden,
		}
		if record := state.Record; record != nil {
			out.Steps[i].At, out.Steps[i].UserID = toAPITime(&record.At), &record.UserID
		}
	}
	for i, action := range detail.Actions {
		out.Actions[i] = gen.SerialAction{
			Action:          gen.SerialActionName(action.Name),
			StepID:          action.StepID,
			TargetStepIndex: action.TargetIndex,
			Allowed:         action.Err == nil,
		}
		if action.Err != nil {
			out.Actions[i].Reason = new(action.Err.Error())
		}
	}
	return out
}
