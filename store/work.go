package store

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// WorkFilter selects work that matches every field that is set.
type WorkFilter struct {
	Location, AssignedTo, StepName, JobID *string
}

// workField is a column and the value that it must have. The place counts the open steps that have the value; it is "" for the
// column of the job.
type workField struct{ column, value, place string }

// fields returns the columns and values that the filter requires.
func (f WorkFilter) fields() (fields []workField) {
	for _, field := range []struct {
		column string
		value  *string
		place  models.PlaceKind
	}{
		{"s.location", f.Location, models.PlaceLocation},
		{"s.assigned_to", f.AssignedTo, models.PlaceAssignee},
		{"s.name", f.StepName, models.PlaceStepName},
		{"j.id", f.JobID, ""},
	} {
		if field.value != nil {
			fields = append(fields, workField{field.column, *field.value, field.place.ID(*field.value)})
		}
	}
	return fields
}

// beginsWithSteps reports whether it is better to begin with the steps that match than with the most urgent jobs: if a field of the
// filter selects few steps, and the work is not that of one job.
func (f WorkFilter) beginsWithSteps(db *gorm.DB) (bool, error) {
	if f.JobID != nil {
		return false, nil
	}
	var ids []string
	for _, field := range f.fields() {
		ids = append(ids, field.place)
	}
	if ids == nil {
		return false, nil
	}
	var places []models.Place
	if err := db.Where("id IN ?", ids).Find(&places).Error; err != nil {
		return false, err
	}
	// A place that is not there has no step.
	few := len(places) < len(ids)
	for _, place := range places {
		few = few || place.Steps <= fewSteps
	}
	return few, nil
}

// Work is what waits at one step of an open job.
type Work struct {
	JobID, JobName string
	JiraPartNumber *string
	Priority       *models.JobPriority
	DueDate        *string
	// Urgency is that of the job, see [models.Job.UrgencyText].
	Urgency          string
	PathID, PathName string
	StepID, StepName string
	// Position is the index of the step.
	Position             int
	Location, AssignedTo *string
	// Waiting is the number of units that stand at the step, and Incoming the number of those at earlier steps.
	Waiting, Incoming int64
	// ToCreate is the number of units that are missing from the goal of the path, at the first step. It can be negative.
	ToCreate int64
	// OldestSince is when the oldest unit at the step came there. The oldest unit is the one that was created first. OldestSince is
	// nil if there is no unit.
	OldestSince *models.Millis
}

// Place is the place of the work in the list, for [Store.Work].
func (w Work) Place() string {
	return strings.Join([]string{w.Urgency, w.JobID, w.PathID, strconv.Itoa(w.Position)}, ".")
}

// size is the length of the texts, in bytes.
func (w Work) size() int {
	size := len(w.JobName) + len(w.PathName) + len(w.StepName) + len(w.JobID) + len(w.PathID) + len(w.StepID)
	for _, text := range []*string{w.JiraPartNumber, w.Location, w.AssignedTo} {
		size += len(valueOf(text))
	}
	return size
}

// The tables of a query for work. CROSS JOIN makes SQLite read them in this order: from the most urgent job until there are
// enough rows, or from the steps if few of them match. PostgreSQL decides for itself.
const (
	fromJobs  = " FROM jobs AS j CROSS JOIN paths AS p CROSS JOIN steps AS s"
	fromSteps = " FROM steps AS s CROSS JOIN paths AS p CROSS JOIN jobs AS j"
)

// fewSteps is the largest number of steps that a query for work begins with on SQLite. With so many, both orders take about as
// long at worst: when all of the steps have work, and when one in five has.
const fewSteps = 4000

// ofOpenJobs selects the steps of open jobs, their paths, and their jobs.
const ofOpenJobs = " WHERE j.closed_at IS NULL AND p.job_id = j.id AND s.path_id = p.id AND s.position IS NOT NULL AND s.job_closed = FALSE"

// work selects the steps with work. Both counts are kept with the step and the path, so the number of units does not matter.
//
// SQLite never uses an index for NOT a <> b, and PostgreSQL takes it as a = b. Without statistics SQLite would read all units that
// are in progress until it finds the first one at the step.
const work = `SELECT j.id AS job_id, j.name AS job_name, j.jira_part_number, j.priority, j.due_date, j.urgency,
	p.id AS path_id, p.name AS path_name, s.id AS step_id, s.name AS step_name, s.position, s.location, s.assigned_to,
	s.part_count AS waiting,
	(SELECT coalesce(sum(e.part_count), 0) FROM steps AS e WHERE e.path_id = s.path_id AND e.position < s.position) AS incoming,
	CASE s.position WHEN 0 THEN p.goal_quantity - p.in_progress_count - p.completed_count ELSE 0 END AS to_create,
	(SELECT u.entered_at FROM serials AS u WHERE u.step_id = s.id AND NOT u.status <> 'in_progress' ORDER BY u.no LIMIT 1) AS oldest_since`

// hasWork selects the steps where something is to be done.
const hasWork = ` AND j.urgency < '1'
	AND (s.part_count > 0 OR s.position = 0 AND p.goal_quantity > p.in_progress_count + p.completed_count)`

// Work returns up to limit rows of work, the most urgent first, that follow the place after. An empty place is the beginning.
// It reads the open jobs by their urgency until it has enough rows, or the steps that match if there are few of them. It returns
// an Invalid error for a place of another list.
func (s *Store) Work(ctx context.Context, filter WorkFilter, after string, limit int) (page Page[Work], err error) {
	conditions := ofOpenJobs + hasWork
	var arguments []any
	if after != "" {
		place := strings.Split(after, ".")
		if len(place) != 4 {
			return page, errForeignPlace
		}
		position, err := strconv.Atoi(place[3])
		if err != nil {
			return page, errForeignPlace
		}
		// The first condition is what the index of the jobs can serve.
		conditions += " AND (j.urgency, j.id) >= (?, ?) AND (j.urgency, j.id, p.id, s.position) > (?, ?, ?, ?)"
		arguments = append(arguments, place[0], place[1], place[0], place[1], place[2], position)
	}
	for _, field := range filter.fields() {
		arguments = append(arguments, field.value)
	}
	arguments = append(arguments, limit+1)
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		page = Page[Work]{}
		beginsWithSteps, err := filter.beginsWithSteps(db)
		if err != nil {
			return err
		}
		tables, all := fromJobs, conditions
		for _, field := range filter.fields() {
			if field.place == "" || beginsWithSteps {
				all += " AND " + field.column + " = ?" //nolint:perfsprint // There are at most four fields.
			} else {
				// See work: SQLite must find the steps by their path, and not all steps of the place for each path.
				all += " AND NOT " + field.column + " <> ?"
			}
		}
		if beginsWithSteps {
			tables = fromSteps
		}
		return db.Raw(work+tables+all+" ORDER BY j.urgency, j.id, p.id, s.position LIMIT ?", arguments...).Scan(&page.Rows).Error
	})
	if len(page.Rows) > limit {
		page.Rows, page.More = page.Rows[:limit], true
	}
	for i := range page.Rows {
		page.Bytes += page.Rows[i].size()
	}
	return page, err
}
