package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// recounts are what the stored counts must equal, each as a query for the rows where they do not. The units are counted in
// one pass and then joined: joined first, SQLite would go through all units in progress for each path.
var recounts = []struct{ sentence, query string }{
	{"path %s counts %d unit(s) in progress, and %d are", recount("paths", "in_progress_count", "path_id", "in_progress")},
	{"path %s counts %d unit(s) completed, and %d are", recount("paths", "completed_count", "path_id", "completed")},
	{"path %s counts %d unit(s) scrapped, and %d are", recount("paths", "scrapped_count", "path_id", "scrapped")},
	{"step %s counts %d unit(s) that stand there, and %d do", recount("steps", "part_count", "step_id", "in_progress")},
}

func recount(table, count, reference, status string) string {
	return fmt.Sprintf(`SELECT t.id, t.%[2]s AS kept, coalesce(u.n, 0) AS counted FROM %[1]s t
		LEFT JOIN (SELECT %[3]s, count(*) AS n FROM serials WHERE status = '%[4]s' GROUP BY %[3]s) u ON u.%[3]s = t.id
		WHERE t.%[2]s <> coalesce(u.n, 0) ORDER BY t.id`, table, count, reference, status)
}

// strays are references that the database does not keep itself, each as a query for those that lead astray.
var strays = []struct{ sentence, query string }{
	{
		"serial number %s names another job than its path does",
		`SELECT s.id FROM serials s JOIN paths p ON p.id = s.path_id WHERE p.job_id <> s.job_id`,
	},
	{
		"a label is kept for %s, which does not exist",
		`SELECT DISTINCT l.job_id FROM job_labels l LEFT JOIN jobs j ON j.id = l.job_id WHERE j.id IS NULL`,
	},
}

// Check looks for what must not be: a damaged file, references that lead nowhere, progress that a recount contradicts.
// It returns a sentence for each thing that it found.
func (s *Store) Check(ctx context.Context) (found []string, err error) {
	// Not by way of snapshot: it may take its time.
	err = s.read.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		if found, err = s.dialect.check(db); err != nil {
			return err
		}
		for _, look := range recounts {
			var wrong []struct {
				ID            string
				Kept, Counted int64
			}
			if err := db.Raw(look.query).Scan(&wrong).Error; err != nil {
				return err
			}
			for _, row := range wrong {
				found = append(found, fmt.Sprintf(look.sentence, row.ID, row.Kept, row.Counted))
			}
		}
		for _, look := range strays {
			var ids []string
			if err := db.Raw(look.query).Scan(&ids).Error; err != nil {
				return err
			}
			for _, id := range ids {
				found = append(found, fmt.Sprintf(look.sentence, id))
			}
		}
		return nil
	}, s.dialect.snapshot())
	return found, err
}

// check looks for damage to the file and for references that lead nowhere.
func (sqlite) check(db *gorm.DB) (found []string, err error) {
	var damage []string
	if err := db.Raw("PRAGMA integrity_check").Scan(&damage).Error; err != nil {
		return nil, err
	}
	for _, line := range damage {
		if line != "ok" {
			found = append(found, "the file is damaged: "+line)
		}
	}
	var broken []struct{ Table, Parent string }
	if err := db.Raw("PRAGMA foreign_key_check").Scan(&broken).Error; err != nil {
		return nil, err
	}
	for _, row := range broken {
		found = append(found, fmt.Sprintf(brokenReference, row.Table, row.Parent))
	}
	return found, nil
}

const brokenReference = "a row of %s refers to one of %s that does not exist"

// check looks for references that lead nowhere, which a restore without triggers can leave behind. Damage to the files is
// pg_amcheck's affair.
func (postgres) check(db *gorm.DB) (found []string, err error) {
	var references []struct{ Child, Field, Parent, Key string }
	if err := db.Raw(`SELECT c.conrelid::regclass AS child, f.attname AS field, c.confrelid::regclass AS parent, k.attname AS key
		FROM pg_constraint c
		JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = c.conkey[1]
		JOIN pg_attribute k ON k.attrelid = c.confrelid AND k.attnum = c.confkey[1]
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace ORDER BY c.conname`).Scan(&references).Error; err != nil {
		return nil, err
	}
	for _, r := range references {
		var broken int
		// Names from the catalog, of tables that the migrations made.
		query := fmt.Sprintf("SELECT count(*) FROM %s c WHERE c.%s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s p WHERE p.%s = c.%s)",
			r.Child, r.Field, r.Parent, r.Key, r.Field)
		if err := db.Raw(query).Scan(&broken).Error; err != nil {
			return nil, err
		}
		for range broken {
			found = append(found, fmt.Sprintf(brokenReference, r.Child, r.Parent))
		}
	}
	return found, nil
}
