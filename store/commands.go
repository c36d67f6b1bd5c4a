package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// UnitCommand is a command for one unit.
type UnitCommand struct {
	SerialNumber string
	Command      models.Command
	// Condition is what the caller requires of the unit's version.
	Condition Condition
}

// requestedCommand is a command of one of the requests that share a transaction.
type requestedCommand struct {
	UnitCommand
	by Request
}

// CommandResult is the unit after its command, or why the command was refused.
type CommandResult struct {
	Unit models.Unit
	// StepIndex is the index of the step at which the unit stands, or -1 if it stands at no step of its path.
	StepIndex int
	// Bypassed are the steps that AdvanceTo jumped over.
	Bypassed []models.StepState
	// Err is nil for a command that was carried out.
	Err *models.Error
}

// RefusedError is returned by [Store.CommandAll]. Nothing has changed.
type RefusedError struct {
	// Results has an error for each unit that refused its command.
	Results []CommandResult
}

func (e *RefusedError) Error() string { return "store: a unit refused its command" }

// Command carries out a command for one unit, and reports whether its result is that of an earlier request. Commands that
// wait at the same time share one transaction. It returns an Invalid error for a command that is wrong for every unit or that
// occurred too long ago, a NotFound error when the unit does not exist, a Changed error when the condition does not hold, an error of
// [models.Apply], or a KeyReused error.
func (s *Store) Command(ctx context.Context, by Request, command UnitCommand) (CommandResult, bool, error) {
	if err := models.CheckCommand(command.Command); err != nil {
		return CommandResult{}, false, err
	}
	return Once(ctx, s, by, func() (CommandResult, error) {
		if err := s.checkOccurredAt(by); err != nil {
			return CommandResult{}, err
		}
		result, err := s.commands.Do(ctx, requestedCommand{command, by})
		if err == nil && result.Err != nil {
			err = result.Err
		}
		return result, err
	})
}

// runCommands carries out the commands of several requests in one transaction.
func (s *Store) runCommands(ctx context.Context, commands []requestedCommand) (results []CommandResult, err error) {
	err = s.db.Transact(ctx, func(t *database.Tx) error {
		if results, err = s.carryOut(t, commands); err != nil {
			return err
		}
		var succeeded []CommandResult
		var requests []Request
		for i, result := range results {
			if result.Err == nil {
				succeeded, requests = append(succeeded, result), append(requests, commands[i].by)
			}
		}
		return keepResults(t, requests, succeeded)
	})
	return results, err
}

// CommandEach carries out commands in one transaction. Each result shows whether its own command was refused. The errors
// are those that concern all commands: an Invalid error and a KeyReused error.
func (s *Store) CommandEach(ctx context.Context, by Request, commands []UnitCommand) ([]CommandResult, bool, error) {
	return s.commandMany(ctx, by, commands, func([]CommandResult) error { return nil })
}

// CommandAll carries out all commands in one transaction, or none: then it returns a [RefusedError]. Its other errors are
// those of CommandEach.
func (s *Store) CommandAll(ctx context.Context, by Request, commands []UnitCommand) ([]CommandResult, bool, error) {
	return s.commandMany(ctx, by, commands, func(results []CommandResult) error {
		if slices.ContainsFunc(results, func(result CommandResult) bool { return result.Err != nil }) {
			return &RefusedError{results}
		}
		return nil
	})
}

// commandMany carries out the commands of one request, unless accept returns an error for the results.
func (s *Store) commandMany(
	ctx context.Context, by Request, commands []UnitCommand, accept func([]CommandResult) error,
) ([]CommandResult, bool, error) {
	requested := make([]requestedCommand, len(commands))
	for i, command := range commands {
		if err := models.CheckCommand(command.Command); err != nil {
			return nil, false, err
		}
		requested[i] = requestedCommand{command, by}
	}
	return Once(ctx, s, by, func() (results []CommandResult, err error) {
		if err := s.checkOccurredAt(by); err != nil {
			return nil, err
		}
		err = s.db.Transact(ctx, func(t *database.Tx) error {
			if results, err = s.carryOut(t, requested); err != nil {
				return err
			}
			if err := accept(results); err != nil {
				return err
			}
			return keepResult(t, by, results)
		})
		return results, err
	})
}

// checkOccurredAt returns an Invalid error when the request says a time that is too long ago or in the future. It is called
// before a change and not before the search for an earlier result, so that a request can be repeated later.
func (s *Store) checkOccurredAt(by Request) error {
	return models.CheckOccurredAt(by.OccurredAt, models.MillisOf(s.clock()))
}

// carryOut carries out commands one after the other. The number of statements does not depend on the number of commands.
func (s *Store) carryOut(t *database.Tx, commands []requestedCommand) ([]CommandResult, error) {
	batch, err := s.loadMoveBatch(t, commands)
	if err != nil {
		return nil, err
	}
	results := make([]CommandResult, len(commands))
	for i, command := range commands {
		if results[i], err = batch.carryOut(command); err != nil {
			return nil, err
		}
	}
	return results, batch.writeChanges()
}

