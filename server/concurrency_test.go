package server_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// twoServers runs the test on both databases: on PostgreSQL with two servers, and on SQLite with the same server twice.
func twoServers(t *testing.T, test func(t *testing.T, servers [2]*routecardtest.Server)) {
	t.Helper()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		t.Helper()
		first := routecardtest.New(t, database)
		second := first
		if store.IsPostgres(database) {
			second = routecardtest.New(t, database)
		}
		test(t, [2]*routecardtest.Server{first, second})
	})
}

// at returns the same floor with another server.
func (f *floor) at(s *routecardtest.Server) *floor {
	other := *f
	other.s = s
	return &other
}

// atOnce sends requests at the same time, alternately to the two servers.
func (f *floor) atOnce(servers [2]*routecardtest.Server, requests ...string) []routecardtest.Answer {
	f.t.Helper()
	answers := make([]routecardtest.Answer, len(requests))
	begin := make(chan struct{})
	var group sync.WaitGroup
	for i, request := range requests {
		group.Go(func() {
			<-begin
			answers[i] = f.at(servers[i%2]).do(request)
		})
	}
	close(begin)
	group.Wait()
	return answers
}

// TestSameAdvanceTwice has two people press the button for the same step at once: the unit moves once.
func TestSameAdvanceTwice(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		f := build(t, servers[0], "strict A B C D E F G H I J", 1)
		for at := range 10 {
			request := fmt.Sprintf(`advance {"fromStepIndex":%d}`, at)
			answers := f.atOnce(servers, request, request)
			slices.SortFunc(answers, func(a, b routecardtest.Answer) int { return a.Status - b.Status })
			wantEqual(t, "the status of one", answers[0].Status, 200)
			wantError(t, answers[1], gen.Error{
				StatusCode: 409, Message: f.fill(fmt.Sprintf("Serial number {sn} is no longer at %c (step %d)", 'A'+at, at+1)),
			})
		}
		wantEqual(t, "the number of events", len(f.events("serialId={sn}")), 11)
		f.checkProgress()
	})
}

// TestManyAdvancesAtOnce checks that no move with a response of 200 is lost.
func TestManyAdvancesAtOnce(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		f := build(t, servers[0], "strict A"+strings.Repeat(" B", 30), 1)
		requests := slices.Repeat([]string{"advance"}, 20)
		for _, answer := range f.atOnce(servers, requests...) {
			wantEqual(t, "the status", answer.Status, 200)
		}
		wantJSON(t, f.must(200, "GET /api/serials/{sn}").Body, `{"currentStepIndex":20}`)
		wantEqual(t, "ETag", f.must(200, "GET /api/serials/{sn}").Header.Get("ETag"), `"21"`)
		wantEqual(t, "the number of events", len(f.events("serialId={sn}")), 21)
		f.checkProgress()
	})
}

// TestScrapAndAdvanceAtOnce checks that the result is that of one of the two orders.
func TestScrapAndAdvanceAtOnce(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		f := build(t, servers[0], "strict A B", 0)
		for range 15 {
			f.serials = f.addSerials(1)
			answers := f.atOnce(servers, "advance", `scrap {"reason":"damaged"}`)
			wantEqual(t, "the status of the scrap", answers[1].Status, 200)
			want, place := []string{"serial.created", "serial.advanced", "serial.scrapped"}, "1"
			if answers[0].Status != 200 {
				wantError(t, answers[0], gen.Error{StatusCode: 409, Message: f.fill("Serial number {sn} is scrapped")})
				want, place = []string{"serial.created", "serial.scrapped"}, "0"
			}
			wantEqual(t, "the events", eventTypes(f.events("serialId={sn}")), want)
			wantJSON(t, f.must(200, "GET /api/serials/{sn}").Body, `{"status":"scrapped","currentStepIndex":`+place+`}`)
		}
		f.checkProgress()
	})
}

// TestEditAndCommandAtOnce removes a step while a unit moves to it: either the edit is refused, or the unit does not end at the
// removed step.
func TestEditAndCommandAtOnce(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		for range 8 {
			f := build(t, servers[0], "strict A B C", 1)
			answers := f.atOnce(servers, "advance", `PUT /api/paths/{path} {"steps":[{"id":"{A}","name":"A"},{"id":"{C}","name":"C"}]}`)
			wantEqual(t, "the status of the advance", answers[0].Status, 200)
			want := "A completed, C in_progress"
			if answers[1].Status != 200 {
				wantError(t, answers[1], gen.Error{StatusCode: 409, Message: "Cannot remove step B: 1 unit(s) in progress stand there"})
				want = "A completed, B in_progress, C pending"
			}
			wantEqual(t, "the steps", f.steps(), want)
			f.checkProgress()
		}
	})
}

