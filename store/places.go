package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// Place is a location, an assignee, or the name of a step, with the number of its steps and of the units that wait there.
type Place struct {
	Name           string
	Steps, Waiting int64
}

// Places are the places of all open jobs, by name.
type Places struct {
	Locations, Assignees, StepNames []Place
}

// maxPlaces is the largest number of places of one kind.
const maxPlaces = 1000

// Places returns the locations, assignees, and step names of open jobs. Of more than 1000 of a kind, it returns those with the
// most waiting units. It reads one row for each place, and no step.
func (s *Store) Places(ctx context.Context) (Places, error) {
	var found []models.Place
	err := s.db.Query(ctx, func(db *gorm.DB) error {
		found = nil
		return db.Where("steps > 0").Order("id").Find(&found).Error
	})
	kinds := map[models.PlaceKind][]Place{}
	for _, place := range found {
		kind, name := place.Split()
		kinds[kind] = append(kinds[kind], Place{name, place.Steps, place.Waiting})
	}
	return Places{
		busiest(kinds[models.PlaceLocation]), busiest(kinds[models.PlaceAssignee]), busiest(kinds[models.PlaceStepName]),
	}, err
}

// busiest returns the places with the most waiting units if there are too many. The places are sorted by name, and stay so.
func busiest(places []Place) []Place {
	if len(places) <= maxPlaces {
		return places
	}
	byName := func(a, b Place) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(places, func(a, b Place) int { return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), byName(a, b)) })
	places = places[:maxPlaces]
	slices.SortFunc(places, byName)
	return places
}

// placeChanges is what has to be added to the numbers of steps and of waiting units of places, by the ids of the places.
type placeChanges map[string][]int64

// add adds to the places of a step, which must be one of an open job.
func (c placeChanges) add(step *models.Step, steps, waiting int64) {
	for _, id := range step.PlaceIDs() {
		if c[id] == nil {
			c[id] = make([]int64, 2)
		}
		c[id][0] += steps
		c[id][1] += waiting
	}
}

// queue queues the changes.
func (c placeChanges) queue(t *database.Tx) {
	t.QueueShared(rows.NewTally[models.Place](c, "steps", "waiting"))
}

// queuePlaces queues the changes of places after the steps of an open job have changed from before to after.
func queuePlaces(t *database.Tx, before, after []models.Step) {
	changes := placeChanges{}
	for i := range before {
		changes.add(&before[i], -1, -before[i].PartCount)
	}
	for i := range after {
		changes.add(&after[i], 1, after[i].PartCount)
	}
	changes.queue(t)
}

// stepsOfPaths returns the steps of all paths.
func stepsOfPaths(paths []models.Path) (steps []models.Step) {
	for i := range paths {
		steps = append(steps, paths[i].Steps...)
	}
	return steps
}
