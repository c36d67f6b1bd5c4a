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
