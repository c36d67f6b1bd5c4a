package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
)

// keptStatements is how many compiled statements a connection keeps. Those of many rows vary with their number, so there
// is no end to them; the bound is for memory.
const keptStatements = 200

// keepingConnector opens connections that keep their compiled statements. SQLite compiles a statement each time it is
// prepared, which costs more than to run a small one, and neither database/sql nor GORM keeps the statements of a
// transaction: both prepare them anew in each.
type keepingConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (k keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	connection, ok := opened.(sqlitedriver.Conn)
	if !ok {
		return nil, fmt.Errorf("store: the SQLite driver opened a %T", opened)
	}
	kept, err := simplelru.NewLRU(keptStatements, func(_ string, s *keptStatement) { s.forget() })
	return &keepingConnection{Conn: connection, kept: kept}, err
}

// keepingConnection is used by one goroutine at a time, as database/sql promises.
type keepingConnection struct {
	sqlitedriver.Conn
	kept *simplelru.LRU[string, *keptStatement]
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *keepingConnection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.prepare(ctx, query)
}

func (c *keepingConnection) prepare(ctx context.Context, query string) (sqliteStatement, error) {
	if s, ok := c.kept.Get(query); ok && !s.busy {
		s.busy = true
		return s, nil
	}
	made, err := c.Conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	statement, ok := made.(sqliteStatement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("store: the SQLite driver made a %T", made), made.Close())
	}
	// One that is asked for while it is busy, by a query within a query, is compiled a second time and not kept.
	if c.kept.Contains(query) {
		return statement, nil
	}
	s := &keptStatement{sqliteStatement: statement, busy: true, kept: true}
	c.kept.Add(query, s)
	return s, nil
}

// ExecContext implements driver.ExecerContext, for statements without parameters.
func (c *keepingConnection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if direct, ok := c.Conn.(driver.ExecerContext); ok {
		return direct.ExecContext(ctx, query, args)
	}
	return nil, driver.ErrSkip
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *keepingConnection) CheckNamedValue(arg *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(arg)
	}
	return driver.ErrSkip
}

// Close implements driver.Conn.
func (c *keepingConnection) Close() error {
	c.kept.Purge()
	return c.Conn.Close()
}

// sqliteStatement is what a statement of the driver can do.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
	driver.NamedValueChecker
}

// keptStatement stays compiled when it is closed, as long as its connection keeps it.
type keptStatement struct {
	sqliteStatement
	busy, kept bool
}

// Close implements driver.Stmt.
func (s *keptStatement) Close() error {
	s.busy = false
	if s.kept {
		return nil
	}
	return s.sqliteStatement.Close()
}

// forget lets go of a statement that is no longer kept; one that is in use goes when it is closed.
func (s *keptStatement) forget() {
	s.kept = false
	if !s.busy {
		// It only frees memory, and has nothing to report.
		_ = s.sqliteStatement.Close()
	}
}
