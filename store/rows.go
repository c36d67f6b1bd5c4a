package store

import (
	"errors"
	"strings"

	"gorm.io/gorm"
)

// kind is what a column holds, by PostgreSQL's name for it.
type kind string

const (
	text  kind = "text"
	whole kind = "bigint"
	flag  kind = "boolean"
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
	kind kind
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

// insertRows is how many rows are sent to the database at a time, which bounds what is held of them in its form; more
// would not be quicker.
const insertRows = 1000

// rows are rows that don't exist yet.
func (into *table[Row]) rows(rows []Row) insertion {
	return insertion{table: into.name, columns: into.columns, height: len(rows), values: func(from, to int) []any {
		values := make([]any, 0, (to-from)*len(into.columns))
		for i := from; i < to; i++ {
			values = into.values(values, &rows[i])
		}
		return values
	}}
}

// changes are rows of which some or all exist, by their key: of those the named columns change.
func (into *table[Row]) changes(rows []Row, key string, columns ...string) insertion {
	changes := make([]string, len(columns))
	for i, column := range columns {
		changes[i] = column + " = excluded." + column
	}
	in := into.rows(rows)
	in.conflict = "ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(changes, ", ")
	return in
}

// read returns the rows that the query finds, of which there are about so many.
func (from *table[Row]) read(query *gorm.DB, about int) (found []Row, err error) {
	names := make([]string, len(from.columns))
	for i, column := range from.columns {
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
		if err := rows.Scan(from.fields(&found[len(found)-1])...); err != nil {
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
