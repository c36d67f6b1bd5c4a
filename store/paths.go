package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
)

// CreatePath stores the path and its steps under new ids. It returns a NotFound error when there is no such job.
func (s *Store) CreatePath(ctx context.Context, path models.Path, steps []models.StepChange) (models.Path, error) {
	err := s.transact(ctx, func(t *tx) error {
		if err := t.shareJob(path.JobID); err != nil {
			return err
		}
		path.Steps, path.LastStepNumber = nil, 0
		path.ID = models.NewID(models.PathPrefix)
		path.Version = 1
		path.CreatedAt, path.UpdatedAt = t.at, t.at
		if _, err := path.Revise(steps); err != nil {
			return err
		}
		t.later(pathTable.rows([]models.Path{path}), stepTable.rows(path.Steps))
		if err := t.answer(ReceiptOf(ctx), path); err != nil {
			return err
		}
		return t.recordPath(models.PathCreated, path)
	})
	return path, err
}

// shareJob fails when there is no such job, and keeps it from being deleted until the transaction ends.
func (t *tx) shareJob(id string) error {
	_, err := findJob(t.Clauses(clause.Locking{Strength: clause.LockingStrengthShare}), id)
	return err
}

// Path returns one path with its steps, as they are at one moment, or a NotFound error.
func (s *Store) Path(ctx context.Context, id string) (path models.Path, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		path, err = findPath(db, id)
		return err
	})
	return path, err
}

func findPath(db *gorm.DB, id string) (models.Path, error) {
	path, err := take[models.Path](db, "Path", id)
	if err != nil {
		return path, err
	}
	paths := []models.Path{path}
	err = loadSteps(db, paths)
	return paths[0], err
}

// Paths returns up to limit paths of a job with their steps, newest first, that come after the path with the id before. It
// returns a NotFound error when there is no such job.
func (s *Store) Paths(ctx context.Context, jobID, before string, limit int) (paths []models.Path, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		if _, err := findJob(db, jobID); err != nil {
			return err
		}
		query := db.Where("job_id = ?", jobID).Order("id DESC").Limit(limit)
		if before != "" {
			query = query.Where("id < ?", before)
		}
		if err := query.Find(&paths).Error; err != nil {
			return err
		}
		return loadSteps(db, paths)
	})
	return paths, err
}

// PathsOfJobs returns the paths of several jobs with their counts but without their steps, oldest first, by job.
func (s *Store) PathsOfJobs(ctx context.Context, jobIDs []string) (map[string][]models.Path, error) {
	var paths []models.Path
	if err := s.query(ctx, func(db *gorm.DB) error {
		return db.Where("job_id IN ?", jobIDs).Order("id").Find(&paths).Error
	}); err != nil {
		return nil, err
	}
	byJob := map[string][]models.Path{}
	for _, path := range paths {
		byJob[path.JobID] = append(byJob[path.JobID], path)
	}
	return byJob, nil
}

