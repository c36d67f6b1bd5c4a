package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// Shop has the numbers of jobs and units in the database.
type Shop struct {
	// Jobs is the number of jobs, OpenJobs the number of those that are not closed and have not met their goal, and LateJobs the
	// number of open jobs whose due date is in the past.
	Jobs, OpenJobs, LateJobs int64
	// Units are the numbers of units by status.
	Units models.Counts
}

// Shop counts jobs and units. A due date before today is in the past. Shop reads each job and path, and no unit.
func (s *Store) Shop(ctx context.Context, today string) (shop Shop, err error) {
	late := JobFilter{State: LateJobs, Today: today}
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		shop = Shop{}
		if err := db.Raw(`SELECT coalesce(sum(in_progress_count), 0) AS in_progress_count, coalesce(sum(completed_count), 0) AS completed_count,
			coalesce(sum(scrapped_count), 0) AS scrapped_count FROM paths`).Scan(&shop.Units).Error; err != nil {
			return err
		}
		if err := db.Raw("SELECT count(*) FROM jobs").Scan(&shop.Jobs).Error; err != nil {
			return err
		}
		if err := db.Raw(`SELECT count(*) FROM jobs LEFT JOIN (SELECT job_id, sum(completed_count) AS completed FROM paths GROUP BY job_id) AS made
			ON made.job_id = jobs.id WHERE closed_at IS NULL AND coalesce(completed, 0) < goal_quantity`).Scan(&shop.OpenJobs).Error; err != nil {
			return err
		}
		return s.filterJobs(db.Model(&models.Job{}), late, late.segments()[0], "", "", false).Count(&shop.LateJobs).Error
	})
	return shop, err
}
