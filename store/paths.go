package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// CreatePath stores a path and its steps under new ids, and reports whether the path is the result of an earlier request. It
// returns a NotFound error when the job does not exist, or a KeyReused error.
func (s *Store) CreatePath(ctx context.Context, by Request, path models.Path, steps []models.StepChange) (models.Path, bool, error) {
	return Once(ctx, s, by, func() (models.Path, error) {
		err := s.db.Transact(ctx, func(t *database.Tx) error { return createPath(t, by, &path, steps) })
		return path, err
	})
}

// CreatePathFromTemplate is CreatePath with the steps of a template, and with the advancement mode of the template if the path
// has none. It also returns a NotFound error when the template does not exist.
func (s *Store) CreatePathFromTemplate(ctx context.Context, by Request, path models.Path, templateID string) (models.Path, bool, error) {
	return Once(ctx, s, by, func() (models.Path, error) {
		err := s.db.Transact(ctx, func(t *database.Tx) error {
			template, err := findTemplate(t.DB, templateID)
			if err != nil {
				return err
			}
			path.AdvancementMode = cmp.Or(path.AdvancementMode, template.AdvancementMode)
			return createPath(t, by, &path, template.Steps.StepChanges())
		})
		return path, err
	})
}

// createPath stores a path of an existing job.
func createPath(t *database.Tx, by Request, path *models.Path, steps []models.StepChange) error {
	job, err := shareJob(t, path.JobID)
	if err != nil {
		return err
	}
	path.JobClosed, path.JobRank = job.ClosedAt != nil, job.Rank()
	path.AdvancementMode = cmp.Or(path.AdvancementMode, models.Strict)
	if err := insertPath(t, by, path, steps, 0); err != nil {
		return err
	}
	return keepResult(t, by, *path)
}

// Path returns one path with its steps, read at one moment, or a NotFound error.
func (s *Store) Path(ctx context.Context, id string) (path models.Path, err error) {
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		path, err = findPath(db, id)
		return err
	})
	return path, err
}

func findPath(db *gorm.DB, id string) (models.Path, error) {
	path, err := findByID[models.Path](db, "Path", id)
	if err != nil {
		return path, err
	}
	paths := []models.Path{path}
	if err := loadSteps(db, paths); err != nil {
		return path, err
	}
	err = nameClosedJobs(db, paths)
	return paths[0], err
}

