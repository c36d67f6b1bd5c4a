package floor

import (
	"context"
	"database/sql"
)

// single writes each job in a transaction of its own, with statements that were prepared once.
type single struct {
	db                database
	job, label, event *sql.Stmt
}

func newSingle(db database) (*single, error) {
	s := &single{db: db}
	var err error
	if s.job, err = db.prepare(insertJob); err != nil {
		return nil, err
	}
	if s.label, err = db.prepare(insertLabel); err != nil {
		return nil, err
	}
	s.event, err = db.prepare(insertEvent)
	return s, err
}

func (s *single) write(job *newJob) error {
	return s.db.within(context.Background(), func(tx *sql.Tx) error { return s.rows(tx, job) })
}

func (s *single) rows(tx *sql.Tx, job *newJob) error {
	if err := execute(tx, s.job, job.jobValues()...); err != nil {
		return err
	}
	for _, label := range job.JiraLabels {
		if err := execute(tx, s.label, label, job.ID); err != nil {
			return err
		}
	}
	return execute(tx, s.event, job.eventValues()...)
}

// execute runs a statement that was prepared before the transaction.
func execute(tx *sql.Tx, statement *sql.Stmt, values ...any) error {
	_, err := tx.Stmt(statement).Exec(values...) //nolint:sqlclosecheck // the transaction closes it
	return err
}
