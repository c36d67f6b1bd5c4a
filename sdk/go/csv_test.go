package routecard_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// TestCSV reads each list as CSV, and imports a job that was exported.
func TestCSV(t *testing.T) {
	t.Parallel()
	c, stop := open()
	defer stop()
	job, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "=JOB-2024-001", GoalQuantity: 50, ExternalID: new("ERP-4711")})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := c.ListJobsCSV(t.Context(), &routecard.ListJobsParams{Q: new("2024")})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(jobs), "\r\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "id,name,goalQuantity,") || !strings.HasPrefix(lines[1], job.ID+",'=JOB-2024-001,50,") {
		t.Errorf("jobs: %q", lines)
	}
	other := strings.ReplaceAll(string(jobs), "ERP-4711", "ERP-4712")
	report, err := c.ImportJobs(t.Context(), []byte(other), "text/csv", nil)
	if err != nil || report.Created != 1 {
		t.Errorf("import: %+v, %v", report, err)
	}
	if all := collect(t, c.AllJobs(t.Context(), nil)); len(all) != 2 || all[0].Name != job.Name {
		t.Errorf("jobs after the import: %+v", all)
	}

	units, err := c.ListSerialsCSV(t.Context(), nil)
	if err != nil || !strings.HasPrefix(string(units), "id,jobId,pathId,status,") {
		t.Errorf("units: %s, %v", units, err)
	}
	events, err := c.ListEventsCSV(t.Context(), &routecard.ListEventsParams{Limit: new(1)})
	if err != nil || !strings.Contains(string(events), "\r\n1,evt_") || strings.Count(string(events), "\r\n") != 2 {
		t.Errorf("events: %s, %v", events, err)
	}
	_, err = c.ListJobsCSV(t.Context(), &routecard.ListJobsParams{Limit: new(0)})
	if failure, ok := errors.AsType[*routecard.Error](err); !ok || failure.StatusCode != http.StatusBadRequest {
		t.Errorf("a limit of 0: %v", err)
	}
}
