package store

import (
	"context"
	"errors"
	"maps"
	"slices"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// CreateUnits puts new units at the first step of a path, and reports whether the units are the result of an earlier request. It
// returns them in the order of creation. If one unit cannot be created, none is created. It returns the error of
// [models.NewUnits.Check], a NotFound error when the path does not exist, an Invalid error when the path belongs to another job or
// the request occurred too long ago, a Conflict error that names the first serial number that exists, or a KeyReused error.
func (s *Store) CreateUnits(ctx context.Context, by Request, wanted models.NewUnits) ([]models.Unit, bool, error) {
	if err := wanted.Check(); err != nil {
		return nil, false, err
	}
	return Once(ctx, s, by, func() (units []models.Unit, err error) {
		if err := s.checkOccurredAt(by); err != nil {
			return nil, err
		}
		err = s.db.Transact(ctx, func(t *database.Tx) error {
			path, err := lockPath(t, wanted.PathID, "Path", Condition{})
			if err != nil {
				return err
			}
			if wanted.JobID != nil && *wanted.JobID != path.JobID {
				return models.InvalidError("jobId", "does not match the path's job")
			}
			if err := path.CheckOpen(); err != nil {
				return err
			}
			if units, err = assignNumbers(t, wanted); err != nil {
				return err
			}
			moves, err := insertUnits(t, by, &path, units)
			if err != nil {
				return err
			}
			if err := queueMoves(t, moves, nil); err != nil {
				return err
			}
			if err := keepResult(t, by, units); err != nil {
				return err
			}
			created := newCounts()
			for i := range units {
				created.count(&path, nil, &units[i])
			}
			created.queue(t)
			return nil
		})
		return units, err
	})
}

// insertUnits completes units that have their numbers, puts them at the first step of the path, and writes them with their
// events. It returns their moves, and does not count the units.
func insertUnits(t *database.Tx, by Request, path *models.Path, units []models.Unit) ([]models.Move, error) {
	first := &path.Steps[0]
	moves := make([]models.Move, len(units))
	for i := range units {
		unit := &units[i]
		unit.JobID, unit.PathID = path.JobID, path.ID
		event := models.Event{
			ID: models.NewID(models.EventPrefix), Type: models.UnitCreated, At: t.At, OccurredAt: by.OccurredAt, StepID: &first.ID,
		}
		unit.State = models.State{
			Status: models.InProgress, StepID: &first.ID, EnteredAt: event.DoneAt(), KnownStepNumber: path.LastStepNumber,
		}
		unit.StepName = &first.Name
		unit.Version = 1
		unit.CreatedAt, unit.UpdatedAt = t.At, t.At
		moves[i] = models.NewMove(&event, nil, unit)
		if err := recordUnit(t, by, event, unit, struct {
			StepName string `json:"stepName"`
		}{first.Name}); err != nil {
			return nil, err
		}
	}
	t.Queue(rows.New(units))
	return moves, nil
}

// assignNumbers returns units with their serial numbers and ordinals. It locks the row of the counters until the transaction
// ends, so that the generated numbers of one request are contiguous and no two requests get the same number.
func assignNumbers(t *database.Tx, wanted models.NewUnits) ([]models.Unit, error) {
	units := make([]models.Unit, wanted.Count())
	var counters struct{ No, Serial int64 }
	// A write, because a write locks the row on both databases.
	if err := t.Raw("UPDATE counters SET no = no + ? RETURNING no, serial", len(units)).Scan(&counters).Error; err != nil {
		return nil, err
	}
	if wanted.SerialNumbers != nil {
		if err := refuseTaken(t, wanted.SerialNumbers); err != nil {
			return nil, err
		}
		for i, serialNumber := range wanted.SerialNumbers {
			units[i].SerialNumber, units[i].Sequence = serialNumber, models.SequenceOf(serialNumber)
		}
	} else {
		first, err := findFreeSequence(t, counters.Serial+1, int64(len(units)))
		if err != nil {
			return nil, err
		}
		for i := range units {
			sequence := first + int64(i)
			units[i].SerialNumber, units[i].Sequence = models.GeneratedSerialNumber(sequence), &sequence
		}
		if err := t.Exec("UPDATE counters SET serial = ?", first+int64(len(units))-1).Error; err != nil {
			return nil, err
		}
	}
	for i := range units {
		units[i].Ordinal = counters.No - int64(len(units)-1-i)
	}
	return units, nil
}

// findFreeSequence returns the first number, not less than the given number, that begins a run of n unused numbers. The counter
// is not enough, because a shop may also use its own serial numbers of the form SN-n.
func findFreeSequence(t *database.Tx, from, n int64) (int64, error) {
	for {
		var taken *int64
		if err := t.Raw(`SELECT max(number) FROM (SELECT max(number) AS number FROM serials WHERE number BETWEEN ? AND ?
			UNION ALL SELECT max(number) FROM deleted_serials WHERE number BETWEEN ? AND ?) AS taken`, from, from+n-1, from, from+n-1).
			Scan(&taken).Error; err != nil || taken == nil {
			return from, err
		}
		from = *taken + 1
	}
}

// refuseTaken returns a Conflict error that names the first of the serial numbers that exists, or that a deleted unit had.
func refuseTaken(t *database.Tx, serialNumbers []string) error {
	taken, deleted := map[string]string{}, map[string]bool{}
	for some := range slices.Chunk(serialNumbers, t.MaxParameters()) {
		folded := make([]string, len(some))
		for i, serialNumber := range some {
			folded[i] = models.FoldSerialNumber(serialNumber)
		}
		var found, gone []string
		if err := t.Model(&models.Unit{}).Where("lower(id) IN ?", folded).Pluck("id", &found).Error; err != nil {
			return err
		}
		if err := t.Model(&models.DeletedUnit{}).Where("lower(id) IN ?", folded).Pluck("id", &gone).Error; err != nil {
			return err
		}
		for _, serialNumber := range found {
			taken[models.FoldSerialNumber(serialNumber)] = serialNumber
		}
		for _, serialNumber := range gone {
			deleted[models.FoldSerialNumber(serialNumber)] = true
		}
	}
	for _, serialNumber := range serialNumbers {
		folded := models.FoldSerialNumber(serialNumber)
		if existing, ok := taken[folded]; ok {
			return models.ConflictError("Serial number already exists: %s", existing)
		}
		if deleted[folded] {
			return models.ConflictError("Serial number was deleted and cannot be used again: %s", serialNumber)
		}
	}
	return nil
}

// UnitFilter selects units that match every field that is set.
type UnitFilter struct {
	JobID, PathID, StepID *string
	Status                *models.UnitStatus
	// Query is a part of the serial number. Case does not matter.
	Query *string
}

// Units returns up to limit units, newest first, that follow the unit with the ordinal before; 0 begins with the newest.
func (s *Store) Units(ctx context.Context, filter UnitFilter, before int64, limit int) (page Page[models.Unit], err error) {
	err = s.db.Query(ctx, func(query *gorm.DB) error {
		if before != 0 {
			query = query.Where("no < ?", before)
		}
		query = where(query, "job_id = ?", filter.JobID)
		query = where(query, "path_id = ?", filter.PathID)
		query = where(query, "step_id = ?", filter.StepID)
		query = where(query, "status = ?", filter.Status)
		if filter.Query != nil {
			query = query.Where(s.db.Contains("lower(id)"), models.FoldCase(*filter.Query))
		}
		page, err = rows.ReadPage[models.Unit](query.Order("no DESC"), limit)
		return err
	})
	return page, err
}

// UnitDetail is a unit with everything that a page about it shows.
type UnitDetail struct {
	Unit models.Unit
	Job  models.Job
	Path models.Path
	// Steps are the statuses of the path's steps with their records.
	Steps   []models.StepState
	Actions []models.Action
}

// Unit returns one unit with its job, path, steps, and actions, read at one moment, or a NotFound error. The lookup ignores
// case.
func (s *Store) Unit(ctx context.Context, serialNumber string) (detail UnitDetail, err error) {
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		detail, err = findUnit(db, serialNumber)
		return err
	})
	return detail, err
}

