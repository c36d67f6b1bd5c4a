package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// PathsOfJobs returns the paths of several jobs with their counts but without their steps, oldest first, by job.
func (s *Store) PathsOfJobs(ctx context.Context, jobIDs []string) (map[string][]models.Path, error) {
	var paths []models.Path
	if err := s.read.WithContext(ctx).Where("job_id IN ?", jobIDs).Order("id").Find(&paths).Error; err != nil {
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
		paths, err = pathsOfJob(db, id)
		return err
	})
	return job, paths, err
}

func pathsOfJob(db *gorm.DB, jobID string) ([]models.Path, error) {
	var paths []models.Path
	if err := db.Where("job_id = ?", jobID).Order("id").Find(&paths).Error; err != nil || len(paths) == 0 {
		return nil, err
	}
	return paths, loadSteps(db, paths)
}

// loadSteps fills in the steps that the paths have now, in their order.
func loadSteps(db *gorm.DB, paths []models.Path) error {
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
