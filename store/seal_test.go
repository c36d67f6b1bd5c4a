package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// seal seals all events and returns the newest seal.
func seal(t *testing.T, s *store.Store) models.Seal {
	t.Helper()
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the number of unsealed events", report.Unsealed, 0)
	return report.Seal
}

// TestSealsFindTampering seals events 1 to 5, 6 to 8, and 9 in three blocks. It changes or deletes events and seals without the
// store, and checks that Check names the block.
func TestSealsFindTampering(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T, database string) *store.Store {
		t.Helper()
		s := openStore(t, database)
		for i, sealed := range []int{5, 3, 1} {
			for range sealed {
				create(t, s, models.Job{Name: "JOB-2024-001", GoalQuantity: 50})
			}
			wantEqual(t, "the number of the newest seal", seal(t, s).Number, int64(i+1))
		}
		wantSound(t, s)
		return s
	}
	const second = "seal 2 of events 6 to 8"
	for _, c := range []struct{ plant, want string }{
		{"UPDATE events SET data = replace(data, '}', ' }') WHERE seq = 7", second + " does not match them: an event or the seal was altered"},
		{"UPDATE events SET user_id = 'tom' WHERE seq = 7", second + " does not match them: an event or the seal was altered"},
		{"UPDATE events SET at = at WHERE seq = 7", ""},
		{"UPDATE events SET step_id = '' WHERE seq = 7", second + " does not match them: an event or the seal was altered"},
		{"UPDATE events SET before = '' WHERE seq = 7", second + " does not match them: an event or the seal was altered"},
		{"UPDATE seals SET hash = upper(hash) WHERE number = 2", second + " does not match them: an event or the seal was altered"},
		{"DELETE FROM seals WHERE number = 2", "before seal 3 of events 9 to 9, 1 seal(s) are missing: nothing proves the events 6 to 9"},
		{"DELETE FROM events WHERE seq = 6", second + " counts 3 event(s), and 1 of them are missing"},
		{"DELETE FROM events WHERE seq = 8", second + " counts 3 event(s), and 1 of them are missing"},
		{"DELETE FROM events WHERE seq BETWEEN 6 AND 8", second + " counts 3 event(s), and 3 of them are missing"},
		{"DELETE FROM events WHERE seq >= 9", "seal 3 of events 9 to 9 counts 1 event(s), and 1 of them are missing"},
		{"INSERT INTO events (seq, id, type, at, user_id, data) VALUES (0, 'evt_x', 'note', 0, 'tom', '{}')", "seal 1 of events 1 to 5 counts 5 event(s), and there are 6"},
	} {
		t.Run(c.plant, func(t *testing.T) {
			t.Parallel()
			routecardtest.EachDatabase(t, func(t *testing.T, database string) {
				s := setUp(t, database)
				if strings.HasPrefix(c.plant, "INSERT") && store.IsPostgres(database) {
					execute(t, s, strings.Replace(c.plant, "VALUES", "OVERRIDING SYSTEM VALUE VALUES", 1))
				} else {
					execute(t, s, c.plant)
				}
				report, err := s.Check(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if c.want == "" {
					wantEqual(t, "the number of faults", len(report.Faults), 0)
					return
				}
				if !slices.ContainsFunc(report.Faults, func(fault string) bool { return strings.HasPrefix(fault, c.want) }) {
					t.Errorf("the check finds\n%s\nwant\n%s", strings.Join(report.Faults, "\n"), c.want)
				}
			})
		})
	}
}

// TestSealsAcrossPages checks a chain with more seals than the check reads at a time, and with gaps between the numbers of
// events. An event that somebody puts into a gap between two blocks is noticed.
func TestSealsAcrossPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		for range 4 {
			create(t, s, models.Job{Name: "x", GoalQuantity: 1})
		}
		execute(t, s, "DELETE FROM jobs")
		execute(t, s, "DELETE FROM events")
		const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) "
		overriding := ""
		if _, postgres := s.Pools()["postgres"]; postgres {
			overriding = "OVERRIDING SYSTEM VALUE "
		}
		execute(t, s, numbers+"INSERT INTO events (seq, id, type, at, user_id, data) "+overriding+
			"SELECT 2 * i, 'evt_' || i, 'note', 0, 'maria', '{}' FROM n")
		newest := seal(t, s)
		wantEqual(t, "the number of seals", newest.Number, 3)
		wantEqual(t, "the newest sealed event", newest.LastSeq, 50_000)
		wantSound(t, s)
		execute(t, s, "INSERT INTO events (seq, id, type, at, user_id, data) "+overriding+"VALUES (20001, 'evt_x', 'note', 0, 'tom', '{}')")
		wantFaults(t, s, "seal 2 of events 20002 to 40000 counts 10000 event(s), and there are 10001")
	})
}

