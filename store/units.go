package store

import (
	"context"
	"maps"
	"slices"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// CreateUnits puts new units at the first step of a path, and reports whether the units are the result of an earlier
// request. It returns them in the order of creation. All are created or none. It returns the error of
// [models.NewUnits.Check], a NotFound error when the path does not exist, an Invalid error when the path belongs to another
// job, a Conflict error that names the first serial number that exists, or a KeyReused error.
func (s *Store) CreateUnits(ctx context.Context, by Request, wanted models.NewUnits) ([]models.Unit, bool, error) {
	if err := wanted.Check(); err != nil {
		return nil, false, err
	}
	return Once(ctx, s, by, func() (units []models.Unit, err error) {
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
			if err := insertUnits(t, by, &path, units); err != nil {
				return err
			}
			if err := keepResult(t, by, units); err != nil {
				return err
			}
			created := int64(len(units))
			queueCounts(t, map[string][]int64{path.ID: {created, 0, 0}}, map[string][]int64{path.Steps[0].ID: {created}})
			return nil
		})
		return units, err
	})
}

// insertUnits completes units that have their numbers, puts them at the first step of the path, and writes them with their
// events. It does not count them.
func insertUnits(t *database.Tx, by Request, path *models.Path, units []models.Unit) error {
	first := &path.Steps[0]
	for i := range units {
		unit := &units[i]
		unit.JobID, unit.PathID = path.JobID, path.ID
		unit.State = models.State{Status: models.InProgress, StepID: &first.ID, KnownStepNumber: path.LastStepNumber}
		unit.Version = 1
		unit.CreatedAt, unit.UpdatedAt = t.At, t.At
		if err := recordUnit(t, by, models.Event{Type: models.UnitCreated, StepID: &first.ID}, unit, struct {
			StepName string `json:"stepName"`
		}{first.Name}); err != nil {
			return err
		}
	}
	t.Queue(rows.New(units))
	return nil
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

// findFreeSequence returns the first number, from the given one on, that begins a run of n unused numbers. A shop may bring
// serial numbers of the form SN-n along, so the counter alone does not tell.
func findFreeSequence(t *database.Tx, from, n int64) (int64, error) {
	for {
		var taken *int64
		if err := t.Raw("SELECT max(number) FROM serials WHERE number BETWEEN ? AND ?", from, from+n-1).
			Scan(&taken).Error; err != nil || taken == nil {
			return from, err
		}
		from = *taken + 1
	}
}

// refuseTaken returns a Conflict error that names the first of the serial numbers that exists.
func refuseTaken(t *database.Tx, serialNumbers []string) error {
	taken := map[string]bool{}
	for some := range slices.Chunk(serialNumbers, t.MaxParameters()) {
		var found []string
		if err := t.Model(&models.Unit{}).Where("id IN ?", some).Pluck("id", &found).Error; err != nil {
			return err
		}
		for _, serialNumber := range found {
			taken[serialNumber] = true
		}
	}
	for _, serialNumber := range serialNumbers {
		if taken[serialNumber] {
			return models.ConflictError("Serial number already exists: %s", serialNumber)
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

// Unit returns one unit and its path, read at one moment, or a NotFound error.
func (s *Store) Unit(ctx context.Context, serialNumber string) (unit models.Unit, path models.Path, err error) {
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		if unit, err = findByID[models.Unit](db, "Serial number", serialNumber); err != nil {
			return err
		}
		path, err = findPath(db, unit.PathID)
		return err
	})
	return unit, path, err
}

// StepIndexes returns the index of each step at which one of the units stands, by the step's id. A removed step has none.
func (s *Store) StepIndexes(ctx context.Context, units []models.Unit) (map[string]int, error) {
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
		return db.Select("id", "position").Where("id IN ? AND position IS NOT NULL", slices.Collect(maps.Keys(wanted))).
			Find(&steps).Error
	})
	indexes := make(map[string]int, len(steps))
	for _, step := range steps {
		indexes[step.ID] = *step.Index
	}
	return indexes, err
}
