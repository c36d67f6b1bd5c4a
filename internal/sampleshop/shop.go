// Package sampleshop fills a database with a machine shop that has worked for three weeks, and lets the people of the shop
// keep working. It is for `routecard demo`, screenshots, and tests; it must never be used on a real database.
//
// The shop works through package store, like the server, so that events, counters, and seals are those of real work. It does
// not use HTTP because only the store takes a clock, which the history needs. Begin with [Open].
package sampleshop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// Shop is a shop floor with its orders, stations, and people. It is not safe for concurrent use.
type Shop struct {
	store  *store.Store
	clock  *clock
	random *rand.Rand
	// start is when the history ends. Due dates count from it.
	start time.Time
	// lots are the paths in work, the most urgent first.
	lots []*lot
	// done is how many units each station could have moved since it last moved some.
	done map[string]float64
}

// lot is a path with its units that have not left it.
type lot struct {
	order order
	part  part
	path  models.Path
	// waiting are the units at each step as the shop knows them, the oldest first.
	waiting [][]models.Unit
	// created is how many units the lot has had, and scrapped how many of them were scrapped and not replaced.
	created, scrapped int
}

// Open creates the database at the given path and fills it with a history of three weeks that ends at the time of the system
// clock. The same seed and start time give the same history, except for ids. From then on the store uses the system clock.
func Open(ctx context.Context, database string, seed uint64, now func() time.Time, log *slog.Logger) (*Shop, *store.Store, error) {
	c := &clock{system: now}
	db, err := store.Open(ctx, database, store.Options{Clock: c.now, Logger: log})
	if err != nil {
		return nil, nil, err
	}
	s := &Shop{store: db, clock: c, random: rand.New(rand.NewPCG(seed, seed)), start: now(), done: map[string]float64{}}
	if err := s.writeHistory(ctx, s.start); err != nil {
		return nil, nil, fmt.Errorf("sample shop: %w", errors.Join(err, db.Close()))
	}
	c.set(time.Time{})
	return s, db, nil
}

// release creates the job of an order with its paths and their units.
func (s *Shop) release(ctx context.Context, o order) error {
	planner := store.Request{UserID: nora}
	job, _, err := s.store.CreateJob(ctx, planner, o.job(s.start))
	if err != nil {
		return err
	}
	for _, part := range o.parts {
		steps := make([]models.StepChange, len(part.route.steps))
		for i := range steps {
			steps[i] = part.route.steps[i].change()
		}
		path, _, err := s.store.CreatePath(ctx, planner, models.Path{
			JobID: job.ID, Name: cmp.Or(part.name, part.route.name), GoalQuantity: int64(part.goal), AdvancementMode: part.route.mode,
		}, steps)
		if err != nil {
			return err
		}
		if part.units == 0 {
			continue
		}
		l := &lot{order: o, part: part, path: path, waiting: make([][]models.Unit, len(steps))}
		if err := s.createUnits(ctx, l, part.units); err != nil {
			return err
		}
		s.lots = append(s.lots, l)
	}
	slices.SortStableFunc(s.lots, func(a, b *lot) int { return cmp.Compare(a.order.rank(), b.order.rank()) })
	return nil
}

// createUnits puts n new units at the first step of the lot.
func (s *Shop) createUnits(ctx context.Context, l *lot, n int) error {
	units, _, err := s.store.CreateUnits(ctx, store.Request{UserID: nora}, l.part.newUnits(l.path.ID, l.created, n))
	if err != nil {
		return err
	}
	l.waiting[0] = append(l.waiting[0], units...)
	l.created += n
	return nil
}

// finishLot creates a unit for each unit that the lot has lost, after all other units are completed. If it has lost none, the
// order may be shipped, and its job is closed.
func (s *Shop) finishLot(ctx context.Context, l *lot) error {
	for _, units := range l.waiting {
		if len(units) > 0 {
			return nil
		}
	}
	lost := l.scrapped
	l.scrapped = 0
	switch {
	case lost > 0:
		return s.createUnits(ctx, l, lost)
	case l.order.isShipped():
		_, _, err := s.store.CloseJob(ctx, store.Request{UserID: nora}, l.path.JobID, new("Shipped"))
		return err
	default:
		return nil
	}
}

// underway returns the number of units that have not left their paths.
func (s *Shop) underway() (n int) {
	for _, l := range s.lots {
		for _, units := range l.waiting {
			n += len(units)
		}
	}
	return n
}
