package floor

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// groupSize is how many jobs share a transaction at most.
const groupSize = 256

// group has one goroutine that writes all jobs that wait in one transaction: on SQLite with one statement a row, which is
// the quickest there, and on PostgreSQL with one statement a table, because there each statement is a round trip.
type group struct {
	db      database
	single  *single
	waiting chan waiting
}

type waiting struct {
	job  *newJob
	done chan error
}

func newGroup(db database) (*group, error) {
	byRow, err := newSingle(db)
	g := &group{db: db, single: byRow, waiting: make(chan waiting, groupSize)}
	go g.run()
	return g, err
}

func (g *group) write(job *newJob) error {
	done := make(chan error, 1)
	g.waiting <- waiting{job, done}
	return <-done
}

func (g *group) run() {
	for first := range g.waiting {
		together := []waiting{first}
		for more := true; more && len(together) < groupSize; {
			select {
			case next := <-g.waiting:
				together = append(together, next)
			default:
				more = false
			}
		}
		err := g.db.within(context.Background(), func(tx *sql.Tx) error {
			if g.db.postgres && len(together) > 1 {
				return writeTables(tx, together)
			}
			for _, one := range together {
				if err := g.single.rows(tx, one.job); err != nil {
					return err
				}
			}
			return nil
		})
		for _, one := range together {
			one.done <- err
		}
	}
}

// writeTables writes the rows of several jobs with one statement a table.
func writeTables(tx *sql.Tx, together []waiting) error {
	jobs := rows{head: insertJob, width: 11}
	labels := rows{head: insertLabel, width: 2}
	events := rows{head: insertEvent, width: 4}
	for _, one := range together {
		jobs.add(one.job.jobValues())
		for _, label := range one.job.JiraLabels {
			labels.add([]any{label, one.job.ID})
		}
		events.add(one.job.eventValues())
	}
	for _, table := range []*rows{&jobs, &labels, &events} {
		if len(table.values) == 0 {
			continue
		}
		if _, err := tx.Exec(table.statement(), table.values...); err != nil {
			return err
		}
	}
	return nil
}

// rows makes a statement for many rows out of one for a single row.
type rows struct {
	head   string
	width  int
	values []any
}

func (r *rows) add(values []any) { r.values = append(r.values, values...) }

// statement repeats what stands in the parentheses after VALUES, with the parameters counted on. What comes after a second
// closing parenthesis, of a list that is a table, stays at the end.
func (r *rows) statement() string {
	at := strings.Index(r.head, "VALUES ") + len("VALUES ")
	tuple, end := r.head[at:], ""
	if table := strings.Index(tuple, "))"); table >= 0 {
		tuple, end = tuple[:table+1], tuple[table+1:]
	}
	var out strings.Builder
	out.WriteString(r.head[:at])
	for row := range len(r.values) / r.width {
		if row > 0 {
			out.WriteString(", ")
		}
		for i := 0; i < len(tuple); i++ {
			out.WriteByte(tuple[i])
			if tuple[i] != '$' {
				continue
			}
			number := i + 1
			for number < len(tuple) && '0' <= tuple[number] && tuple[number] <= '9' {
				number++
			}
			own, _ := strconv.Atoi(tuple[i+1 : number]) // digits only
			out.WriteString(strconv.Itoa(row*r.width + own))
			i = number - 1
		}
	}
	out.WriteString(end)
	return out.String()
}
