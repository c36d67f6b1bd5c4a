package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

// JobFilter selects jobs that match every field that is set, and says in which order they are listed.
type JobFilter struct {
	// Query is a part of the name, ticket key, ticket summary, part number, or external id. Case does not matter.
	Query      *string
	TicketKey  *string
	PartNumber *string
	Priority   *string
	EpicLink   *string
	Labels     []string
	ExternalID *string
	State      JobState
	// Today is the day before which a due date is in the past. It is used by the state LateJobs.
	Today string
	Sort  JobSort

	// ids are the jobs that contain the text of Query, see [Store.narrow]. Nil if it is not known which jobs do.
	ids []string
}

// JobState selects jobs by whether they are closed.
type JobState string

// The states. Late jobs are open, their due date is in the past, and fewer units are completed than their goal.
const (
	AllJobs    JobState = ""
	OpenJobs   JobState = "open"
	ClosedJobs JobState = "closed"
	LateJobs   JobState = "late"
)

// JobSort is an order of jobs.
type JobSort string

// The orders. ByCreation begins with the newest job. The others begin with the open jobs, and with the job that is due first
// or the most urgent one, see [models.Job.UrgencyText].
const (
	ByCreation JobSort = ""
	ByDueDate  JobSort = "due"
	ByUrgency  JobSort = "priority"
)

// segment is a part of a list of jobs, in the order of one index.
type segment struct {
	// condition selects the jobs of the segment, "" for all.
	condition string
	// key is the column that sorts the jobs; jobs with the same value are sorted oldest first. Without a key, the newest job
	// comes first.
	key string
}

var (
	dated   = segment{condition: "closed_at IS NULL AND due_date IS NOT NULL", key: "due_date"}
	undated = segment{condition: "closed_at IS NULL AND due_date IS NULL"}

	closedDated   = segment{condition: "closed_at IS NOT NULL AND due_date IS NOT NULL", key: "due_date"}
	closedUndated = segment{condition: "closed_at IS NOT NULL AND due_date IS NULL"}
)

// segments returns the parts of the list, in their order.
func (f JobFilter) segments() []segment {
	switch {
	case f.Sort == ByDueDate && f.State == LateJobs:
		return []segment{dated}
	case f.Sort == ByDueDate && f.State == OpenJobs:
		return []segment{dated, undated}
	case f.Sort == ByDueDate && f.State == ClosedJobs:
		return []segment{closedDated, closedUndated}
	case f.Sort == ByDueDate:
		return []segment{dated, undated, closedDated, closedUndated}
	case f.Sort == ByUrgency && (f.State == OpenJobs || f.State == LateJobs):
		return []segment{{condition: "urgency < '1' AND closed_at IS NULL", key: "urgency"}}
	case f.Sort == ByUrgency && f.State == ClosedJobs:
		return []segment{{condition: "urgency >= '1' AND closed_at IS NOT NULL", key: "urgency"}}
	case f.Sort == ByUrgency:
		return []segment{{key: "urgency"}}
	case f.State == OpenJobs:
		return []segment{{condition: "closed_at IS NULL"}}
	case f.State == ClosedJobs:
		return []segment{{condition: "closed_at IS NOT NULL"}}
	case f.State == LateJobs:
		return []segment{{condition: dated.condition}}
	default:
		return []segment{{}}
	}
}

// Place returns the place of a job in the list, for the parameter after of [Store.Jobs].
func (f JobFilter) Place(job models.Job) string {
	switch f.Sort {
	case ByDueDate:
		state, due := "0", "-"
		if job.ClosedAt != nil {
			state = "1"
		}
		if job.DueDate != nil {
			due = *job.DueDate
		}
		return state + "." + due + "." + job.ID
	case ByUrgency:
		return job.Urgency + "." + job.ID
	default:
		return job.ID
	}
}

// errForeignPlace is returned for a place of a list in another order, or of another list.
var errForeignPlace = models.InvalidError("cursor", "must be taken from the Link header of a page")

// split returns the index of the segment to which a place belongs, and the key and id at the place. It returns an Invalid
// error for a place of another order.
func (f JobFilter) split(place string) (index int, key, id string, err error) {
	if place == "" {
		return 0, "", "", nil
	}
	parts := strings.Split(place, ".")
	switch {
	case f.Sort == ByCreation && len(parts) == 1:
		return 0, "", parts[0], nil
	case f.Sort == ByUrgency && len(parts) == 2:
		return 0, parts[0], parts[1], nil
	case f.Sort == ByDueDate && len(parts) == 3:
		key, want := parts[1], undated
		switch {
		case parts[0] == "0" && key != "-":
			want = dated
		case parts[0] == "1" && key != "-":
			want = closedDated
		case parts[0] == "1":
			want = closedUndated
		}
		for i, s := range f.segments() {
			if s == want {
				return i, key, parts[2], nil
			}
		}
	}
	return 0, "", "", errForeignPlace
}

