package store

import (
	"cmp"
	"maps"
	"slices"
	"strings"

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
	// toCreate is what has to be added to the units to be created at first steps, by the ids of the steps.
	toCreate map[string][]int64
}

func newCounts() counts {
	return counts{paths: map[string][]int64{}, steps: map[string][]int64{}, toCreate: map[string][]int64{}, waiting: map[*models.Step]int64{}}
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
				entry(c.steps, path.Steps[i].ID, 2)[1] += n
			}
		}
	}
}

// add adds n to the counts in which the unit is included, and to those of the steps that it has done, by their numbers.
func (c counts) add(path *models.Path, unit *models.Unit, n int64, done map[int]int64) {
	if unit == nil {
		return
	}
	ofPath, toCreate := entry(c.paths, unit.PathID, 3), entry(c.toCreate, path.Steps[0].ID, 1)
	switch unit.Status {
	case models.InProgress:
		ofPath[0] += n
		toCreate[0] -= n
		entry(c.steps, *unit.StepID, 2)[0] += n
		if !path.JobClosed {
			c.waiting[&path.Steps[path.StepIndex(*unit.StepID)]] += n
		}
	case models.Completed:
		ofPath[1] += n
		toCreate[0] -= n
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

// entry returns the numbers of an id. If there are none yet, it adds as many as width says, all 0.
func entry(numbers map[string][]int64, id string, width int) []int64 {
	if numbers[id] == nil {
		numbers[id] = make([]int64, width)
	}
	return numbers[id]
}

// markWork keeps the mark of work of a step in SQLite. PostgreSQL computes it.
const markWork = "UPDATE steps SET has_work = NOT has_work WHERE id = ? AND has_work <> (part_count > 0 OR to_create > 0)"

// queue queues the changes of the counts.
func (c counts) queue(t *database.Tx) {
	t.Queue(rows.NewIncrement[models.Path](c.paths, "in_progress_count", "completed_count", "scrapped_count"),
		rows.NewIncrement[models.Step](c.steps, "part_count", "done_count").ThenInSQLite(markWork),
		rows.NewIncrement[models.Step](c.toCreate, "to_create"))
	places := placeChanges{}
	for step, n := range c.waiting {
		places.add(step, 0, n)
	}
	places.queue(t)
}

// queueMoves queues new moves and the changes of the counts of quarter hours, and deletes moves that were undone. It uses only
// the time, the event, and the type of the undone moves. Call it at most once in a transaction, because an INSERT cannot change
// the counts of a quarter hour twice.
func queueMoves(t *database.Tx, added, undone []models.Move) error {
	for some := range slices.Chunk(undone, t.MaxParameters()/2) {
		if err := t.Delete(some).Error; err != nil {
			return err
		}
	}
	// In the order in which the database stores them.
	slices.SortFunc(added, func(a, b models.Move) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.EventID, b.EventID))
	})
	counts := map[models.Millis]*models.QuarterHour{}
	countMoves(counts, added, 1)
	countMoves(counts, undone, -1)
	// In ascending order, so that two transactions lock the rows in the same order.
	quarters := make([]models.QuarterHour, 0, len(counts))
	for _, start := range slices.Sorted(maps.Keys(counts)) {
		quarters = append(quarters, *counts[start])
	}
	t.Queue(rows.New(added), rows.OnConflict(quarters, `ON CONFLICT (start) DO UPDATE SET
		created = quarter_hours.created + excluded.created,
		completed = quarter_hours.completed + excluded.completed,
		force_completed = quarter_hours.force_completed + excluded.force_completed,
		scrapped = quarter_hours.scrapped + excluded.scrapped`))
	return nil
}

// countMoves adds n to the counts of the moves' quarter hours, by their starts.
func countMoves(counts map[models.Millis]*models.QuarterHour, moves []models.Move, n int64) {
	for i := range moves {
		start := moves[i].At - moves[i].At%models.QuarterHourMillis
		quarter := models.QuarterHour{Start: start}
		if known := counts[start]; known != nil {
			known.Add(&moves[i], n)
		} else if quarter.Add(&moves[i], n) {
			counts[start] = &quarter
		}
	}
}
