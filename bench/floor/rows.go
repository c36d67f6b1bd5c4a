package floor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// Statements for both databases.
const (
	insertJob = `INSERT INTO jobs (id, name, goal_quantity, jira_ticket_key, jira_ticket_summary, jira_part_number, jira_priority,
		jira_epic_link, jira_labels, search_text, version, created_at, updated_at)`
	insertLabel = `INSERT INTO job_labels (label, job_id)`
	insertUnit  = `INSERT INTO serials (no, id, number, job_id, path_id, status, step_id, marks, known_step_no, force_completed,
		version, created_at, updated_at)`
	insertEvent = `INSERT INTO events (id, type, at, user_id, job_id, path_id, serial_id, step_id, data, before)`
	selectJobs  = `SELECT id, name, goal_quantity, jira_ticket_key, jira_ticket_summary, jira_part_number, jira_priority,
		jira_epic_link, jira_labels, created_at, updated_at FROM jobs ORDER BY id DESC`
	// selectUnits reads units with the steps where they stand and their next steps. A condition on the serial number
	// in lower case follows, because the index is on it.
	selectUnits = `SELECT u.id, u.no, u.job_id, u.path_id, u.marks, u.known_step_no, u.created_at, s.id, s.no, s.name, n.id,
		n.position, n.name FROM serials u JOIN steps s ON s.id = u.step_id JOIN steps n ON n.path_id = s.path_id AND n.no = s.no + 1
		WHERE lower(u.id) `
	selectFirstStep = `SELECT p.job_id, s.id, s.name FROM paths p JOIN steps s ON s.path_id = p.id AND s.no = 1 WHERE p.id = $1`
	takeNumbers     = `UPDATE counters SET no = no + $1, serial = serial + $1 RETURNING no`
)

// job is a job in JSON, and what else its rows hold.
type job struct {
	ID                string   `json:"id"`
	Name              string   `json:"name"`
	GoalQuantity      int64    `json:"goalQuantity"`
	JiraTicketKey     *string  `json:"jiraTicketKey,omitempty"`
	JiraTicketSummary *string  `json:"jiraTicketSummary,omitempty"`
	JiraPartNumber    *string  `json:"jiraPartNumber,omitempty"`
	JiraPriority      *string  `json:"jiraPriority,omitempty"`
	JiraEpicLink      *string  `json:"jiraEpicLink,omitempty"`
	JiraLabels        []string `json:"jiraLabels,omitempty"`
	CreatedAt         string   `json:"createdAt"`
	UpdatedAt         string   `json:"updatedAt"`

	labels, search string
	at             int64
	event          event
}

// unit is a unit in JSON, and what else its rows hold.
type unit struct {
	ID               string `json:"id"`
	JobID            string `json:"jobId"`
	PathID           string `json:"pathId"`
	CurrentStepIndex int64  `json:"currentStepIndex"`
	CurrentStepID    string `json:"currentStepId"`
	Status           string `json:"status"`
	ForceCompleted   bool   `json:"forceCompleted"`
	CreatedAt        string `json:"createdAt"`
	UpdatedAt        string `json:"updatedAt"`

	no          int64
	marks, from string
	event       event
}

// event is a row of table events.
type event struct {
	id                         string
	at                         int64
	job                        string
	path, serial, step, before *string
	data                       string
}

// place is the first step of a path.
type place struct{ job, step, stepName string }

// scanner is a row of either database.
type scanner interface{ Scan(into ...any) error }

func decodeJob(body io.Reader) (*job, error) {
	j := &job{}
	if err := json.NewDecoder(body).Decode(j); err != nil {
		return nil, err
	}
	if j.Name == "" || j.GoalQuantity <= 0 {
		return nil, errors.New("The job has no name or no quantity")
	}
	j.ID, j.at = newID("job"), time.Now().UnixMilli()
	j.CreatedAt = formatTime(j.at)
	j.UpdatedAt = j.CreatedAt
	j.labels = encode(j.JiraLabels)
	j.search = j.Name
	for _, part := range []*string{j.JiraTicketKey, j.JiraTicketSummary, j.JiraPartNumber} {
		if part != nil {
			j.search += "\n" + *part
		}
	}
	j.search = strings.ToLower(j.search)
	j.event = event{id: newID("evt"), at: j.at, job: j.ID, data: encode(struct {
		Name         string `json:"name"`
		GoalQuantity int64  `json:"goalQuantity"`
	}{j.Name, j.GoalQuantity})}
	return j, nil
}

