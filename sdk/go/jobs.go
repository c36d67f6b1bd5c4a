package routecard

import (
	"bytes"
	"context"
	"iter"
	"net/http"
)

// CreateJob creates a job and returns it.
func (c *Client) CreateJob(ctx context.Context, job JobCreate, options ...CallOption) (*Job, error) {
	return decode[*Job](c.post(ctx, options, job, "jobs"))
}

// PlanJob creates a job with its paths, their steps, and units on them, and returns the job. If any part fails, nothing is
// created.
func (c *Client) PlanJob(ctx context.Context, plan JobPlan, options ...CallOption) (*JobDetail, error) {
	return decode[*JobDetail](c.post(ctx, options, plan, "jobs", "plan"))
}

// ImportJobs creates a job for each row of a CSV or XLSX file and returns the outcome of each row. The media type is text/csv, or
// that of XLSX. Params may be nil.
func (c *Client) ImportJobs(
	ctx context.Context, file []byte, mediaType string, params *ImportJobsParams, options ...CallOption,
) (*ImportReport, error) {
	req, err := c.newRequest(ctx, http.MethodPost, params, bytes.NewReader(file), []string{"jobs", "import"})
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	return decode[*ImportReport](c.do(ctx, req, options))
}

// ListJobs returns the jobs that match params, newest first unless params.Sort says otherwise: all of them, or one page if
// params.Limit is set.
func (c *Client) ListJobs(ctx context.Context, params *ListJobsParams, options ...CallOption) ([]JobListItem, error) {
	return decode[[]JobListItem](c.get(ctx, options, params, "jobs"))
}

// AllJobs iterates over the jobs that match params, in the order of ListJobs, page by page.
func (c *Client) AllJobs(ctx context.Context, params *ListJobsParams, options ...CallOption) iter.Seq2[JobListItem, error] {
	return all[JobListItem](ctx, c, options, params, "jobs")
}

// GetJob returns a job with its paths and its progress.
func (c *Client) GetJob(ctx context.Context, id JobID, options ...CallOption) (*JobDetail, error) {
	return decode[*JobDetail](c.get(ctx, options, nil, "jobs", id))
}

// UpdateJob changes a job and returns it. Fields that are not set do not change; [Null] clears a due date, a priority, notes, or
// an external ID.
func (c *Client) UpdateJob(ctx context.Context, id JobID, change JobUpdate, options ...CallOption) (*Job, error) {
	return decode[*Job](c.put(ctx, options, change, "jobs", id))
}

// CloseJob closes a job and returns it. No unit is created or changed on a closed job, see [IsConflict].
func (c *Client) CloseJob(ctx context.Context, id JobID, closing JobClose, options ...CallOption) (*Job, error) {
	return decode[*Job](c.post(ctx, options, closing, "jobs", id, "close"))
}

// ReopenJob opens a closed job and returns it.
func (c *Client) ReopenJob(ctx context.Context, id JobID, reopening JobReopen, options ...CallOption) (*Job, error) {
	return decode[*Job](c.post(ctx, options, reopening, "jobs", id, "reopen"))
}

// DeleteJob deletes a job and its paths. A job that has serial numbers cannot be deleted, see [IsConflict].
func (c *Client) DeleteJob(ctx context.Context, id JobID, options ...CallOption) error {
	return c.delete(ctx, options, "jobs", id)
}
