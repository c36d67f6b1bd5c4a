package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// Tx is one transaction. Queries run immediately. Rows that are queued are written together when the transaction ends, which
// costs one round trip to PostgreSQL. A transaction without a query is this round trip and nothing else.
type Tx struct {
	*gorm.DB
	// At is the time of the transaction.
	At models.Millis

	db         *DB
	connection *beginner
	// queue, last, and shared are written in this order.
	queue, last, shared []rows.Change
}

// Transact runs a function in one transaction and then writes the rows that it queued. It returns [ErrOutcomeUnknown] when the
// change may have been made; after any other error, nothing has changed. It returns [ErrBusy] when no connection or lock is free
// in time, and [context.DeadlineExceeded] when the function takes longer than 30 seconds. The function may run again, see
// [DB.Query].
func (db *DB) Transact(ctx context.Context, change func(*Tx) error) error {
	leave, err := db.writeGate.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := db.writable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	err = retry(ctx, func() error {
		return db.write.WithContext(ctx).Connection(func(session *gorm.DB) error {
			own := session.Statement.ConnPool.(*sql.Conn) //nolint:forcetypeassert // It is what Connection is for.
			connection := &beginner{Conn: own, statement: db.beginStatement()}
			session.Statement.ConnPool = connection
			t := &Tx{DB: session.Session(&gorm.Session{NewDB: true}), At: models.MillisOf(db.clock()), db: db, connection: connection}
			defer connection.rollback(ctx)
			if err := change(t); err != nil {
				return err
			}
			// Nothing is committed for a caller whose context has ended.
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := db.commit(ctx, connection, slices.Concat(t.queue, t.last, t.shared)); err != nil {
				return err
			}
			connection.begun = false
			return nil
		})
	})
	if err == nil {
		db.afterCommit()
	}
	return err
}

// beginner is a connection that begins a transaction before its first statement.
type beginner struct {
	*sql.Conn
	statement string
	begun     bool
}

func (b *beginner) begin(ctx context.Context) error {
	if b.begun {
		return nil
	}
	// Set first, because the response to BEGIN may get lost.
	b.begun = true
	_, err := b.Conn.ExecContext(ctx, b.statement)
	return err
}

// rollback ends a transaction that was not committed. If that fails, it closes the connection, so that no other caller gets a
// connection with an open transaction.
func (b *beginner) rollback(ctx context.Context) {
	if !b.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if _, err := b.Conn.ExecContext(ctx, "ROLLBACK"); err != nil && !isNoTransaction(err) {
		_ = b.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// PrepareContext implements [gorm.ConnPool].
func (b *beginner) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	return b.Conn.PrepareContext(ctx, query)
}

// ExecContext implements [gorm.ConnPool].
func (b *beginner) ExecContext(ctx context.Context, query string, arguments ...any) (sql.Result, error) {
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	return b.Conn.ExecContext(ctx, query, arguments...)
}

// QueryContext implements [gorm.ConnPool].
func (b *beginner) QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error) {
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	return b.Conn.QueryContext(ctx, query, arguments...)
}

// QueryRowContext implements [gorm.ConnPool]. The row has the error of a BEGIN that fails.
func (b *beginner) QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row {
	if err := b.begin(ctx); err != nil {
		ended, end := context.WithCancelCause(ctx)
		end(err)
		ctx = ended
	}
	return b.Conn.QueryRowContext(ctx, query, arguments...)
}

// Read runs queries one after the other: each of them sees what was committed before it began. On PostgreSQL they cost one
// round trip, and BEGIN as the first of the transaction is part of it.
func (t *Tx) Read(queries ...rows.Select) error {
	return t.db.readAll(t.Statement.Context, t.connection, queries)
}

// Queue queues rows, which are written when the transaction ends, as they are at that time. Tables are written in the order in
// which they were queued first.
func (t *Tx) Queue(changes ...rows.Change) { t.queue = enqueue(t.queue, changes) }

// Flush writes the rows of [Tx.Queue] now, so that a large transaction need not hold all its rows in memory until it ends.
func (t *Tx) Flush() error {
	changes := t.queue
	t.queue = nil
	return t.db.writeRows(t.Statement.Context, t.connection, changes)
}

// QueueLast queues rows, which are written after all others. The lock that numbers the events is then held for a short time, see
// migrations/postgres/00001_jobs.sql.
func (t *Tx) QueueLast(changes ...rows.Change) { t.last = enqueue(t.last, changes) }

// QueueShared queues changes of counters that many transactions change. They are written after all other rows. The transaction then
// holds the lock that numbers the events, so transactions never wait for each other's counters and cannot deadlock on them.
func (t *Tx) QueueShared(counters *rows.Increment) {
	t.shared = enqueue(t.shared, []rows.Change{counters})
}

// enqueue adds changes to a queue. Changes of the same kind for the same table become one.
func enqueue(queue, changes []rows.Change) []rows.Change {
	for _, change := range changes {
		if !slices.ContainsFunc(queue, change.AppendTo) {
			queue = append(queue, change)
		}
	}
	return queue
}

// LockName makes other transactions that lock the same name wait until this one ends.
func (t *Tx) LockName(name string) error { return t.db.lockName(t.DB, name) }

// MaxParameters is the largest number of parameters in one statement.
func (t *Tx) MaxParameters() int { return t.db.MaxParameters() }

// groupSize is the largest number of changes in one transaction of a [Group]. It bounds how long a change can be delayed by
// the others.
const groupSize = 256

