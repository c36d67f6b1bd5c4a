package floor

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3/driver"
)

// sqlite executes statements that stay prepared on its only connection.
type sqlite struct {
	conn *sql.Conn
	// mutex is held during a transaction.
	mutex                                    sync.Mutex
	begin, commit, rollback                  *sql.Stmt
	jobs, labels, units, events              inserter
	readUnits, updateUnit                    *sql.Stmt
	countPath, countStep, numbers, firstStep *sql.Stmt
}

func openSQLite(name string) (database, error) {
	options := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(on)"}}
	location := url.URL{Scheme: "file", Path: filepath.ToSlash(name), RawQuery: options.Encode()}
	pool, err := driver.Open(location.String())
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(context.Background())
	prepare := func(query string) *sql.Stmt {
		if err != nil {
			return nil
		}
		var statement *sql.Stmt
		statement, err = conn.PrepareContext(context.Background(), query)
		return statement
	}
	insert := func(into, row string) inserter {
		return inserter{
			width: strings.Count(row, "?"), one: prepare(into + " VALUES " + row),
			many: prepare(into + " VALUES " + strings.Repeat(row+", ", rowsPerStatement-1) + row),
		}
	}
	return &sqlite{
		conn:  conn,
		begin: prepare("BEGIN IMMEDIATE"), commit: prepare("COMMIT"), rollback: prepare("ROLLBACK"),
		jobs:      insert(insertJob, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)"),
		labels:    insert(insertLabel, "(?, ?)"),
		units:     insert(insertUnit, "(?, ?, ?, ?, ?, 'in_progress', ?, '', 9, FALSE, 1, ?, ?)"),
		events:    insert(insertEvent, "(?, ?, ?, 'anonymous', ?, ?, ?, ?, ?, ?)"),
		readUnits: prepare(selectUnits + "IN (SELECT lower(value) FROM json_each(?))"),
		updateUnit: prepare(`UPDATE serials SET step_id = ?, marks = ?, last_event_id = ?, version = version + 1, updated_at = ?
			WHERE no = ?`),
		countPath: prepare("UPDATE paths SET in_progress_count = in_progress_count + ? WHERE id = ?"),
		countStep: prepare("UPDATE steps SET part_count = part_count + ? WHERE id = ?"),
		numbers:   prepare(takeNumbers), firstStep: prepare(selectFirstStep),
	}, err
}

// rowsPerStatement is how many rows a statement inserts as long as there are that many.
const rowsPerStatement = 16

// inserter inserts rows with two statements, one for many rows and one for a single row.
type inserter struct {
	width     int
	one, many *sql.Stmt
	values    []any
}

func (i *inserter) add(values ...any) { i.values = append(i.values, values...) }

// flush inserts the rows that were added.
func (i *inserter) flush() error {
	values := i.values
	i.values = i.values[:0]
	for len(values) > 0 {
		statement, n := i.one, i.width
		if all := rowsPerStatement * i.width; len(values) >= all {
			statement, n = i.many, all
		}
		if _, err := statement.Exec(values[:n]...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

func (db *sqlite) addEvent(kind string, e event) {
	db.events.add(e.id, kind, e.at, e.job, e.path, e.serial, e.step, e.data, e.before)
}

func (*sqlite) writers() int { return 1 }

func (db *sqlite) transaction(do func() error) error {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	if _, err := db.begin.Exec(); err != nil {
		return err
	}
	if err := do(); err != nil {
		_, failed := db.rollback.Exec()
		return errors.Join(err, failed)
	}
	_, err := db.commit.Exec()
	return err
}

func (db *sqlite) insertJobs(jobs []*job, all bool) error {
	return db.transaction(func() error {
		for _, j := range jobs {
			db.jobs.add(j.ID, j.Name, j.GoalQuantity, j.JiraTicketKey, j.JiraTicketSummary, j.JiraPartNumber, j.JiraPriority,
				j.JiraEpicLink, j.labels, j.search, j.at, j.at)
			if !all {
				continue
			}
			for _, label := range j.JiraLabels {
				db.labels.add(label, j.ID)
			}
			db.addEvent("job.created", j.event)
		}
		return errors.Join(db.jobs.flush(), db.labels.flush(), db.events.flush())
	})
}

func (db *sqlite) eachJob(yield func(*job) error) error {
	return db.transaction(func() error {
		rows, err := db.conn.QueryContext(context.Background(), selectJobs)
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
	})
}

func (db *sqlite) createUnits(path string, quantity int) (units []*unit, err error) {
	err = db.transaction(func() error {
		var last int64
		var on place
		if err := errors.Join(db.numbers.QueryRow(quantity).Scan(&last),
			db.firstStep.QueryRow(path).Scan(&on.job, &on.step, &on.stepName)); err != nil {
			return err
		}
		units = createdUnits(quantity, last, path, on)
		for _, u := range units {
			db.units.add(u.no, u.ID, u.no, on.job, path, on.step, u.event.at, u.event.at)
			db.addEvent("serial.created", u.event)
		}
		return errors.Join(db.units.flush(), db.events.flush(), executeEach(db.countPath, map[string]int64{path: int64(quantity)}),
			executeEach(db.countStep, map[string]int64{on.step: int64(quantity)}))
	})
	return units, err
}

func (db *sqlite) advance(units []*unit) error {
	return db.transaction(func() error {
		all, ids := byID(units)
		rows, err := db.readUnits.Query(encode(ids))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scanAdvanced(rows, all); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, u := range units {
			if _, err := db.updateUnit.Exec(u.CurrentStepID, u.marks, u.event.id, u.event.at, u.no); err != nil {
				return err
			}
			db.addEvent("serial.advanced", u.event)
		}
		return errors.Join(db.events.flush(), executeEach(db.countPath, pathChanges(units)), executeEach(db.countStep, stepChanges(units)))
	})
}

func executeEach(statement *sql.Stmt, changes map[string]int64) error {
	for id, change := range changes {
		if _, err := statement.Exec(change, id); err != nil {
			return err
		}
	}
	return nil
}
