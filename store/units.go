package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// NewUnits is an order for units on a path: Quantity of them with numbers that the store gives, or those of IDs.
type NewUnits struct {
	PathID string
	// JobID, when given, must be the path's.
	JobID         *string
	Quantity      int
	SerialNumbers []string
	// UserID is who orders them, "" for the user of the context.
	UserID string
}

// CreateUnits puts units on a path, at its first step, and returns them in the order of their numbers. All are created
// or none. It returns a NotFound error without such a path, an Invalid one for another job, and a Conflict that names
// the first id that exists.
func (s *Store) CreateUnits(ctx context.Context, order NewUnits) (serials []models.Unit, err error) {
	err = s.transact(ctx, func(t *tx) error {
		path, err := t.lockPath(order.PathID, "Path", Condition{})
		if err != nil {
			return err
		}
		if order.JobID != nil && *order.JobID != path.JobID {
			return models.InvalidError("jobId", "does not match the path's job")
		}
		if serials, err = t.number(order); err != nil {
			return err
		}
		first := &path.Steps[0]
		user := actor(ctx, order.UserID)
		for i := range serials {
			serial := &serials[i]
			serial.JobID, serial.PathID = path.JobID, path.ID
			serial.State = models.State{Status: models.InProgress, StepID: &first.ID, KnownStepNumber: path.LastStepNumber}
			serial.Version = 1
			serial.CreatedAt, serial.UpdatedAt = t.at, t.at
			if err := t.recordSerial(models.Event{Type: models.UnitCreated, StepID: &first.ID}, serial, user, struct {
				StepName string `json:"stepName"`
			}{first.Name}); err != nil {
				return err
			}
		}
		t.later(serialTable.rows(serials))
		if err := t.answer(ReceiptOf(ctx), serials); err != nil {
			return err
		}
		path.InProgress += int64(len(serials))
		first.PartCount += int64(len(serials))
		t.saveCounts([]models.Path{path}, path.Steps[:1])
		return nil
	})
	return serials, err
}

// number gives the units their ids. The row of the counters is locked until the transaction ends, so that batches are
// contiguous and two can't take the same id.
func (t *tx) number(order NewUnits) ([]models.Unit, error) {
	var counters struct{ No, Serial int64 }
	// A write, because it locks on both databases.
	if err := t.Raw("UPDATE counters SET no = no + ? RETURNING no, serial", max(order.Quantity, len(order.SerialNumbers))).
		Scan(&counters).Error; err != nil {
		return nil, err
	}
	var serials []models.Unit
	if order.SerialNumbers != nil {
		if err := t.refuseTaken(order.SerialNumbers); err != nil {
			return nil, err
		}
		serials = make([]models.Unit, len(order.SerialNumbers))
		for i, id := range order.SerialNumbers {
			serials[i].SerialNumber, serials[i].Sequence = id, models.SequenceOf(id)
		}
	} else {
		first, err := t.freeNumbers(counters.Serial+1, int64(order.Quantity))
		if err != nil {
			return nil, err
		}
		serials = make([]models.Unit, order.Quantity)
		for i := range serials {
			number := first + int64(i)
			serials[i].SerialNumber, serials[i].Sequence = models.GeneratedSerialNumber(number), &number
		}
		if err := t.Exec("UPDATE counters SET serial = ?", first+int64(order.Quantity)-1).Error; err != nil {
			return nil, err
		}
	}
	for i := range serials {
		serials[i].Ordinal = counters.No - int64(len(serials)-1-i)
	}
	return serials, nil
}

// freeNumbers finds the first number at or after from that begins a run of n which no unit has. Units may bring ids of
// the form SN-n along, so the count alone does not tell.
func (t *tx) freeNumbers(from, n int64) (int64, error) {
	for {
		var taken *int64
		if err := t.Raw("SELECT max(number) FROM serials WHERE number BETWEEN ? AND ?", from, from+n-1).
			Scan(&taken).Error; err != nil || taken == nil {
			return from, err
		}
		from = *taken + 1
	}
}

// refuseTaken returns a Conflict that names the first of the ids that exists.
func (t *tx) refuseTaken(ids []string) error {
	taken := map[string]bool{}
	for some := range slices.Chunk(ids, t.store.dialect.parameters()) {
		var found []string
		if err := t.Model(&models.Unit{}).Where("id IN ?", some).Pluck("id", &found).Error; err != nil {
			return err
		}
		for _, id := range found {
			taken[id] = true
		}
	}
	for _, id := range ids {
		if taken[id] {
			return models.ConflictError("Serial number already exists: %s", id)
		}
	}
	return nil
}

// recordSerial adds an event of a unit.
func (t *tx) recordSerial(event models.Event, serial *models.Unit, user string, data any) error {
	event.JobID, event.PathID, event.SerialNumber = &serial.JobID, &serial.PathID, &serial.SerialNumber
	return t.record(event, user, data)
}

// actor is the user that a request names, else the user of the context.
func actor(ctx context.Context, named string) string {
	if named != "" {
		return named
	}
	return userOf(ctx)
}

// UnitFilter says which units a list holds: those that match all that is given. Nil fields ask for nothing.
type UnitFilter struct {
	JobID, PathID, StepID *string
	Status                *models.UnitStatus
	// Query is a part of the id, in any case.
	Query *string
}

// Units returns up to limit units, newest first, that come after the one with the number before; 0 begins with the
// newest.
func (s *Store) Units(ctx context.Context, filter UnitFilter, before int64, limit int) ([]models.Unit, error) {
	var serials []models.Unit
	err := s.query(ctx, func(query *gorm.DB) (err error) {
		if before != 0 {
			query = query.Where("no < ?", before)
		}
		query = whereGiven(query, "job_id = ?", filter.JobID)
		query = whereGiven(query, "path_id = ?", filter.PathID)
		query = whereGiven(query, "step_id = ?", filter.StepID)
		query = whereGiven(query, "status = ?", filter.Status)
		if filter.Query != nil {
			query = query.Where(s.dialect.contains("lower(id)"), models.FoldCase(*filter.Query))
		}
		serials, err = serialTable.read(query.Order("no DESC").Limit(limit), limit)
		return err
	})
	return serials, err
}

// whereGiven adds a condition when there is a value for it.
func whereGiven[Value any](query *gorm.DB, condition string, value *Value) *gorm.DB {
	if value == nil {
		return query
	}
	return query.Where(condition, *value)
}

// Unit returns one unit and its path, as they are at one moment, or a NotFound error.
func (s *Store) Unit(ctx context.Context, id string) (serial models.Unit, path models.Path, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		if serial, err = take[models.Unit](db, "Serial number", id); err != nil {
			return err
		}
		path, err = findPath(db, serial.PathID)
		return err
	})
	return serial, path, err
}

// StepIndexes returns the places of steps on their paths, for units that are listed; a removed step has none.
func (s *Store) StepIndexes(ctx context.Context, serials []models.Unit) (map[string]int, error) {
	ids := map[string]bool{}
	for i := range serials {
		if id := serials[i].StepID; id != nil {
			ids[*id] = true
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var steps []models.Step
	wanted := make([]string, 0, len(ids))
	for id := range ids {
		wanted = append(wanted, id)
	}
	err := s.query(ctx, func(db *gorm.DB) error {
		return db.Select("id", "position").Where("id IN ? AND position IS NOT NULL", wanted).Find(&steps).Error
	})
	places := make(map[string]int, len(steps))
	for _, step := range steps {
		places[step.ID] = *step.Index
	}
	return places, err
}
