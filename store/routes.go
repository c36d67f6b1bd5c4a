package store

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// maxRouteSteps is the largest number of steps that are kept in memory: about 30 MB.
const maxRouteSteps = 100_000

// routes keeps the steps of paths in memory. The steps of a path are the same for all moves on one version of the path, and a
// transaction that has locked the path knows its version. The counts of the steps are not kept up to date.
type routes struct {
	mutex  sync.Mutex
	byPath *simplelru.LRU[string, route]
	steps  int
}

// route is the steps of one version of a path. The update time tells two paths apart that have the same version because the
// database was restored from a backup.
type route struct {
	version   int64
	updatedAt models.Millis
	steps     []models.Step
}

func newRoutes() *routes {
	r := &routes{}
	// The number of paths is limited by the number of their steps, because every path has a step.
	byPath, err := simplelru.NewLRU(maxRouteSteps, func(_ string, evicted route) { r.steps -= len(evicted.steps) })
	if err != nil {
		panic(err) //nolint:forbidigo // Only a size below 1 fails.
	}
	r.byPath = byPath
	return r
}

// load sets the steps of locked paths, from memory or else from the database. Callers must not change the steps.
func (r *routes) load(db *gorm.DB, paths []models.Path) error {
	var missing []models.Path
	r.mutex.Lock()
	for i := range paths {
		path := &paths[i]
		kept, ok := r.byPath.Get(path.ID)
		if ok && kept.version == path.Version && kept.updatedAt == path.UpdatedAt {
			path.Steps = kept.steps
		} else {
			missing = append(missing, *path)
		}
	}
	r.mutex.Unlock()
	if len(missing) == 0 {
		return nil
	}
	if err := loadSteps(db, missing); err != nil {
		return err
	}
	loaded := make(map[string][]models.Step, len(missing))
	r.mutex.Lock()
	for _, path := range missing {
		loaded[path.ID] = path.Steps
		r.byPath.Remove(path.ID)
		r.byPath.Add(path.ID, route{path.Version, path.UpdatedAt, path.Steps})
		r.steps += len(path.Steps)
	}
	for r.steps > maxRouteSteps {
		r.byPath.RemoveOldest()
	}
	r.mutex.Unlock()
	for i := range paths {
		if steps, ok := loaded[paths[i].ID]; ok {
			paths[i].Steps = steps
		}
	}
	return nil
}