// moveBatch holds the units of several commands, with their paths, while the commands are carried out.
type moveBatch struct {
	t     *database.Tx
	paths map[string]*models.Path
	// units are by their folded serial numbers.
	units map[string]*models.Unit
	// events are the undoable events of this batch, by their ids.
	events map[string]models.Event
	// moves are the moves of this batch, by the ids of their events. undone are older moves that this batch has undone.
	moves  map[string]models.Move
	undone []models.Move
	// changed are the units that have to be written, and deleted those that have to be deleted.
	changed map[*models.Unit]bool
	deleted []models.Unit
	counts
}

// loadMoveBatch locks the paths of the units, in the order of the paths' ids, and then reads the units. The lock of a path
// protects the units on it and its counts. A unit that was created while loadMoveBatch waited for the locks may be on a path
// that is not locked. Its creation is concurrent with every command of the batch, so the batch has no such unit.
func (s *Store) loadMoveBatch(t *database.Tx, commands []requestedCommand) (*moveBatch, error) {
	serialNumbers := make([]string, len(commands))
	for i, command := range commands {
		serialNumbers[i] = models.FoldSerialNumber(command.SerialNumber)
	}
	var paths []models.Path
	units := make([]models.Unit, 0, len(commands))
	// With DISTINCT, PostgreSQL finds the units once, by their serial numbers, instead of once for each path.
	pathsOfUnits := t.Model(&models.Unit{}).Distinct("path_id").Where("lower(id) IN ?", serialNumbers)
	if err := t.Read(
		rows.Into(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Where("id IN (?)", pathsOfUnits).Order("id"), &paths),
		rows.Into(t.Where("lower(id) IN ?", serialNumbers), &units),
	); err != nil {
		return nil, err
	}
	if err := s.routes.load(t.DB, paths); err != nil {
		return nil, err
	}
	if err := nameClosedJobs(t.DB, paths); err != nil {
		return nil, err
	}
	batch := &moveBatch{
		t:       t,
		paths:   make(map[string]*models.Path, len(paths)),
		units:   make(map[string]*models.Unit, len(units)),
		events:  map[string]models.Event{},
		moves:   map[string]models.Move{},
		changed: map[*models.Unit]bool{},
		counts:  newCounts(),
	}
	for i := range paths {
		batch.paths[paths[i].ID] = &paths[i]
	}
	for i := range units {
		if batch.paths[units[i].PathID] != nil {
			batch.units[models.FoldSerialNumber(units[i].SerialNumber)] = &units[i]
		}
	}
	return batch, nil
}

// carryOut carries out one command. A refusal is part of the result; an error ends the transaction.
func (b *moveBatch) carryOut(command requestedCommand) (CommandResult, error) {
	unit := b.units[models.FoldSerialNumber(command.SerialNumber)]
	if unit == nil {
		return CommandResult{Err: models.NotFoundError("Serial number", command.SerialNumber)}, nil
	}
	if !command.Condition.Holds(unit.Version) {
		return CommandResult{Err: models.ChangedError("Serial number")}, nil
	}
	path := b.paths[unit.PathID]
	if err := b.complete(&command.Command, unit); err != nil {
		return CommandResult{}, err
	}
	change, err := models.Apply(command.Command, path, *unit, models.Actor{UserID: command.by.user(), At: b.t.At})
	if err != nil {
		if refused, ok := errors.AsType[*models.Error](err); ok {
			return CommandResult{Err: refused}, nil
		}
		return CommandResult{}, err
	}
	switch known := command.Command.(type) {
	case models.Undo:
		b.undoMove(known.Last)
	case models.Delete:
		if err := b.undoCreation(unit); err != nil {
			return CommandResult{}, err
		}
	}
	if err := b.record(command.by, &change, unit.State); err != nil {
		return CommandResult{}, err
	}
	if change.Type == models.UnitDeleted {
		b.count(path, unit, nil)
		b.deleted = append(b.deleted, *unit)
		delete(b.changed, unit)
		delete(b.units, models.FoldSerialNumber(unit.SerialNumber))
	} else {
		b.count(path, unit, &change.Unit)
		*unit = change.Unit
		b.changed[unit] = true
	}
	result := CommandResult{Unit: *unit, StepIndex: path.CurrentStepIndex(unit), Bypassed: change.Bypassed}
	if result.StepIndex >= 0 {
		result.Unit.StepName = &path.Steps[result.StepIndex].Name
		return result, nil
	}
	return result, setStepName(b.t.DB, &result.Unit)
}

// record records the event of a change. If the command changed the state, the next undo undoes this event.
func (b *moveBatch) record(by Request, change *models.Change, before models.State) error {
	unit := &change.Unit
	unit.Version++
	unit.UpdatedAt = changeTime(b.t, unit.UpdatedAt)
	event := models.Event{
		ID: models.NewID(models.EventPrefix), Type: change.Type, At: b.t.At, OccurredAt: by.OccurredAt, StepID: change.StepID,
	}
	switch change.Type {
	case models.UnitUndone, models.UnitNoted, models.UnitDeleted:
	default:
		encoded, err := json.Marshal(before)
		if err != nil {
			return fmt.Errorf("store: state of %s: %w", unit.SerialNumber, err)
		}
		event.Before = new(string(encoded))
		unit.LastEventID = &event.ID
		event.SerialNumber = &unit.SerialNumber
		b.events[event.ID] = event
	}
	if event.Type.IsMove() {
		b.moves[event.ID] = models.NewMove(&event, &before, unit)
		if unit.Status == models.InProgress {
			unit.EnteredAt = event.DoneAt()
		}
	}
	return recordUnit(b.t, by, event, unit, change.Data)
}

