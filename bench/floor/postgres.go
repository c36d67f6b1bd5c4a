package floor

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres sends the statements of a transaction in one batch, which is one round trip, and the rows of a statement as one
// array for each column. The connections of the pool prepare each statement once.
type postgres struct{ pool *pgxpool.Pool }

const (
	insertJobRows = insertJob + ` SELECT v.id, v.name, v.goal, v.key, v.summary, v.part, v.priority, v.epic, v.labels, v.search, 1,
		v.at, v.at FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
		$9::text[], $10::text[], $11::bigint[]) AS v (id, name, goal, key, summary, part, priority, epic, labels, search, at)`
	insertLabelRows = insertLabel + ` SELECT * FROM unnest($1::text[], $2::text[])`
	insertEventRows = insertEvent + ` SELECT v.id, $2, v.at, 'anonymous', v.job, v.path, v.serial, v.step, v.data, v.before
		FROM unnest($1::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
		AS v (id, at, job, path, serial, step, data, before)`
	insertUnitRows = insertUnit + ` SELECT v.no, v.id, v.no, $3, $4, 'in_progress', $5, '', 9, FALSE, 1, $6, $6
		FROM unnest($1::bigint[], $2::text[]) AS v (no, id)`
	updateUnitRows = `UPDATE serials SET step_id = v.step, marks = v.marks, last_event_id = v.event, version = version + 1,
		updated_at = v.at FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS v (no, step, marks, event, at)
		WHERE serials.no = v.no`
	countPathRows = `UPDATE paths SET in_progress_count = in_progress_count + v.change
		FROM unnest($1::text[], $2::bigint[]) AS v (id, change) WHERE paths.id = v.id`
	countStepRows = `UPDATE steps SET part_count = part_count + v.change
		FROM unnest($1::text[], $2::bigint[]) AS v (id, change) WHERE steps.id = v.id`
)

// column returns one value of each item.
func column[Item, Value any](items []Item, value func(Item) Value) []Value {
	values := make([]Value, len(items))
	for i, item := range items {
		values[i] = value(item)
	}
	return values
}

// writers is two, so that one transaction is prepared while PostgreSQL commits the other.
func (postgres) writers() int { return 2 }

func (db postgres) insertJobs(jobs []*job, all bool) error {
	if len(jobs) == 1 && !all {
		j := jobs[0]
		_, err := db.pool.Exec(context.Background(), insertJob+` VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)`,
			j.ID, j.Name, j.GoalQuantity, j.JiraTicketKey, j.JiraTicketSummary, j.JiraPartNumber, j.JiraPriority, j.JiraEpicLink,
			j.labels, j.search, j.at)
		return err
	}
	var batch pgx.Batch
	batch.Queue(insertJobRows, column(jobs, func(j *job) string { return j.ID }), column(jobs, func(j *job) string { return j.Name }),
		column(jobs, func(j *job) int64 { return j.GoalQuantity }), column(jobs, func(j *job) *string { return j.JiraTicketKey }),
		column(jobs, func(j *job) *string { return j.JiraTicketSummary }), column(jobs, func(j *job) *string { return j.JiraPartNumber }),
		column(jobs, func(j *job) *string { return j.JiraPriority }), column(jobs, func(j *job) *string { return j.JiraEpicLink }),
		column(jobs, func(j *job) string { return j.labels }), column(jobs, func(j *job) string { return j.search }),
		column(jobs, func(j *job) int64 { return j.at }))
	if all {
		var labels, ids []string
		for _, j := range jobs {
			for _, label := range j.JiraLabels {
				labels, ids = append(labels, label), append(ids, j.ID)
			}
		}
		batch.Queue(insertLabelRows, labels, ids)
		queueEvents(&batch, "job.created", column(jobs, func(j *job) event { return j.event }))
	}
	return db.pool.SendBatch(context.Background(), &batch).Close()
}

func queueEvents(batch *pgx.Batch, kind string, events []event) {
	batch.Queue(insertEventRows, column(events, func(e event) string { return e.id }), kind,
		column(events, func(e event) int64 { return e.at }), column(events, func(e event) string { return e.job }),
		column(events, func(e event) *string { return e.path }), column(events, func(e event) *string { return e.serial }),
		column(events, func(e event) *string { return e.step }), column(events, func(e event) string { return e.data }),
		column(events, func(e event) *string { return e.before }))
}

func (db postgres) eachJob(yield func(*job) error) error {
	rows, err := db.pool.Query(context.Background(), selectJobs)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scanJob(rows, yield); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (db postgres) createUnits(path string, quantity int) (units []*unit, err error) {
	err = pgx.BeginFunc(context.Background(), db.pool, func(tx pgx.Tx) error {
		var last int64
		var from place
		if err := errors.Join(
			tx.QueryRow(context.Background(), takeNumbers, quantity).Scan(&last),
			tx.QueryRow(context.Background(), selectFirstStep, path).Scan(&from.job, &from.step, &from.stepName),
		); err != nil {
			return err
		}
		units = createdUnits(quantity, last, path, from)
		var batch pgx.Batch
		batch.Queue(insertUnitRows, column(units, func(u *unit) int64 { return u.no }), column(units, func(u *unit) string { return u.ID }),
			from.job, path, from.step, units[0].event.at)
		queueEvents(&batch, "serial.created", column(units, func(u *unit) event { return u.event }))
		batch.Queue(countPathRows, []string{path}, []int{quantity})
		batch.Queue(countStepRows, []string{from.step}, []int{quantity})
		return tx.SendBatch(context.Background(), &batch).Close()
	})
	return units, err
}

// advance takes two round trips: the first one begins the transaction and reads, the second one writes and commits.
func (db postgres) advance(units []*unit) error {
	conn, err := db.pool.Acquire(context.Background())
	if err != nil {
		return err
	}
	defer conn.Release() // closes the connection when the transaction was not committed
	all, ids := byID(units)
	var read, write pgx.Batch
	read.Queue("BEGIN")
	read.Queue(selectUnits+"= ANY(ARRAY(SELECT lower(id) FROM unnest($1::text[]) AS id)) FOR UPDATE OF u", ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := scanAdvanced(rows, all); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err := conn.SendBatch(context.Background(), &read).Close(); err != nil {
		return err
	}
	write.Queue(updateUnitRows, column(units, func(u *unit) int64 { return u.no }),
		column(units, func(u *unit) string { return u.CurrentStepID }), column(units, func(u *unit) string { return u.marks }),
		column(units, func(u *unit) string { return u.event.id }), column(units, func(u *unit) int64 { return u.event.at }))
	queueEvents(&write, "serial.advanced", column(units, func(u *unit) event { return u.event }))
	for statement, changes := range map[string]map[string]int64{countPathRows: pathChanges(units), countStepRows: stepChanges(units)} {
		ids := slices.Collect(maps.Keys(changes))
		write.Queue(statement, ids, column(ids, func(id string) int64 { return changes[id] }))
	}
	write.Queue("COMMIT")
	return conn.SendBatch(context.Background(), &write).Close()
}
