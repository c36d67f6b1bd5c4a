package database

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// CopiedTable is the result of [Copy] for one table.
type CopiedTable struct {
	Name string
	Rows int64
	// Fingerprint is a number in hexadecimal that depends on each value of each row, and not on the order of the rows or on
	// the kind of database.
	Fingerprint string
}

// Progress is called during a copy with the number of rows that are done and with the number of all rows.
type Progress func(done, total int64)

// progressRows is the number of rows from one call of a Progress to the next.
const progressRows = 1000

// ErrNotEmpty is returned by [Copy] when the target has rows already.
var ErrNotEmpty = errors.New("the database is not empty")

// Copy copies all rows of all tables to another database, which must have the same schema and neither events nor API keys. It
// takes the tables from the databases themselves. It reads a snapshot of the source. The target changes in one transaction, which
// is committed after each table has been read again and has the fingerprint of its source. Until then the target stays empty,
// whatever happens.
func Copy(ctx context.Context, from, to *DB, progress Progress) (copied []CopiedTable, err error) {
	target, err := to.write.DB()
	if err != nil {
		return nil, err
	}
	connection, err := target.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	tables, err := commonTables(ctx, from, to, connection)
	if err != nil {
		return nil, err
	}
	err = from.LongSnapshot(ctx, func(source *gorm.DB) error {
		total := int64(0)
		for i := range tables {
			var rows int64
			if err := source.Raw("SELECT count(*) FROM " + quote(tables[i].name)).Scan(&rows).Error; err != nil {
				return err
			}
			total += rows
		}
		// Each row is read twice: from the source, and again from the target.
		counter := &rowCounter{total: 2 * total, report: progress}
		if _, err := connection.ExecContext(ctx, to.beginStatement()); err != nil {
			return err
		}
		if err := requireEmpty(ctx, connection, tables); err != nil {
			return err
		}
		for i := range tables {
			table, err := copyTable(ctx, source, to, connection, &tables[i], counter)
			if err != nil {
				return fmt.Errorf("table %s: %w", tables[i].name, err)
			}
			copied = append(copied, table)
		}
		return nil
	})
	if err == nil {
		err = verifyTables(ctx, to, connection, tables, copied, progress)
	}
	end := "COMMIT"
	if err != nil {
		end = "ROLLBACK"
	}
	// A transaction that cannot be ended is rolled back with its connection.
	_, endErr := connection.ExecContext(context.WithoutCancel(ctx), end)
	if err == nil {
		err = endErr
	}
	return copied, err
}

// requireEmpty returns ErrNotEmpty if there are events or API keys, because every change leaves an event. It deletes the rows that
// the migrations have inserted.
func requireEmpty(ctx context.Context, connection *sql.Conn, tables []copyTableInfo) error {
	var used bool
	if err := connection.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM api_keys)").Scan(&used); err != nil {
		return err
	}
	if used {
		return ErrNotEmpty
	}
	for _, table := range slices.Backward(tables) {
		if _, err := connection.ExecContext(ctx, "DELETE FROM "+quote(table.name)); err != nil {
			return err
		}
	}
	return nil
}

// copyTable copies the rows of one table and returns what it has read from the source.
func copyTable(ctx context.Context, source *gorm.DB, to *DB, connection *sql.Conn, table *copyTableInfo, counter *rowCounter) (CopiedTable, error) {
	seen := newFingerprint(table)
	found, err := source.Raw(table.selectAll()).Rows()
	if err != nil {
		return CopiedTable{}, err
	}
	defer found.Close()
	err = to.insertAll(ctx, connection, table, func() ([]any, error) {
		if !found.Next() {
			return nil, found.Err()
		}
		row, err := table.scan(found)
		if err == nil {
			seen.add(row)
			counter.add()
		}
		return row, err
	})
	return seen.table(), err
}

// verifyTables reads what was written and compares it with what was read from the source.
func verifyTables(ctx context.Context, to *DB, connection *sql.Conn, tables []copyTableInfo, copied []CopiedTable, progress Progress) error {
	rows := int64(0)
	for i := range copied {
		rows += copied[i].Rows
	}
	counter := &rowCounter{done: rows, total: 2 * rows, report: progress}
	for i := range tables {
		seen := newFingerprint(&tables[i])
		if err := seen.read(ctx, connection, counter); err != nil {
			return err
		}
		if written := seen.table(); written != copied[i] {
			return fmt.Errorf("table %s was not copied exactly: %d row(s) with fingerprint %s became %d with %s",
				tables[i].name, copied[i].Rows, copied[i].Fingerprint, written.Rows, written.Fingerprint)
		}
	}
	progress(2*rows, 2*rows)
	return to.writable()
}

// rowCounter reports the progress of a copy.
type rowCounter struct {
	done, total int64
	report      Progress
}

func (c *rowCounter) add() {
	c.done++
	if c.done%progressRows == 0 {
		c.report(c.done, c.total)
	}
}

// copyTableInfo is a table as Copy finds it in both databases.
type copyTableInfo struct {
	name string
	// columns are in alphabetical order.
	columns []copyColumn
	// parents are the tables that the table refers to.
	parents []string
}

type copyColumn struct {
	name string
	// boolean says that PostgreSQL stores the column as a boolean. SQLite has none, and stores 0 or 1.
	boolean bool
	// identity says that PostgreSQL numbers the rows.
	identity bool
	// generated says that the database computes the column. It is not copied.
	generated bool
}

func (t *copyTableInfo) columnNames() []string {
	names := make([]string, len(t.columns))
	for i := range t.columns {
		names[i] = t.columns[i].name
	}
	return names
}

