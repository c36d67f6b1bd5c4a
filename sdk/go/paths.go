package routecard

import (
	"context"
	"iter"

	"github.com/routecard/routecard/gen/client"
)

// CreatePath gives a job one more route through the shop.
func (c *Client) CreatePath(ctx context.Context, path PathCreate, options ...CallOption) (*Path, error) {
	return decode[*Path](c.do(ctx, options)(client.NewCreatePathRequest(c.server, nil, path)))
}

// ListJobPaths returns the paths of a job, newest first: all of them, or one page with a limit.
func (c *Client) ListJobPaths(ctx context.Context, id JobID, params *ListJobPathsParams, options ...CallOption) ([]Path, error) {
	return decode[[]Path](c.do(ctx, options)(client.NewListJobPathsRequest(c.server, id, params)))
}

// AllJobPaths iterates over the paths of a job, newest first, page by page.
func (c *Client) AllJobPaths(ctx context.Context, id JobID, params *ListJobPathsParams, options ...CallOption) iter.Seq2[Path, error] {
	return all[Path](ctx, c, options)(client.NewListJobPathsRequest(c.server, id, params))
}

// GetPath returns a path and where its units stand.
func (c *Client) GetPath(ctx context.Context, id PathID, options ...CallOption) (*PathDetail, error) {
	return decode[*PathDetail](c.do(ctx, options)(client.NewGetPathRequest(c.server, id)))
}

// UpdatePath changes a path. What is not set stays; steps are sent as a whole, those that are to stay with their id.
func (c *Client) UpdatePath(ctx context.Context, id PathID, change PathUpdate, options ...CallOption) (*Path, error) {
	return decode[*Path](c.do(ctx, options)(client.NewUpdatePathRequest(c.server, id, nil, change)))
}

// DeletePath deletes a path and its steps. One with serial numbers has history and stays, see [IsConflict].
func (c *Client) DeletePath(ctx context.Context, id PathID, options ...CallOption) error {
	_, err := c.do(ctx, options)(client.NewDeletePathRequest(c.server, id, nil))
	return err
}

// UpdateStep changes a step. What is not set stays; [Null] clears a location or an assignee. The version of a step is that
// of its path.
func (c *Client) UpdateStep(ctx context.Context, id StepID, change StepUpdate, options ...CallOption) (*Step, error) {
	return decode[*Step](c.do(ctx, options)(client.NewUpdateStepRequest(c.server, id, nil, change)))
}
