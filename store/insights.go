package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// maxInsightRows is the largest number of steps, or of scrap counts, in an insight into all jobs.
const maxInsightRows = 1000

// InsightFilter selects moves. A period without From or To has the defaults of [models.NewPeriod].
type InsightFilter struct {
	// JobID is a job that must exist, nil for all jobs.
	JobID    *string
	From, To *models.Millis
}

// moves selects the moves of a period. It must not be used together with the conditions of another model.
func (f InsightFilter) moves(db *gorm.DB, period models.Period) *gorm.DB {
	query := db.Table("moves AS m").Where("m.at >= ? AND m.at < ?", period.From, period.To)
	return where(query, "m.job_id = ?", f.JobID)
}

// insight checks the filter, and runs a read on a snapshot of the database. It sets lastSeq to the number of the last event in
// the snapshot. It returns the error of [models.NewPeriod], or a NotFound error for the job.
func (s *Store) insight(ctx context.Context, filter InsightFilter, lastSeq *int64, read func(*gorm.DB, models.Period) error) error {
	period, err := models.NewPeriod(filter.From, filter.To, models.MillisOf(s.clock()))
	if err != nil {
		return err
	}
	return s.db.Snapshot(ctx, func(db *gorm.DB) error {
		if filter.JobID != nil {
			if _, err := findJob(db, *filter.JobID); err != nil {
				return err
			}
		}
		if err := db.Raw("SELECT coalesce(max(seq), 0) FROM events").Scan(lastSeq).Error; err != nil {
			return err
		}
		return read(db, period)
	})
}

// Throughput counts the moves of a period by buckets of the given length, in the given time zone. It returns the error of
// [models.NewPeriod], or a NotFound error for the job.
func (s *Store) Throughput(
	ctx context.Context, filter InsightFilter, length models.BucketLength, zone *time.Location,
) (found models.Throughput, err error) {
	var lastSeq int64
	err = s.insight(ctx, filter, &lastSeq, func(db *gorm.DB, period models.Period) error {
		buckets := period.Buckets(length, zone)
		whole := models.Period{From: buckets[0], To: buckets[len(buckets)-1]}
		var counts []models.QuarterHour
		query := db.Where("start >= ? AND start < ?", whole.From, whole.To)
		if filter.JobID != nil {
			query = filter.moves(db, whole).Where("m.type <> 'serial.advanced'").Group("start").Select(`m.at - m.at % ? AS start,
				count(CASE WHEN m.type = 'serial.created' THEN 1 END) AS created,
				count(CASE WHEN m.type IN ('serial.completed', 'serial.force_completed') THEN 1 END) AS completed,
				count(CASE WHEN m.type = 'serial.force_completed' THEN 1 END) AS force_completed,
				count(CASE WHEN m.type = 'serial.scrapped' THEN 1 END) AS scrapped`, models.QuarterHourMillis)
		}
		if err := query.Order("start").Find(&counts).Error; err != nil {
			return err
		}
		found = models.NewThroughput(buckets, counts)
		found.LastSeq = lastSeq
		return nil
	})
	return found, err
}

// StepTimes returns what happened at the steps in a period: at each step of a job, in the order of its paths and their steps, or
// at the steps of all jobs by name, at most 1,000 names. It returns the error of [models.NewPeriod], or a NotFound error for the
// job.
func (s *Store) StepTimes(ctx context.Context, filter InsightFilter) (found models.StepTimes, err error) {
	err = s.insight(ctx, filter, &found.LastSeq, func(db *gorm.DB, period models.Period) error {
		found.Period, found.Steps = period, nil
		steps := map[string]*models.StepTime{}
		if err := filter.addEntered(db, period, steps); err != nil {
			return err
		}
		if err := filter.addLeft(db, period, steps); err != nil {
			return err
		}
		if filter.JobID != nil {
			found.Steps, err = stepTimesOfJob(db, *filter.JobID, steps)
			return err
		}
		if err := addWaiting(db, steps); err != nil {
			return err
		}
		for _, step := range steps {
			found.Steps = append(found.Steps, *step)
		}
		slices.SortFunc(found.Steps, func(a, b models.StepTime) int {
			return cmp.Or(-cmp.Compare(a.Waiting, b.Waiting), -cmp.Compare(a.Left, b.Left), cmp.Compare(a.Name, b.Name))
		})
		found.Steps = found.Steps[:min(len(found.Steps), maxInsightRows)]
		return nil
	})
	return found, err
}

// stepKey is the column of steps by which an insight groups moves.
func (f InsightFilter) stepKey() string {
	if f.JobID != nil {
		return "s.id"
	}
	return "s.name"
}

// stepOf returns the step with the key, which it adds if there is none.
func stepOf(steps map[string]*models.StepTime, key string) *models.StepTime {
	if steps[key] == nil {
		steps[key] = &models.StepTime{Name: key}
	}
	return steps[key]
}

// addEntered adds how many units entered each step.
func (f InsightFilter) addEntered(db *gorm.DB, period models.Period, steps map[string]*models.StepTime) error {
	var counts []struct {
		Key string
		N   int64
	}
	err := f.moves(db, period).Joins("JOIN steps s ON s.id = m.to_step_id").
		Select(f.stepKey() + " AS key, count(*) AS n").Group(f.stepKey()).Scan(&counts).Error
	for _, count := range counts {
		stepOf(steps, count.Key).Entered = count.N
	}
	return err
}

