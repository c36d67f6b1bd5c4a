package server_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestCreateSerialsByQuantity(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 0)
		answer := f.must(201, `/api/serials {"pathId":"{path}","jobId":"{job}","quantity":3,"userId":"maria"}`)
		first := routecardtest.Decode[[]gen.Serial](t, answer)
		wantEqual(t, "the ids", serialIDs(first), []string{"SN-00001", "SN-00002", "SN-00003"})
		wantEqual(t, "the first unit", first[0], gen.Serial{
			ID: "SN-00001", JobID: f.job.ID, PathID: f.path.ID, CurrentStepID: &f.path.Steps[0].ID,
			CurrentStepName: &f.path.Steps[0].Name, Status: gen.SerialStatusInProgress,
			CreatedAt: "2024-01-15T10:30:00.123Z", UpdatedAt: "2024-01-15T10:30:00.123Z",
		})
		for _, absent := range []string{"scrap", "forceReason", "forceCompletedBy", "null"} {
			if strings.Contains(answer.Body, absent) {
				t.Errorf("the answer has %s: %s", absent, answer.Body)
			}
		}
		// More than the goal of 10 are allowed.
		more := f.addSerials(9)
		wantEqual(t, "the numbers go on", []string{more[0].ID, more[8].ID}, []string{"SN-00004", "SN-00012"})

		events := f.events("type=serial.created&jobId={job}")
		wantEqual(t, "the number of events", len(events), 12)
		for i, event := range events {
			user := "anonymous"
			if i < 3 {
				user = "maria"
			}
			wantEqual(t, "the event's ids", []string{*event.SerialID, *event.PathID, *event.StepID, event.UserID},
				[]string{fmt.Sprintf("SN-%05d", i+1), f.path.ID, f.path.Steps[0].ID, user})
			wantJSON(t, string(event.Data), `{"stepName":"A"}`)
		}
		f.checkProgress()
		f.serials = first
		wantEqual(t, "the steps", f.steps(), "A in_progress, B pending")
		wantEqual(t, "ETag", f.must(200, "GET /api/serials/{sn}").Header.Get("ETag"), `"1"`)
	})
}

func TestCreateSerialsByNumber(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		own := []string{"HSG-7075-002", "a", "HSG-7075-001", "7", "x._:+=@~()-", strings.Repeat("Z", 100)}
		created := routecardtest.Decode[[]gen.Serial](t, f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":`+jsonList(own)+`}`))
		wantEqual(t, "the ids", serialIDs(created), own)
		for _, id := range own {
			wantJSON(t, f.must(200, "GET /api/serials/"+url.PathEscape(id)).Body, `{"id":"`+id+`"}`)
			f.must(200, "/api/serials/"+url.PathEscape(id)+"/advance")
		}
		f.checkProgress()
		wantEqual(t, "the numbers of the server", f.addSerials(1)[0].ID, "SN-00001")

		f.unchanged(func() {
			f.conflict(`/api/serials {"pathId":"{path}","serialNumbers":["new-1","7","new-2","a"]}`, "Serial number already exists: 7")
			f.conflict(`/api/serials {"pathId":"{path}","serialNumbers":["new-1","SN-00001"]}`, "Serial number already exists: SN-00001")
		})
		f.missing("GET /api/serials/new-1", "Serial number not found: new-1")
		wantEqual(t, "the next number", f.addSerials(1)[0].ID, "SN-00002")
	})
}

// TestGeneratedNumbersSkipUsedNumbers creates units with the shop's own numbers in the form SN-n: the generated numbers of a batch
// stay contiguous, and no number is used twice.
func TestGeneratedNumbersSkipUsedNumbers(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["SN-00003","SN-00008","SN-1","sn-00005","SN-000010"]}`)
		for _, c := range []struct {
			quantity    int
			first, last string
		}{
			{2, "SN-00001", "SN-00002"}, // before the one that is taken
			{2, "SN-00006", "SN-00007"}, // after it and sn-00005
			{3, "SN-00009", "SN-00011"},
			{1, "SN-00012", "SN-00012"},
		} {
			created := f.addSerials(c.quantity)
			wantEqual(t, "the numbers", []string{created[0].ID, created[len(created)-1].ID}, []string{c.first, c.last})
			wantEqual(t, "the quantity", len(created), c.quantity)
		}
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["SN-00014","SN-99999"]}`)
		wantEqual(t, "around one", serialIDs(f.addSerials(2)), []string{"SN-00015", "SN-00016"})
		f.conflict(`/api/serials {"pathId":"{path}","serialNumbers":["SN-00016"]}`, "Serial number already exists: SN-00016")
		f.checkProgress()
	})
}

