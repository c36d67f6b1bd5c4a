package server

import (
	"context"
	"time"
	_ "time/tzdata" // The machine may have no time zone database.

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// GetThroughput implements GET /api/insights/throughput.
func (s *Server) GetThroughput(ctx context.Context, r gen.GetThroughputRequestObject) (gen.GetThroughputResponseObject, error) {
	filter, err := fromAPIInsightFilter(r.Params.JobID, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	zone, err := fromAPITimeZone(r.Params.Tz)
	if err != nil {
		return nil, err
	}
	length := gen.Day
	if r.Params.Bucket != nil {
		length = *r.Params.Bucket
	}
	throughput, err := s.store.Throughput(ctx, filter, models.BucketLength(length), zone)
	if err != nil {
		return nil, err
	}
	return gen.GetThroughput200JSONResponse{Body: toAPIThroughput(throughput, length, zone)}, nil
}

// GetStepTimes implements GET /api/insights/steps.
func (s *Server) GetStepTimes(ctx context.Context, r gen.GetStepTimesRequestObject) (gen.GetStepTimesResponseObject, error) {
	filter, err := fromAPIInsightFilter(r.Params.JobID, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	times, err := s.store.StepTimes(ctx, filter)
	if err != nil {
		return nil, err
	}
	return gen.GetStepTimes200JSONResponse{Body: toAPIStepTimes(times)}, nil
}

// GetScrap implements GET /api/insights/scrap.
func (s *Server) GetScrap(ctx context.Context, r gen.GetScrapRequestObject) (gen.GetScrapResponseObject, error) {
	filter, err := fromAPIInsightFilter(r.Params.JobID, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	scrappings, err := s.store.Scrappings(ctx, filter)
	if err != nil {
		return nil, err
	}
	return gen.GetScrap200JSONResponse{Body: toAPIScrap(scrappings)}, nil
}

// GetForecast implements GET /api/insights/forecast.
func (s *Server) GetForecast(ctx context.Context, r gen.GetForecastRequestObject) (gen.GetForecastResponseObject, error) {
	zone, err := fromAPITimeZone(r.Params.Tz)
	if err != nil {
		return nil, err
	}
	forecast, err := s.store.Forecast(ctx, r.Params.JobID)
	if err != nil {
		return nil, err
	}
	return gen.GetForecast200JSONResponse{Body: toAPIForecast(forecast, zone)}, nil
}

func fromAPIInsightFilter(jobID, from, to *string) (filter store.InsightFilter, err error) {
	filter.JobID = jobID
	if filter.From, err = fromAPITime("from", from); err != nil {
		return filter, err
	}
	filter.To, err = fromAPITime("to", to)
	return filter, err
}

// fromAPITime returns the time that a parameter has, nil for none. It returns an Invalid error for a time that does not exist, like
// the 30th of February.
func fromAPITime(name string, text *string) (*models.Millis, error) {
	if text == nil {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return nil, models.InvalidError(name, "must be a time like 2026-12-01T06:00:00Z")
	}
	return new(models.MillisOf(at)), nil
}

// fromAPITimeZone returns the time zone with the name. Defaults to UTC. It returns an Invalid error for an unknown name.
func fromAPITimeZone(name *string) (*time.Location, error) {
	if name == nil {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(*name)
	// The name Local is the server's own zone, which a client cannot know.
	if err != nil || zone == time.Local {
		return nil, models.InvalidError("tz", "must be a time zone like Europe/Berlin")
	}
	return zone, nil
}

func toAPIThroughput(throughput models.Throughput, length gen.BucketLength, zone *time.Location) gen.Throughput {
	buckets := make([]gen.ThroughputCounts, len(throughput.Counts))
	to := throughput.End.String()
	out := gen.Throughput{LastSeq: throughput.LastSeq, Bucket: length, Tz: zone.String(), Buckets: buckets, To: to}
	for i := len(buckets) - 1; i >= 0; i-- {
		counts := &throughput.Counts[i]
		buckets[i] = gen.ThroughputCounts{
			From: counts.Start.String(), To: to,
			Created: counts.Created, Completed: counts.Completed, ForceCompleted: counts.ForceCompleted, Scrapped: counts.Scrapped,
		}
		to = buckets[i].From
	}
	out.From = to
	return out
}

func toAPIStepTimes(times models.StepTimes) gen.StepTimes {
	steps := make([]gen.StepTime, len(times.Steps))
	for i, step := range times.Steps {
		steps[i] = gen.StepTime{
			StepName: step.Name, Entered: step.Entered, Left: step.Left, Scrapped: step.Scrapped, Waiting: step.Waiting,
		}
		if step.Step != nil {
			steps[i].StepID, steps[i].PathID, steps[i].StepOrder = &step.Step.ID, &step.Step.PathID, step.Step.Index
		}
		if step.Left > 0 {
			steps[i].MedianTimeMs, steps[i].P85TimeMs = new(int64(step.Median)), new(int64(step.P85))
		}
	}
	return gen.StepTimes{From: times.Period.From.String(), To: times.Period.To.String(), LastSeq: times.LastSeq, Steps: steps}
}

func toAPIScrap(found models.Scrappings) gen.Scrap {
	counts := make([]gen.ScrapCount, len(found.Counts))
	for i, count := range found.Counts {
		counts[i] = gen.ScrapCount{
			Reason: gen.ScrapReason(count.Reason), StepName: count.Name, StepID: count.StepID, PathID: count.PathID,
			Scrapped: count.Scrapped,
		}
	}
	return gen.Scrap{
		From: found.Period.From.String(), To: found.Period.To.String(), LastSeq: found.LastSeq,
		Scrapped: found.Scrapped, Completed: found.Completed, Counts: counts,
	}
}

func toAPIForecast(forecast models.Forecast, zone *time.Location) gen.Forecast {
	out := gen.Forecast{
		JobID: forecast.JobID, LastSeq: forecast.LastSeq, AsOf: forecast.AsOf.String(), Status: gen.Undetermined,
		GoalQuantity: forecast.Goal, Completed: forecast.Completed, Remaining: forecast.Remaining(),
		Basis: gen.ForecastBasis{
			From: forecast.Basis.From.String(), To: forecast.Basis.To.String(),
			Completed: forecast.BasisCompleted, PerDay: forecast.PerDay(),
		},
	}
	if at, ok := forecast.ExpectedAt(); ok {
		out.Status, out.ExpectedAt = gen.Expected, new(at.String())
		out.ExpectedDate = new(time.UnixMilli(int64(at)).In(zone).Format(time.DateOnly))
	} else if out.Remaining == 0 {
		out.Status = gen.Done
	}
	return out
}
