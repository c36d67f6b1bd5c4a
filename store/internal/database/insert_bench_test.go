package database

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// BenchmarkInsert writes groups of 32 jobs, once by package rows and once by GORM:
//
//	go test -tags nomsgpack -run '^$' -bench BenchmarkInsert ./store/internal/database
func BenchmarkInsert(b *testing.B) {
	for name, database := range map[string]string{
		"sqlite":   filepath.Join(b.TempDir(), "routecard.db"),
		"postgres": postgrestest.Database(b),
	} {
		db, err := Open(b.Context(), database, Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
		for writer, write := range map[string]func(*Tx, []models.Job) error{
			"rows": func(t *Tx, jobs []models.Job) error {
				t.Queue(rows.New(jobs))
				return nil
			},
			"gorm": func(t *Tx, jobs []models.Job) error { return t.Create(&jobs).Error },
		} {
			b.Run(name+"/"+writer, func(b *testing.B) {
				for b.Loop() {
					if err := db.Transact(b.Context(), func(t *Tx) error {
						jobs := make([]models.Job, 32)
						for i := range jobs {
							jobs[i] = models.Job{ID: models.NewID(models.JobPrefix), Name: "JOB-2024-001", GoalQuantity: 50}
						}
						return write(t, jobs)
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
