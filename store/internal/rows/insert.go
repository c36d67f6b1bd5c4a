package rows

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Change is something to write: an [Insert] or an [Increment].
type Change interface {
	// AppendTo adds the change to another one of the same kind, and reports whether it did.
	AppendTo(change Change) bool
	// len is the number of rows.
	len() int
	writeSQLite(ctx context.Context, connection driver.ConnPrepareContext) error
	writePostgres(batch *postgresBatch) error
}

// WriteSQLite writes the changes, in their order, on a connection of SQLite's driver.
func WriteSQLite(ctx context.Context, connection driver.ConnPrepareContext, changes []Change) error {
	for _, change := range changes {
		if err := change.writeSQLite(ctx, connection); err != nil {
			return err
		}
	}
	return nil
}

// FitOneMessage reports whether PostgreSQL gets the changes in one message, which is a transaction by itself.
func FitOneMessage(changes []Change) bool {
	n := 0
	for _, change := range changes {
		n += change.len()
	}
	return n < maxPostgresRows
}

// WritePostgres writes the changes, in their order, on a connection of pgx, and then runs the statement commit, "" for none. It
// sends all statements before it reads their results, which saves a round trip for each statement. It reports whether the
// last of them was sent.
func WritePostgres(ctx context.Context, connection *pgx.Conn, changes []Change, commit string) (sent bool, err error) {
	batch := &postgresBatch{ctx: ctx, connection: connection}
	for _, change := range changes {
		if err := change.writePostgres(batch); err != nil {
			return false, err
		}
	}
	if commit != "" {
		batch.queue(0, commit, nil)
	}
	return true, batch.send()
}

// maxPostgresRows is the largest number of rows that are sent to PostgreSQL at a time. It bounds the memory that the encoded
// rows take; more rows would not be faster.
const maxPostgresRows = 1000

// postgresBatch is the statements that are sent together.
type postgresBatch struct {
	ctx        context.Context
	connection *pgx.Conn
	statements pgx.Batch
	rows       int
}

// queue adds a statement that writes n rows.
func (b *postgresBatch) queue(n int, statement string, arguments []any) {
	b.rows += n
	b.statements.Queue(statement, arguments...)
}

func (b *postgresBatch) send() error {
	if b.statements.Len() == 0 {
		return nil
	}
	sent := b.statements
	b.statements, b.rows = pgx.Batch{}, 0
	return b.connection.SendBatch(b.ctx, &sent).Close()
}

// Insert is rows of one table that are to be inserted. The rows are read when they are written, not before.
type Insert struct {
	table *table
	rows  []reflect.Value
	// conflict is the ON CONFLICT clause; "" makes a row that exists an error.
	conflict string
}

// New inserts rows that do not exist yet.
func New[Row any](rows []Row) *Insert {
	in := &Insert{table: tableOf[Row](), rows: make([]reflect.Value, len(rows))}
	for i := range rows {
		in.rows[i] = reflect.ValueOf(&rows[i]).Elem()
	}
	return in
}

// OnConflict inserts rows and resolves conflicts by an ON CONFLICT clause in SQL.
func OnConflict[Row any](rows []Row, clause string) *Insert {
	in := New(rows)
	in.conflict = clause
	return in
}

// Upsert inserts rows. Where a row with the same key exists, Upsert changes the named columns of that row.
func Upsert[Row any](rows []Row, key string, columns ...string) *Insert {
	changes := make([]string, len(columns))
	for i, column := range columns {
		changes[i] = column + " = excluded." + column
	}
	return OnConflict(rows, "ON CONFLICT ("+key+") DO UPDATE SET "+strings.Join(changes, ", "))
}