// complete sets the fields of a command that the store must read: the event that an undo undoes, from this batch or from the
// database, and whether a unit to be deleted has ever moved.
func (b *moveBatch) complete(command *models.Command, unit *models.Unit) (err error) { //nolint:gocritic // It replaces the command.
	switch known := (*command).(type) {
	case models.Undo:
		if unit.LastEventID == nil {
			return nil
		}
		event, ok := b.events[*unit.LastEventID]
		if !ok {
			if event, err = findUnitEvent(b.t.DB, unit.SerialNumber, *unit.LastEventID); err != nil {
				return err
			}
		}
		if known, err = undoOf(known, event); err != nil {
			return err
		}
		if known.Before.EnteredAt == 0 {
			err = b.findEntry(known.Before, unit, &event)
		}
		*command = known
	case models.Delete:
		known.Moved, err = hasMoved(b.t.DB, unit.SerialNumber)
		for _, event := range b.events {
			known.Moved = known.Moved || *event.SerialNumber == unit.SerialNumber && slices.Contains(models.StayEndings(), event.Type)
		}
		*command = known
	}
	return err
}

// findUnitEvent returns an event of a unit.
func findUnitEvent(db *gorm.DB, serialNumber, id string) (event models.Event, err error) {
	if err := db.Where("serial_id = ? AND id = ?", serialNumber, id).Take(&event).Error; err != nil {
		return event, fmt.Errorf("store: event %s of %s: %w", id, serialNumber, err)
	}
	return event, nil
}

// undoOf returns the undo of an event.
func undoOf(undo models.Undo, event models.Event) (models.Undo, error) {
	var before models.State
	if err := json.Unmarshal([]byte(*event.Before), &before); err != nil {
		return undo, fmt.Errorf("store: state before %s: %w", event.ID, err)
	}
	undo.Last, undo.Before = &event, &before
	return undo, nil
}

// findEntry adds to the state before an event when the unit had entered its step. Events of earlier versions do not say it.
func (b *moveBatch) findEntry(before *models.State, unit *models.Unit, event *models.Event) error {
	before.EnteredAt = unit.EnteredAt
	if !event.Type.IsMove() {
		return nil
	}
	return b.t.Model(&models.Move{}).Where("at = ? AND event_id = ?", event.DoneAt(), event.ID).
		Select("entered_at").Row().Scan(&before.EnteredAt)
}

// undoMove marks the move of an undone event as undone, if the event has recorded a move.
func (b *moveBatch) undoMove(event *models.Event) {
	if _, own := b.moves[event.ID]; own {
		delete(b.moves, event.ID)
	} else if event.Type.IsMove() {
		b.undone = append(b.undone, models.Move{At: event.DoneAt(), EventID: event.ID, Type: event.Type})
	}
}

// undoCreation marks the move that created a unit as undone.
func (b *moveBatch) undoCreation(unit *models.Unit) error {
	var created models.Event
	if err := b.t.Where("serial_id = ? AND type = ?", unit.SerialNumber, models.UnitCreated).Take(&created).Error; err != nil {
		return fmt.Errorf("store: creation of %s: %w", unit.SerialNumber, err)
	}
	b.undoMove(&created)
	return nil
}

// hasMoved reports whether a unit has left a step, or was scrapped or completed, even if that was undone.
func hasMoved(db *gorm.DB, serialNumber string) (bool, error) {
	var moves int64
	err := db.Model(&models.Event{}).Where("serial_id = ? AND type IN ?", serialNumber, models.StayEndings()).Count(&moves).Error
	return moves > 0, err
}

// writeChanges queues the changed units, counts, and moves, and deletes units.
func (b *moveBatch) writeChanges() error {
	for _, unit := range b.deleted {
		if err := b.t.Delete(&unit).Error; err != nil {
			return err
		}
		b.t.Queue(rows.New([]models.DeletedUnit{{SerialNumber: unit.SerialNumber, Sequence: unit.Sequence}}))
	}
	units := make([]models.Unit, 0, len(b.changed))
	for unit := range b.changed {
		units = append(units, *unit)
	}
	// In the order in which the database stores them, so that neighbors are written together.
	slices.SortFunc(units, func(a, b models.Unit) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	b.t.Queue(rows.Upsert(units, "no", "status", "step_id", "entered_at", "marks", "known_step_no", "force_completed", "force_reason",
		"scrap_reason", "scrap_explanation", "ended_by", "ended_at", "last_event_id", "version", "updated_at"))
	b.queue(b.t)
	return queueMoves(b.t, slices.Collect(maps.Values(b.moves)), b.undone)
}
