package database

import (
	"errors"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// TestManyRows inserts more rows than one statement takes. Then it inserts as many again, and the database refuses the last of them:
// none is kept.
func TestManyRows(t *testing.T) {
	t.Parallel()
	openEach(t, func(t *testing.T, db *DB) {
		insert := func(from, to int, more ...models.Move) error {
			var moves []models.Move
			for i := from; i < to; i++ {
				// Every second one has columns that are NULL.
				move := models.Move{At: models.Millis(i), EventID: fmt.Sprint("evt_", i), Type: models.UnitAdvanced, JobID: "job_ä\t\\N\n"}
				if i%2 == 0 {
					move.FromStepID, move.EnteredAt = new("step_1"), new(models.Millis(i-1))
				}
				moves = append(moves, move)
			}
			return db.Transact(t.Context(), func(t *Tx) error {
				t.Queue(rows.New([]models.Place{{ID: fmt.Sprint("step:before ", from)}}), rows.New(append(moves, more...)),
					rows.Upsert([]models.QuarterHour{{Created: int64(to)}}, "start", "created"))
				t.QueueLast(rows.New([]models.Event{{ID: "evt", Type: models.JobCreated, UserID: "maria", Data: "{}"}}))
				return nil
			})
		}
		if err := insert(0, 2500); err != nil {
			t.Fatal(err)
		}
		err := insert(2500, 5000, models.Move{At: 7, EventID: "evt_7", Type: models.UnitAdvanced, JobID: "job_1"})
		if !IsConstraintError(err) && !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("a row that exists is inserted again: %v", err)
		}
		if err := insert(2500, 2501); err != nil {
			t.Errorf("after a row was refused: %v", err)
		}
		var found []models.Move
		var places, events int64
		if err := errors.Join(db.read.Order("at").Find(&found).Error, db.read.Model(&models.Place{}).Count(&places).Error,
			db.read.Model(&models.Event{}).Count(&events).Error); err != nil {
			t.Fatal(err)
		}
		if len(found) != 2501 || places != 2 || events != 2 {
			t.Fatalf("there are %d moves, %d places, and %d events, want 2501, 2, and 2", len(found), places, events)
		}
		for i, move := range found {
			hasStep := move.FromStepID != nil && *move.FromStepID == "step_1" && *move.EnteredAt == models.Millis(i-1)
			if move.At != models.Millis(i) || move.EventID != fmt.Sprint("evt_", i) || move.JobID != "job_ä\t\\N\n" || hasStep != (i%2 == 0) ||
				move.ToStepID != nil {
				t.Fatalf("move %d is %+v", i, move)
			}
		}
	})
}
