package routecard

import (
	"context"
	"iter"

	"github.com/routecard/routecard/gen/client"
)

// CreateJob creates a job and returns it.
func (c *Client) CreateJob(ctx context.Context, job JobCreate, options ...CallOption) (*Job, error) {
	return decode[*Job](c.do(ctx, options)(client.NewCreateJobRequest(c.server, nil, job)))
}

// ListJobs returns the jobs that match params, newest first: all of them, or one page if params.Limit is set.
func (c *Client) ListJobs(ctx context.Context, params *ListJobsParams, options ...CallOption) ([]JobListItem, error) {
	return decode[[]JobListItem](c.do(ctx, options)(client.NewListJobsRequest(c.server, params)))
}

// AllJobs iterates over the jobs that match params, newest first, page by page.
func (c *Client) AllJobs(ctx context.Context, params *ListJobsParams, options ...CallOption) iter.Seq2[JobListItem, error] {
	return all[JobListItem](ctx, c, options)(client.NewListJobsRequest(c.server, params))
}

// GetJob returns a job with its paths and its progress.
func (c *Client) GetJob(ctx context.Context, id JobID, options ...CallOption) (*JobDetail, error) {
	return decode[*JobDetail](c.do(ctx, options)(client.NewGetJobRequest(c.server, id)))
}

// UpdateJob changes a job's name or goal quantity and returns the job. Fields that are nil do not change.
func (c *Client) UpdateJob(ctx context.Context, id JobID, change JobUpdate, options ...CallOption) (*Job, error) {
	return decode[*Job](c.do(ctx, options)(client.NewUpdateJobRequest(c.server, id, nil, change)))
}

// DeleteJob deletes a job and its paths. A job that has serial numbers cannot be deleted, see [IsConflict].
func (c *Client) DeleteJob(ctx context.Context, id JobID, options ...CallOption) error {
	_, err := c.do(ctx, options)(client.NewDeleteJobRequest(c.server, id, nil))
	return err
}
