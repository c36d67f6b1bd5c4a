package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// Shop has the numbers of jobs and units in the database.
type Shop struct {
	// Jobs is the number of jobs, and OpenJobs the number of those that have not met their goal.
	Jobs, OpenJobs int64
	// Units are the numbers of units by status.
	Units models.Counts
}

// Shop counts jobs and units. It reads each job and path, and no unit.
func (s *Store) Shop(ctx context.Context) (shop Shop, err error) {
	err = s.db.Snapshot(ctx, func(db *gorm.DB) error {
		shop = Shop{}
		if err := db.Raw(`SELECT coalesce(sum(in_progress_count), 0) AS in_progress_count, coalesce(sum(completed_count), 0) AS completed_count,
			coalesce(sum(scrapped_count), 0) AS scrapped_count FROM paths`).Scan(&shop.Units).Error; err != nil {
			return err
		}
		if err := db.Raw("SELECT count(*) FROM jobs").Scan(&shop.Jobs).Error; err != nil {
			return err
		}
		var met int64
		err := db.Raw(`SELECT count(*) FROM (SELECT 1 FROM paths JOIN jobs ON jobs.id = paths.job_id GROUP BY jobs.id, jobs.goal_quantity
			HAVING sum(paths.completed_count) >= jobs.goal_quantity) AS met`).Scan(&met).Error
		shop.OpenJobs = shop.Jobs - met
		return err
	})
	return shop, err
}
