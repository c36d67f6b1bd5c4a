package database

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// openEach runs the test on a new database of both kinds.
func openEach(t *testing.T, test func(t *testing.T, db *DB)) {
	t.Helper()
	for name, create := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "routecard.db") },
		"postgres": postgrestest.Database,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := Open(t.Context(), create(t), Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			test(t, db)
		})
	}
}

// TestIsConstraintError has each database refuse a row, and compares that with a failure of the database itself.
func TestIsConstraintError(t *testing.T) {
	t.Parallel()
	openEach(t, func(t *testing.T, db *DB) {
		insert := func(ctx context.Context, goals ...int64) error {
			return db.Transact(ctx, func(t *Tx) error {
				jobs := make([]models.Job, len(goals))
				for i, goal := range goals {
					jobs[i] = models.Job{ID: models.NewID(models.JobPrefix), Name: "x", GoalQuantity: goal}
				}
				t.Queue(rows.New(jobs))
				return nil
			})
		}
		if err := insert(t.Context(), 1, 0, 1); !IsConstraintError(err) {
			t.Errorf("a row that a constraint refuses gives %v, which is not a constraint error", err)
		}
		var count int64
		if err := db.read.Model(&models.Job{}).Count(&count).Error; err != nil || count != 0 {
			t.Errorf("after the refusal there are %d jobs, %v", count, err)
		}
		_ = db.Close()
		if err := insert(t.Context(), 1); err == nil || IsConstraintError(err) {
			t.Errorf("a closed database gives %v, which is a constraint error", err)
		}
	})
}
