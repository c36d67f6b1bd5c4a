package store

import (
	"context"
	"maps"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// ImportJobs creates or updates a job for each row of a file, in one transaction, and reports whether the report is the result of
// an earlier request. A dry run only reads, and ignores the idempotency key. It returns the errors of [models.ImportFile.Plan],
// or a KeyReused error.
func (s *Store) ImportJobs(
	ctx context.Context, by Request, file models.ImportFile, options models.ImportOptions,
) (report models.ImportReport, earlier bool, err error) {
	if options.DryRun {
		err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
			known, err := importContext(db, file)
			if err != nil {
				return err
			}
			report, err = file.Plan(known, options)
			return err
		})
		return report, false, err
	}
	return Once(ctx, s, by, func() (report models.ImportReport, err error) {
		// Another request may create a job with the same external id after the rows were compared. The next attempt sees that job.
		for range 3 {
			err = s.db.Transact(ctx, func(t *database.Tx) error {
				report, err = importJobs(t, by, file, options)
				return err
			})
			if !database.IsConstraintError(err) {
				break
			}
		}
		return report, err
	})
}

// importJobs imports a file in a transaction.
func importJobs(t *database.Tx, by Request, file models.ImportFile, options models.ImportOptions) (models.ImportReport, error) {
	known, err := importContext(t.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Session(&gorm.Session{}), file)
	if err != nil {
		return models.ImportReport{}, err
	}
	report, err := file.Plan(known, options)
	if err != nil {
		return report, err
	}
	// The result of the request is the report and not a job.
	byJob := by
	byJob.IdempotencyKey = ""
	var created, updated []int
	for i := range report.Outcomes {
		switch report.Outcomes[i].Status {
		case models.RowCreated:
			created = append(created, i)
		case models.RowUpdated:
			updated = append(updated, i)
		default:
		}
	}
	for some := range slices.Chunk(updated, importChunk) {
		if err := updateImported(t, by, file, report, some); err != nil {
			return report, err
		}
	}
	var planned []models.ImportRow
	for some := range slices.Chunk(created, importChunk) {
		creations := make([]jobCreation, len(some))
		for i, at := range some {
			creations[i] = jobCreation{byJob, file.Rows[at].Job}
		}
		jobs, err := insertJobs(t, creations)
		if err != nil {
			return report, err
		}
		if err := t.Flush(); err != nil {
			return report, err
		}
		for i, at := range some {
			report.Outcomes[at].JobID = jobs[i].ID
			if row := file.Rows[at]; row.Template != nil {
				row.Job = jobs[i]
				planned = append(planned, row)
			}
		}
	}
	if err := insertImportedPaths(t, by, planned, known.Templates); err != nil {
		return report, err
	}
	return report, keepResult(t, by, report)
}

// updateImported changes the jobs of some rows. The jobs are locked.
func updateImported(t *database.Tx, by Request, file models.ImportFile, report models.ImportReport, some []int) error {
	ids := make([]string, len(some))
	for i, at := range some {
		ids[i] = report.Outcomes[at].JobID
	}
	found, err := rows.Read[models.Job](t.Where("id IN ?", ids), len(ids))
	if err != nil {
		return err
	}
	jobs := make(map[string]*models.Job, len(found))
	for i := range found {
		jobs[found[i].ID] = &found[i]
	}
	var moved []string
	for i, at := range some {
		job := jobs[ids[i]]
		urgency := job.Urgency
		if err := changeJob(t, by, job, file.Rows[at].Change()); err != nil {
			return err
		}
		if job.Urgency != urgency {
			moved = append(moved, job.ID)
		}
	}
	t.Queue(rows.Upsert(found, "id", ownJobFields...))
	if err := t.Flush(); err != nil || len(moved) == 0 {
		return err
	}
	if _, err := lockPathsOf(t, moved); err != nil {
		return err
	}
	return rankSteps(t, moved)
}

// insertImportedPaths writes the paths of rows with a template, and the units on them.
func insertImportedPaths(t *database.Tx, by Request, planned []models.ImportRow, templates map[string][]models.Template) error {
	quantity := 0
	for i := range planned {
		quantity += planned[i].UnitCount()
	}
	var units []models.Unit
	var moves []models.Move
	if quantity > 0 {
		var err error
		if units, err = assignNumbers(t, models.NewUnits{Quantity: &quantity}); err != nil {
			return err
		}
	}
	for i := range planned {
		row := &planned[i]
		template := templates[*row.Template][0]
		path, n := row.Path(template), row.UnitCount()
		if err := insertPath(t, by, &path, template.Steps.StepChanges(), int64(n)); err != nil {
			return err
		}
		created, err := insertUnits(t, by, &path, units[:n:n])
		if err != nil {
			return err
		}
		moves = append(moves, created...)
		units = units[n:]
	}
	return queueMoves(t, moves, nil)
}

// importChunk is how many names one query looks for, and how many jobs are prepared at a time.
const importChunk = 500

// importContext reads what the rows refer to. The order of the external ids is the same for all requests, so that two imports
// which lock jobs do not wait for each other.
func importContext(query *gorm.DB, file models.ImportFile) (models.ImportContext, error) {
	known := models.ImportContext{Jobs: map[string]models.Job{}, Templates: map[string][]models.Template{}}
	externals, names := map[string]bool{}, map[string]bool{}
	for i := range file.Rows {
		if row := &file.Rows[i]; row.Job.ExternalID != nil {
			externals[*row.Job.ExternalID] = true
		}
		if row := &file.Rows[i]; row.Template != nil {
			names[*row.Template] = true
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(externals)), importChunk) {
		var jobs []models.Job
		if err := query.Select("id", "name", "external_id").Where("external_id IN ?", some).Order("external_id").Find(&jobs).Error; err != nil {
			return known, err
		}
		for i := range jobs {
			known.Jobs[*jobs[i].ExternalID] = jobs[i]
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(names)), importChunk) {
		var templates []models.Template
		if err := query.Where("id IN ? OR name IN ?", some, some).Order("id").Find(&templates).Error; err != nil {
			return known, err
		}
		for _, template := range templates {
			known.Templates[template.ID] = []models.Template{template}
			// Another chunk may have found it by its id.
			named := known.Templates[template.Name]
			if !slices.ContainsFunc(named, func(other models.Template) bool { return other.ID == template.ID }) {
				known.Templates[template.Name] = append(named, template)
			}
		}
	}
	return known, nil
}