func TestCreateSerialsRefuses(t *testing.T) {
	t.Parallel()
	const pattern = "made of letters, digits and . _ : + = @ ~ ( ) -, and begin with a letter or a digit"
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 1)
		other := createJob(t, s, exampleJob).ID
		f.unchanged(func() {
			f.invalid("/api/serials", "pathId is required")
			f.invalid(`/api/serials {"pathId":"{path}"}`, "quantity is required")
			f.invalid(`/api/serials {"pathId":"{path}","quantity":1,"serialNumbers":["a"]}`, "quantity must not be given together with serialNumbers")
			for body, want := range map[string]string{
				`"quantity":0`:                                         "quantity must be greater than 0",
				`"quantity":-1`:                                        "quantity must be greater than 0",
				`"quantity":1.5`:                                       "quantity must be an integer",
				`"quantity":"5"`:                                       "quantity must be a number",
				`"quantity":50001`:                                     "quantity must be at most 50000",
				`"serialNumbers":[]`:                                   "serialNumbers must have at least 1 item",
				`"serialNumbers":"a"`:                                  "serialNumbers must be an array",
				`"serialNumbers":["a","b","a"]`:                        "serialNumbers.2 must not repeat a",
				`"serialNumbers":["a",1]`:                              "serialNumbers.1 must be a string",
				`"serialNumbers":["a",""]`:                             "serialNumbers.1 is required",
				`"serialNumbers":["a","b c"]`:                          "serialNumbers.1 must be " + pattern,
				`"serialNumbers":["../etc"]`:                           "serialNumbers.0 must be " + pattern,
				`"serialNumbers":["a/b"]`:                              "serialNumbers.0 must be " + pattern,
				`"quantity":1,"userId":7`:                              "userId must be a string",
				`"quantity":1,"jobId":" "`:                             "jobId cannot be empty",
				`"quantity":1,"jobId":"job_1"`:                         "jobId does not match the path's job",
				`"quantity":1,"jobId":"{other}"`:                       "jobId does not match the path's job",
				`"serialNumbers":["` + strings.Repeat("a", 101) + `"]`: "serialNumbers.0 must be at most 100 characters long",
			} {
				f.invalid(`/api/serials {"pathId":"{path}",`+strings.ReplaceAll(body, "{other}", other)+`}`, want)
			}
			f.missing(`/api/serials {"pathId":"`+noPath+`","quantity":1}`, "Path not found: "+noPath)
			f.missing(`/api/serials {"pathId":"`+noPath+`","jobId":"{job}","serialNumbers":["a"]}`, "Path not found: "+noPath)
		})
	})
}

func TestListSerials(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f, other := build(t, s, "flexible A B C", 6), build(t, s, "strict X", 2)
		f.must(200, `/api/serials/advance {"serialIds":["{sn1}","{sn2}","{sn3}"]}`)
		f.must(200, `/api/serials/{sn2}/scrap {"reason":"damaged"}`)
		f.must(200, "/api/serials/{sn3}/force-complete")
		own := routecardtest.Decode[[]gen.Serial](t, f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["HSG_1","hsg-2"]}`))
		all := append(append(append([]gen.Serial{}, f.serials...), other.serials...), own...)

		list := func(query string) []string {
			t.Helper()
			serials := routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials?"+query))
			for _, limit := range []int{1, 3, 1000} {
				wantEqual(t, query+" by pages", pages[gen.Serial](f, "/api/serials?"+query, limit), serials)
			}
			return serialIDs(serials)
		}
		want := func(query string, units ...int) { // by their place in all, which is from oldest to newest
			t.Helper()
			var ids []gen.Serial
			for _, i := range units {
				ids = append(ids, all[i])
			}
			wantEqual(t, query, list(query), newestFirst(ids))
		}
		want("jobId={job}", 0, 1, 2, 3, 4, 5, 8, 9)
		want("pathId={path}", 0, 1, 2, 3, 4, 5, 8, 9)
		want("pathId="+other.path.ID, 6, 7)
		want("jobId=" + other.job.ID + "&pathId={path}")
		want("stepId={B}", 0, 1)
		want("stepId={B}&status=in_progress", 0)
		want("jobId={job}&status=scrapped", 1)
		want("status=completed", 2)
		want("status=in_progress&pathId={path}", 0, 3, 4, 5, 8, 9)
		want("jobId=" + noJob)
		want("q=SN-0000", 0, 1, 2, 3, 4, 5, 6, 7)
		want("q=sn-00002", 1)
		want("q=HSG", 8, 9)
		want("q=hsg_", 8) // no wildcard
		want("q=%25")
		want("q=%27%3B")
		want("q=&stepId={C}")
		want("", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		wantEqual(t, "nothing", f.must(200, "GET /api/serials?stepId={C}").Body, "[]\n")

		f.invalid("GET /api/serials?status=lost", "status must be one of: in_progress, completed, scrapped")
		f.invalid("GET /api/serials?limit=1001", "limit must be at most 1000")
		f.invalid("GET /api/serials?cursor=%20", "cursor must be taken from the Link header of a page")

		// The list has the same units as single reads.
		for _, serial := range routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials")) {
			detail := routecardtest.Decode[gen.SerialDetail](t, f.must(200, "GET /api/serials/"+serial.ID))
			wantEqual(t, "the unit", serial, detail.Serial)
		}
	})
}

// TestSerialPagesAreStable creates units between two pages: no unit is repeated or missing.
func TestSerialPagesAreStable(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 7)
		want := newestFirst(f.serials)
		got := []string{}
		for answer := range eachPage(t, s, "/api/serials?limit=2") {
			got = append(got, serialIDs(routecardtest.Decode[[]gen.Serial](t, answer))...)
			f.addSerials(1)
		}
		wantEqual(t, "the pages", got, want)
	})
}

// TestLongSerialList reads a list that is longer than one read of the server.
func TestLongSerialList(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 1501)
		list := routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials"))
		wantEqual(t, "the list", serialIDs(list), newestFirst(f.serials))
		wantEqual(t, "the events", len(f.events("type=serial.created")), 1501)
	})
}

// TestSerialTimes checks that each change of a unit changes its updatedAt.
func TestSerialTimes(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		for _, c := range []struct {
			advance time.Duration
			request string
			want    string
		}{
			{0, "advance", "2024-01-15T10:30:00.124Z"}, // within the millisecond of the creation
			{time.Hour, "undo", "2024-01-15T11:30:00.123Z"},
			{-2 * time.Hour, `scrap {"reason":"damaged"}`, "2024-01-15T11:30:00.124Z"}, // though the clock was set back
		} {
			s.Clock.Advance(c.advance)
			wantJSON(t, f.must(200, c.request).Body, `{"createdAt":"2024-01-15T10:30:00.123Z","updatedAt":"`+c.want+`"}`)
		}
	})
}
