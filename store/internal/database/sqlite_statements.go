package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	sqlitedriver "github.com/ncruces/go-sqlite3/driver"
)

// maxCachedStatements is how many compiled statements a connection keeps. It bounds memory: statements of many rows differ
// by the number of their rows.
const maxCachedStatements = 200

// cachingConnector opens connections that keep their compiled statements and the write-ahead log short. SQLite compiles a statement each time it is
// prepared, which costs more than running a small one, and both database/sql and GORM prepare the statements of a
// transaction again in each transaction.
type cachingConnector struct {
	// source is SQLite's URI of the file.
	source string
	// prepare is called before each connection is opened.
	prepare func()
	// guard is the file system of the connections.
	guard *syncGuard
}

// Driver implements [driver.Connector].
func (cachingConnector) Driver() driver.Driver { return &sqlitedriver.SQLite{} }

// Connect implements [driver.Connector].
func (c cachingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	connector, err := new(sqlitedriver.SQLite).OpenConnector(c.source)
	if err != nil {
		return nil, err
	}
	c.prepare()
	opened, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	connection, ok := opened.(sqlitedriver.Conn)
	if !ok {
		return nil, fmt.Errorf("database: the SQLite driver opened a %T", opened)
	}
	boundLog(connection.Raw())
	cache, err := simplelru.NewLRU(maxCachedStatements, func(_ string, s *cachedStatement) { s.evict() })
	if err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	c.guard.retain()
	return &cachingConnection{Conn: connection, cache: cache, guard: c.guard}, nil
}

// cachingConnection is used by one goroutine at a time, as database/sql guarantees.
type cachingConnection struct {
	sqlitedriver.Conn
	cache *simplelru.LRU[string, *cachedStatement]
	guard *syncGuard
}

// PrepareContext implements [driver.ConnPrepareContext].
func (c *cachingConnection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := c.cache.Get(query); ok && !s.busy {
		s.busy = true
		return s, nil
	}
	prepared, err := c.Conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	statement, ok := prepared.(sqliteStatement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("database: the SQLite driver prepared a %T", prepared), prepared.Close())
	}
	// A statement that is asked for while it is busy, by a query within a query, is compiled a second time and not cached.
	if c.cache.Contains(query) {
		return statement, nil
	}
	s := &cachedStatement{sqliteStatement: statement, busy: true, cached: true}
	c.cache.Add(query, s)
	return s, nil
}

// ExecContext implements [driver.ExecerContext], for statements without parameters.
func (c *cachingConnection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if direct, ok := c.Conn.(driver.ExecerContext); ok {
		return direct.ExecContext(ctx, query, args)
	}
	return nil, driver.ErrSkip
}

// CheckNamedValue implements [driver.NamedValueChecker].
func (c *cachingConnection) CheckNamedValue(arg *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(arg)
	}
	return driver.ErrSkip
}

// Close implements [driver.Conn].
func (c *cachingConnection) Close() error {
	c.cache.Purge()
	defer c.guard.release()
	return c.Conn.Close()
}

// sqliteStatement is what a statement of the driver can do.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
	driver.NamedValueChecker
}

// cachedStatement stays compiled when it is closed, as long as it is in the cache of its connection.
type cachedStatement struct {
	sqliteStatement
	busy, cached bool
}

// Close implements [driver.Stmt].
func (s *cachedStatement) Close() error {
	s.busy = false
	if s.cached {
		return nil
	}
	return s.sqliteStatement.Close()
}

// evict takes a statement out of the cache. A busy statement is closed by its user.
func (s *cachedStatement) evict() {
	s.cached = false
	if !s.busy {
		// Close only frees memory, so its error does not matter.
		_ = s.sqliteStatement.Close()
	}
}
