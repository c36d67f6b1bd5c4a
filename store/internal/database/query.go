package database

import (
	"context"

	"gorm.io/gorm"
)

// Query runs a read on a connection of the pool. It returns [ErrBusy] when no connection is free in time, and
// [context.DeadlineExceeded] when the read takes longer than 30 seconds. The function may run again after a temporary error, so
// it must not keep anything from the first attempt.
func (db *DB) Query(ctx context.Context, read func(*gorm.DB) error) error {
	leave, err := db.readGate.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	return retry(ctx, func() error { return read(db.read.WithContext(ctx)) })
}

// Snapshot runs several queries on one snapshot of the database. Its errors are those of [DB.Query].
func (db *DB) Snapshot(ctx context.Context, read func(*gorm.DB) error) error {
	return db.Query(ctx, func(query *gorm.DB) error { return query.Transaction(read, db.snapshotOptions()) })
}

// LongSnapshot is Snapshot for maintenance: it does not wait for a gate and has no time limit.
func (db *DB) LongSnapshot(ctx context.Context, read func(*gorm.DB) error) error {
	return db.read.WithContext(ctx).Transaction(func(query *gorm.DB) error {
		if db.Shared() {
			// What read does between two queries, such as sorting a million ids, can take longer than PostgreSQL allows a request.
			if err := query.Exec("SET LOCAL idle_in_transaction_session_timeout = 0").Error; err != nil {
				return err
			}
		}
		return read(query)
	}, db.snapshotOptions())
}