func findUnit(db *gorm.DB, serialNumber string) (detail UnitDetail, err error) {
	err = db.Where("lower(id) = ?", models.FoldSerialNumber(serialNumber)).Take(&detail.Unit).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = models.NotFoundError("Serial number", serialNumber)
	}
	if err != nil {
		return detail, err
	}
	unit := &detail.Unit
	if detail.Path, err = findPath(db, unit.PathID); err != nil {
		return detail, err
	}
	if detail.Job, err = findJob(db, unit.JobID); err != nil {
		return detail, err
	}
	if err := setStepName(db, unit); err != nil {
		return detail, err
	}
	var events []models.Event
	if err := db.Where("serial_id = ?", unit.SerialNumber).Order("seq").Find(&events).Error; err != nil {
		return detail, err
	}
	detail.Steps = detail.Path.StepsOf(unit)
	if err := models.RecordSteps(detail.Steps, events); err != nil {
		return detail, err
	}
	var undo models.Undo
	var deletion models.Delete
	for _, event := range events {
		deletion.Moved = deletion.Moved || slices.Contains(models.StayEndings(), event.Type)
		if unit.LastEventID != nil && event.ID == *unit.LastEventID {
			if undo, err = undoOf(undo, event); err != nil {
				return detail, err
			}
		}
	}
	detail.Actions = models.Actions(&detail.Path, *unit, undo, deletion)
	return detail, nil
}

// setStepName sets the name of the step at which the unit stands. The step may have been removed.
func setStepName(db *gorm.DB, unit *models.Unit) error {
	if unit.StepID == nil {
		return nil
	}
	var step models.Step
	err := db.Select("name").Where("id = ?", *unit.StepID).Take(&step).Error
	unit.StepName = &step.Name
	return err
}

// StepsOfUnits returns the steps at which the units stand, by the steps' ids. A removed step has no index.
func (s *Store) StepsOfUnits(ctx context.Context, units []models.Unit) (map[string]models.Step, error) {
	wanted := map[string]bool{}
	for i := range units {
		if id := units[i].StepID; id != nil {
			wanted[*id] = true
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	var steps []models.Step
	err := s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Select("id", "name", "position").Where("id IN ?", slices.Collect(maps.Keys(wanted))).Find(&steps).Error
	})
	byID := make(map[string]models.Step, len(steps))
	for _, step := range steps {
		byID[step.ID] = step
	}
	return byID, err
}
