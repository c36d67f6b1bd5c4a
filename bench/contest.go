package main

import (
	"errors"
	"fmt"
	"slices"
)

// contest measures Routecard and what it is compared with in turns, and gives one line of the table for each mark.
type contest struct {
	what     string
	database string
	unit     unit
	// measure measures one side once. It appends to the side's samples.
	measure func(b *bench, s *side) error
	// seed fills the database of a side through Routecard's API before the first round.
	seed func(b *bench, s *side) error
	// verify is a query for the number of requests that took effect. It must equal the number of 2xx responses.
	verify string
	// tail is the mark for p99/p50 of Routecard, which must be less. 0 is no mark.
	tail float64
	// bound is the mark for Routecard's own figure, which must be less. 0 is no mark.
	bound float64
	// against is what Routecard is compared with. Sides[0] of a run is Routecard itself.
	against []side
}

// side is one server that a contest measures, with its results.
type side struct {
	// name says in the table what Routecard is compared with.
	name string
	// floor selects the floor of package floor. "" is Routecard.
	floor string
	// program is the Routecard binary. Defaults to the one under test.
	program string
	// seed replaces the contest's.
	seed func(b *bench, s *side) error
	// mark is the bound for the median ratio of Routecard's figure to this side's. 0 is no mark.
	mark float64

	process  *process
	database string
	// next, paths and units are what the seed leaves for measure.
	next  func() []byte
	paths []string
	units [][]string

	values, p50, p99 samples
	answered         int
}

// run measures all sides and adds the lines to the report.
func (c *contest) run(b *bench) (err error) {
	b.say("%s", c.what)
	sides := []*side{{name: "Routecard"}}
	for _, s := range c.against {
		sides = append(sides, &s)
	}
	for _, s := range sides {
		defer func() { err = errors.Join(err, b.stopSide(s)) }()
		if err := b.startSide(c, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	// Each round begins with another side, so that no side always runs after the same one.
	for round := range b.rounds {
		first := round % len(sides)
		for _, s := range slices.Concat(sides[first:], sides[:first]) {
			if err := c.measure(b, s); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	if c.verify != "" {
		for _, s := range sides {
			done, err := query[int](s.database, c.verify)
			if err != nil {
				return err
			}
			if done != s.answered {
				return fmt.Errorf("%s sent %d responses with status 2xx, but the database has %d changes", s.name, s.answered, done)
			}
		}
	}
	b.report.add(c, sides)
	return nil
}

// startSide creates and seeds the side's database and starts its server.
func (b *bench) startSide(c *contest, s *side) (err error) {
	if s.program == "" {
		s.program = b.program
	}
	if s.database, err = b.newDatabase(c.database); err != nil {
		return err
	}
	if s.process, err = startRoutecard(s.program, s.database); err != nil {
		return err
	}
	seed := c.seed
	if s.seed != nil {
		seed = s.seed
	}
	if seed != nil {
		if err := seed(b, s); err != nil {
			return err
		}
	}
	if c.database == postgreSQL {
		// So that autovacuum does not run during a measurement.
		if err := execute(s.database, "VACUUM (ANALYZE)"); err != nil {
			return err
		}
	}
	if s.floor == "" {
		return nil
	}
	if err := s.process.stop(); err != nil {
		return err
	}
	if c.database == postgreSQL {
		if err := execute(s.database, "DROP TRIGGER IF EXISTS events_in_order ON events"); err != nil {
			return err
		}
	}
	s.process, err = startFloor(s.floor, s.database)
	return err
}

func (b *bench) stopSide(s *side) (err error) {
	if s.process != nil {
		err = s.process.stop()
	}
	if s.database != "" {
		err = errors.Join(err, b.dropDatabase(s.database))
	}
	return err
}
