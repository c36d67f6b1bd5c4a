package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// outcomes returns a short form of a bulk result: for each unit its id and its step after the command, or the error.
func outcomes(t *testing.T, answer routecardtest.Answer) []string {
	t.Helper()
	result := routecardtest.Decode[gen.BulkResult](t, answer)
	out := []string{}
	succeeded, failed := 0, 0
	for _, outcome := range result.Results {
		if outcome.Ok != (outcome.Serial != nil) || outcome.Ok == (outcome.Error != nil) {
			t.Errorf("the outcome of %s is neither or both: %+v", outcome.SerialID, outcome)
		}
		if !outcome.Ok {
			failed++
			out = append(out, fmt.Sprintf("%s %d %s", outcome.SerialID, outcome.Error.StatusCode, outcome.Error.Message))
			continue
		}
		succeeded++
		wantEqual(t, "the unit", outcome.Serial.ID, outcome.SerialID)
		out = append(out, fmt.Sprintf("%s %s %d", outcome.SerialID, outcome.Serial.Status, outcome.Serial.CurrentStepIndex))
	}
	wantEqual(t, "the totals", []int{result.Succeeded, result.Failed}, []int{succeeded, failed})
	return out
}

func (f *floor) fillAll(texts ...string) []string {
	for i := range texts {
		texts[i] = f.fill(texts[i])
	}
	return texts
}

func TestBulkAdvance(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, mode := range []string{"", `,"mode":"atomic"`, `,"mode":"perItem"`, `,"mode":null`} {
			t.Run("all of them"+mode, func(t *testing.T) {
				t.Parallel()
				f := build(t, s, "strict A B", 4)
				f.must(200, "/api/serials/{sn3}/advance")
				before := f.events("jobId={job}")
				answer := f.must(200, `/api/serials/advance {"serialIds":["{sn4}","{sn1}","{sn3}"],"userId":"maria"`+mode+`}`)
				wantEqual(t, "the outcomes", outcomes(t, answer),
					f.fillAll("{sn4} in_progress 1", "{sn1} in_progress 1", "{sn3} completed -1"))
				events := f.events("jobId={job}")[len(before):]
				var told []string
				for _, event := range events {
					told = append(told, *event.SerialID+" "+event.Type+" "+event.UserID)
				}
				wantEqual(t, "the events", told,
					f.fillAll("{sn4} serial.advanced maria", "{sn1} serial.advanced maria", "{sn3} serial.completed maria"))
				for _, outcome := range routecardtest.Decode[gen.BulkResult](t, answer).Results {
					read := routecardtest.Decode[gen.SerialDetail](t, f.must(200, "GET /api/serials/"+outcome.SerialID))
					wantEqual(t, "the unit when read", read.Serial, *outcome.Serial)
				}
				wantEqual(t, "a unit that was not named", f.must(200, "GET /api/serials/{sn2}").Header.Get("ETag"), `"1"`)
				f.checkProgress()
			})
		}
	})
}

