package store_test

import (
	"fmt"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// eachDatabase runs a benchmark on both databases. It reports the number of statements for each operation that counted
// was called with.
func eachDatabase(b *testing.B, benchmark func(b *testing.B, s *store.Store, counted func(func()))) {
	b.Helper()
	for _, database := range []struct {
		name   string
		create func(testing.TB) string
	}{
		{"sqlite", routecardtest.SQLite},
		{"postgres", postgrestest.Database},
	} {
		b.Run(database.name, func(b *testing.B) {
			s := openStore(b, database.create(b))
			sent := countStatements(s)
			var statements, operations int64
			benchmark(b, s, func(operation func()) {
				statements += sent(operation)
				operations++
			})
			b.ReportMetric(float64(statements)/float64(operations), "statements/op")
		})
	}
}

// BenchmarkCreateSerials puts 10,000 units on a path of 10 steps in one call.
func BenchmarkCreateSerials(b *testing.B) {
	eachDatabase(b, func(b *testing.B, s *store.Store, counted func(func())) {
		path := newPath(b, s, 10)
		for b.Loop() {
			counted(func() { newSerials(b, s, path, 10_000) })
		}
	})
}

// BenchmarkAdvanceSerials moves units to their next step in one call.
func BenchmarkAdvanceSerials(b *testing.B) {
	for _, quantity := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(quantity), func(b *testing.B) {
			eachDatabase(b, func(b *testing.B, s *store.Store, counted func(func())) {
				path := newPath(b, s, 10)
				var orders []store.UnitCommand
				moves := 0
				for b.Loop() {
					if moves%10 == 0 { // the units before are completed
						b.StopTimer()
						orders = newSerials(b, s, path, quantity)
						b.StartTimer()
					}
					moves++
					counted(func() { advance(b, s, orders) })
				}
			})
		})
	}
}

// BenchmarkGetJob reads a job with its progress. The cost must not depend on the number of its units.
func BenchmarkGetJob(b *testing.B) {
	for _, units := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(units), func(b *testing.B) {
			eachDatabase(b, func(b *testing.B, s *store.Store, counted func(func())) {
				path := newPath(b, s, 10)
				for left := units; left > 0; left -= 50_000 {
					newSerials(b, s, path, min(left, 50_000))
				}
				for b.Loop() {
					counted(func() {
						if _, _, err := s.JobWithPaths(b.Context(), path.JobID); err != nil {
							b.Fatal(err)
						}
					})
				}
			})
		})
	}
}