// TestNotedSeal compares seals that an operator has noted with a database whose chain was rewritten.
func TestNotedSeal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		create(t, s, models.Job{Name: "JOB-2024-001", GoalQuantity: 50})
		noted := seal(t, s).String()
		wantHas := func(seal string, want bool) {
			t.Helper()
			found, err := s.HasSeal(t.Context(), seal)
			if err != nil || found != want {
				t.Errorf("the database has seal %s: %t, %v", seal, found, err)
			}
		}
		wantHas(noted, true)
		wantHas("", false)
		wantHas("2"+noted, false)
		wantHas(noted[:10], false)

		execute(t, s, "UPDATE events SET user_id = 'tom'")
		execute(t, s, "DELETE FROM seals")
		rewritten := seal(t, s).String()
		wantSound(t, s)
		wantHas(rewritten, true)
		wantHas(noted, false)
	})
}

// TestSealWhileWriting seals from two servers, or twice at once on the one server of a SQLite file, while four clients write.
func TestSealWhileWriting(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, servers []*store.Store) {
		var writing, sealing sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		for _, s := range servers {
			sealing.Go(func() {
				for ctx.Err() == nil {
					if err := s.Seal(ctx); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		for writer := range 4 {
			writing.Go(func() {
				for i := range 100 {
					job := models.Job{Name: fmt.Sprint(writer, i), GoalQuantity: 1}
					if _, _, err := servers[writer%2].CreateJob(ctx, store.Request{}, job); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		stop()
		sealing.Wait()
		newest := seal(t, servers[0])
		if newest.Number < 2 {
			t.Errorf("there are %d seals", newest.Number)
		}
		wantEqual(t, "the newest sealed event", newest.LastSeq >= 400, true)
		wantSound(t, servers[1])
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := openStore(t, routecardtest.SQLite(t))
		test(t, []*store.Store{s, s})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		database := postgrestest.Database(t)
		test(t, []*store.Store{openStore(t, database), openStore(t, database)})
	})
}

// TestSealsAreEqualOnBothDatabases compares a seal with a hash that another program made by the description in seal.go.
func TestSealsAreEqualOnBothDatabases(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		execute(t, s, `INSERT INTO events (id, type, at, user_id, job_id, data, before) VALUES
			('evt_1', 'note', 1705314600123, 'maria', 'job_1', '{"a":1}', NULL), ('evt_2', 'note', 1705314600124, '', NULL, '{}', '')`)
		wantEqual(t, "the newest seal", seal(t, s).String(), "2:c22ea6d35886534757e186c82863d50a349eb8ba6e427eaadd840bef76193c3f")
	})
}

// TestEpoch checks that the epoch of a database stays until there is a new one, and that another server learns of that within
// five seconds.
func TestEpoch(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		clock := routecardtest.NewClock()
		begin := func() *store.Store {
			s, err := store.Open(t.Context(), database, store.Options{Clock: clock.Now, Mode: store.Create, Logger: discard()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		read := func(s *store.Store) string {
			t.Helper()
			epoch, err := s.Epoch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return epoch
		}
		a, b := begin(), begin()
		first := read(a)
		if len(first) < 16 {
			t.Errorf("the epoch is %q", first)
		}
		wantEqual(t, "the epoch on another server", read(b), first)
		if err := b.NewEpoch(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := read(b)
		if second == first {
			t.Errorf("the epoch is still %q", first)
		}
		clock.Advance(5*time.Second + time.Millisecond)
		wantEqual(t, "the epoch on another server", read(a), second)
	})
}
