package database

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// catalog leaves out the tables of SQLite itself and those that Litestream adds to a database that it replicates.
func (sqlite) catalog(ctx context.Context, connection *sql.Conn) ([]copyTableInfo, error) {
	return readCatalog(ctx, connection,
		`SELECT t.name, c.name, false AS boolean, false AS identity, c.hidden > 0 FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
			WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND t.name NOT LIKE '~_litestream~_%' ESCAPE '~'
				AND t.name <> 'goose_db_version' ORDER BY t.name, c.name`,
		`SELECT DISTINCT t.name, f."table" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`)
}

// insertRows is the number of rows of one INSERT. More would save little.
const insertRows = 64

// insertAll inserts the rows that next returns, until it returns nil.
func (sqlite) insertAll(ctx context.Context, connection *sql.Conn, table *copyTableInfo, next func() ([]any, error)) (err error) {
	// Rows of a table may refer to later rows of the same table.
	if _, err := connection.ExecContext(ctx, "PRAGMA defer_foreign_keys = on"); err != nil {
		return err
	}
	row := "(?" + strings.Repeat(", ?", len(table.columns)-1) + ")"
	insert := "INSERT INTO " + quote(table.name) + ` ("` + strings.Join(table.columnNames(), `", "`) + `") VALUES ` + row
	many, err := connection.PrepareContext(ctx, insert+strings.Repeat(", "+row, insertRows-1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, many.Close()) }()
	one, err := connection.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, one.Close()) }()
	width := len(table.columns)
	values := make([]any, 0, insertRows*width)
	for {
		row, err := next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if values = append(values, row...); len(values) < insertRows*width {
			continue
		}
		if _, err := many.ExecContext(ctx, values...); err != nil {
			return err
		}
		values = values[:0]
	}
	for ; len(values) > 0; values = values[width:] {
		if _, err := one.ExecContext(ctx, values[:width]...); err != nil {
			return err
		}
	}
	return nil
}