// TestBulkAdvanceWithFaults sends units that can't move, and units of several jobs.
func TestBulkAdvanceWithFaults(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f, other := build(t, s, "flexible A B C", 5), build(t, s, "strict X", 1)
		f.must(200, `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
		f.must(200, "/api/serials/{sn3}/force-complete")
		f.must(200, `/api/serials/{sn4}/advance-to {"targetStepIndex":2}`)
		ids := f.fill(`["{sn1}","{sn2}","SN-99999","` + other.serials[0].ID + `","{sn3}","{sn4}","{sn5}"]`)
		faults := map[int]string{
			1: "Serial number {sn2} is scrapped", 2: "Serial number not found: SN-99999",
			4: "Serial number {sn3} is already completed",
			5: "Serial number {sn4} cannot be completed while these steps are deferred: B",
		}

		want := gen.Error{StatusCode: 409, Message: f.fill(faults[1]), Errors: &[]gen.FieldError{}}
		for i := range 7 {
			if faults[i] != "" {
				*want.Errors = append(*want.Errors, gen.FieldError{Field: fmt.Sprintf("serialIds.%d", i), Message: f.fill(faults[i])})
			}
		}
		other.unchanged(func() {
			f.unchanged(func() {
				wantError(t, f.do(`/api/serials/advance {"serialIds":`+ids+`}`), want)
				wantError(t, f.do(`/api/serials/advance {"serialIds":`+ids+`,"mode":"atomic"}`), want)
				wantError(t, f.do(`/api/serials/advance {"serialIds":["{sn1}","SN-99999"]}`), gen.Error{
					StatusCode: 404, Message: faults[2], Errors: &[]gen.FieldError{{Field: "serialIds.1", Message: faults[2]}},
				})
			})
		})

		answer := f.must(200, `/api/serials/advance {"serialIds":`+ids+`,"mode":"perItem"}`)
		wantEqual(t, "the outcomes", outcomes(t, answer), f.fillAll(
			"{sn1} in_progress 1", "{sn2} 409 "+faults[1], "SN-99999 404 "+faults[2], other.serials[0].ID+" completed -1",
			"{sn3} 409 "+faults[4], "{sn4} 409 "+faults[5], "{sn5} in_progress 1",
		))
		for i := range 5 {
			events := f.events(fmt.Sprintf("serialId={sn%d}&type=serial.advanced", i+1))
			wantEqual(t, "the events of unit "+itoa(int64(i+1)), len(events), []int{1, 0, 0, 1, 1}[i])
		}
		wantEqual(t, "the events of the other job's unit", eventTypes(f.events("serialId="+other.serials[0].ID)),
			[]string{"serial.created", "serial.completed"})
		f.checkProgress()
		other.checkProgress()

		// No unit can move: the response is a 200 with an error for each, and nothing changes.
		f.unchanged(func() {
			answer := f.must(200, `/api/serials/advance {"serialIds":["{sn2}","{sn3}"],"mode":"perItem"}`)
			wantEqual(t, "the outcomes", outcomes(t, answer), f.fillAll("{sn2} 409 "+faults[1], "{sn3} 409 "+faults[4]))
		})
	})
}

func TestBulkScrap(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 4)
		f.must(200, "/api/serials/{sn2}/advance")
		answer := f.must(200, `/api/serials/scrap {"serialIds":["{sn2}","{sn1}"],"reason":"other","explanation":"Flood","userId":"maria"}`)
		wantEqual(t, "the outcomes", outcomes(t, answer), f.fillAll("{sn2} scrapped 1", "{sn1} scrapped 0"))
		wantJSON(t, f.must(200, "GET /api/serials/{sn1}").Body, `{"status":"scrapped","scrapReason":"other","scrapExplanation":"Flood",
			"scrappedBy":"maria","scrappedAt":"2024-01-15T10:30:00.123Z"}`)
		wantJSON(t, f.must(200, "GET /api/events?type=serial.scrapped&jobId={job}").Body, f.fill(`[
			{"serialId":"{sn2}","stepId":"{B}","userId":"maria","data":{"stepName":"B","reason":"other","explanation":"Flood"}},
			{"serialId":"{sn1}","stepId":"{A}","userId":"maria","data":{"stepName":"A","reason":"other","explanation":"Flood"}}]`))

		scrapped := f.fill("Serial number {sn1} is scrapped")
		f.unchanged(func() {
			wantError(t, f.do(`/api/serials/scrap {"serialIds":["{sn3}","{sn1}"],"reason":"damaged"}`), gen.Error{
				StatusCode: 409, Message: scrapped, Errors: &[]gen.FieldError{{Field: "serialIds.1", Message: scrapped}},
			})
		})
		answer = f.must(200, `/api/serials/scrap {"serialIds":["{sn3}","{sn1}"],"reason":"damaged","mode":"perItem"}`)
		wantEqual(t, "the outcomes", outcomes(t, answer), f.fillAll("{sn3} scrapped 0", "{sn1} 409 Serial number {sn1} is scrapped"))
		f.checkProgress()
		f.must(200, "/api/serials/{sn1}/undo")
		f.checkProgress()
	})
}

func TestBulkRefuses(t *testing.T) {
	t.Parallel()
	many := make([]string, 10001)
	for i := range many {
		many[i] = fmt.Sprintf("SN-%05d", i+1)
	}
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 2)
		f.unchanged(func() {
			for _, command := range []string{"advance", "scrap"} {
				rest := "}"
				if command == "scrap" {
					rest = `,"reason":"damaged"}`
				}
				for ids, want := range map[string]string{
					`[]`:                        "serialIds must have at least 1 item",
					`"{sn1}"`:                   "serialIds must be an array",
					`["{sn1}",null]`:            "serialIds.1 must be a string",
					`["{sn1}","{sn2}","{sn1}"]`: f.fill("serialIds.2 must not repeat {sn1}"),
					jsonList(many):              "serialIds must have at most 10000 items",
				} {
					f.invalid("/api/serials/"+command+` {"serialIds":`+ids+rest, want)
					f.invalid("/api/serials/"+command+` {"mode":"perItem","serialIds":`+ids+rest, want)
				}
				f.invalid("/api/serials/"+command+` {"mode":"some","serialIds":{sns}`+rest, "mode must be one of: atomic, perItem")
			}
			f.invalid("/api/serials/advance", "serialIds is required")
			f.invalid("/api/serials/scrap", "serialIds is required", "reason is required")
			f.invalid(`/api/serials/scrap {"serialIds":{sns},"reason":"other"}`, "explanation is required")
			f.invalid(`/api/serials/scrap {"serialIds":{sns},"reason":"other","explanation":" ","mode":"perItem"}`, "explanation is required")
		})
	})
}

// TestBulkOfManyPaths moves units of several paths, with steps of several kinds, in one call.
func TestBulkOfManyPaths(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B C", 0)
		var ids []string
		for i := range 5 {
			path := f.addPath(strings.Fields("strict flexible per_step")[i%3] + " A B" + strings.Repeat(" C", i))
			f.path = path
			for _, serial := range f.addSerials(40) {
				ids = append(ids, serial.ID)
			}
		}
		for range 3 {
			result := routecardtest.Decode[gen.BulkResult](t, f.must(200, `/api/serials/advance {"mode":"perItem","serialIds":`+jsonList(ids)+`}`))
			wantEqual(t, "the number of outcomes", len(result.Results), len(ids))
			f.checkProgress()
		}
		job := routecardtest.Decode[gen.JobDetail](t, f.must(200, "GET /api/jobs/{job}"))
		var completed []int64
		for _, path := range job.Progress.PathProgress {
			completed = append(completed, path.Completed)
		}
		wantEqual(t, "completed by path", completed, []int64{0, 40, 40, 0, 0, 0})
	})
}
