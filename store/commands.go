package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
)

// UnitCommand is a command to one unit.
type UnitCommand struct {
	SerialNumber string
	Command      models.Command
	// UserID is who gives it, "" for the user of the context.
	UserID string
	// Condition is what the caller asks of the unit's version.
	Condition Condition

	receipt *Receipt
}

// CommandResult is what became of an order: the unit as it then is, or why nothing was changed.
type CommandResult struct {
	models.Change
	// StepIndex is where the unit then stands on its path, from 0; -1 when it stands nowhere.
	StepIndex int
	Err       *models.Error
}

// Command gives one unit a command. Commands that wait at the same time share one transaction. It returns a NotFound
// error without such a unit, a Changed one when the condition does not hold, or the error of the command.
func (s *Store) Command(ctx context.Context, order UnitCommand) (CommandResult, error) {
	// Resolved here, because the transaction runs under the context of whichever command leads it.
	order.UserID = actor(ctx, order.UserID)
	order.receipt = ReceiptOf(ctx)
	outcome, err := s.commands.do(ctx, order)
	if err == nil && outcome.Err != nil {
		err = outcome.Err
	}
	return outcome, err
}

// commandTogether carries out the orders of several callers, each of whom gets an answer of its own.
func (s *Store) commandTogether(ctx context.Context, orders []UnitCommand) (outcomes []CommandResult, err error) {
	err = s.transact(ctx, func(t *tx) error {
		if outcomes, err = t.command(orders); err != nil {
			return err
		}
		for i := range outcomes {
			if outcomes[i].Err != nil {
				continue
			}
			if err := t.answer(orders[i].receipt, outcomes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return outcomes, err
}

// CommandEach gives each unit its command in one transaction, and each answers for itself.
func (s *Store) CommandEach(ctx context.Context, orders []UnitCommand) ([]CommandResult, error) {
	return s.commandMany(ctx, orders, func([]CommandResult) error { return nil })
}

// CommandAll gives each unit its command, or changes nothing: then the error is that of the first unit that could not
// obey, with a field for each of them.
func (s *Store) CommandAll(ctx context.Context, orders []UnitCommand) ([]CommandResult, error) {
	return s.commandMany(ctx, orders, refused)
}

// commandMany carries out the orders of one caller, unless refuse finds fault with an outcome.
func (s *Store) commandMany(ctx context.Context, orders []UnitCommand, refuse func([]CommandResult) error) (outcomes []CommandResult, err error) {
	err = s.transact(ctx, func(t *tx) error {
		if outcomes, err = t.command(orders); err != nil {
			return err
		}
		if err := refuse(outcomes); err != nil {
			return err
		}
		return t.answer(ReceiptOf(ctx), outcomes)
	})
	return outcomes, err
}

func refused(outcomes []CommandResult) error {
	var all *models.Error
	for i, outcome := range outcomes {
		if outcome.Err == nil {
			continue
		}
		if all == nil {
			all = &models.Error{Kind: outcome.Err.Kind, Message: outcome.Err.Message}
		}
		field := fmt.Sprintf("serialIds.%d", i)
		all.Fields = append(all.Fields, models.FieldError{Field: field, Message: outcome.Err.Message})
	}
	if all == nil {
		return nil
	}
	return all
}

// command carries out orders one after the other, with a handful of statements however many there are. The paths are
// locked first, in the order of their ids: whoever holds a path's lock is alone with its units and its counts.
func (t *tx) command(orders []UnitCommand) ([]CommandResult, error) {
	ids := make([]string, len(orders))
	for i, order := range orders {
		ids[i] = order.SerialNumber
	}
	var paths []models.Path
	onTheirPaths := t.Model(&models.Unit{}).Select("path_id").Where("id IN ?", ids)
	if err := t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
		Where("id IN (?)", onTheirPaths).Order("id").Find(&paths).Error; err != nil {
		return nil, err
	}
	if err := loadSteps(t.DB, paths); err != nil {
		return nil, err
	}
	serials, err := serialTable.read(t.Where("id IN ?", ids), len(ids))
	if err != nil {
		return nil, err
	}
	f := newFloor(paths, serials)
	outcomes := make([]CommandResult, len(orders))
	for i, order := range orders {
		var err error
		if outcomes[i], err = f.carryOut(t, order); err != nil {
			return nil, err
		}
	}
	f.save(t)
	return outcomes, nil
}

// floor is the part of the shop floor that a group of orders is about.
type floor struct {
	paths   map[string]*models.Path
	units   map[string]*models.Unit
	changed map[string]bool
	// steps are those whose counts changed.
	steps map[*models.Step]bool
}

func newFloor(paths []models.Path, serials []models.Unit) *floor {
	f := &floor{
		paths:   make(map[string]*models.Path, len(paths)),
		units:   make(map[string]*models.Unit, len(serials)),
		changed: map[string]bool{},
		steps:   map[*models.Step]bool{},
	}
	for i := range paths {
		f.paths[paths[i].ID] = &paths[i]
	}
	for i := range serials {
		f.units[serials[i].SerialNumber] = &serials[i]
	}
	return f
}

// carryOut applies one order. What the unit's user is to know is in the outcome; an error is for all orders.
func (f *floor) carryOut(t *tx, order UnitCommand) (CommandResult, error) {
	unit := f.units[order.SerialNumber]
	if unit == nil {
		return CommandResult{Err: models.NotFoundError("Serial number", order.SerialNumber)}, nil
	}
	if !order.Condition.Holds(unit.Version) {
		return CommandResult{Err: models.ChangedError("Serial number")}, nil
	}
	path := f.paths[unit.PathID]
	command := order.Command
	if undo, ok := command.(models.Undo); ok {
		if err := t.findUndone(&undo, unit); err != nil {
			return CommandResult{}, err
		}
		command = undo
	}
	user := actor(t.Statement.Context, order.UserID)
	change, err := models.Apply(command, path, *unit, models.Actor{UserID: user, At: t.at})
	if err != nil {
		if refused, ok := errors.AsType[*models.Error](err); ok {
			return CommandResult{Err: refused}, nil
		}
		return CommandResult{}, err
	}
	if err := t.recordChange(&change, unit.State, user); err != nil {
		return CommandResult{}, err
	}
	f.count(path, unit, -1)
	f.count(path, &change.Unit, +1)
	*unit = change.Unit
	f.changed[unit.SerialNumber] = true
	return CommandResult{Change: change, StepIndex: path.CurrentStepIndex(unit)}, nil
}

// recordChange adds the change's event and, except for an undo, has it remembered as the one that undo takes back next.
func (t *tx) recordChange(change *models.Change, before models.State, user string) error {
	unit := &change.Unit
	unit.Version++
	unit.UpdatedAt = t.after(unit.UpdatedAt)
	event := models.Event{Type: change.Type, StepID: change.StepID}
	if change.Type != models.UnitUndone {
		kept, err := json.Marshal(before)
		if err != nil {
			return fmt.Errorf("store: state of %s: %w", unit.SerialNumber, err)
		}
		text := string(kept)
		event.Before = &text
	}
	if err := t.recordSerial(event, unit, user, change.Data); err != nil {
		return err
	}
	if change.Type != models.UnitUndone {
		id := t.events[len(t.events)-1].ID
		unit.LastEventID = &id
	}
	return nil
}

// findUndone looks up the event that an undo takes back: one of this transaction, or one in the database.
func (t *tx) findUndone(undo *models.Undo, unit *models.Unit) error {
	if unit.LastEventID == nil {
		return nil
	}
	var event models.Event
	own := slices.IndexFunc(t.events, func(e models.Event) bool { return e.ID == *unit.LastEventID })
	if own >= 0 {
		event = t.events[own]
	} else if err := t.Where("serial_id = ? AND id = ?", unit.SerialNumber, *unit.LastEventID).Take(&event).Error; err != nil {
		return fmt.Errorf("store: event %s of %s: %w", *unit.LastEventID, unit.SerialNumber, err)
	}
	var before models.State
	if err := json.Unmarshal([]byte(*event.Before), &before); err != nil {
		return fmt.Errorf("store: state before %s: %w", event.ID, err)
	}
	undo.Last, undo.Before = &event, &before
	return nil
}

// count adds a unit to the counts of its path and of the step where it stands, or takes it out.
func (f *floor) count(path *models.Path, unit *models.Unit, n int64) {
	switch unit.Status {
	case models.InProgress:
		path.InProgress += n
		step := &path.Steps[path.CurrentStepIndex(unit)]
		step.PartCount += n
		f.steps[step] = true
	case models.Completed:
		path.Completed += n
	case models.Scrapped:
		path.Scrapped += n
	}
}

// save writes the units that changed and the counts of their paths.
func (f *floor) save(t *tx) {
	var serials []models.Unit
	var paths []models.Path
	seen := map[string]bool{}
	for id := range f.changed {
		unit := f.units[id]
		serials = append(serials, *unit)
		if path := f.paths[unit.PathID]; !seen[path.ID] {
			seen[path.ID] = true
			paths = append(paths, *path)
		}
	}
	// In the order in which the database keeps them, so that it finds neighbours together.
	slices.SortFunc(serials, func(a, b models.Unit) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	steps := make([]models.Step, 0, len(f.steps))
	for step := range f.steps {
		steps = append(steps, *step)
	}
	t.later(serialTable.changes(serials, "no", "status", "step_id", "marks", "known_step_no", "force_completed", "force_reason",
		"scrap_reason", "scrap_explanation", "ended_by", "ended_at", "last_event_id", "version", "updated_at"))
	t.saveCounts(paths, steps)
}

// saveCounts writes how many units the paths and the steps have.
func (t *tx) saveCounts(paths []models.Path, steps []models.Step) {
	t.later(pathTable.changes(paths, "id", "in_progress_count", "completed_count", "scrapped_count"),
		stepTable.changes(steps, "id", "part_count"))
}