// Jobs returns up to limit jobs that follow the place after, in the order of the filter. An empty place is the beginning. A
// page costs the same at any place of the list. It returns an Invalid error for a place of a list in another order.
func (s *Store) Jobs(ctx context.Context, filter JobFilter, after string, limit int) (page Page[models.Job], err error) {
	first, key, id, err := filter.split(after)
	if err != nil {
		return page, err
	}
	if filter, err = s.narrow(ctx, filter); err != nil {
		return page, err
	}
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		page = Page[models.Job]{}
		key, id := key, id
		for _, part := range filter.segments()[first:] {
			query := s.filterJobs(db, filter, part, key, id, true)
			key, id = "", ""
			// One row of the next part tells whether there is a next page.
			read, err := rows.ReadPage[models.Job](query, max(1, limit-len(page.Rows)))
			if err != nil {
				return err
			}
			if len(page.Rows) == limit {
				page.More = len(read.Rows) > 0
			} else {
				page.Rows, page.Bytes, page.More = append(page.Rows, read.Rows...), page.Bytes+read.Bytes, read.More
			}
			if page.More {
				return nil
			}
		}
		return nil
	})
	return page, err
}

// CountJobs returns the number of all jobs that match.
func (s *Store) CountJobs(ctx context.Context, filter JobFilter) (n int64, err error) {
	filter.Sort = ByCreation
	if filter, err = s.narrow(ctx, filter); err != nil {
		return 0, err
	}
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		return s.filterJobs(db.Model(&models.Job{}), filter, filter.segments()[0], "", "", false).Count(&n).Error
	})
	return n, err
}

// filterJobs selects the jobs of a segment that match. A query by labels for the newest jobs begins in the index of the first
// label, which has the jobs in the right order. Only a ticket key, which few jobs share, is a better beginning.
func (s *Store) filterJobs(query *gorm.DB, filter JobFilter, part segment, key, after string, sorted bool) *gorm.DB {
	labels, id, before := filter.Labels, "jobs.id", ""
	if part.key == "" {
		before = after
	}
	if len(labels) > 0 && filter.TicketKey == nil && part.key == "" {
		id = "first.job_id"
		// CROSS JOIN keeps SQLite from beginning with the jobs.
		query = query.Table("job_labels AS first").Joins("CROSS JOIN jobs").
			Where("jobs.id = first.job_id AND first.label = ?", labels[0])
		labels = labels[1:]
	}
	switch {
	case !sorted:
	case part.key != "":
		query = query.Order(part.key + ", jobs.id")
	default:
		query = query.Order(id + " DESC")
	}
	switch {
	case after == "":
	case part.key != "":
		query = query.Where("("+part.key+", jobs.id) > (?, ?)", key, after)
	default:
		query = query.Where(id+" < ?", after)
	}
	for _, label := range labels {
		other := "EXISTS (SELECT 1 FROM job_labels AS other WHERE other.label = ? AND other.job_id = " + id
		if before == "" {
			query = query.Where(other+")", label)
		} else {
			// Repeated here, because PostgreSQL would otherwise read the label's jobs from the newest on and drop them.
			query = query.Where(other+" AND other.job_id < ?)", label, before)
		}
	}
	if part.condition != "" {
		query = query.Where(part.condition)
	}
	if filter.State == LateJobs {
		query = query.Where("due_date < ? AND goal_quantity > "+
			"(SELECT coalesce(sum(completed_count), 0) FROM paths WHERE paths.job_id = jobs.id)", filter.Today)
	}
	query = where(query, "external_id = ?", filter.ExternalID)
	query = where(query, "jira_ticket_key = ?", filter.TicketKey)
	query = where(query, "jira_part_number = ?", filter.PartNumber)
	query = where(query, "jira_priority = ?", filter.Priority)
	query = where(query, "jira_epic_link = ?", filter.EpicLink)
	if filter.ids != nil {
		query = query.Where("jobs.id IN ?", filter.ids)
	}
	if filter.Query != nil {
		query = query.Where(s.db.Contains("search_text"), models.FoldCase(*filter.Query))
	}
	return query
}
