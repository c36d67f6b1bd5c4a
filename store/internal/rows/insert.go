package rows

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// ErrConflict is returned when a row was not written because a row with its key exists and [OnConflict] does not replace that row.
var ErrConflict = errors.New("rows: a row with this key exists")

// Insert is rows of one table that are to be written. The rows are read when they are written, not before.
type Insert struct {
	table *table
	rows  []reflect.Value
	// conflict is the ON CONFLICT clause; "" makes a row that exists an error.
	conflict string
}

// New inserts rows that do not exist yet.
func New[Row any](rows []Row) Insert {
	in := Insert{table: tableOf[Row](), rows: make([]reflect.Value, len(rows))}
	for i := range rows {
		in.rows[i] = reflect.ValueOf(&rows[i]).Elem()
	}
	return in
}

// OnConflict inserts rows and resolves conflicts by an ON CONFLICT clause in SQL.
func OnConflict[Row any](rows []Row, clause string) Insert {
	in := New(rows)
	in.conflict = clause
	return in
}

// Upsert inserts rows. Where a row with the same key exists, Upsert changes the named columns of that row.
func Upsert[Row any](rows []Row, key string, columns ...string) Insert {
	changes := make([]string, len(columns))
	for i, column := range columns {
		changes[i] = column + " = excluded." + column
	}
	return OnConflict(rows, "ON CONFLICT ("+key+") DO UPDATE SET "+strings.Join(changes, ", "))
}

// Append adds the rows of another insert if it is of the same kind, and reports whether it did.
func (in *Insert) Append(other Insert) bool {
	if in.table != other.table || in.conflict != other.conflict {
		return false
	}
	in.rows = append(in.rows, other.rows...)
	return true
}

// values returns the values of the rows in the interval [from, to), one row after the other.
func (in *Insert) values(from, to int) ([]any, error) {
	values := make([]any, 0, (to-from)*len(in.table.written))
	for _, row := range in.rows[from:to] {
		for i := range in.table.written {
			value, err := in.table.written[i].value(row)
			if err != nil {
				return nil, fmt.Errorf("rows: column %s of %s: %w", in.table.written[i].name, in.table.name, err)
			}
			values = append(values, value)
		}
	}
	return values, nil
}

// head begins the statement, up to the values.
func (in *Insert) head() *strings.Builder {
	var statement strings.Builder
	statement.WriteString("INSERT INTO " + in.table.name + " (")
	for i := range in.table.written {
		if i > 0 {
			statement.WriteString(", ")
		}
		statement.WriteString(in.table.written[i].name)
	}
	statement.WriteString(") ")
	return &statement
}

// sqliteRows is the largest number of rows in one statement for SQLite. The numbers are powers of two, so that there are
// few different statements and each is compiled once. Statements of one row each would cost more, because SQLite would
// look up the last event's number for every event.
const sqliteRows = 64

// WriteSQLite writes the inserts, in their order, on a connection of SQLite's driver. It returns [ErrConflict], or the
// database's error.
func WriteSQLite(ctx context.Context, connection driver.ConnPrepareContext, inserts []Insert) error {
	for i := range inserts {
		in := &inserts[i]
		for from := 0; from < len(in.rows); {
			to := from + min(sqliteRows, 1<<(bits.Len(uint(len(in.rows)-from))-1))
			if err := in.execSQLite(ctx, connection, from, to); err != nil {
				return err
			}
			from = to
		}
	}
	return nil
}

func (in *Insert) execSQLite(ctx context.Context, connection driver.ConnPrepareContext, from, to int) (err error) {
	values, err := in.values(from, to)
	if err != nil {
		return err
	}
	row := "(?" + strings.Repeat(", ?", len(in.table.written)-1) + ")"
	statement := in.head()
	statement.WriteString("VALUES " + row + strings.Repeat(", "+row, to-from-1) + " " + in.conflict)
	prepared, err := connection.PrepareContext(ctx, statement.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	executor, ok := prepared.(driver.StmtExecContext)
	if !ok {
		return fmt.Errorf("rows: the SQLite driver prepared a %T", prepared)
	}
	named := make([]driver.NamedValue, len(values))
	for i, value := range values {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	result, err := executor.ExecContext(ctx, named)
	if err != nil {
		return err
	}
	if affected, err := result.RowsAffected(); err != nil || affected < int64(to-from) {
		return cmp.Or(err, ErrConflict)
	}
	return nil
}

// postgresRows is the largest number of rows that are sent to PostgreSQL at a time. It bounds the memory that the encoded
// rows take; more rows would not be faster.
const postgresRows = 1000

// WritePostgres writes the inserts, in their order, on a connection of pgx. It sends all statements before it reads their
// results, which saves a round trip for each statement. It returns [ErrConflict], or the database's error.
func WritePostgres(ctx context.Context, connection *pgx.Conn, inserts []Insert) error {
	var batch pgx.Batch
	queued := 0
	send := func() error {
		sent := batch
		batch, queued = pgx.Batch{}, 0
		return connection.SendBatch(ctx, &sent).Close()
	}
	for i := range inserts {
		in := &inserts[i]
		for from := 0; from < len(in.rows); from += postgresRows {
			to := min(from+postgresRows, len(in.rows))
			if err := in.queuePostgres(&batch, from, to); err != nil {
				return err
			}
			if queued += to - from; queued < postgresRows {
				continue
			}
			if err := send(); err != nil {
				return err
			}
		}
	}
	if queued == 0 {
		return nil
	}
	return send()
}

// queuePostgres adds a statement that PostgreSQL plans once for any number of rows: each column is one array.
func (in *Insert) queuePostgres(batch *pgx.Batch, from, to int) error {
	values, err := in.values(from, to)
	if err != nil {
		return err
	}
	width := len(in.table.written)
	arrays := make([]any, width)
	statement := in.head()
	statement.WriteString("SELECT * FROM unnest(")
	for i := range in.table.written {
		if i > 0 {
			statement.WriteString(", ")
		}
		kind := in.table.written[i].kind
		statement.WriteString("$" + strconv.Itoa(i+1) + "::" + string(kind) + "[]")
		switch kind {
		case text:
			arrays[i] = columnArray[string](values, i, width)
		case bigint:
			arrays[i] = columnArray[int64](values, i, width)
		case boolean:
			arrays[i] = columnArray[bool](values, i, width)
		}
	}
	statement.WriteString(") " + in.conflict)
	batch.Queue(statement.String(), arrays...).Exec(func(done pgconn.CommandTag) error {
		if done.RowsAffected() < int64(to-from) {
			return ErrConflict
		}
		return nil
	})
	return nil
}

// columnArray takes the value at index of each row of the given width.
func columnArray[Value any](values []any, index, width int) pgtype.FlatArray[*Value] {
	height := len(values) / width
	array, present := make(pgtype.FlatArray[*Value], height), make([]Value, height)
	for row := range array {
		if value := values[row*width+index]; value != nil {
			present[row] = value.(Value) //nolint:forcetypeassert // A value of another type is a mistake in the model.
			array[row] = &present[row]
		}
	}
	return array
}
