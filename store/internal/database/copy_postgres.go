package database

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

func (postgres) catalog(ctx context.Context, connection *sql.Conn) ([]copyTableInfo, error) {
	return readCatalog(ctx, connection,
		`SELECT t.table_name, c.column_name, c.data_type = 'boolean', c.is_identity = 'YES', c.is_generated = 'ALWAYS'
			FROM information_schema.tables t
			JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name
			WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND t.table_name <> 'goose_db_version'
			ORDER BY t.table_name COLLATE "C", c.column_name COLLATE "C"`,
		`SELECT DISTINCT c.relname, p.relname FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
			WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace`)
}

// insertAll inserts the rows that next returns, until it returns nil, and makes the database number new rows after them.
func (postgres) insertAll(ctx context.Context, connection *sql.Conn, table *copyTableInfo, next func() ([]any, error)) error {
	if err := connection.Raw(func(own any) error {
		pgxConnection := own.(*stdlib.Conn).Conn() //nolint:forcetypeassert // openPostgresPool chose the driver.
		_, err := pgxConnection.CopyFrom(ctx, pgx.Identifier{table.name}, table.columnNames(), pgx.CopyFromFunc(next))
		return err
	}); err != nil {
		return err
	}
	for _, column := range table.columns {
		if !column.identity {
			continue
		}
		if _, err := connection.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max("+quote(column.name)+"), 0) + 1, false) FROM "+
			quote(table.name), quote(table.name), column.name); err != nil {
			return err
		}
	}
	return nil
}
