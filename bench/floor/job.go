package floor

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/models"
)

// job is a job on the wire.
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
}

// echo answers with the job that was sent.
func echo(c *gin.Context) {
	var body job
	if json.NewDecoder(c.Request.Body).Decode(&body) != nil {
		c.Status(http.StatusBadRequest)
		return
	}
	c.JSON(http.StatusCreated, body)
}

// writer puts a job into the database, and returns when it is on disk.
type writer interface {
	write(job *newJob) error
}

// create checks what the database would not, and writes the job.
func create(to writer) gin.HandlerFunc {
	return func(c *gin.Context) {
		var body job
		if json.NewDecoder(c.Request.Body).Decode(&body) != nil || body.Name == "" || body.GoalQuantity <= 0 {
			c.Status(http.StatusBadRequest)
			return
		}
		made := makeJob(body)
		if err := to.write(made); err != nil {
			_ = c.Error(err)
			c.String(http.StatusInternalServerError, "%s", err)
			return
		}
		c.JSON(http.StatusCreated, made.job)
	}
}

// newJob is a job with what else its rows hold.
type newJob struct {
	job
	at        int64
	labels    *string
	search    string
	eventID   string
	eventData string
}

func makeJob(body job) *newJob {
	now := models.MillisOf(time.Now())
	body.ID = models.NewID(models.JobPrefix)
	body.CreatedAt = now.String()
	body.UpdatedAt = body.CreatedAt
	made := &newJob{job: body, at: int64(now), eventID: models.NewID(models.EventPrefix)}
	if body.JiraLabels != nil {
		text, _ := json.Marshal(body.JiraLabels) //nolint:errchkjson // strings can always be encoded
		labels := string(text)
		made.labels = &labels
	}
	parts := []string{body.Name}
	for _, part := range []*string{body.JiraTicketKey, body.JiraTicketSummary, body.JiraPartNumber} {
		if part != nil {
			parts = append(parts, *part)
		}
	}
	made.search = strings.ToLower(strings.Join(parts, "\n"))
	data, _ := json.Marshal(struct { //nolint:errchkjson // as above
		Name         string `json:"name"`
		GoalQuantity int64  `json:"goalQuantity"`
	}{body.Name, body.GoalQuantity})
	made.eventData = string(data)
	return made
}

// The rows of a job, in the schema that Routecard's migrations make: one job, a row for each label, one event.
const (
	insertJob = `INSERT INTO jobs (id, name, goal_quantity, jira_ticket_key, jira_ticket_summary, jira_part_number,
		jira_priority, jira_epic_link, jira_labels, search_text, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)`
	insertLabel = `INSERT INTO job_labels (label, job_id) VALUES ($1, $2)`
	insertEvent = `INSERT INTO events (id, type, at, user_id, job_id, data) VALUES ($1, 'job.created', $2, 'anonymous', $3, $4)`
)

func (j *newJob) jobValues() []any {
	return []any{
		j.ID, j.Name, j.GoalQuantity, j.JiraTicketKey, j.JiraTicketSummary, j.JiraPartNumber, j.JiraPriority, j.JiraEpicLink,
		j.labels, j.search, j.at,
	}
}

func (j *newJob) eventValues() []any { return []any{j.eventID, j.at, j.ID, j.eventData} }