// TestDeleteAndCreateAtOnce deletes a path, or its job, while units are created on it. No unit exists without a path.
func TestDeleteAndCreateAtOnce(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		for i := range 8 {
			f := build(t, servers[0], "strict A", 0)
			thing := []string{"path", "job"}[i%2]
			answers := f.atOnce(servers, "DELETE /api/"+thing+"s/{"+thing+"}", `/api/serials {"pathId":"{path}","quantity":2}`)
			units := routecardtest.Decode[[]gen.Serial](t, f.must(200, "GET /api/serials?pathId={path}"))
			if answers[0].Status == 204 {
				wantError(t, answers[1], gen.Error{StatusCode: 404, Message: f.fill("Path not found: {path}")})
				wantEqual(t, "the units", len(units), 0)
				continue
			}
			wantError(t, answers[0], gen.Error{StatusCode: 409, Message: "Cannot delete " + thing + ": it has 2 serial number(s)"})
			wantEqual(t, "the status of the creation", answers[1].Status, 201)
			wantEqual(t, "the units", len(units), 2)
			f.checkProgress()
		}
	})
}

// TestNumbersUnderParallelBatches has many clients create batches at the same time, some of which fail: the numbers of each batch
// are contiguous, no number is used twice, and none is missing.
func TestNumbersUnderParallelBatches(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		f := build(t, servers[0], "strict A", 0)
		f.must(201, `/api/serials {"pathId":"{path}","serialNumbers":["HSG-1"]}`)
		other := build(t, servers[1], "strict X", 0)
		var mutex sync.Mutex
		all := []string{}
		var group sync.WaitGroup
		for writer := range 8 {
			group.Go(func() {
				mine := f.at(servers[writer%2])
				if writer >= 4 {
					mine = other.at(servers[writer%2])
				}
				for range 8 {
					quantity := 1 + rand.N(20)
					answer := mine.do(fmt.Sprintf(`/api/serials {"pathId":"{path}","quantity":%d}`, quantity))
					wantEqual(t, "the status", answer.Status, 201)
					batch := serialIDs(routecardtest.Decode[[]gen.Serial](t, answer))
					wantContiguous(t, batch)
					mutex.Lock()
					all = append(all, batch...)
					mutex.Unlock()
					// Fails after it has taken its place in the queue for numbers.
					failed := mine.do(`/api/serials {"pathId":"{path}","serialNumbers":["new","HSG-1"]}`)
					wantEqual(t, "the status of what must fail", failed.Status, 409)
				}
			})
		}
		group.Wait()
		slices.Sort(all)
		wantContiguous(t, all)
		wantEqual(t, "the first number", all[0], "SN-00001")
		f.missing("GET /api/serials/new", "Serial number not found: new")
		wantEqual(t, "the events", len(f.events("type=serial.created")), len(all)+1)
		f.checkProgress()
		other.checkProgress()
	})
}

func wantContiguous(t *testing.T, ids []string) {
	t.Helper()
	var first int64
	if _, err := fmt.Sscanf(ids[0], "SN-%d", &first); err != nil {
		t.Errorf("%s: %v", ids[0], err)
	}
	for i, id := range ids {
		if want := fmt.Sprintf("SN-%05d", first+int64(i)); id != want {
			t.Errorf("number %d is %s, want %s", i, id, want)
			return
		}
	}
}

// TestSameNumbersAtOnce has two clients create units with the same serial numbers: one of them succeeds.
func TestSameNumbersAtOnce(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		f := build(t, servers[0], "strict A", 0)
		for i := range 10 {
			request := fmt.Sprintf(`/api/serials {"pathId":"{path}","serialNumbers":["HSG-%d-a","HSG-%d-b"]}`, i, i)
			answers := f.atOnce(servers, request, request)
			slices.SortFunc(answers, func(a, b routecardtest.Answer) int { return a.Status - b.Status })
			wantEqual(t, "the status of one", answers[0].Status, 201)
			wantError(t, answers[1], gen.Error{StatusCode: 409, Message: fmt.Sprintf("Serial number already exists: HSG-%d-a", i)})
		}
		f.checkProgress()
	})
}

// TestBulkInOppositeOrder has two requests name the units of two paths in opposite orders. They must not deadlock.
func TestBulkInOppositeOrder(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		steps := "strict A" + strings.Repeat(" B", 30)
		f, other := build(t, servers[0], steps, 5), build(t, servers[0], steps, 5)
		there := append(serialIDs(f.serials), serialIDs(other.serials)...)
		back := slices.Clone(there)
		slices.Reverse(back)
		const rounds = 12
		for range rounds {
			for _, answer := range f.atOnce(servers,
				`/api/serials/advance {"serialIds":["`+strings.Join(there, `","`)+`"]}`,
				`/api/serials/advance {"serialIds":["`+strings.Join(back, `","`)+`"]}`) {
				wantEqual(t, "the status", answer.Status, 200)
			}
		}
		wantJSON(t, f.must(200, "GET /api/serials/{sn}").Body, fmt.Sprintf(`{"currentStepIndex":%d}`, 2*rounds))
		f.checkProgress()
		other.checkProgress()
	})
}
