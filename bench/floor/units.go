package floor

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/routecard/routecard/models"
)

// Units writes serial numbers by hand.
type Units struct {
	database
	count, path int
}

// OpenUnits opens a database with Routecard's schema.
func OpenUnits(name string) (*Units, error) {
	db, err := open(name)
	return &Units{database: db}, err
}

const (
	insertUnit = `INSERT INTO serials (no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed,
		version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'in_progress', $6, '', 9, FALSE, 1, $7, $8)`
	insertUnitEvent = `INSERT INTO events (id, type, at, user_id, job_id, path_id, serial_id, step_id, data, before)
		VALUES ($1, $2, $3, 'anonymous', $4, $5, $6, $7, '{"stepName":"Step 1"}', $8)`
	advanceUnits = `UPDATE serials SET step_id = v.column2, last_event_id = v.column3, version = version + 1
		FROM (VALUES ($1, $2, $3)) AS v WHERE serials.id = v.column1`
	before = `{"status":"in_progress","stepId":"step_01kb0000000000000010000000","marks":"","knownStepNo":9}`
)

// Create makes a path of ten steps, and then so many units on it in one transaction.
func (u *Units) Create(quantity int) error {
	u.path++
	job, path := u.name("job"), u.name("path")
	now := int64(models.MillisOf(time.Now()))
	if _, err := u.Exec(`INSERT INTO jobs (id, name, goal_quantity, search_text, version, created_at, updated_at)
		VALUES ($1, 'job', 1, 'job', 1, $2, $2)`, job, now); err != nil {
		return err
	}
	if _, err := u.Exec(`INSERT INTO paths (id, job_id, name, goal_quantity, advancement_mode, last_step_no, version, created_at,
		updated_at) VALUES ($1, $2, 'path', 1, 'strict', 9, 1, $3, $3)`, path, job, now); err != nil {
		return err
	}
	return u.within(context.Background(), func(tx *sql.Tx) error {
		units, events := rows{head: insertUnit, width: 8}, rows{head: insertUnitEvent, width: 8}
		for range quantity {
			u.count++
			id := models.GeneratedSerialNumber(int64(u.count))
			units.add([]any{u.count, id, u.count, job, path, u.name("step_1"), now, now})
			events.add([]any{models.NewID(models.EventPrefix), "serial.created", now, job, path, id, u.name("step_1"), nil})
		}
		if err := units.insert(tx, u.postgres); err != nil {
			return err
		}
		if err := events.insert(tx, u.postgres); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE paths SET in_progress_count = $1 WHERE id = $2", quantity, path)
		return err
	})
}

// Advance moves the units that were made last in one transaction.
func (u *Units) Advance(quantity int) error {
	now := int64(models.MillisOf(time.Now()))
	return u.within(context.Background(), func(tx *sql.Tx) error {
		units, events := rows{head: advanceUnits, width: 3}, rows{head: insertUnitEvent, width: 8}
		for i := range quantity {
			id, event := models.GeneratedSerialNumber(int64(u.count-i)), models.NewID(models.EventPrefix)
			units.add([]any{id, u.name("step_2"), event})
			events.add([]any{event, "serial.advanced", now, u.name("job"), u.name("path"), id, u.name("step_2"), before})
		}
		if err := units.insert(tx, u.postgres); err != nil {
			return err
		}
		return events.insert(tx, u.postgres)
	})
}

func (u *Units) name(of string) string { return fmt.Sprintf("%s_01kb00000000000000%08d", of, u.path) }

// parameters is how many both databases take in a statement.
const parameters = 32_766

// insert writes all rows with as few statements as the databases take.
func (r *rows) insert(tx *sql.Tx, postgres bool) error {
	for size := parameters / r.width * r.width; len(r.values) > 0; {
		some := rows{head: r.head, width: r.width, values: r.values[:min(size, len(r.values))]}
		statement := some.statement()
		if !postgres {
			// SQLite takes $1 for a name, and looks through all names at each.
			statement = strings.ReplaceAll(statement, "$", "?")
		}
		if _, err := tx.Exec(statement, some.values...); err != nil {
			return err
		}
		r.values = r.values[len(some.values):]
	}
	return nil
}
