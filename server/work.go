package server

import (
	"context"
	"net/http"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/store"
)

// ListWork implements GET /api/work.
func (s *Server) ListWork(ctx context.Context, r gen.ListWorkRequestObject) (gen.ListWorkResponseObject, error) {
	filter := store.WorkFilter{
		Location: r.Params.Location, AssignedTo: r.Params.AssignedTo, StepName: r.Params.StepName, JobID: r.Params.JobID,
	}
	rows, err := newList(ctx, r.Params.Cursor, r.Params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.WorkItem], error) {
			rows, err := s.store.Work(ctx, filter, cursor, limit)
			items := make([]gen.WorkItem, len(rows.Rows))
			for i := range rows.Rows {
				items[i] = toAPIWork(rows.Rows[i])
			}
			return toPage(rows, items, store.Work.Place), err
		})
	return workList{rows}, err
}

// workList is a list as a response of ListWork.
type workList struct{ list[gen.WorkItem] }

// VisitListWorkResponse implements gen.ListWorkResponseObject.
func (l workList) VisitListWorkResponse(w http.ResponseWriter) error { return l.write(w) }

// ListPlaces implements GET /api/places.
func (s *Server) ListPlaces(ctx context.Context, _ gen.ListPlacesRequestObject) (gen.ListPlacesResponseObject, error) {
	places, err := s.store.Places(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ListPlaces200JSONResponse{Body: gen.Places{
		Locations: toAPIPlaces(places.Locations),
		Assignees: toAPIPlaces(places.Assignees),
		StepNames: toAPIPlaces(places.StepNames),
	}}, nil
}

func toAPIWork(work store.Work) gen.WorkItem {
	item := gen.WorkItem{
		JobID:          work.JobID,
		JobName:        work.JobName,
		JiraPartNumber: work.JiraPartNumber,
		Priority:       (*gen.JobPriority)(work.Priority),
		DueDate:        work.DueDate,
		PathID:         work.PathID,
		PathName:       work.PathName,
		StepID:         work.StepID,
		StepName:       work.StepName,
		StepOrder:      work.Position,
		Location:       work.Location,
		AssignedTo:     work.AssignedTo,
		Waiting:        work.Waiting,
		Incoming:       work.Incoming,
		OldestSince:    toAPITime(work.OldestSince),
	}
	if work.ToCreate > 0 {
		item.ToCreate = &work.ToCreate
	}
	return item
}

func toAPIPlaces(places []store.Place) []gen.Place {
	out := make([]gen.Place, len(places))
	for i, place := range places {
		out[i] = gen.Place(place)
	}
	return out
}
