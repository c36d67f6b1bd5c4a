// Package rows reads and writes many rows of one table with few statements.
//
// Use it for rows on the busy paths: everything that a change inserts, and the long lists of jobs and units. Use GORM for
// every other query. GORM finds a model's fields by reflection and builds each statement again, and on PostgreSQL each Create
// is a round trip of its own, where this package sends all rows of a transaction in one. For a group of 32 jobs, GORM's Create
// allocates 471 objects and 103 KB on SQLite, and 1120 objects and 179 KB on PostgreSQL; this package allocates 213 objects and
// 61 KB, and 592 objects and 90 KB (BenchmarkInsert in package database, with -benchmem).
//
// From 1000 rows on, PostgreSQL gets new rows by COPY, and writes them while later rows are encoded. For 10,000 units with their events
// and moves, this program then allocates 21 MB, and 85 MB with statements of 1000 rows (BenchmarkCreateSerials in package store).
//
// A table is described once, by its GORM model. This package takes the columns and their places in the struct from GORM's
// own parsed schema. Begin with [New], [Read], [ReadPage], and [Each].
package rows

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// table is a GORM model as this package reads and writes it.
type table struct {
	name string
	// written are the columns of an INSERT, and all those of a SELECT: the database fills in the difference.
	written, all []column
}

type column struct {
	name string
	kind kind
	// index is the path to the field in the model, for [reflect.Value.FieldByIndex].
	index []int
	// valuer is true for a type that converts itself, see [driver.Valuer].
	valuer bool
}

// kind is PostgreSQL's name for the type of a column.
type kind string

const (
	text    kind = "text"
	bigint  kind = "bigint"
	boolean kind = "boolean"
)

// tables maps the types of models to their tables, so that a model is parsed once. The mutex guards the map.
var (
	tablesMutex sync.Mutex
	tables      = map[reflect.Type]*table{}
)

// tableOf describes the model. It panics when GORM cannot parse the model, which is a mistake in the program.
func tableOf[Row any]() *table {
	model := reflect.TypeFor[Row]()
	tablesMutex.Lock()
	defer tablesMutex.Unlock()
	if known, ok := tables[model]; ok {
		return known
	}
	parsed, err := schema.Parse(new(Row), new(sync.Map), schema.NamingStrategy{}) //nolint:forbidigo // GORM asks for one.
	if err != nil {
		panic(fmt.Sprintf("rows: %s is not a GORM model: %v", model, err)) //nolint:forbidigo // No input can cause it.
	}
	t := &table{name: parsed.Table}
	for _, name := range parsed.DBNames {
		field := parsed.FieldsByDBName[name]
		c := column{
			name: name, kind: kindOf(field), index: field.StructField.Index,
			valuer: field.IndirectFieldType.Implements(reflect.TypeFor[driver.Valuer]()),
		}
		t.all = append(t.all, c)
		if field.Creatable {
			t.written = append(t.written, c)
		}
	}
	tables[model] = t
	return t
}

func kindOf(field *schema.Field) kind {
	switch field.DataType {
	case schema.Bool:
		return boolean
	case schema.Int, schema.Uint:
		return bigint
	default:
		return text
	}
}

// value returns what the database driver gets for a column of the row: a string, an int64, a bool, or nil.
func (c *column) value(row reflect.Value) (any, error) {
	field := row.FieldByIndex(c.index)
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return nil, nil
		}
		field = field.Elem()
	}
	switch {
	case c.valuer:
		return field.Interface().(driver.Valuer).Value() //nolint:forcetypeassert // tableOf has looked.
	case c.kind == bigint:
		return field.Int(), nil
	case c.kind == boolean:
		return field.Bool(), nil
	default:
		return field.String(), nil
	}
}

// Read returns the rows that the query finds. About is the expected number of rows; any other number is read as well.
func Read[Row any](query *gorm.DB, about int) ([]Row, error) {
	all, err := readPage[Row](query, about, math.MaxInt, math.MaxInt)
	return all.Rows, err
}

// Page is the first of the rows that a query finds.
type Page[Row any] struct {
	Rows []Row
	// More reports whether the query finds more rows.
	More bool
	// Bytes is the length of the texts in the rows.
	Bytes int
}

// ReadPage returns the first rows that the query finds: at most limit rows, and fewer when their texts have pageBytes bytes or
// more. The last row may exceed pageBytes.
func ReadPage[Row any](query *gorm.DB, limit int) (Page[Row], error) {
	return readPage[Row](query.Limit(limit+1), min(limit, usualRows), limit, pageBytes)
}

// pageBytes is enough text for the query to cost little next to the encoding of its rows.
const pageBytes = 512 << 10

// usualRows is as many rows as a page has space for before they are read. The space grows with the rows.
const usualRows = 500

// errPageEnds ends Each at the end of a page.
var errPageEnds = errors.New("the page ends")

func readPage[Row any](query *gorm.DB, about, limit, bytes int) (Page[Row], error) {
	t := tableOf[Row]()
	page := Page[Row]{Rows: make([]Row, 0, about)}
	err := Each(query, func(row *Row) error {
		if len(page.Rows) == limit || page.Bytes >= bytes {
			page.More = true
			return errPageEnds
		}
		page.Rows = append(page.Rows, *row)
		fields := reflect.ValueOf(row).Elem()
		for i := range t.all {
			page.Bytes += t.all[i].textLength(fields)
		}
		return nil
	})
	if page.More {
		err = nil
	}
	return page, err
}

// Each calls a function with each row that the query finds, until the function returns an error, which Each returns. The
// row is overwritten by the next one. Until Each returns, the transaction of the query can run no other query.
func Each[Row any](query *gorm.DB, use func(*Row) error) (err error) {
	found, err := selectAll[Row](query).Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	return each(found, use)
}

// textLength returns the length of the text in a column of the row, in bytes. It is 0 for a column without text.
func (c *column) textLength(row reflect.Value) (length int) {
	if c.kind != text {
		return 0
	}
	field := reflect.Indirect(row.FieldByIndex(c.index))
	if field.Kind() == reflect.String {
		return field.Len()
	}
	if field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String {
		for i := range field.Len() {
			length += field.Index(i).Len()
		}
	}
	return length
}

// Table returns the name of the model's table and the names of its columns.
func Table[Row any]() (name string, columns []string) {
	t := tableOf[Row]()
	for i := range t.all {
		columns = append(columns, t.all[i].name)
	}
	return t.name, columns
}
