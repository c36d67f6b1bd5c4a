package store

import (
	"slices"
	"testing"
	"time"
)

// TestTablesNameEveryColumn fails when a migration adds a column that nobody writes.
func TestTablesNameEveryColumn(t *testing.T) {
	t.Parallel()
	numberedByTheDatabase := map[string]string{"events": "seq"}
	eachStore(t, time.Now, func(t *testing.T, s *Store) {
		for name, columns := range map[string][]column{
			jobTable.name: jobTable.columns, labelTable.name: labelTable.columns, eventTable.name: eventTable.columns,
			receiptTable.name: receiptTable.columns, pathTable.name: pathTable.columns, stepTable.name: stepTable.columns,
			serialTable.name: serialTable.columns,
		} {
			rows, err := s.read.WithContext(t.Context()).Table(name).Limit(1).Rows()
			if err != nil {
				t.Fatal(err)
			}
			want, err := rows.Columns()
			if err != nil || rows.Err() != nil || rows.Close() != nil {
				t.Fatal(err, rows.Err())
			}
			got := []string{numberedByTheDatabase[name]}
			for _, column := range columns {
				got = append(got, column.name)
			}
			for _, column := range want {
				if !slices.Contains(got, column) {
					t.Errorf("column %s of %s is not written", column, name)
				}
			}
		}
	})
}
