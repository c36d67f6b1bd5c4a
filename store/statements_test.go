package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// newPath creates a job with a path of this number of steps.
func newPath(t testing.TB, s *store.Store, steps int) models.Path {
	t.Helper()
	job, _, err := s.CreateJob(t.Context(), store.Request{}, models.Job{Name: "JOB-2024-001", GoalQuantity: 50})
	if err != nil {
		t.Fatal(err)
	}
	list := make([]models.StepChange, steps)
	for i := range list {
		name := fmt.Sprintf("Step %d", i)
		list[i] = models.StepChange{Name: &name}
	}
	path, _, err := s.CreatePath(t.Context(), store.Request{}, models.Path{
		JobID: job.ID, Name: "Main Route", GoalQuantity: 50, AdvancementMode: models.Strict,
	}, list)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newSerials puts units on a path and returns an order for each to advance.
func newSerials(t testing.TB, s *store.Store, path models.Path, quantity int) []store.UnitCommand {
	t.Helper()
	serials, _, err := s.CreateUnits(t.Context(), store.Request{}, models.NewUnits{PathID: path.ID, Quantity: &quantity})
	if err != nil {
		t.Fatal(err)
	}
	orders := make([]store.UnitCommand, len(serials))
	for i := range serials {
		orders[i] = store.UnitCommand{SerialNumber: serials[i].SerialNumber, Command: models.Advance{}}
	}
	return orders
}

func advance(t testing.TB, s *store.Store, orders []store.UnitCommand) {
	t.Helper()
	if _, _, err := s.CommandAll(t.Context(), store.Request{}, orders); err != nil {
		t.Fatal(err)
	}
}

// countStatements returns a function that counts the statements that the store sends while another function runs.
func countStatements(s *store.Store) func(function func()) int64 {
	var sent atomic.Int64
	s.OnStatement(func(func() string) { sent.Add(1) })
	return func(function func()) int64 {
		before := sent.Load()
		function()
		return sent.Load() - before
	}
}

// TestStatements counts the statements that read and lock. A call with 3,000 units sends a few statements, and the number does not
// depend on the number of steps. Written rows are sent together and are not counted here.
func TestStatements(t *testing.T) {
	t.Parallel()
	const handful = 10
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		sent := countStatements(s)
		var created, advanced, completed []int64
		for _, steps := range []int{2, 10, 100} {
			path := newPath(t, s, steps)
			created = append(created, sent(func() { newSerials(t, s, path, 3000) }))
			orders := newSerials(t, s, path, 500)
			advanced = append(advanced, sent(func() { advance(t, s, orders) }))
			for range steps - 2 {
				advance(t, s, orders[:1])
			}
			completed = append(completed, sent(func() { advance(t, s, orders[:1]) }))
		}
		for what, counts := range map[string][]int64{"3,000 creations": created, "500 advances": advanced, "one completion": completed} {
			if counts[0] == 0 || counts[0] > handful || counts[1] != counts[0] || counts[2] != counts[0] {
				t.Errorf("%s took %v statements on 2, 10 and 100 steps, want the same number, at most %d", what, counts, handful)
			}
		}
		if err := recount(t.Context(), s); err != nil {
			t.Error(err)
		}
	})
}

// TestStatementsOfProgress reads a job with no, few, and many units. The statements are the same, and none of them names the table
// of the units.
func TestStatementsOfProgress(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		path := newPath(t, s, 10)
		for _, more := range []int{0, 10, 10_000} {
			if more > 0 {
				newSerials(t, s, path, more)
			}
			var tables []string
			s.OnStatement(func(text func() string) {
				_, rest, _ := strings.Cut(text(), "FROM ")
				table, _, _ := strings.Cut(rest, " ")
				tables = append(tables, strings.Trim(table, "`\""))
				if strings.Contains(rest, "serials") {
					t.Errorf("progress is read from the units: %s", text())
				}
			})
			if _, _, err := s.JobWithPaths(t.Context(), path.JobID); err != nil {
				t.Fatal(err)
			}
			if want := []string{"jobs", "paths", "steps"}; !slices.Equal(tables, want) {
				t.Errorf("after %d more units a job is read from %v, want %v", more, tables, want)
			}
			s.OnStatement(func(func() string) {})
		}
	})
}
