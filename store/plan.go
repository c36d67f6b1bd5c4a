package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// PlannedJob is a job with its paths and their steps, oldest first.
type PlannedJob struct {
	Job   models.Job
	Paths []models.Path
}

// PlanJob stores a job with its paths, their steps, and units on them, and reports whether the job is the result of an earlier
// request. If any part fails, nothing is stored. The number of statements does not depend on the number of paths and steps. It
// returns the errors of [models.JobPlan.Check] and [models.JobPlan.FillSteps], a Conflict error that names the job which has the
// external id, a Conflict error that names the first serial number that exists, or a KeyReused error.
func (s *Store) PlanJob(ctx context.Context, by Request, plan models.JobPlan) (PlannedJob, bool, error) {
	if err := plan.Check(); err != nil {
		return PlannedJob{}, false, err
	}
	return Once(ctx, s, by, func() (planned PlannedJob, err error) {
		err = s.db.Transact(ctx, func(t *database.Tx) error {
			if planned, err = insertPlan(t, by, plan); err != nil {
				return err
			}
			return keepResult(t, by, planned)
		})
		return planned, s.explainTaken(ctx, plan.Job, err)
	})
}

// insertPlan writes a plan with its events.
func insertPlan(t *database.Tx, by Request, plan models.JobPlan) (PlannedJob, error) {
	templates, err := templatesOf(t.DB, plan)
	if err != nil {
		return PlannedJob{}, err
	}
	if err := plan.FillSteps(templates); err != nil {
		return PlannedJob{}, err
	}
	units, err := assignPlanNumbers(t, plan)
	if err != nil {
		return PlannedJob{}, err
	}
	// The result of the request is the whole plan and not the job alone.
	byJob := by
	byJob.IdempotencyKey = ""
	jobs, err := insertJobs(t, []jobCreation{{byJob, plan.Job}})
	if err != nil {
		return PlannedJob{}, err
	}
	var moves []models.Move
	planned := PlannedJob{Job: jobs[0], Paths: make([]models.Path, len(plan.Paths))}
	for i := range plan.Paths {
		path := plan.Paths[i].Path
		path.JobID, path.JobRank = planned.Job.ID, planned.Job.Rank()
		if err := insertPath(t, by, &path, plan.Paths[i].Steps, int64(len(units[i]))); err != nil {
			return PlannedJob{}, err
		}
		created, err := insertUnits(t, by, &path, units[i])
		if err != nil {
			return PlannedJob{}, err
		}
		moves = append(moves, created...)
		planned.Paths[i] = path
	}
	return planned, queueMoves(t, moves, nil)
}

// templatesOf returns the templates that the plan names, by their ids.
func templatesOf(db *gorm.DB, plan models.JobPlan) (map[string]models.Template, error) {
	var ids []string
	for _, path := range plan.Paths {
		if path.TemplateID != nil {
			ids = append(ids, *path.TemplateID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var found []models.Template
	err := db.Where("id IN ?", ids).Find(&found).Error
	templates := make(map[string]models.Template, len(found))
	for _, template := range found {
		templates[template.ID] = template
	}
	return templates, err
}

// assignPlanNumbers returns the units of each path with their serial numbers and ordinals. The generated numbers are contiguous
// within the plan. It returns a Conflict error for a number that exists, or that is also generated here.
func assignPlanNumbers(t *database.Tx, plan models.JobPlan) ([][]models.Unit, error) {
	var own []string
	quantity := 0
	for _, path := range plan.Paths {
		if path.Units.Quantity != nil {
			quantity += *path.Units.Quantity
		}
		own = append(own, path.Units.SerialNumbers...)
	}
	var numbered, generated []models.Unit
	var err error
	if len(own) > 0 {
		if numbered, err = assignNumbers(t, models.NewUnits{SerialNumbers: own}); err != nil {
			return nil, err
		}
	}
	if quantity > 0 {
		if generated, err = assignNumbers(t, models.NewUnits{Quantity: &quantity}); err != nil {
			return nil, err
		}
		first, last := *generated[0].Sequence, *generated[quantity-1].Sequence
		for _, unit := range numbered {
			if unit.Sequence != nil && first <= *unit.Sequence && *unit.Sequence <= last {
				return nil, models.ConflictError("Serial number already exists: %s", unit.SerialNumber)
			}
		}
	}
	units := make([][]models.Unit, len(plan.Paths))
	for i, path := range plan.Paths {
		n := path.Units.Count()
		if path.Units.Quantity != nil {
			units[i], generated = generated[:n:n], generated[n:]
		} else {
			units[i], numbered = numbered[:n:n], numbered[n:]
		}
	}
	return units, nil
}

// insertPath completes a path under a new id, with the given number of units at its first step, and writes it with its event.
func insertPath(t *database.Tx, by Request, path *models.Path, steps []models.StepChange, units int64) error {
	path.Steps, path.LastStepNumber = nil, 0
	path.ID = models.NewID(models.PathPrefix)
	path.Version = 1
	path.CreatedAt, path.UpdatedAt = t.At, t.At
	if _, err := path.Revise(steps); err != nil {
		return err
	}
	path.InProgress, path.Steps[0].PartCount = units, units
	path.SetToCreate()
	t.Queue(rows.New([]models.Path{*path}), rows.New(path.Steps))
	if !path.JobClosed {
		queuePlaces(t, nil, path.Steps)
	}
	return recordPath(t, by, models.PathCreated, *path)
}