func (t *copyTableInfo) selectAll() string {
	quoted := make([]string, len(t.columns))
	for i := range t.columns {
		quoted[i] = quote(t.columns[i].name)
	}
	return "SELECT " + strings.Join(quoted, ", ") + " FROM " + quote(t.name)
}

// scan returns the values of a row as nil, string, int64, float64, bool, or []byte.
func (t *copyTableInfo) scan(found *sql.Rows) ([]any, error) {
	row, addresses := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		addresses[i] = &row[i]
	}
	if err := found.Scan(addresses...); err != nil {
		return nil, err
	}
	for i := range row {
		if number, ok := row[i].(int64); ok && t.columns[i].boolean {
			row[i] = number != 0
		}
	}
	return row, nil
}

// commonTables returns the tables of both databases, each after those that it refers to. It returns an error if the tables or
// their columns differ.
func commonTables(ctx context.Context, from, to *DB, connection *sql.Conn) ([]copyTableInfo, error) {
	var sources []copyTableInfo
	pool, err := from.read.DB()
	if err != nil {
		return nil, err
	}
	source, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	sources, err = from.catalog(ctx, source)
	if err := errors.Join(err, source.Close()); err != nil {
		return nil, err
	}
	targets, err := to.catalog(ctx, connection)
	if err != nil {
		return nil, err
	}
	differ := func(table string) error { return fmt.Errorf("the databases do not have the same table %s", table) }
	byName := map[string]*copyTableInfo{}
	for i := range targets {
		byName[targets[i].name] = &targets[i]
	}
	for _, table := range sources {
		target, ok := byName[table.name]
		if !ok || !slices.Equal(table.columnNames(), target.columnNames()) {
			return nil, differ(table.name)
		}
		var copied []copyColumn
		for i, column := range target.columns {
			column.boolean = column.boolean || table.columns[i].boolean
			if !column.generated && !table.columns[i].generated {
				copied = append(copied, column)
			}
		}
		target.columns = copied
	}
	if len(sources) != len(targets) {
		return nil, fmt.Errorf("the databases have %d and %d tables", len(sources), len(targets))
	}
	return parentsFirst(targets)
}

// parentsFirst orders the tables so that each follows those that it refers to.
func parentsFirst(tables []copyTableInfo) (ordered []copyTableInfo, err error) {
	placed := map[string]bool{}
	for len(ordered) < len(tables) {
		before := len(ordered)
		for _, table := range tables {
			waits := slices.ContainsFunc(table.parents, func(parent string) bool { return parent != table.name && !placed[parent] })
			if !placed[table.name] && !waits {
				placed[table.name] = true
				ordered = append(ordered, table)
			}
		}
		if len(ordered) == before {
			return nil, errors.New("the tables of the database refer to each other in a circle")
		}
	}
	return ordered, nil
}

// fingerprint adds up the hashes of rows, so that their order does not matter.
type fingerprint struct {
	info *copyTableInfo
	rows int64
	sum  [4]uint64
	hash hash.Hash
}

func newFingerprint(info *copyTableInfo) *fingerprint {
	return &fingerprint{info: info, hash: sha256.New()}
}

func (f *fingerprint) table() CopiedTable {
	var sum []byte
	for _, part := range f.sum {
		sum = binary.BigEndian.AppendUint64(sum, part)
	}
	return CopiedTable{Name: f.info.name, Rows: f.rows, Fingerprint: hex.EncodeToString(sum)}
}

// add adds a row. Names and values have their lengths before them, so that no two rows are encoded in the same way.
func (f *fingerprint) add(row []any) {
	f.hash.Reset()
	for i, value := range row {
		if value == nil {
			continue
		}
		var encoded []byte
		switch value := value.(type) {
		case string:
			encoded = append([]byte("s"), value...)
		case []byte:
			encoded = append([]byte("b"), value...)
		case int64:
			encoded = binary.BigEndian.AppendUint64([]byte("i"), uint64(value))
		case float64:
			encoded = binary.BigEndian.AppendUint64([]byte("f"), math.Float64bits(value))
		default:
			encoded = fmt.Appendf([]byte("o"), "%v", value)
		}
		f.hash.Write(binary.BigEndian.AppendUint32([]byte(f.info.columns[i].name), uint32(len(encoded))))
		f.hash.Write(encoded)
	}
	sum := f.hash.Sum(nil)
	for i := range f.sum {
		f.sum[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	f.rows++
}

// read adds all rows of the table.
func (f *fingerprint) read(ctx context.Context, connection *sql.Conn, counter *rowCounter) error {
	found, err := connection.QueryContext(ctx, f.info.selectAll())
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		row, err := f.info.scan(found)
		if err != nil {
			return err
		}
		f.add(row)
		counter.add()
	}
	return found.Err()
}

// quote returns the name of a table or column for both databases.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// readCatalog reads tables with two queries. The first returns table, column, boolean, identity, and generated, ordered by the names
// of tables and columns; the second returns tables and the tables that they refer to.
func readCatalog(ctx context.Context, connection *sql.Conn, columns, references string) (tables []copyTableInfo, err error) {
	found, err := connection.QueryContext(ctx, columns)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var table string
		var column copyColumn
		if err := found.Scan(&table, &column.name, &column.boolean, &column.identity, &column.generated); err != nil {
			return nil, err
		}
		if len(tables) == 0 || tables[len(tables)-1].name != table {
			tables = append(tables, copyTableInfo{name: table})
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, column)
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	referring, err := connection.QueryContext(ctx, references)
	if err != nil {
		return nil, err
	}
	defer referring.Close()
	for referring.Next() {
		var child, parent string
		if err := referring.Scan(&child, &parent); err != nil {
			return nil, err
		}
		for i := range tables {
			if tables[i].name == child {
				tables[i].parents = append(tables[i].parents, parent)
			}
		}
	}
	return tables, referring.Err()
}