// nameClosedJobs sets the name of the job on each path whose job is closed. It sends no statement if there is none.
func nameClosedJobs(db *gorm.DB, paths []models.Path) error {
	var ids []string
	for i := range paths {
		if paths[i].JobClosed {
			ids = append(ids, paths[i].JobID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var jobs []models.Job
	// In a separate session, because a lock of the paths must not lock the jobs too.
	if err := db.Session(&gorm.Session{NewDB: true}).Select("id", "name").Where("id IN ?", ids).Find(&jobs).Error; err != nil {
		return err
	}
	names := make(map[string]string, len(jobs))
	for i := range jobs {
		names[jobs[i].ID] = jobs[i].Name
	}
	for i := range paths {
		if paths[i].JobClosed {
			paths[i].ClosedJob = names[paths[i].JobID]
		}
	}
	return nil
}

// Paths returns up to limit paths of a job with their steps, newest first, that follow the path with the id before. It
// returns a NotFound error when the job does not exist.
func (s *Store) Paths(ctx context.Context, jobID, before string, limit int) (page Page[models.Path], err error) {
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		if _, err := findJob(db, jobID); err != nil {
			return err
		}
		query := db.Where("job_id = ?", jobID).Order("id DESC")
		if before != "" {
			query = query.Where("id < ?", before)
		}
		if page, err = rows.ReadPage[models.Path](query, limit); err != nil {
			return err
		}
		return loadPageSteps(db, &page)
	})
	return page, err
}

// maxPageSteps is more steps than a page of paths can have.
const maxPageSteps = 1 << 20

// loadPageSteps sets the steps of the paths, in their order. If the steps make the page too large, it drops the last paths, but
// never the first path.
func loadPageSteps(db *gorm.DB, page *Page[models.Path]) error {
	if len(page.Rows) == 0 {
		return nil
	}
	steps, err := rows.ReadPage[models.Step](stepsOf(db, page.Rows).Order("path_id DESC, position"), maxPageSteps)
	if err != nil {
		return err
	}
	addSteps(page.Rows, steps.Rows)
	page.Bytes += steps.Bytes
	if !steps.More {
		return nil
	}
	page.More = true
	// The steps of the last path that has any are incomplete.
	incomplete := slices.IndexFunc(page.Rows, func(path models.Path) bool { return path.ID == steps.Rows[len(steps.Rows)-1].PathID })
	if incomplete > 0 {
		page.Rows = page.Rows[:incomplete]
		return nil
	}
	page.Rows = page.Rows[:1]
	page.Rows[0].Steps = nil
	return loadSteps(db, page.Rows)
}

// PathsOfJobs returns the paths of several jobs with their counts, and with their steps if they are wanted, oldest first, by
// job.
func (s *Store) PathsOfJobs(ctx context.Context, jobIDs []string, withSteps bool) (map[string][]models.Path, error) {
	var paths []models.Path
	read := s.db.Query
	if withSteps {
		read = s.db.Snapshot
	}
	if err := read(ctx, func(db *gorm.DB) error {
		if err := db.Where("job_id IN ?", jobIDs).Order("id").Find(&paths).Error; err != nil || !withSteps {
			return err
		}
		return loadSteps(db, paths)
	}); err != nil {
		return nil, err
	}
	byJob := map[string][]models.Path{}
	for _, path := range paths {
		byJob[path.JobID] = append(byJob[path.JobID], path)
	}
	return byJob, nil
}

// JobWithPaths returns a job and its paths with their steps, oldest first, read at one moment. It returns a NotFound error.
func (s *Store) JobWithPaths(ctx context.Context, id string) (job models.Job, paths []models.Path, err error) {
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		if job, err = findJob(db, id); err != nil {
			return err
		}
		if err := db.Where("job_id = ?", id).Order("id").Find(&paths).Error; err != nil {
			return err
		}
		return loadSteps(db, paths)
	})
	return job, paths, err
}

// loadSteps sets the steps of the paths, in their order.
func loadSteps(db *gorm.DB, paths []models.Path) error {
	if len(paths) == 0 {
		return nil
	}
	var steps []models.Step
	err := stepsOf(db, paths).Order("path_id, position").Find(&steps).Error
	addSteps(paths, steps)
	return err
}

// stepsOf selects the steps of the paths.
func stepsOf(db *gorm.DB, paths []models.Path) *gorm.DB {
	ids := make([]string, len(paths))
	for i := range paths {
		ids[i] = paths[i].ID
	}
	return db.Where("path_id IN ? AND position IS NOT NULL", ids)
}

// addSteps adds each step to its path.
func addSteps(paths []models.Path, steps []models.Step) {
	byID := make(map[string]*models.Path, len(paths))
	for i := range paths {
		byID[paths[i].ID] = &paths[i]
	}
	for _, step := range steps {
		path := byID[step.PathID]
		path.JobRank = step.JobRank
		path.Steps = append(path.Steps, step)
	}
}

// UpdatePath changes the fields that are set and returns the changed path. It returns a NotFound error, a Changed error when
// the condition does not hold, or an error of [models.Path.Revise].
func (s *Store) UpdatePath(ctx context.Context, by Request, id string, condition Condition, change models.PathChange) (models.Path, error) {
	var path models.Path
	err := s.db.Transact(ctx, func(t *database.Tx) (err error) {
		if path, err = lockPath(t, id, "Path", condition); err != nil {
			return err
		}
		change.Apply(&path)
		if change.Steps != nil {
			before := slices.Clone(path.Steps)
			removed, err := path.Revise(change.Steps)
			if err != nil {
				return err
			}
			path.SetToCreate()
			queueSteps(t, append(removed, path.Steps...))
			if !path.JobClosed {
				queuePlaces(t, before, path.Steps)
			}
		} else if change.GoalQuantity != nil {
			path.SetToCreate()
			queueSteps(t, path.Steps[:1])
		}
		if err := updatePath(t, &path); err != nil {
			return err
		}
		return recordPath(t, by, models.PathUpdated, path)
	})
	return path, err
}