// Group lets changes that wait at the same time share one transaction, and with it one write to disk (group commit). It never
// waits for a group to fill: a change that finds a free slot starts at once, alone, on its caller's goroutine. Changes that
// arrive while no slot is free wait. The first waiting change then runs a transaction for all of them.
type Group[In, Out any] struct {
	// run makes all changes in one transaction and returns their results in the same order. Its error is for all of them.
	// It must return by itself, because no caller can cancel it.
	run func(context.Context, []In) ([]Out, error)
	// slots is how many transactions may run at the same time, at least 1.
	slots int

	mutex   sync.Mutex
	running int
	// waiting are the changes that no transaction has taken yet.
	waiting []*member[In, Out]
}

type member[In, Out any] struct {
	in  In
	out Out
	err error
	// turn receives true when the member is to lead a group, and is closed when another member has made its change.
	turn chan bool
}

// NewGroup returns a group whose changes are made by run.
func NewGroup[In, Out any](db *DB, run func(context.Context, []In) ([]Out, error)) *Group[In, Out] {
	return &Group[In, Out]{run: run, slots: db.concurrentGroups()}
}

// Do makes a change and returns when it is on disk. When the context ends while the change waits, Do returns at once, with the
// context's error. If the transaction of the change has begun by then, the error is also [ErrOutcomeUnknown].
func (g *Group[In, Out]) Do(ctx context.Context, in In) (Out, error) {
	var none Out
	if err := ctx.Err(); err != nil {
		return none, err
	}
	g.mutex.Lock()
	if g.running < g.slots {
		g.running++
		g.mutex.Unlock()
		own := &member[In, Out]{in: in}
		g.commit(ctx, []*member[In, Out]{own})
		g.wakeNext()
		return own.out, own.err
	}
	own := &member[In, Out]{in: in, turn: make(chan bool, 1)}
	g.waiting = append(g.waiting, own)
	g.mutex.Unlock()

	select {
	case leads := <-own.turn:
		if leads {
			g.lead(ctx, own)
			g.wakeNext()
		}
		return own.out, own.err
	case <-ctx.Done():
		return g.abandon(ctx, own)
	}
}

// lead commits the caller's own change together with those that wait.
func (g *Group[In, Out]) lead(ctx context.Context, own *member[In, Out]) {
	g.mutex.Lock()
	n := min(len(g.waiting), groupSize-1)
	members := append([]*member[In, Out]{own}, g.waiting[:n]...)
	g.waiting = g.waiting[n:]
	g.mutex.Unlock()
	g.commit(ctx, members)
	for _, follower := range members[1:] {
		close(follower.turn)
	}
}

// wakeNext passes the slot on to the first change that waits, or frees it.
func (g *Group[In, Out]) wakeNext() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(g.waiting) == 0 {
		g.running--
		g.waiting = nil
		return
	}
	next := g.waiting[0]
	g.waiting = g.waiting[1:]
	next.turn <- true
}

// abandon removes a member whose context has ended. If the member was just told to lead, abandon passes the slot on. If the
// change was just made, abandon returns its result.
func (g *Group[In, Out]) abandon(ctx context.Context, own *member[In, Out]) (Out, error) {
	var none Out
	g.mutex.Lock()
	for i, other := range g.waiting {
		if other != own {
			continue
		}
		g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
		g.mutex.Unlock()
		return none, ctx.Err()
	}
	g.mutex.Unlock()
	select {
	case leads := <-own.turn:
		if !leads {
			return own.out, own.err
		}
		g.wakeNext()
		return none, ctx.Err()
	default:
		return none, fmt.Errorf("%w: %w", ErrOutcomeUnknown, ctx.Err())
	}
}

// commit makes the changes of the members. If one of them can be the reason for an error, each is made alone, so that it
// fails alone.
func (g *Group[In, Out]) commit(ctx context.Context, members []*member[In, Out]) {
	outs, err := g.attempt(ctx, members)
	switch {
	case err == nil:
		for i, m := range members {
			m.out = outs[i]
		}
	case len(members) > 1 && isMemberError(err):
		for _, m := range members {
			g.commit(ctx, []*member[In, Out]{m})
		}
	default:
		for _, m := range members {
			m.err = err
		}
	}
}

// attempt turns a panic into an error: the other members wait on goroutines of their own and would wait forever.
func (g *Group[In, Out]) attempt(ctx context.Context, members []*member[In, Out]) (outs []Out, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	ins := make([]In, len(members))
	for i, m := range members {
		ins[i] = m.in
	}
	return g.run(context.WithoutCancel(ctx), ins)
}

// panicError is a panic of the function that makes changes.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// isMemberError reports whether the change of one member can be the reason for the error, and nothing was committed. It is false
// for errors of the database itself: they would occur again, or leave open whether the first attempt was committed.
func isMemberError(err error) bool {
	if _, panicked := errors.AsType[*panicError](err); panicked {
		return true
	}
	return IsConstraintError(err)
}

// IsConstraintError reports whether the database refused a row.
func IsConstraintError(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	// PostgreSQL's classes of two equal keys in one statement, of data exceptions, and of violated constraints.
	return ok && (strings.HasPrefix(refused.Code, "21") || strings.HasPrefix(refused.Code, "22") || strings.HasPrefix(refused.Code, "23")) ||
		errors.Is(err, sqlite3.CONSTRAINT)
}