// scanJob passes a row of selectJobs to yield.
func scanJob(row scanner, yield func(*job) error) error {
	var j job
	var labels *string
	var created, updated int64
	if err := row.Scan(&j.ID, &j.Name, &j.GoalQuantity, &j.JiraTicketKey, &j.JiraTicketSummary, &j.JiraPartNumber,
		&j.JiraPriority, &j.JiraEpicLink, &labels, &created, &updated); err != nil {
		return err
	}
	j.CreatedAt, j.UpdatedAt = formatTime(created), formatTime(updated)
	if labels != nil {
		if err := json.Unmarshal([]byte(*labels), &j.JiraLabels); err != nil {
			return err
		}
	}
	return yield(&j)
}

// createdUnits returns new units on a path. last is the number of the last one.
func createdUnits(quantity int, last int64, path string, on place) []*unit {
	units, at, data := make([]*unit, quantity), time.Now().UnixMilli(), encode(map[string]string{"stepName": on.stepName})
	for i := range units {
		no := last - int64(quantity-1-i)
		u := &unit{
			ID: fmt.Sprintf("SN-%05d", no), JobID: on.job, PathID: path, CurrentStepID: on.step, Status: "in_progress",
			CreatedAt: formatTime(at), UpdatedAt: formatTime(at), no: no,
		}
		u.event = event{id: newID("evt"), at: at, job: on.job, path: &u.PathID, serial: &u.ID, step: &u.CurrentStepID, data: data}
		units[i] = u
	}
	return units
}

// scanAdvanced reads a row of selectUnits into one of the units, and moves the unit to its next step.
func scanAdvanced(row scanner, units map[string]*unit) error {
	var id, fromName, toName string
	var created, stepNo, knownStepNo int64
	var read unit
	if err := row.Scan(&id, &read.no, &read.JobID, &read.PathID, &read.marks, &knownStepNo, &created, &read.from, &stepNo,
		&fromName, &read.CurrentStepID, &read.CurrentStepIndex, &toName); err != nil {
		return err
	}
	u, at := units[id], time.Now().UnixMilli()
	*u = read
	before := encode(struct {
		Status      string `json:"status"`
		StepID      string `json:"stepId"`
		Marks       string `json:"marks"`
		KnownStepNo int64  `json:"knownStepNo"`
	}{"in_progress", u.from, u.marks, knownStepNo})
	u.ID, u.Status, u.CreatedAt, u.UpdatedAt = id, "in_progress", formatTime(created), formatTime(at)
	u.marks += fmt.Sprintf("%dc", stepNo)
	u.event = event{id: newID("evt"), at: at, job: u.JobID, path: &u.PathID, serial: &u.ID, step: &u.CurrentStepID, before: &before}
	u.event.data = encode(struct {
		FromStepID   string `json:"fromStepId"`
		FromStepName string `json:"fromStepName"`
		ToStepID     string `json:"toStepId"`
		ToStepName   string `json:"toStepName"`
	}{u.from, fromName, u.CurrentStepID, toName})
	return nil
}

func byID(units []*unit) (all map[string]*unit, ids []string) {
	all = make(map[string]*unit, len(units))
	for _, u := range units {
		all[u.ID] = u
		ids = append(ids, u.ID)
	}
	return all, ids
}

// pathChanges returns by how much moves change the counts of paths. A move from step to step changes them by 0, but
// Routecard writes the row of the path all the same.
func pathChanges(units []*unit) map[string]int64 {
	changes := map[string]int64{}
	for _, u := range units {
		changes[u.PathID] = 0
	}
	return changes
}

// stepChanges returns by how much moves change the counts of steps.
func stepChanges(units []*unit) map[string]int64 {
	changes := map[string]int64{}
	for _, u := range units {
		changes[u.from]--
		changes[u.CurrentStepID]++
	}
	return changes
}

var lastID atomic.Int64

func init() { lastID.Store(time.Now().UnixNano()) }

// newID returns an id that is as long as Routecard's and greater than all ids before it.
func newID(prefix string) string { return fmt.Sprintf("%s_%026d", prefix, lastID.Add(1)) }

func formatTime(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format("2006-01-02T15:04:05.000Z")
}

// encode encodes strings and numbers, which cannot fail.
func encode(v any) string {
	text, _ := json.Marshal(v) //nolint:errchkjson // see above
	return string(text)
}
