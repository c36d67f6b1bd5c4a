package store

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
)

// TestRowCanCause has each database refuse a row, and tells that from a failure of the database itself.
func TestRowCanCause(t *testing.T) {
	t.Parallel()
	for name, create := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "routecard.db") },
		"postgres": postgrestest.Database,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), create(t), Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			good := models.Job{Name: "x", GoalQuantity: 1}
			group := []jobInsert{{job: good}, {job: models.Job{Name: "x", GoalQuantity: 0}}, {job: good}}
			if _, err := s.insertJobs(t.Context(), group); !rowCanCause(err) {
				t.Errorf("a row that a constraint refuses is not taken for the cause of %v", err)
			}
			if jobs, err := s.Jobs(t.Context(), JobFilter{}, "", 10); err != nil || len(jobs) > 0 {
				t.Errorf("of the refused group there are %v %v", jobs, err)
			}
			_ = s.Close()
			if _, err := s.insertJobs(t.Context(), group[:1]); err == nil || rowCanCause(err) {
				t.Errorf("a row is taken for the cause of %v", err)
			}
		})
	}
}