// UpdateStep changes one step and returns its path. It returns a NotFound error, or a Changed error when the condition does
// not hold for the version of the path.
func (s *Store) UpdateStep(ctx context.Context, by Request, id string, condition Condition, change models.StepChange) (models.Path, error) {
	var path models.Path
	err := s.db.Transact(ctx, func(t *database.Tx) error {
		step, err := findByID[models.Step](t.Where("position IS NOT NULL"), "Step", id)
		if err != nil {
			return err
		}
		if path, err = lockPath(t, step.PathID, "Step", condition); err != nil {
			return err
		}
		index := path.StepIndex(id)
		if index < 0 {
			return models.NotFoundError("Step", id)
		}
		before := path.Steps[index]
		change.Apply(&path.Steps[index])
		queueSteps(t, path.Steps[index:index+1])
		if !path.JobClosed {
			queuePlaces(t, []models.Step{before}, path.Steps[index:index+1])
		}
		if err := updatePath(t, &path); err != nil {
			return err
		}
		changed := path.Steps[index]
		return recordEvent(t, by, models.Event{
			Type: models.StepUpdated, JobID: &path.JobID, PathID: &path.ID, StepID: &changed.ID,
		}, stepData(changed))
	})
	return path, err
}

// DeletePath deletes a path and its steps. It returns a NotFound error, a Changed error when the condition does not hold, or
// a Conflict error when the path has units.
func (s *Store) DeletePath(ctx context.Context, by Request, id string, condition Condition) error {
	return s.db.Transact(ctx, func(t *database.Tx) error {
		path, err := lockPath(t, id, "Path", condition)
		if err != nil {
			return err
		}
		if n := path.Total(); n > 0 {
			return models.ConflictError("Cannot delete path: it has %d serial number(s)", n)
		}
		if err := t.Delete(&path).Error; err != nil {
			return err
		}
		if !path.JobClosed {
			queuePlaces(t, path.Steps, nil)
		}
		return recordPath(t, by, models.PathDeleted, path)
	})
}

// lockPath returns the path and locks it against other changes, and against moves of its units, until the transaction ends.
// Resource is the resource that the request changes.
func lockPath(t *database.Tx, id, resource string, condition Condition) (models.Path, error) {
	// The steps need a second statement. On PostgreSQL, only a second statement sees changes that were committed while the first
	// waited for the lock.
	path, err := findPath(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Session(&gorm.Session{}), id)
	if err != nil {
		return path, err
	}
	if !condition.Holds(path.Version) {
		return path, models.ChangedError(resource)
	}
	return path, nil
}

// updatePath writes the path's own fields as a new version.
func updatePath(t *database.Tx, path *models.Path) error {
	path.Version++
	path.UpdatedAt = changeTime(t, path.UpdatedAt)
	return t.Select("name", "goal_quantity", "advancement_mode", "last_step_no", "version", "updated_at").Updates(path).Error
}

// queueSteps queues steps, some of which may be new.
func queueSteps(t *database.Tx, steps []models.Step) {
	t.Queue(rows.Upsert(steps, "id", "position", "name", "location", "assigned_to", "optional", "dependency_type",
		"job_rank", "to_create", "stood_ahead"))
}

// stepData is a step as events show it.
func stepData(step models.Step) any {
	return struct {
		StepID         string                `json:"stepId"`
		StepName       string                `json:"stepName"`
		Location       *string               `json:"location,omitempty"`
		AssignedTo     *string               `json:"assignedTo,omitempty"`
		Optional       bool                  `json:"optional"`
		DependencyType models.DependencyType `json:"dependencyType"`
	}{step.ID, step.Name, step.Location, step.AssignedTo, step.Optional, step.DependencyType}
}

// recordPath records an event that shows the path.
func recordPath(t *database.Tx, by Request, event models.EventType, path models.Path) error {
	steps := make([]any, len(path.Steps))
	for i := range path.Steps {
		steps[i] = stepData(path.Steps[i])
	}
	return recordEvent(t, by, models.Event{Type: event, JobID: &path.JobID, PathID: &path.ID}, struct {
		Name            string                 `json:"name"`
		GoalQuantity    int64                  `json:"goalQuantity"`
		AdvancementMode models.AdvancementMode `json:"advancementMode"`
		Steps           []any                  `json:"steps"`
	}{path.Name, path.GoalQuantity, path.AdvancementMode, steps})
}
