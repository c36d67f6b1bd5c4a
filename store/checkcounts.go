package store

import (
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"

	"github.com/routecard/routecard/internal/replay"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// checkMoves compares the stored moves of each job with the replayed ones, and the counts of the quarter hours with the stored
// moves.
func checkMoves(db *gorm.DB, report *Report, state *replay.Replay) error {
	found := map[string]replay.Moves{}
	quarters := map[models.Millis]models.QuarterHour{}
	if err := rows.Each(db.Order("at, event_id"), func(move *models.Move) error {
		moves := found[move.JobID]
		moves.Add(toReplayMove(move))
		found[move.JobID] = moves
		if move.Type != models.UnitAdvanced {
			start := move.At - move.At%models.QuarterHourMillis
			quarter := quarters[start]
			quarter.Start = start
			quarter.Add(move, 1)
			quarters[start] = quarter
		}
		return nil
	}); err != nil {
		return err
	}
	for job := range state.Jobs() {
		moves, want := found[job.ID], state.MovesOf(job.ID)
		delete(found, job.ID)
		report.differs("job", job.ID, "number of moves", moves.Count, want.Count)
		if moves.Count == want.Count && moves != want {
			report.add("a move of job %s is not the one that its event shows", job.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		report.add("moves are kept for %s, which does not exist", id)
	}
	return checkQuarterHours(db, report, quarters)
}

func toReplayMove(move *models.Move) *replay.Move {
	counted := replay.Move{
		At: int64(move.At), EventID: move.EventID, Type: string(move.Type), FromStepID: valueOf(move.FromStepID),
		ToStepID: valueOf(move.ToStepID), ScrapReason: valueOf(move.ScrapReason),
	}
	if move.EnteredAt != nil {
		counted.EnteredAt = int64(*move.EnteredAt)
	}
	return &counted
}

// checkQuarterHours compares the counts of the quarter hours with those of the moves. A quarter hour whose moves were all taken
// back stays with counts of 0.
func checkQuarterHours(db *gorm.DB, report *Report, counted map[models.Millis]models.QuarterHour) error {
	differs := func(stored, want models.QuarterHour) {
		if stored != want {
			report.add("the counts of the 15 minutes from %s are %s, and by their moves they are %s", want.Start, countsText(stored), countsText(want))
		}
	}
	if err := rows.Each(db.Order("start"), func(stored *models.QuarterHour) error {
		want := counted[stored.Start]
		want.Start = stored.Start
		delete(counted, stored.Start)
		differs(*stored, want)
		return nil
	}); err != nil {
		return err
	}
	for _, start := range slices.Sorted(maps.Keys(counted)) {
		differs(models.QuarterHour{Start: start}, counted[start])
	}
	return nil
}

func countsText(q models.QuarterHour) string {
	return fmt.Sprintf("%d created, %d completed (%d forced), and %d scrapped", q.Created, q.Completed, q.ForceCompleted, q.Scrapped)
}

// countPlaces counts the places of the replayed paths.
func countPlaces(state *replay.Replay) map[string]models.Place {
	places := map[string]models.Place{}
	for path := range state.Paths() {
		if job, _ := state.Job(path.JobID); job.ClosedAt != "" {
			continue
		}
		for i := range path.Steps {
			step := models.Step{Name: path.Steps[i].Name, Location: path.Steps[i].Location, AssignedTo: path.Steps[i].AssignedTo}
			for _, id := range step.PlaceIDs() {
				place := places[id]
				places[id] = models.Place{ID: id, Steps: place.Steps + 1, Waiting: place.Waiting + path.Steps[i].PartCount}
			}
		}
	}
	return places
}

// checkPlaces compares the counts of the places with those of the replayed paths. A place that no open job uses any more stays with counts
// of 0.
func checkPlaces(db *gorm.DB, report *Report, state *replay.Replay) error {
	counted := countPlaces(state)
	differs := func(stored, want models.Place) {
		if stored != want {
			kind, name := want.Split()
			report.add("the counts of %s %s are %d step(s) and %d unit(s), and by the events they are %d and %d",
				kind, name, stored.Steps, stored.Waiting, want.Steps, want.Waiting)
		}
	}
	if err := rows.Each(db.Order("id"), func(stored *models.Place) error {
		want := counted[stored.ID]
		want.ID = stored.ID
		delete(counted, stored.ID)
		differs(*stored, want)
		return nil
	}); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(counted)) {
		differs(models.Place{ID: id}, counted[id])
	}
	return nil
}