// addLeft adds how many units left each step and were scrapped there, and how long those that left had stayed.
func (f InsightFilter) addLeft(db *gorm.DB, period models.Period, steps map[string]*models.StepTime) error {
	var counts []struct {
		Key                        string
		Scrapped, N, Median, Upper int64
	}
	stays := f.moves(db, period).Joins("JOIN steps s ON s.id = m.from_step_id").Select(f.stepKey() + ` AS key,
		CASE WHEN m.type = 'serial.scrapped' THEN 1 ELSE 0 END AS scrapped,
		CASE WHEN m.at > m.entered_at THEN m.at - m.entered_at ELSE 0 END AS stay`)
	ranked := db.Table("(?) AS stays", stays).Select(`key, scrapped, stay,
		row_number() OVER (PARTITION BY key, scrapped ORDER BY stay) AS place, count(*) OVER (PARTITION BY key, scrapped) AS n`)
	// The place of a percentile is rounded up.
	err := db.Table("(?) AS ranked", ranked).Group("key, scrapped").Select(`key, scrapped, count(*) AS n,
		max(CASE WHEN place = (n * 50 + 99) / 100 THEN stay END) AS median,
		max(CASE WHEN place = (n * 85 + 99) / 100 THEN stay END) AS upper`).Scan(&counts).Error
	for _, count := range counts {
		step := stepOf(steps, count.Key)
		if count.Scrapped != 0 {
			step.Scrapped = count.N
			continue
		}
		step.Left, step.Median, step.P85 = count.N, models.Millis(count.Median), models.Millis(count.Upper)
	}
	return err
}

// addWaiting adds how many units wait at the steps of all open jobs, by the names of the steps.
func addWaiting(db *gorm.DB, steps map[string]*models.StepTime) error {
	var places []models.Place
	from, to := models.PlaceStepName.IDs()
	err := db.Where("id >= ? AND id < ? AND steps > 0 AND waiting > 0", from, to).Find(&places).Error
	for _, place := range places {
		_, name := place.Split()
		stepOf(steps, name).Waiting = place.Waiting
	}
	return err
}

// stepTimesOfJob returns what happened at each step of a job, by the ids of the steps. Removed steps at which nothing happened are
// left out.
func stepTimesOfJob(db *gorm.DB, jobID string, byID map[string]*models.StepTime) ([]models.StepTime, error) {
	var steps []models.Step
	paths := db.Model(&models.Path{}).Select("id").Where("job_id = ?", jobID)
	if err := db.Where("path_id IN (?)", paths).Order("path_id, position IS NULL, position, no").Find(&steps).Error; err != nil {
		return nil, err
	}
	var times []models.StepTime
	for i := range steps {
		step := &steps[i]
		happened := byID[step.ID]
		if happened == nil {
			if step.Index == nil {
				continue
			}
			happened = &models.StepTime{}
		}
		happened.Name, happened.Step, happened.Waiting = step.Name, step, step.PartCount
		times = append(times, *happened)
	}
	return times, nil
}

// Scrappings counts the units that were scrapped in a period by reason and step. The steps of all jobs count by name, and there
// are at most 1,000 counts then. It returns the error of [models.NewPeriod], or a NotFound error for the job.
func (s *Store) Scrappings(ctx context.Context, filter InsightFilter) (found models.Scrappings, err error) {
	err = s.insight(ctx, filter, &found.LastSeq, func(db *gorm.DB, period models.Period) error {
		found.Period, found.Counts = period, nil
		ends := filter.moves(db, period).Where("m.type <> 'serial.advanced'").Session(&gorm.Session{})
		if err := ends.Select(`count(CASE WHEN m.type = 'serial.scrapped' THEN 1 END) AS scrapped,
			count(CASE WHEN m.type IN ('serial.completed', 'serial.force_completed') THEN 1 END) AS completed`).
			Row().Scan(&found.Scrapped, &found.Completed); err != nil {
			return err
		}
		query := ends.Where("m.type = 'serial.scrapped'").Joins("JOIN steps s ON s.id = m.from_step_id").Order("scrapped DESC, name, reason")
		if filter.JobID != nil {
			return query.Group("s.id, s.path_id, s.name, m.scrap_reason").
				Select("m.scrap_reason AS reason, s.name AS name, s.id AS step_id, s.path_id AS path_id, count(*) AS scrapped").
				Order("step_id").Scan(&found.Counts).Error
		}
		return query.Group("s.name, m.scrap_reason").Select("m.scrap_reason AS reason, s.name AS name, count(*) AS scrapped").
			Limit(maxInsightRows).Scan(&found.Counts).Error
	})
	return found, err
}

// Forecast computes when a job will reach its goal. It returns a NotFound error for the job.
func (s *Store) Forecast(ctx context.Context, jobID string) (forecast models.Forecast, err error) {
	filter := InsightFilter{JobID: &jobID}
	err = s.insight(ctx, filter, &forecast.LastSeq, func(db *gorm.DB, period models.Period) error {
		job, err := findJob(db, jobID)
		if err != nil {
			return err
		}
		forecast.JobID, forecast.AsOf, forecast.Goal = jobID, period.To, job.GoalQuantity
		if err := db.Model(&models.Path{}).Where("job_id = ?", jobID).Select("coalesce(sum(completed_count), 0)").
			Row().Scan(&forecast.Completed); err != nil {
			return err
		}
		var firstUnits []models.Millis
		if err := db.Model(&models.Unit{}).Where("job_id = ?", jobID).Order("no").Limit(1).
			Pluck("created_at", &firstUnits).Error; err != nil {
			return err
		}
		var firstUnit *models.Millis
		if len(firstUnits) > 0 {
			firstUnit = &firstUnits[0]
		}
		forecast.Basis = models.ForecastBasis(forecast.AsOf, firstUnit)
		return filter.moves(db, forecast.Basis).
			Where("m.type <> 'serial.advanced' AND m.type IN ('serial.completed', 'serial.force_completed')").
			Count(&forecast.BasisCompleted).Error
	})
	return forecast, err
}
