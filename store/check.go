package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// recounts find stored counts that differ from a recount. Each query counts the units in one pass and joins the result:
// SQLite would otherwise read all units in progress once for each path.
var recounts = []struct{ sentence, query string }{
	{"path %s counts %d unit(s) in progress, and %d are", recountQuery("paths", "in_progress_count", "path_id", "in_progress")},
	{"path %s counts %d unit(s) completed, and %d are", recountQuery("paths", "completed_count", "path_id", "completed")},
	{"path %s counts %d unit(s) scrapped, and %d are", recountQuery("paths", "scrapped_count", "path_id", "scrapped")},
	{"step %s counts %d unit(s) that stand there, and %d do", recountQuery("steps", "part_count", "step_id", "in_progress")},
}

func recountQuery(table, count, reference, status string) string {
	return fmt.Sprintf(`SELECT t.id, t.%[2]s AS stored, coalesce(u.n, 0) AS counted FROM %[1]s t
		LEFT JOIN (SELECT %[3]s, count(*) AS n FROM serials WHERE status = '%[4]s' GROUP BY %[3]s) u ON u.%[3]s = t.id
		WHERE t.%[2]s <> coalesce(u.n, 0) ORDER BY t.id`, table, count, reference, status)
}

// brokenReferences find rows whose references no constraint of the database protects.
var brokenReferences = []struct{ sentence, query string }{
	{
		"serial number %s names another job than its path does",
		`SELECT s.id FROM serials s JOIN paths p ON p.id = s.path_id WHERE p.job_id <> s.job_id`,
	},
	{
		"a label is kept for %s, which does not exist",
		`SELECT DISTINCT l.job_id FROM job_labels l LEFT JOIN jobs j ON j.id = l.job_id WHERE j.id IS NULL`,
	},
}

// Check looks for faults: a damaged file, references to rows that do not exist, and progress that differs from a recount.
// It returns a sentence for each fault, and has no time limit.
func (s *Store) Check(ctx context.Context) (found []string, err error) {
	err = s.db.LongSnapshot(ctx, func(db *gorm.DB) error {
		if found, err = s.db.Damage(db); err != nil {
			return err
		}
		for _, check := range recounts {
			var wrong []struct {
				ID              string
				Stored, Counted int64
			}
			if err := db.Raw(check.query).Scan(&wrong).Error; err != nil {
				return err
			}
			for _, row := range wrong {
				found = append(found, fmt.Sprintf(check.sentence, row.ID, row.Stored, row.Counted))
			}
		}
		for _, check := range brokenReferences {
			var ids []string
			if err := db.Raw(check.query).Scan(&ids).Error; err != nil {
				return err
			}
			for _, id := range ids {
				found = append(found, fmt.Sprintf(check.sentence, id))
			}
		}
		return nil
	})
	return found, err
}
