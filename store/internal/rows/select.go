package rows

import (
	"context"
	"errors"
	"reflect"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// Select is a query whose rows are read into a slice.
type Select struct {
	query *gorm.DB
	read  func(result) error
}

// result is the result of a query: of database/sql or of pgx.
type result interface {
	Next() bool
	Scan(addresses ...any) error
	Err() error
}

// Into returns a query that replaces the content of the slice by the rows that it finds.
func Into[Row any](query *gorm.DB, all *[]Row) Select {
	return Select{query: selectAll[Row](query), read: func(found result) error {
		*all = (*all)[:0]
		return each(found, func(row *Row) error {
			*all = append(*all, *row)
			return nil
		})
	}}
}

// selectAll adds the columns of the model to the query.
func selectAll[Row any](query *gorm.DB) *gorm.DB {
	_, columns := Table[Row]()
	return query.Model(new(Row)).Select(columns)
}

// each calls a function with each row, until the function returns an error, which each returns. The row is overwritten by the
// next one.
func each[Row any](found result, use func(*Row) error) error {
	t := tableOf[Row]()
	row, empty := new(Row), *new(Row)
	addresses := make([]any, len(t.all))
	for i := range t.all {
		addresses[i] = reflect.ValueOf(row).Elem().FieldByIndex(t.all[i].index).Addr().Interface()
	}
	for found.Next() {
		*row = empty
		if err := found.Scan(addresses...); err != nil {
			return err
		}
		if err := use(row); err != nil {
			return err
		}
	}
	return found.Err()
}

// Run runs the query on its own connection.
func (s Select) Run() (err error) {
	found, err := s.query.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	return s.read(found)
}

// ReadPostgres runs the statement begin, "" for none, and then the queries, in their order, on a connection of pgx. It sends all
// of them before it reads their results, which saves a round trip for each.
func ReadPostgres(ctx context.Context, connection *pgx.Conn, begin string, selects []Select) (err error) {
	batch := &pgx.Batch{}
	if begin != "" {
		batch.Queue(begin)
	}
	for _, s := range selects {
		built := s.query.Session(&gorm.Session{DryRun: true}).Find(nil)
		if built.Error != nil {
			return built.Error
		}
		batch.Queue(built.Statement.SQL.String(), built.Statement.Vars...)
	}
	results := connection.SendBatch(ctx, batch)
	defer func() {
		// It returns the error of the query again.
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	if begin != "" {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	for _, s := range selects {
		found, err := results.Query()
		if err != nil {
			return err
		}
		if err := s.read(found); err != nil {
			found.Close()
			return err
		}
		found.Close()
	}
	return nil
}
