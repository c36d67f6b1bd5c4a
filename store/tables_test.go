package store

import (
	"slices"
	"testing"
	"time"
)

// TestTablesNameEveryColumn fails when a migration adds a column that nobody writes.
func TestTablesNameEveryColumn(t *testing.T) {
	t.Parallel()
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		for name, named := range map[string][]column{
			jobTable.name: jobTable.columns, labelTable.name: labelTable.columns, receiptTable.name: receiptTable.columns,
			pathTable.name: pathTable.columns, stepTable.name: stepTable.columns, serialTable.name: serialTable.columns,
			eventTable.name: append(columns("seq bigint"), eventTable.columns...),
		} {
			types, err := s.read.WithContext(t.Context()).Migrator().ColumnTypes(name)
			if err != nil || len(types) == 0 {
				t.Fatalf("the columns of %s are %v, %v", name, types, err)
			}
			for _, stored := range types {
				if !slices.ContainsFunc(named, func(c column) bool { return c.name == stored.Name() }) {
					t.Errorf("column %s of %s is not written", stored.Name(), name)
				}
			}
		}
	})
}