// AppendTo adds the rows to another change if that is an insert of the same kind, and reports whether it did.
func (in *Insert) AppendTo(change Change) bool {
	other, ok := change.(*Insert)
	if !ok || other.table != in.table || other.conflict != in.conflict {
		return false
	}
	other.rows = append(other.rows, in.rows...)
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

// columns returns the names of the columns that are written.
func (in *Insert) columns() []string {
	names := make([]string, len(in.table.written))
	for i := range names {
		names[i] = in.table.written[i].name
	}
	return names
}

// statement inserts the rows that the text describes.
func (in *Insert) statement(rows string) string {
	return "INSERT INTO " + in.table.name + " (" + strings.Join(in.columns(), ", ") + ") " + rows + " " + in.conflict
}

// sqliteRows is the largest number of rows in one statement for SQLite. The numbers are powers of two, so that there are
// few different statements and each is compiled once. Statements of one row each would cost more, because SQLite would
// look up the last event's number for every event.
const sqliteRows = 64

func (in *Insert) len() int { return len(in.rows) }

func (in *Insert) writeSQLite(ctx context.Context, connection driver.ConnPrepareContext) error {
	for from := 0; from < len(in.rows); {
		to := from + min(sqliteRows, 1<<(bits.Len(uint(len(in.rows)-from))-1))
		if err := in.execSQLite(ctx, connection, from, to); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (in *Insert) execSQLite(ctx context.Context, connection driver.ConnPrepareContext, from, to int) (err error) {
	values, err := in.values(from, to)
	if err != nil {
		return err
	}
	row := "(?" + strings.Repeat(", ?", len(in.table.written)-1) + ")"
	prepared, err := prepare(ctx, connection, in.statement("VALUES "+row+strings.Repeat(", "+row, to-from-1)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	named := make([]driver.NamedValue, len(values))
	for i, value := range values {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	_, err = prepared.ExecContext(ctx, named)
	return err
}

// sqliteStatement is what this package uses of a statement of SQLite's driver.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
}

func prepare(ctx context.Context, connection driver.ConnPrepareContext, query string) (sqliteStatement, error) {
	prepared, err := connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	statement, ok := prepared.(sqliteStatement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("rows: the SQLite driver prepared a %T", prepared), prepared.Close())
	}
	return statement, nil
}

func (in *Insert) writePostgres(batch *postgresBatch) error {
	if in.conflict == "" && len(in.rows) >= maxPostgresRows {
		return in.copyPostgres(batch)
	}
	for from := 0; from < len(in.rows); from += maxPostgresRows {
		to := min(from+maxPostgresRows, len(in.rows))
		if err := in.queuePostgres(batch, from, to); err != nil {
			return err
		}
		if batch.rows < maxPostgresRows {
			continue
		}
		if err := batch.send(); err != nil {
			return err
		}
	}
	return nil
}

// copyPostgres inserts rows by COPY. PostgreSQL writes them while later rows are encoded. It takes more round trips than a statement,
// and cannot resolve conflicts.
func (in *Insert) copyPostgres(batch *postgresBatch) error {
	if err := batch.send(); err != nil {
		return err
	}
	next := 0
	_, err := batch.connection.CopyFrom(batch.ctx, pgx.Identifier{in.table.name}, in.columns(), pgx.CopyFromFunc(func() ([]any, error) {
		if next == len(in.rows) {
			return nil, nil
		}
		next++
		return in.values(next-1, next)
	}))
	return err
}

// queuePostgres adds a statement that PostgreSQL plans once: for one row, or for any number of rows, with an array for each
// column. Each row of the arrays costs less than a statement for one row, but the first one costs more.
func (in *Insert) queuePostgres(batch *postgresBatch, from, to int) error {
	values, err := in.values(from, to)
	if err != nil {
		return err
	}
	width := len(in.table.written)
	if to-from == 1 {
		batch.queue(1, in.statement("VALUES ("+parameters(width)+")"), values)
		return nil
	}
	arrays := make([]any, width)
	for i := range in.table.written {
		switch in.table.written[i].kind {
		case text:
			arrays[i] = columnArray[string](values, i, width)
		case bigint:
			arrays[i] = columnArray[int64](values, i, width)
		case boolean:
			arrays[i] = columnArray[bool](values, i, width)
		}
	}
	batch.queue(to-from, in.statement("SELECT "+unnest(in.table.written)), arrays)
	return nil
}

// parameters names the first n parameters of a statement for PostgreSQL.
func parameters(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "$" + strconv.Itoa(i+1)
	}
	return strings.Join(names, ", ")
}

// unnest selects the rows of parameters that are arrays, one for each column. PostgreSQL does this in half the time that
// FROM unnest($1, $2) takes, which keeps each array in a table of its own first.
func unnest(columns []column) string {
	selected := make([]string, len(columns))
	for i, column := range columns {
		selected[i] = "unnest($" + strconv.Itoa(i+1) + "::" + string(column.kind) + "[]) AS " + column.name
	}
	return strings.Join(selected, ", ")
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
