package server_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestFeed has 8 writers change units through two servers while one reader follows `after` and another the live stream:
// each reader gets every change exactly once, and the events of a unit in their causal order. ROUTECARD_TEST_LONG=1 makes the
// writers go on for 20 seconds, instead of 4.
func TestFeed(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		// Four jobs, each with two writers, one on each server. The two writers of a job change the same units; the jobs are
		// changed in parallel.
		var jobs []*writers
		for range 4 {
			f := build(t, servers[0], "flexible A B C D", 10)
			jobs = append(jobs, &writers{floor: f, units: serialIDs(f.serials), until: time.Now().Add(feedTime())})
		}
		poller := follow(jobs[0].at(servers[0]))
		live := openStream(t, servers[1].URL+"/api/events")
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() { jobs[i/2].write(servers[i%2]) })
		}
		group.Wait()

		all := jobs[0].events("")
		changes := 4 * 12 // before the writers began: jobs, paths and ten units each
		for _, job := range jobs {
			changes += int(job.changes.Load())
			job.checkProgress()
		}
		t.Logf("%d changes", changes)
		wantEqual(t, "the number of events", len(all), changes)
		wantSameEvents(t, "the reader that follows after", poller(), all)
		wantSameEvents(t, "the reader of the stream", live.next(len(all)), all)
		wantEqual(t, "more in the stream", len(live.events), 0)
		checkCauses(t, all)
	})
}

func feedTime() time.Duration {
	if os.Getenv("ROUTECARD_TEST_LONG") == "1" {
		return 20 * time.Second
	}
	return time.Second
}

// follow starts to read by `after`, in small pages. It returns a function that waits until everything was read, and returns the
// events.
func follow(f *floor) func() []gen.Event {
	var last atomic.Bool
	events := make(chan []gen.Event, 1)
	go func() {
		defer close(events)
		var seen []gen.Event
		after := int64(0)
		for {
			done := last.Load() // asked before reading, so that the last read is after the last change
			answer := f.do(fmt.Sprintf("GET /api/events?limit=7&after=%d", after))
			var page []gen.Event
			if err := json.Unmarshal([]byte(answer.Body), &page); err != nil {
				f.t.Errorf("the answer is %s: %v", answer.Body, err)
				return
			}
			seen = append(seen, page...)
			if len(page) > 0 {
				if page[0].Seq <= after {
					f.t.Errorf("the page after event %d begins with event %d", after, page[0].Seq)
					return
				}
				after = page[len(page)-1].Seq
			} else if done {
				events <- seen
				return
			}
		}
	}()
	return func() []gen.Event {
		last.Store(true)
		return <-events
	}
}

// wantSameEvents compares event by event, and reports only the first difference.
func wantSameEvents(t *testing.T, who string, got, want []gen.Event) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i].ID != want[i].ID || got[i].Seq != want[i].Seq {
			t.Errorf("%s saw as event %d the number %d, want %d", who, i, got[i].Seq, want[i].Seq)
			return
		}
	}
	wantEqual(t, "the number of events of "+who, len(got), len(want))
}

// writers change the units of one job, and count the changes.
type writers struct {
	*floor
	until   time.Time
	changes atomic.Int64

	mutex sync.Mutex
	units []string
}

func (w *writers) write(s *routecardtest.Server) {
	here := w.at(s)
	for time.Now().Before(w.until) {
		id := w.unit()
		switch rand.N(12) {
		case 0:
			w.create(here)
		case 1:
			w.bulk(here)
		case 2:
			w.count(here.do("PUT /api/paths/{path} {}"))
		case 3:
			w.count(here.do("PATCH /api/steps/{B} {}"))
		case 4:
			w.count(here.do("/api/serials/" + id + `/scrap {"reason":"damaged"}`))
		case 5:
			w.count(here.do("/api/serials/" + id + `/advance-to {"targetStepIndex":3}`))
		case 6, 7:
			w.count(here.do("/api/serials/" + id + "/undo"))
		case 8:
			w.count(here.do("/api/serials/" + id + "/force-complete"))
		default:
			w.count(here.do("/api/serials/" + id + "/advance"))
		}
	}
}

// unit is one of the newest, so that the writers meet.
func (w *writers) unit() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.units[len(w.units)-1-rand.N(min(10, len(w.units)))]
}

// count counts a change of one thing, unless it was refused.
func (w *writers) count(answer routecardtest.Answer) {
	switch answer.Status {
	case 200:
		w.changes.Add(1)
	case 409:
	default:
		w.t.Errorf("a writer was answered %d: %s", answer.Status, answer.Body)
	}
}

func (w *writers) create(here *floor) {
	answer := here.do(fmt.Sprintf(`/api/serials {"pathId":"{path}","quantity":%d}`, 1+rand.N(5)))
	if answer.Status != 201 {
		w.t.Errorf("a writer was answered %d: %s", answer.Status, answer.Body)
		return
	}
	created := serialIDs(routecardtest.Decode[[]gen.Serial](w.t, answer))
	w.changes.Add(int64(len(created)))
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.units = append(w.units, created...)
}

func (w *writers) bulk(here *floor) {
	ids := []string{w.unit(), w.unit(), w.unit()}
	slices.Sort(ids)
	answer := here.do(`/api/serials/advance {"mode":"perItem","serialIds":` + jsonList(slices.Compact(ids)) + `}`)
	if answer.Status != 200 {
		w.t.Errorf("a writer was answered %d: %s", answer.Status, answer.Body)
		return
	}
	w.changes.Add(int64(routecardtest.Decode[gen.BulkResult](w.t, answer).Succeeded))
}

// checkCauses replays the events as a reader would that keeps the state of every unit.
func checkCauses(t *testing.T, events []gen.Event) {
	t.Helper()
	units := map[string]*followed{}
	for i, event := range events {
		if i > 0 && event.Seq <= events[i-1].Seq {
			t.Errorf("event %d comes after %d", event.Seq, events[i-1].Seq)
		}
		if event.SerialID == nil {
			continue
		}
		unit := units[*event.SerialID]
		if (unit == nil) != (event.Type == "serial.created") {
			t.Errorf("%s of %s, whose creation was seen: %v", event.Type, *event.SerialID, unit != nil)
			return
		}
		if unit == nil {
			unit = &followed{}
			units[*event.SerialID] = unit
		}
		if err := unit.take(event); err != nil {
			t.Errorf("event %d of %s: %v", event.Seq, *event.SerialID, err)
		}
	}
}

// followed is the state of a unit that a reader keeps: the position of the unit after each event that was not undone.
type followed struct {
	places []place
}

// place is the position of a unit: a step, or none if the unit is completed or scrapped.
type place struct{ event, step string }

func (u *followed) take(event gen.Event) error {
	var data struct{ FromStepID, ToStepID, EventID string }
	if err := json.Unmarshal(event.Data, &data); err != nil {
		return err
	}
	if event.Type == "serial.created" {
		u.places = []place{{event.ID, *event.StepID}}
		return nil
	}
	last := u.places[len(u.places)-1]
	if event.Type == "serial.undone" {
		if last.event != data.EventID || len(u.places) < 2 {
			return fmt.Errorf("takes back %s, the last one is %s", data.EventID, last.event)
		}
		u.places = u.places[:len(u.places)-1]
		return nil
	}
	from := data.FromStepID
	if event.Type == "serial.scrapped" || event.Type == "serial.force_completed" {
		from = *event.StepID
	}
	if last.step != from {
		return fmt.Errorf("%s from %s, but it is at %q", event.Type, from, last.step)
	}
	u.places = append(u.places, place{event.ID, data.ToStepID})
	return nil
}
