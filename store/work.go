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

// conditions returns what the filter requires of a step. SQLite uses an index for the first one, so that the field that usually
// selects the fewest steps comes first. SQLite never uses an index for NOT a <> b. PostgreSQL reads that as a = b and decides by
// its statistics.
func (f WorkFilter) conditions() (conditions []string, values []any) {
	for _, field := range []struct {
		column string
		value  *string
	}{
		{"s.assigned_to", f.AssignedTo}, {"s.location", f.Location}, {"s.name", f.StepName},
	} {
		if field.value == nil {
			continue
		}
		if conditions == nil {
			conditions = append(conditions, field.column+" = ?")
		} else {
			conditions = append(conditions, "NOT "+field.column+" <> ?")
		}
		values = append(values, *field.value)
	}
	if f.JobID != nil {
		conditions = append(conditions, "s.job_rank = ("+rankOfJob+"id = ?)")
		values = append(values, *f.JobID)
	}
	return conditions, values
}

// Work is what waits at one step of an open job.
type Work struct {
	JobID, JobName string
	JiraPartNumber *string
	Priority       *models.JobPriority
	DueDate        *string
	// JobRank sorts the work, see [models.Job.Rank].
	JobRank          string
	PathID, PathName string
	StepID, StepName string
	// Position is the index of the step.
	Position             int
	Location, AssignedTo *string
	// Waiting is the number of units that stand at the step, and Incoming the number of those at earlier steps.
	Waiting, Incoming int64
	// ToCreate is the number of units that must still be created to reach the goal of the path. Only the first step has it. It can
	// be negative.
	ToCreate int64
	// OldestSince is when the oldest unit at the step came there. The oldest unit is the one that was created first. OldestSince is
	// nil if there is no unit.
	OldestSince *models.Millis
}

// Place is the place of the work in the list, for [Store.Work].
func (w Work) Place() string {
	return strings.Join([]string{w.JobRank, w.PathID, strconv.Itoa(w.Position)}, ".")
}

// size is the length of the texts, in bytes.
func (w Work) size() int {
	size := len(w.JobName) + len(w.PathName) + len(w.StepName) + len(w.JobID) + len(w.PathID) + len(w.StepID)
	for _, text := range []*string{w.JiraPartNumber, w.Location, w.AssignedTo} {
		size += len(valueOf(text))
	}
	return size
}

// work selects the steps with work by their rank, from an index, until there are enough rows. All counts are kept with the step, so
// the number of units does not matter. CROSS JOIN makes SQLite begin with the steps. PostgreSQL decides for itself.
//
// SQLite never uses an index for NOT a <> b, and PostgreSQL takes it as a = b. Without statistics SQLite would read all units that
// are in progress until it finds the first one at the step.
const work = `SELECT j.id AS job_id, j.name AS job_name, j.jira_part_number, j.priority, j.due_date, s.job_rank,
	p.id AS path_id, p.name AS path_name, s.id AS step_id, s.name AS step_name, s.position, s.location, s.assigned_to,
	s.part_count AS waiting,
	(SELECT coalesce(sum(e.part_count), 0) FROM steps AS e WHERE e.path_id = s.path_id AND e.position < s.position) AS incoming,
	s.to_create,
	(SELECT u.entered_at FROM serials AS u WHERE u.step_id = s.id AND NOT u.status <> 'in_progress' ORDER BY u.no LIMIT 1) AS oldest_since
	FROM steps AS s CROSS JOIN paths AS p CROSS JOIN jobs AS j
	WHERE s.job_rank IS NOT NULL AND s.has_work = TRUE AND p.id = s.path_id AND j.id = p.job_id`

// Work returns up to limit rows of work, the most urgent first, that follow the place after. An empty place is the beginning. It
// returns an Invalid error for a place of another list.
func (s *Store) Work(ctx context.Context, filter WorkFilter, after string, limit int) (page Page[Work], err error) {
	conditions, arguments := filter.conditions()
	if after != "" {
		place := strings.Split(after, ".")
		if len(place) != 4 {
			return page, errForeignPlace
		}
		position, err := strconv.Atoi(place[3])
		if err != nil {
			return page, errForeignPlace
		}
		conditions = append(conditions, "(s.job_rank, s.path_id, s.position) > (?, ?, ?)")
		arguments = append(arguments, place[0]+"."+place[1], place[2], position)
	}
	query := strings.Join(append([]string{work}, conditions...), " AND ") + " ORDER BY s.job_rank, s.path_id, s.position LIMIT ?"
	arguments = append(arguments, limit+1)
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		page = Page[Work]{}
		return db.Raw(query, arguments...).Scan(&page.Rows).Error
	})
	if len(page.Rows) > limit {
		page.Rows, page.More = page.Rows[:limit], true
	}
	for i := range page.Rows {
		page.Bytes += page.Rows[i].size()
	}
	return page, err
}