// JobWithPaths returns a job and its paths with their steps, oldest first, as they are at one moment.
func (s *Store) JobWithPaths(ctx context.Context, id string) (job models.Job, paths []models.Path, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
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

// loadSteps fills in the steps that the paths have now, in their order.
func loadSteps(db *gorm.DB, paths []models.Path) error {
	if len(paths) == 0 {
		return nil
	}
	ids := make([]string, len(paths))
	byID := make(map[string]*models.Path, len(paths))
	for i := range paths {
		ids[i] = paths[i].ID
		byID[paths[i].ID] = &paths[i]
	}
	var steps []models.Step
	err := db.Where("path_id IN ? AND position IS NOT NULL", ids).Order("path_id, position").Find(&steps).Error
	for _, step := range steps {
		path := byID[step.PathID]
		path.Steps = append(path.Steps, step)
	}
	return err
}

// UpdatePath changes what the change names, and returns the path as it then is. It returns the errors of Revise, a
// NotFound error, or a Changed one when the condition does not hold.
func (s *Store) UpdatePath(ctx context.Context, id string, condition Condition, change models.PathChange) (models.Path, error) {
	var path models.Path
	err := s.transact(ctx, func(t *tx) (err error) {
		if path, err = t.lockPath(id, "Path", condition); err != nil {
			return err
		}
		change.Apply(&path)
		if change.Steps != nil {
			removed, err := path.Revise(change.Steps)
			if err != nil {
				return err
			}
			t.saveSteps(append(removed, path.Steps...))
		}
		if err := t.savePath(&path); err != nil {
			return err
		}
		return t.recordPath(models.PathUpdated, path)
	})
	return path, err
}

// UpdateStep changes one step, and returns its path as it then is. It returns a NotFound error, or a Changed one when the
// condition does not hold for the version of the path.
func (s *Store) UpdateStep(ctx context.Context, id string, condition Condition, change models.StepChange) (models.Path, error) {
	var path models.Path
	err := s.transact(ctx, func(t *tx) error {
		step, err := take[models.Step](t.Where("position IS NOT NULL"), "Step", id)
		if err != nil {
			return err
		}
		if path, err = t.lockPath(step.PathID, "Step", condition); err != nil {
			return err
		}
		at := path.StepIndex(id)
		if at < 0 {
			return models.NotFoundError("Step", id)
		}
		change.Apply(&path.Steps[at])
		t.saveSteps(path.Steps[at : at+1])
		if err := t.savePath(&path); err != nil {
			return err
		}
		changed := path.Steps[at]
		return t.record(models.Event{Type: models.StepUpdated, JobID: &path.JobID, PathID: &path.ID, StepID: &changed.ID},
			userOf(ctx), eventStep(changed))
	})
	return path, err
}

// DeletePath deletes a path and its steps. It returns a NotFound error, a Changed one when the condition does not hold,
// or a Conflict when the path has serial numbers.
func (s *Store) DeletePath(ctx context.Context, id string, condition Condition) error {
	return s.transact(ctx, func(t *tx) error {
		path, err := t.lockPath(id, "Path", condition)
		if err != nil {
			return err
		}
		if n := path.Total(); n > 0 {
			return models.ConflictError("Cannot delete path: it has %d serial number(s)", n)
		}
		if err := t.Delete(&path).Error; err != nil {
			return err
		}
		return t.recordPath(models.PathDeleted, path)
	})
}

// lockPath reads the path and keeps others from changing it, or moving a unit on it, until the transaction ends. Thing
// is what the caller was asked to change.
func (t *tx) lockPath(id, thing string, condition Condition) (models.Path, error) {
	// The steps are read by a statement of their own, which on PostgreSQL sees what was committed while this one waited.
	path, err := findPath(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Session(&gorm.Session{}), id)
	if err != nil {
		return path, err
	}
	if !condition.Holds(path.Version) {
		return path, models.ChangedError(thing)
	}
	return path, nil
}

// savePath writes the path's own fields as a new version.
func (t *tx) savePath(path *models.Path) error {
	path.Version++
	path.UpdatedAt = t.after(path.UpdatedAt)
	return t.Select("name", "goal_quantity", "advancement_mode", "last_step_no", "version", "updated_at").Updates(path).Error
}

// saveSteps writes steps that may be new.
func (t *tx) saveSteps(steps []models.Step) {
	t.later(stepTable.changes(steps, "id", "position", "name", "location", "assigned_to", "optional", "dependency_type"))
}

// eventStep is a step as events show it.
func eventStep(step models.Step) any {
	return struct {
		StepID         string                `json:"stepId"`
		StepName       string                `json:"stepName"`
		Location       *string               `json:"location,omitempty"`
		AssignedTo     *string               `json:"assignedTo,omitempty"`
		Optional       bool                  `json:"optional"`
		DependencyType models.DependencyType `json:"dependencyType"`
	}{step.ID, step.Name, step.Location, step.AssignedTo, step.Optional, step.DependencyType}
}

// recordPath adds an event that shows the path as it then is.
func (t *tx) recordPath(event models.EventType, path models.Path) error {
	steps := make([]any, len(path.Steps))
	for i := range path.Steps {
		steps[i] = eventStep(path.Steps[i])
	}
	return t.record(models.Event{Type: event, JobID: &path.JobID, PathID: &path.ID}, userOf(t.Statement.Context), struct {
		Name            string                 `json:"name"`
		GoalQuantity    int64                  `json:"goalQuantity"`
		AdvancementMode models.AdvancementMode `json:"advancementMode"`
		Steps           []any                  `json:"steps"`
	}{path.Name, path.GoalQuantity, path.AdvancementMode, steps})
}
