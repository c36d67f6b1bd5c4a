package rows

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
)

// Increment adds to the counters of rows of one table, which are named by their ids.
type Increment struct {
	table   string
	columns []string
	deltas  map[string][]int64
	// insert says that rows which do not exist are inserted.
	insert bool
	// after is a statement for SQLite that runs with the id of each row once the row is written, or "".
	after string
}

// NewIncrement returns an increment of the named columns. The deltas of a row have the order of the columns. A row whose
// deltas are all 0 is not written.
func NewIncrement[Row any](deltas map[string][]int64, columns ...string) *Increment {
	return &Increment{table: tableOf[Row]().name, columns: columns, deltas: deltas}
}

// NewTally is NewIncrement for rows that may not exist. Such a row is inserted, with the deltas as its counters.
func NewTally[Row any](deltas map[string][]int64, columns ...string) *Increment {
	in := NewIncrement[Row](deltas, columns...)
	in.insert = true
	return in
}

// ThenInSQLite has SQLite run a statement with the id of each row after all rows are written.
func (in *Increment) ThenInSQLite(statement string) *Increment {
	in.after = statement
	return in
}

// AppendTo adds the deltas to another change if that is an increment of the same columns, and reports whether it did.
func (in *Increment) AppendTo(change Change) bool {
	other, ok := change.(*Increment)
	if !ok || other.table != in.table || other.insert != in.insert || !slices.Equal(other.columns, in.columns) {
		return false
	}
	for id, deltas := range in.deltas {
		if other.deltas[id] == nil {
			other.deltas[id] = make([]int64, len(in.columns))
		}
		for i, delta := range deltas {
			other.deltas[id][i] += delta
		}
	}
	return true
}

// ids returns the ids of the rows to write, in ascending order, so that two transactions lock the rows in the same order.
func (in *Increment) ids() []string {
	ids := make([]string, 0, len(in.deltas))
	for id, deltas := range in.deltas {
		if slices.ContainsFunc(deltas, func(delta int64) bool { return delta != 0 }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (in *Increment) len() int { return len(in.deltas) }

func (in *Increment) writeSQLite(ctx context.Context, connection driver.ConnPrepareContext) error {
	ids := in.ids()
	if len(ids) == 0 {
		return nil
	}
	changes := make([]string, len(in.columns))
	for i, column := range in.columns {
		changes[i] = column + " = " + column + " + ?"
	}
	statement := "UPDATE " + in.table + " SET " + strings.Join(changes, ", ") + " WHERE id = ?"
	if in.insert {
		statement = "INSERT INTO " + in.table + " (" + strings.Join(in.columns, ", ") + ", id) VALUES (?" +
			strings.Repeat(", ?", len(in.columns)) + ")" + in.onConflict(in.table)
	}
	if err := execEach(ctx, connection, statement, ids, in.deltas); err != nil || in.after == "" {
		return err
	}
	return execEach(ctx, connection, in.after, ids, nil)
}

// execEach runs a statement for each id. Its arguments are the deltas of the id, if there are any, and then the id.
func execEach(
	ctx context.Context, connection driver.ConnPrepareContext, statement string, ids []string, deltas map[string][]int64,
) (err error) {
	prepared, err := prepare(ctx, connection, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	var arguments []driver.NamedValue
	for _, id := range ids {
		arguments = arguments[:0]
		for i, delta := range deltas[id] {
			arguments = append(arguments, driver.NamedValue{Ordinal: i + 1, Value: delta})
		}
		arguments = append(arguments, driver.NamedValue{Ordinal: len(arguments) + 1, Value: id})
		if _, err := prepared.ExecContext(ctx, arguments); err != nil {
			return err
		}
	}
	return nil
}

//nolint:unparam // Change asks for the error.
func (in *Increment) writePostgres(batch *postgresBatch) error {
	ids := in.ids()
	if len(ids) == 0 {
		return nil
	}
	changes := make([]string, len(in.columns))
	columns := []column{{name: "id", kind: text}}
	arrays := []any{ids}
	for i, name := range in.columns {
		changes[i] = name + " = t." + name + " + d." + name
		columns = append(columns, column{name: name, kind: bigint})
		deltas := make([]int64, len(ids))
		for row, id := range ids {
			deltas[row] = in.deltas[id][i]
		}
		arrays = append(arrays, deltas)
	}
	if in.insert {
		batch.queue(len(ids), "INSERT INTO "+in.table+" AS t (id, "+strings.Join(in.columns, ", ")+") SELECT "+unnest(columns)+
			in.onConflict("t"), arrays)
		return nil
	}
	batch.queue(len(ids), "UPDATE "+in.table+" AS t SET "+strings.Join(changes, ", ")+
		" FROM (SELECT "+unnest(columns)+") AS d WHERE t.id = d.id", arrays)
	return nil
}

// onConflict returns the clause that adds to a row which exists. The table is known by the given name.
func (in *Increment) onConflict(name string) string {
	changes := make([]string, len(in.columns))
	for i, column := range in.columns {
		changes[i] = column + " = " + name + "." + column + " + excluded." + column
	}
	return " ON CONFLICT (id) DO UPDATE SET " + strings.Join(changes, ", ")
}
