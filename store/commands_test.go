package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestUnitCreatedDuringABatch creates a unit on another path while a batch that names the unit waits for the lock of the
// first path. The batch finds no such unit, and its other commands are carried out. SQLite has one writer at a time, so there
// nothing can be created during a batch.
func TestUnitCreatedDuringABatch(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	s, other := open(t, database), open(t, database)
	first, second := newPath(t, other, 2), newPath(t, other, 2)
	orders := newSerials(t, other, first, 1)
	orders = append(orders, store.UnitCommand{SerialNumber: "late", Command: models.Advance{}})

	holder, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close(context.Background()) }()
	execute := func(statement string, arguments ...any) {
		t.Helper()
		if _, err := holder.Exec(t.Context(), statement, arguments...); err != nil {
			t.Fatal(err)
		}
	}
	execute("BEGIN")
	execute("SELECT 1 FROM paths WHERE id = $1 FOR UPDATE", first.ID)
	var results []store.CommandResult
	var batch errgroup.Group
	batch.Go(func() (err error) {
		results, _, err = s.CommandEach(t.Context(), store.Request{}, orders)
		return err
	})
	for begun, waiting := time.Now(), 0; waiting == 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("the batch does not wait for the lock of the path")
		}
		if err := holder.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	late := models.NewUnits{PathID: second.ID, SerialNumbers: []string{"late"}}
	if _, _, err := other.CreateUnits(t.Context(), store.Request{}, late); err != nil {
		t.Error(err)
	}
	execute("COMMIT")
	if err := batch.Wait(); err != nil {
		t.Fatal(err)
	}
	if results[0].Err != nil {
		t.Errorf("the unit that was there is refused: %v", results[0].Err)
	}
	if refused := results[1].Err; refused == nil || refused.Message != "Serial number not found: late" {
		t.Errorf("the unit that was created during the batch gets %v", refused)
	}
	if _, _, err := s.CommandAll(t.Context(), store.Request{}, orders[1:]); err != nil {
		t.Errorf("the next batch does not find the unit: %v", err)
	}
}

// TestUnitsAreFoundOnceTheyExist has callers create units on several paths and advance each unit as soon as the creation has
// returned. Every command finds its unit, whichever commands it shares a transaction with.
func TestUnitsAreFoundOnceTheyExist(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := open(t, database)
		paths := []models.Path{newPath(t, s, 2), newPath(t, s, 2), newPath(t, s, 2)}
		var callers sync.WaitGroup
		for i := range 12 {
			callers.Go(func() {
				for n := range 8 {
					unit := fmt.Sprintf("unit-%d-%d", i, n)
					wanted := models.NewUnits{PathID: paths[n%len(paths)].ID, SerialNumbers: []string{unit}}
					if _, _, err := s.CreateUnits(t.Context(), store.Request{}, wanted); err != nil {
						t.Error(err)
						return
					}
					command := store.UnitCommand{SerialNumber: unit, Command: models.Advance{}}
					if _, _, err := s.Command(t.Context(), store.Request{}, command); err != nil {
						t.Errorf("%s: %v", unit, err)
					}
				}
			})
		}
		callers.Wait()
		if err := recount(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
}
