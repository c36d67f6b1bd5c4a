package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// contest measures Routecard and the sides it is compared with in turns. It gives one line of the table for each mark.
type contest struct {
	// operation, database, and detail are the name of the contest.
	operation, database, detail string
	unit                        unit
	// seed fills the database through Routecard's API before the first round.
	seed func(*bench, *side) error
	// measure measures a side once and appends to its samples.
	measure func(*bench, *side) error
	// done is a query for the number of requests that have changed the database. It must equal the number of responses.
	done string
	// against are the sides after the first, which is Routecard.
	against []side
	// tail is the mark for Routecard's p99/p50. 0 is no mark.
	tail float64
	// limit is the mark for Routecard's median. 0 is no mark.
	limit float64
	// servers is how many Routecards share the database of the first side. Defaults to 1.
	servers int
	// large says that the contest needs a large database, so that it is measured only with -large.
	large bool
}

// side is a server that a contest measures, and what was measured.
type side struct {
	// name says in the table what Routecard is compared with.
	name string
	// mark is the least ratio to this side of a rate, or the greatest of a duration. 0 is no mark.
	mark float64
	// floor is the kind of floor. "" is Routecard.
	floor string
	// program is the path of a Routecard. Defaults to the one under test.
	program string
	// peer is the path of a PocketBase. "" is Routecard or a floor.
	peer string
	// seed replaces the contest's.
	seed func(*bench, *side) error

	process *process
	// others are the further Routecards of the side.
	others   []*process
	database string
	// next returns the request that a client sends next. seed sets it.
	next func() []byte
	// watched is a job whose events clients follow. deliveries receives the time of each event in each of their streams.
	watched    resource
	deliveries chan time.Time

	values, p50, p99 samples
	responses        int
}

func (c *contest) name() string { return c.operation + ", " + c.database + ", " + c.detail }

// run measures all sides and adds the lines to the report.
func (c *contest) run(b *bench) (err error) {
	sides := []*side{{}}
	for i := range c.against {
		sides = append(sides, &c.against[i])
	}
	defer func() {
		for _, s := range sides {
			for _, p := range s.processes() {
				err = errors.Join(err, p.stop())
			}
		}
	}()
	for _, s := range sides {
		if err := b.startSide(c, s); err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
	}
	for len(sides[0].processes()) < c.servers {
		other, err := startRoutecard(b.program, sides[0].database)
		if err != nil {
			return err
		}
		sides[0].others = append(sides[0].others, other)
	}
	for round := range b.rounds {
		// Each round begins with another side, so that no side always runs after the same one.
		first := round % len(sides)
		for _, s := range slices.Concat(sides[first:], sides[:first]) {
			if err := c.measure(b, s); err != nil {
				return fmt.Errorf("measure %s: %w", s.name, err)
			}
		}
	}
	for _, s := range sides {
		if c.done == "" || s.peer != "" {
			continue
		}
		done, err := query[int](s.database, c.done)
		if err != nil {
			return err
		}
		if done != s.responses {
			return fmt.Errorf("%s sent %d successful responses, but the database has %d changes", s.name, s.responses, done)
		}
	}
	b.report.add(c, sides)
	return nil
}

// processes returns the servers of the side.
func (s *side) processes() []*process {
	if s.process == nil {
		return nil
	}
	return append([]*process{s.process}, s.others...)
}

// startSide creates the side's database, seeds it, and starts the server. Routecard creates the schema for floors, too.
func (b *bench) startSide(c *contest, s *side) (err error) {
	s.program = cmp.Or(s.program, b.program)
	if s.seed == nil {
		s.seed = c.seed
	}
	if s.peer != "" {
		if s.process, err = startPeer(s.peer, filepath.Join(b.dir, "peer "+c.name())); err != nil {
			return err
		}
		return s.seed(b, s)
	}
	if s.database, err = b.newDatabase(c.database); err != nil {
		return err
	}
	if s.process, err = startRoutecard(s.program, s.database); err != nil {
		return err
	}
	if err := s.seed(b, s); err != nil {
		return err
	}
	if c.database == postgreSQL {
		// Otherwise autovacuum would do it during a measurement.
		if err := execute(s.database, "VACUUM (ANALYZE)"); err != nil {
			return err
		}
	}
	if s.floor == "" {
		return nil
	}
	routecard := s.process
	s.process = nil
	if err := routecard.stop(); err != nil {
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
