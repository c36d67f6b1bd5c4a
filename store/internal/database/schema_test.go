package database

import (
	"slices"
	"testing"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// TestModelsEqualTheSchema compares the columns of every model with those that the migrations make.
func TestModelsEqualTheSchema(t *testing.T) {
	t.Parallel()
	openEach(t, func(t *testing.T, db *DB) {
		modeled := map[string][]string{}
		add := func(table string, columns []string) { modeled[table] = columns }
		add(rows.Table[models.Job]())
		add(rows.Table[models.JobLabel]())
		add(rows.Table[models.Path]())
		add(rows.Table[models.Step]())
		add(rows.Table[models.Unit]())
		add(rows.Table[models.DeletedUnit]())
		add(rows.Table[models.Event]())
		add(rows.Table[models.StoredResult]())
		add(rows.Table[models.APIKey]())
		add(rows.Table[models.JiraPush]())
		add(rows.Table[models.Seal]())
		add(rows.Table[models.Template]())
		add(rows.Table[models.Move]())
		add(rows.Table[models.QuarterHour]())
		add(rows.Table[models.Place]())

		tables, err := db.read.Migrator().GetTables()
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			switch table {
			case "goose_db_version", "sqlite_sequence", "counters", "feed":
				// The migration tool's, SQLite's own, and the single rows that package store reads by SQL.
				continue
			}
			columns, ok := modeled[table]
			if !ok {
				t.Errorf("table %s has no model", table)
				continue
			}
			delete(modeled, table)
			types, err := db.read.Migrator().ColumnTypes(table)
			if err != nil {
				t.Fatal(err)
			}
			var stored []string
			for _, column := range types {
				stored = append(stored, column.Name())
			}
			slices.Sort(stored)
			slices.Sort(columns)
			if !slices.Equal(stored, columns) {
				t.Errorf("table %s has the columns\n%v\nand its model\n%v", table, stored, columns)
			}
		}
		for table := range modeled {
			t.Errorf("no migration makes table %s", table)
		}
	})
}
