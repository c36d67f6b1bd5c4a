package sampleshop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

const (
	historyDays = 21
	// tick is how often each station moves units while the history is written.
	tick = 30 * time.Minute
	// The shift begins and ends at these hours of the day, except on Sunday.
	shiftBegin, shiftEnd = 6, 22
	// alwaysWorked is the time before the start in which the shop works even at night and on Sunday, so that a visitor sees
	// work of today.
	alwaysWorked = 10 * time.Hour
	// livePause is the time between two scans after the history.
	livePause = 3 * time.Second
	// enoughWork is how many units are under way before the planner releases no further order.
	enoughWork = 60
)

// writeHistory simulates the work of the three weeks before the given time.
func (s *Shop) writeHistory(ctx context.Context, end time.Time) error {
	pending := orders
	for at := end.Add(-historyDays * 24 * time.Hour); at.Before(end.Add(-tick)); at = at.Add(tick) {
		s.clock.set(at)
		for len(pending) > 0 && end.Sub(at).Hours() <= pending[0].daysAgo*24 {
			if err := s.release(ctx, pending[0]); err != nil {
				return err
			}
			pending = pending[1:]
		}
		if !isShift(at) && end.Sub(at) > alwaysWorked {
			continue
		}
		for i, name := range stationNames {
			// The people of the shop don't scan in the same second.
			s.clock.set(at.Add(time.Duration(i)*tick/time.Duration(len(stationNames)) + time.Duration(s.random.IntN(60_000))*time.Millisecond))
			if err := s.workAt(ctx, name); err != nil {
				return err
			}
		}
		if at.Hour() == shiftEnd-1 {
			if err := s.store.Seal(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func isShift(at time.Time) bool {
	return at.Weekday() != time.Sunday && at.Hour() >= shiftBegin && at.Hour() < shiftEnd
}

// workAt moves the units that the station has finished since it last moved some: one bulk scan of a few units of one lot.
func (s *Shop) workAt(ctx context.Context, name string) error {
	s.done[name] += stations[name].perHour * tick.Hours() * (0.6 + 0.8*s.random.Float64())
	for s.done[name] >= 1 {
		l, at := s.nextWork(name)
		if l == nil {
			s.done[name] = 0
			return nil
		}
		n := min(int(s.done[name]), len(l.waiting[at]))
		s.done[name] -= float64(n)
		if err := s.finish(ctx, l, at, n); err != nil {
			return err
		}
	}
	return nil
}

// nextWork returns the most urgent lot with units at the station, and the index of its step, or nil if nothing is waiting.
func (s *Shop) nextWork(name string) (*lot, int) {
	for _, l := range s.lots {
		for at := range l.waiting {
			if l.path.Steps[at].Name == name && len(l.waiting[at]) > 0 {
				return l, at
			}
		}
	}
	return nil, 0
}

// finish has the operator of the station scan the first n units that are waiting at a step. A few of them are scrapped.
func (s *Shop) finish(ctx context.Context, l *lot, at, n int) error {
	station := stations[l.path.Steps[at].Name]
	by := store.Request{UserID: station.operator}
	units := slices.Clone(l.waiting[at][:n])
	l.waiting[at] = l.waiting[at][n:]
	commands := make([]store.UnitCommand, n)
	for i, unit := range units {
		// The server refuses the command if somebody else has changed the unit.
		commands[i] = store.UnitCommand{
			SerialNumber: unit.SerialNumber, Command: s.scan(station), Condition: store.Condition{Versions: []int64{unit.Version}},
		}
	}
	results, _, err := s.store.CommandEach(ctx, by, commands)
	if err != nil {
		return err
	}
	for i, result := range results {
		if result.Err != nil {
			return fmt.Errorf("%s: %w", units[i].SerialNumber, result.Err)
		}
		switch result.Unit.Status {
		case models.InProgress:
			unit := result.Unit
			if i == n-1 && s.happens(0.02) {
				if unit, err = s.scanTwice(ctx, by, unit); err != nil {
					return err
				}
			}
			l.waiting[result.StepIndex] = append(l.waiting[result.StepIndex], unit)
		case models.Scrapped:
			l.scrapped++
		case models.Completed:
		}
	}
	return s.finishLot(ctx, l)
}

// scan returns what the operator does with a unit at the station.
func (s *Shop) scan(at station) models.Command {
	if !s.happens(at.scrap) {
		return models.Advance{}
	}
	reason := at.reasons[0]
	if s.happens(0.3) {
		reason = at.reasons[len(at.reasons)-1]
	}
	scrap := models.Scrap{Reason: reason}
	if reason == models.ReasonOther {
		scrap.Explanation = new(explanations[s.random.IntN(len(explanations))])
	}
	return scrap
}

// explanations are why units are scrapped for another reason.
var explanations = []string{"Wrong alloy delivered", "Used for a destructive test", "Dropped by the forklift"}

// scanTwice has an operator move a unit that should stay, and undo that. It returns the unit after that.
func (s *Shop) scanTwice(ctx context.Context, by store.Request, unit models.Unit) (models.Unit, error) {
	_, _, err := s.store.Command(ctx, by, store.UnitCommand{SerialNumber: unit.SerialNumber, Command: models.Advance{}})
	if refused := new(models.Error); errors.As(err, &refused) {
		return unit, nil
	}
	if err != nil {
		return unit, err
	}
	result, _, err := s.store.Command(ctx, by, store.UnitCommand{
		SerialNumber: unit.SerialNumber, Command: models.Undo{Reason: new("Scanned twice")},
	})
	return result.Unit, err
}

// happens returns true with the given probability.
func (s *Shop) happens(probability float64) bool { return s.random.Float64() < probability }

// Work has the people of the shop scan one unit every few seconds, and the planner release an order when there is little work,
// until the context ends. They do not move a unit that somebody else has moved. Call it once the history is written.
func (s *Shop) Work(ctx context.Context) error {
	next := time.NewTicker(livePause)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		if err := s.scanOne(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("sample shop: %w", err)
		}
	}
}

// scanOne has one operator scan a unit, at a random station where one is waiting.
func (s *Shop) scanOne(ctx context.Context) error {
	if s.underway() < enoughWork {
		again := orders[s.random.IntN(len(orders))]
		again.dueIn = 3 + s.random.IntN(14)
		again.parts = slices.Clone(again.parts)
		for i := range again.parts {
			again.parts[i].serialFormat = ""
		}
		if err := s.release(ctx, again); err != nil {
			return err
		}
	}
	for _, i := range s.random.Perm(len(stationNames)) {
		l, at := s.nextWork(stationNames[i])
		if l == nil {
			continue
		}
		err := s.finish(ctx, l, at, 1)
		if refused := new(models.Error); errors.As(err, &refused) {
			return nil
		}
		return err
	}
	return nil
}
