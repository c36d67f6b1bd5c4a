package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestMovesOfAnEarlierVersion takes the moves out of a database, and the times that undo restores out of its events, as an earlier
// version has left them. The migration derives the same moves from the events, and every event can still be undone.
func TestMovesOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		clock := routecardtest.NewClock()
		open := func() *store.Store {
			s, err := store.Open(t.Context(), database, store.Options{Clock: clock.Now, Logger: discard()})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := open()
		var histories []*production
		rapid.Check(t, func(r *rapid.T) {
			p := &production{s: s, ctx: t.Context()}
			p.begin(r)
			for range 20 {
				clock.Advance(7 * 60 * 1e9)
				rapid.SampledFrom([]func(*rapid.T){p.create, p.command, p.command, p.undo, p.revise}).Draw(r, "what")(r)
			}
			histories = append(histories, p)
		})
		for i, p := range histories {
			if i%3 == 0 {
				if _, _, err := s.CloseJob(t.Context(), store.Request{}, p.job.ID, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		before := dumpMoves(t, s)
		downgrade(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open()
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		wantEqual(t, "what the migration has derived", dumpMoves(t, s), before)
		for i, p := range histories {
			p.s = s
			if i%3 == 0 {
				if _, _, err := s.ReopenJob(t.Context(), store.Request{}, p.job.ID); err != nil {
					t.Fatal(err)
				}
			}
			p.undoAll(t)
		}
		if wrong := recount(t.Context(), s); wrong != nil {
			t.Error(wrong)
		}
		wantEqual(t, "the number of units without a command that entered their step after their creation",
			mustNumber(t, s, "SELECT count(*) FROM serials WHERE last_event_id IS NULL AND entered_at <> created_at"), 0)
	})
}

// undoAll undoes every command of every unit, as far as their steps are still on the path.
func (p *production) undoAll(t *testing.T) {
	t.Helper()
	for _, unit := range p.units {
		for {
			_, _, err := p.s.Command(p.ctx, store.Request{}, store.UnitCommand{SerialNumber: unit, Command: models.Undo{}})
			if isRefused(err) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// downgrade leaves the database as the version before the moves has left it.
func downgrade(t *testing.T, s *store.Store) {
	t.Helper()
	withoutTime := `json_remove(before, '$.enteredAt')`
	if s.Pools()["postgres"] != nil {
		withoutTime = `(before::jsonb - 'enteredAt')::text`
	}
	undoMigrations(t, s, 12)
	execute(t, s, "UPDATE events SET before = "+withoutTime+" WHERE before IS NOT NULL")
}

// dumpMoves returns all moves, the counts of the quarter hours that have any, when each unit entered its step, and what listWork
// reads the steps by.
func dumpMoves(t *testing.T, s *store.Store) string {
	t.Helper()
	var out strings.Builder
	for _, query := range []string{
		`SELECT at || ' ' || event_id || ' ' || type || ' ' || job_id || ' ' || coalesce(from_step_id, '-') || ' ' ||
			coalesce(CAST(entered_at AS text), '-') || ' ' || coalesce(to_step_id, '-') || ' ' || coalesce(scrap_reason, '-')
			FROM moves ORDER BY at, event_id`,
		`SELECT start || ' ' || created || ' ' || completed || ' ' || force_completed || ' ' || scrapped FROM quarter_hours
			WHERE created + completed + scrapped > 0 ORDER BY start`,
		`SELECT id || ' ' || entered_at FROM serials ORDER BY no`,
		`SELECT id || ' ' || coalesce(job_rank, '-') || ' ' || to_create || CASE WHEN has_work = TRUE THEN ' with work' ELSE '' END FROM steps ORDER BY id`,
	} {
		rows, err := anyPool(s).QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&out, line)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // The next query needs the connection.
			t.Fatal(err)
		}
	}
	return out.String()
}

func mustNumber(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	n, err := number(t.Context(), s, query)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
