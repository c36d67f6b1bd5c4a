package store

import (
	"errors"
	"strings"

	"gorm.io/gorm"
)

// table says how rows are written and read, many at a time. By hand, because these are what a busy shop waits for: GORM
// finds fields by reflection and makes each statement anew, at the cost of running it.
type table[Row any] struct {
	name    string
	columns []column
	// values appends the values of a row in the order of the columns: string, int64, bool, or nil.
	values func(to []any, row *Row) []any
	// fields are where the values of a row go when it is read, in the same order; nil where GORM reads the rows.
	fields func(row *Row) []any
}

type column struct {
	name string
	// kind is PostgreSQL's name for what it holds: text, bigint or boolean.
	kind string
}

// columns reads a list such as "id text, version bigint".
func columns(list string) (columns []column) {
	for item := range strings.SplitSeq(list, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(item), " ")
		columns = append(columns, column{name, kind})
	}
	return columns
}

// insertion is rows of one table on their way into the database, in their order.
type insertion struct {
	table   string
	columns []column
	// conflict is what to do about rows that exist, in SQL; "" is an error.
	conflict string
	// short is what it means that not every row was inserted or changed; nil where that can't be.
	short  error
	height int
	// values are those of some of the rows, one row after the other.
	values func(from, to int) []any
}

// rows are rows that don't exist yet.
func (t *table[Row]) rows(rows []Row) insertion {
	return insertion{table: t.name, columns: t.columns, height: len(rows), values: func(from, to int) []any {
		values := make([]any, 0, (to-from)*len(t.columns))
		for i := from; i < to; i++ {
			values = t.values(values, &rows[i])
		}
		return values
	}}
}

// changes are rows of which some or all exist, by their key: of those the named columns change.
func (t *table[Row]) changes(rows []Row, key string, columns ...string) insertion {
	changes := make([]string, len(columns))
	for i, column := range columns {
		changes[i] = column + " = excluded." + column
	}
	in := t.rows(rows)
	in.conflict = "ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(changes, ", ")
	return in
}

// read returns the rows that the query finds, of which there are about so many.
func (t *table[Row]) read(query *gorm.DB, about int) (found []Row, err error) {
	names := make([]string, len(t.columns))
	for i, column := range t.columns {
		names[i] = column.name
	}
	rows, err := query.Model(new(Row)).Select(names).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found = make([]Row, 0, about)
	for rows.Next() {
		found = append(found, *new(Row))
		if err := rows.Scan(t.fields(&found[len(found)-1])...); err != nil {
			return nil, err
		}
	}
	return found, rows.Err()
}

// head is the statement up to the values.
func (in *insertion) head() *strings.Builder {
	var statement strings.Builder
	statement.WriteString("INSERT INTO " + in.table + " (")
	for i, column := range in.columns {
		if i > 0 {
			statement.WriteString(", ")
		}
		statement.WriteString(column.name)
	}
	statement.WriteString(") ")
	return &statement
}
