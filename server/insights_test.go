package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestInsights is the worked example of docs/insights.md.
func TestInsights(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "flexible Saw Mill Deburr", 4)
		later := func(hours int, requests ...string) {
			s.Clock.Advance(time.Duration(hours) * time.Hour)
			for _, request := range requests {
				f.must(200, request)
			}
		}
		later(1, "/api/serials/{sn1}/advance", "/api/serials/{sn2}/advance", "/api/serials/{sn3}/advance")
		later(2, "/api/serials/{sn1}/advance", `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
		later(1, "/api/serials/{sn1}/advance", "/api/serials/{sn3}/force-complete", "/api/serials/{sn4}/advance")
		// A press of the wrong button, and its undo: neither counts.
		later(1, `/api/serials/{sn4}/scrap {"reason":"process_defect"}`, "/api/serials/{sn4}/undo")
		query := "from=2024-01-15T00:00:00Z&to=2024-01-16T00:00:00Z&jobId={job}"
		f.wantBody("/api/insights/throughput?"+query, `{"from":"2024-01-15T00:00:00.000Z","to":"2024-01-16T00:00:00.000Z","lastSeq":16,
			"bucket":"day","tz":"UTC","buckets":[{"from":"2024-01-15T00:00:00.000Z","to":"2024-01-16T00:00:00.000Z",
			"created":4,"completed":2,"forceCompleted":1,"scrapped":1}]}`)
		f.wantBody("/api/insights/steps?"+query, `{"from":"2024-01-15T00:00:00.000Z","to":"2024-01-16T00:00:00.000Z","lastSeq":16,"steps":[
			{"stepName":"Saw","stepId":"{Saw}","pathId":"{path}","stepOrder":0,"entered":4,"left":4,"scrapped":0,
			"medianTimeMs":3600000,"p85TimeMs":14400000,"waiting":0},
			{"stepName":"Mill","stepId":"{Mill}","pathId":"{path}","stepOrder":1,"entered":4,"left":2,"scrapped":1,
			"medianTimeMs":7200000,"p85TimeMs":10800000,"waiting":1},
			{"stepName":"Deburr","stepId":"{Deburr}","pathId":"{path}","stepOrder":2,"entered":1,"left":1,"scrapped":0,
			"medianTimeMs":3600000,"p85TimeMs":3600000,"waiting":0}]}`)
		f.wantBody("/api/insights/scrap?"+query, `{"from":"2024-01-15T00:00:00.000Z","to":"2024-01-16T00:00:00.000Z","lastSeq":16,
			"scrapped":1,"completed":2,"counts":[{"reason":"damaged","stepName":"Mill","stepId":"{Mill}","pathId":"{path}","scrapped":1}]}`)
		f.wantBody("/api/insights/forecast?jobId={job}&tz=Europe/Berlin", `{"jobId":"{job}","lastSeq":16,"asOf":"2024-01-15T15:30:00.123Z",
			"status":"expected","goalQuantity":10,"completed":2,"remaining":8,
			"basis":{"from":"2024-01-14T15:30:00.123Z","to":"2024-01-15T15:30:00.123Z","completed":2,"perDay":2},
			"expectedAt":"2024-01-19T15:30:00.123Z","expectedDate":"2024-01-19"}`)
	})
}

// wantBody checks the body of a response to GET. White space at the beginning of a line does not count.
func (f *floor) wantBody(path, want string) {
	f.t.Helper()
	var joined strings.Builder
	for line := range strings.SplitSeq(f.fill(want), "\n") {
		joined.WriteString(strings.TrimLeft(line, "\t"))
	}
	wantEqual(f.t, "the body of "+path, strings.TrimSpace(f.must(200, "GET "+path).Body), joined.String())
}

func TestInsightsOfNothing(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := &floor{t: t, s: s}
		f.wantBody("/api/insights/throughput?from=2024-01-15T00:00:00Z&to=2024-01-15T01:00:00Z&bucket=hour",
			`{"from":"2024-01-15T00:00:00.000Z","to":"2024-01-15T01:00:00.000Z","lastSeq":0,"bucket":"hour","tz":"UTC","buckets":[
			{"from":"2024-01-15T00:00:00.000Z","to":"2024-01-15T01:00:00.000Z","created":0,"completed":0,"forceCompleted":0,"scrapped":0}]}`)
		f.wantBody("/api/insights/steps", `{"from":"2023-12-16T10:30:00.123Z","to":"2024-01-15T10:30:00.123Z","lastSeq":0,"steps":[]}`)
		f.wantBody("/api/insights/scrap", `{"from":"2023-12-16T10:30:00.123Z","to":"2024-01-15T10:30:00.123Z","lastSeq":0,
			"scrapped":0,"completed":0,"counts":[]}`)
		f.job = createJob(t, s, `{"name":"JOB-2024-001","goalQuantity":10}`)
		f.wantBody("/api/insights/forecast?jobId={job}", `{"jobId":"{job}","lastSeq":1,"asOf":"2024-01-15T10:30:00.123Z","status":"undetermined",
			"goalQuantity":10,"completed":0,"remaining":10,
			"basis":{"from":"2024-01-01T10:30:00.123Z","to":"2024-01-15T10:30:00.123Z","completed":0,"perDay":0}}`)
	})
}

func TestInsightsRefuse(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := &floor{t: t, s: s}
		for _, c := range []struct{ request, message string }{
			{"throughput?bucket=month", "bucket must be one of: hour, day, week"},
			{"throughput?tz=Europe/Atlantis", "tz must be a time zone like Europe/Berlin"},
			{"throughput?tz=Local", "tz must be a time zone like Europe/Berlin"},
			{"throughput?tz=../etc/passwd", "tz must be a time zone like Europe/Berlin"},
			{"steps?from=yesterday", "from must be a time like 2026-12-01T06:00:00Z"},
			{"steps?to=2024-02-30T00:00:00Z", "to must be a time like 2026-12-01T06:00:00Z"},
			{"steps?from=2024-01-16T00:00:00Z", "to must be later than from"},
			{"scrap?from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:00Z", "to must be later than from"},
			{"scrap?from=2023-01-14T10:30:00Z", "from must be at most 366 days before to"},
			{"scrap?to=1970-01-02T00:00:00Z", "from must not be before 1970"},
			{"scrap?to=9999-01-01T00:00:01Z", "to must not be after 9998"},
			{"forecast", "jobId is required"},
			{"forecast?jobId=x&tz=CEST", "tz must be a time zone like Europe/Berlin"},
		} {
			f.invalid("GET /api/insights/"+c.request, c.message)
		}
		for _, insight := range []string{"throughput", "steps", "scrap", "forecast"} {
			wantError(t, f.do("GET /api/insights/"+insight+"?jobId=job_0"), gen.Error{StatusCode: 404, Message: "Job not found: job_0"})
		}
	})
}
