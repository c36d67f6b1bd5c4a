package store

import (
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// counts is what has to be added to the counts of paths and steps, by their ids. Those of a path are units in progress,
// completed, and scrapped. Those of a step are units in progress that stand there, and units that have done it.
type counts struct {
	paths, steps map[string][]int64
	// waiting is the same number of units in progress, for the steps of open jobs.
	waiting map[*models.Step]int64
}

func newCounts() counts {
	return counts{paths: map[string][]int64{}, steps: map[string][]int64{}, waiting: map[*models.Step]int64{}}
}

// count counts a unit of the path in its new state and no longer in its old one. Nil is a unit that does not exist.
func (c counts) count(path *models.Path, before, after *models.Unit) {
	done := map[int]int64{}
	c.add(path, before, -1, done)
	c.add(path, after, +1, done)
	for number, n := range done {
		if n == 0 {
			continue
		}
		for i := range path.Steps {
			if path.Steps[i].Number == number {
				c.step(path.Steps[i].ID)[1] += n
			}
		}
	}
}

// add adds n to the counts in which the unit is included, and to those of the steps that it has done, by their numbers.
func (c counts) add(path *models.Path, unit *models.Unit, n int64, done map[int]int64) {
	if unit == nil {
		return
	}
	ofPath := c.paths[unit.PathID]
	if ofPath == nil {
		ofPath = make([]int64, 3)
		c.paths[unit.PathID] = ofPath
	}
	switch unit.Status {
	case models.InProgress:
		ofPath[0] += n
		c.step(*unit.StepID)[0] += n
		if !path.JobClosed {
			c.waiting[&path.Steps[path.StepIndex(*unit.StepID)]] += n
		}
	case models.Completed:
		ofPath[1] += n
	case models.Scrapped:
		ofPath[2] += n
		return
	}
	for _, mark := range unit.Marks {
		if mark.Status == models.StepCompleted {
			done[mark.StepNumber] += n
		}
	}
}

func (c counts) step(id string) []int64 {
	if c.steps[id] == nil {
		c.steps[id] = make([]int64, 2)
	}
	return c.steps[id]
}

// queue has the counts written.
func (c counts) queue(t *database.Tx) {
	t.Queue(rows.NewIncrement[models.Path](c.paths, "in_progress_count", "completed_count", "scrapped_count"),
		rows.NewIncrement[models.Step](c.steps, "part_count", "done_count"))
	places := placeChanges{}
	for step, n := range c.waiting {
		places.add(step, 0, n)
	}
	places.queue(t)
}
