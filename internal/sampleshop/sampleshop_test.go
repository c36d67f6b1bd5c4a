package sampleshop

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// start is a Thursday afternoon.
var start = time.Date(2026, 11, 26, 14, 30, 0, 0, time.UTC)

func open(t *testing.T, seed uint64) (*Shop, *store.Store) {
	t.Helper()
	shop, db, err := Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"), seed, func() time.Time { return start }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return shop, db
}

func events(t *testing.T, db *store.Store) (all []models.Event) {
	t.Helper()
	for more := true; more; {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		page, err := db.Events(t.Context(), store.EventFilter{}, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		all, more = append(all, page.Rows...), page.More
	}
	return all
}

// TestHistory checks that the history is sound, sealed, in order, believable, and the same for the same seed, and that the shop goes
// on from there.
func TestHistory(t *testing.T) {
	t.Parallel()
	_, db := open(t, 1)

	report, err := db.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Faults) > 0 {
		t.Errorf("check finds %q", report.Faults)
	}
	if report.Seal.Number < historyDays/2 {
		t.Errorf("the newest seal is %d, want one for each day of work", report.Seal.Number)
	}

	history := events(t, db)
	types := map[models.EventType]int{}
	users := map[string]int{}
	for i, event := range history {
		types[event.Type]++
		users[event.UserID]++
		if i > 0 && event.At < history[i-1].At {
			t.Errorf("event %d is at %d, before event %d at %d", event.Seq, event.At, history[i-1].Seq, history[i-1].At)
		}
		if at := time.UnixMilli(int64(event.At)); at.After(start) || start.Sub(at) > historyDays*24*time.Hour {
			t.Errorf("event %d is at %v, outside the three weeks before %v", event.Seq, at, start)
		}
	}
	for _, wanted := range []models.EventType{
		models.JobCreated, models.PathCreated, models.UnitCreated, models.UnitAdvanced, models.UnitCompleted,
		models.UnitScrapped, models.UnitUndone,
	} {
		if types[wanted] == 0 {
			t.Errorf("no event has the type %s", wanted)
		}
	}
	if len(users) != 6 {
		t.Errorf("the users are %v, want a planner and 5 operators", users)
	}
	if types[models.UnitCreated] < 500 {
		t.Errorf("%d units were created, want several hundred", types[models.UnitCreated])
	}

	jobs, err := db.Jobs(t.Context(), store.JobFilter{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, job := range jobs.Rows {
		_, paths, err := db.JobWithPaths(t.Context(), job.ID)
		if err != nil {
			t.Fatal(err)
		}
		counts := models.CountsOf(paths)
		switch {
		case job.ClosedAt != nil:
			states["closed"]++
		case len(paths) == 0:
			states["without a path"]++
		case counts.Total() == 0:
			states["without units"]++
		case counts.InProgress > 0:
			states["in work"]++
		case counts.Completed >= job.GoalQuantity:
			states["done"]++
		default:
			t.Errorf("job %s has %d of %d units and none in work", job.Name, counts.Completed, job.GoalQuantity)
		}
	}
	for _, state := range []string{"without a path", "without units", "in work", "done", "closed"} {
		if states[state] == 0 {
			t.Errorf("no job is %s: %v", state, states)
		}
	}

	shop, again := open(t, 1)
	_, other := open(t, 2)
	describe := func(events []models.Event) (lines []string) {
		for _, event := range events {
			line := fmt.Sprint(event.Type, event.At, event.UserID)
			if event.SerialNumber != nil {
				line += *event.SerialNumber
			}
			lines = append(lines, line)
		}
		return lines
	}
	if !slices.Equal(describe(history), describe(events(t, again))) {
		t.Error("the same seed gives another history")
	}
	if slices.Equal(describe(history), describe(events(t, other))) {
		t.Error("another seed gives the same history")
	}
	wantScans(t, shop, again)
}

// wantScans checks that the shop goes on where the history ends, and leaves alone a unit that somebody else has moved.
func wantScans(t *testing.T, shop *Shop, db *store.Store) {
	t.Helper()
	before := len(events(t, db))
	for range 20 {
		if err := shop.scanOne(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after := len(events(t, db)); after < before+20 {
		t.Errorf("20 scans have added %d events", after-before)
	}

	moved := map[string]bool{}
	for _, l := range shop.lots {
		for at := range l.waiting {
			for _, unit := range l.waiting[at] {
				moved[unit.SerialNumber] = true
				if _, _, err := db.Command(t.Context(), store.Request{UserID: "visitor"}, store.UnitCommand{
					SerialNumber: unit.SerialNumber, Command: models.Scrap{Reason: "damaged"},
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	before = len(events(t, db))
	for shop.underway() >= enoughWork {
		if err := shop.scanOne(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after := len(events(t, db)); after != before {
		t.Errorf("the shop has moved units that somebody else has scrapped: %d new events", after-before)
	}
	if len(moved) == 0 {
		t.Error("no unit was under way")
	}
}
