package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

// CreateSerials implements POST /api/serials.
func (s *Server) CreateSerials(ctx context.Context, request gen.CreateSerialsRequestObject) (gen.CreateSerialsResponseObject, error) {
	order, err := fromAPISerialsCreate(*request.Body)
	if err != nil {
		return nil, err
	}
	return answered(ctx, func() ([]models.Unit, error) {
		return s.store.CreateUnits(ctx, order)
	}, toAPISerialsCreated, gen.CreateSerialsResponseObject.VisitCreateSerialsResponse)
}

// toAPISerialsCreated shows units that all stand at the first step.
func toAPISerialsCreated(serials []models.Unit) gen.CreateSerialsResponseObject {
	out := make(gen.SerialList, len(serials))
	for i := range serials {
		out[i] = toAPISerial(serials[i], 0)
	}
	return gen.CreateSerials201JSONResponse{Body: out}
}

// ListSerials implements GET /api/serials.
func (s *Server) ListSerials(ctx context.Context, request gen.ListSerialsRequestObject) (gen.ListSerialsResponseObject, error) {
	filter := fromAPISerialFilter(request.Params)
	serials, err := newList(ctx, request.Params.Cursor, request.Params.Limit,
		func(ctx context.Context, cursor string, limit int) ([]gen.Serial, string, error) {
			before, err := fromNumericCursor(cursor)
			if err != nil {
				return nil, "", err
			}
			serials, err := s.store.Units(ctx, filter, before, limit+1)
			if err != nil {
				return nil, "", err
			}
			serials, next := cut(serials, limit, func(serial models.Unit) string { return strconv.FormatInt(serial.Ordinal, 10) })
			places, err := s.store.StepIndexes(ctx, serials)
			return toAPISerials(serials, places), next, err
		})
	return serialList{serials}, err
}

// serialList makes a streamed list the answer of ListSerials.
type serialList struct{ list[gen.Serial] }

// VisitListSerialsResponse implements gen.ListSerialsResponseObject.
func (l serialList) VisitListSerialsResponse(w http.ResponseWriter) error { return l.write(w) }

// GetSerial implements GET /api/serials/{serialId}.
func (s *Server) GetSerial(ctx context.Context, request gen.GetSerialRequestObject) (gen.GetSerialResponseObject, error) {
	serial, path, err := s.store.Unit(ctx, request.SerialID)
	if err != nil {
		return nil, err
	}
	return gen.GetSerial200JSONResponse{
		Body:    toAPISerialDetail(serial, path),
		Headers: gen.GetSerial200ResponseHeaders{ETag: toETag(serial.Version)},
	}, nil
}
