package floor

import (
	"bufio"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/models"
)

// list scans all jobs, newest first, and encodes each as it comes.
func list(db database) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Content-Type", "application/json")
		out := bufio.NewWriterSize(c.Writer, 32<<10)
		if err := writeJobs(c, db, out); err != nil {
			_ = c.Error(err)
			c.Status(http.StatusInternalServerError)
			return
		}
		_ = out.Flush()
	}
}

func writeJobs(c *gin.Context, db database, out *bufio.Writer) error {
	rows, err := db.QueryContext(c.Request.Context(), `SELECT id, name, goal_quantity, jira_ticket_key, jira_ticket_summary,
		jira_part_number, jira_priority, jira_epic_link, jira_labels, created_at, updated_at FROM jobs ORDER BY id DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	encoder := json.NewEncoder(out)
	separator := byte('[')
	for rows.Next() {
		var one job
		var labels *string
		var created, updated int64
		if err := rows.Scan(&one.ID, &one.Name, &one.GoalQuantity, &one.JiraTicketKey, &one.JiraTicketSummary, &one.JiraPartNumber,
			&one.JiraPriority, &one.JiraEpicLink, &labels, &created, &updated); err != nil {
			return err
		}
		if labels != nil {
			if err := json.Unmarshal([]byte(*labels), &one.JiraLabels); err != nil {
				return err
			}
		}
		one.CreatedAt, one.UpdatedAt = models.Millis(created).String(), models.Millis(updated).String()
		out.WriteByte(separator)
		separator = ','
		if err := encoder.Encode(&one); err != nil {
			return err
		}
	}
	out.WriteString("]\n")
	return rows.Err()
}
