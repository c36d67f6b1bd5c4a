package routecard

import (
	"context"
	"iter"

	"github.com/routecard/routecard/gen/client"
)

// CreatePath adds a path with its steps to a job and returns it.
func (c *Client) CreatePath(ctx context.Context, path PathCreate, options ...CallOption) (*Path, error) {
	return decode[*Path](c.do(ctx, options)(client.NewCreatePathRequest(c.server, nil, path)))
}

// ListJobPaths returns the paths of a job, newest first: all of them, or one page if params.Limit is set.
func (c *Client) ListJobPaths(ctx context.Context, id JobID, params *ListJobPathsParams, options ...CallOption) ([]Path, error) {
	return decode[[]Path](c.do(ctx, options)(client.NewListJobPathsRequest(c.server, id, params)))
}

// AllJobPaths iterates over the paths of a job, newest first, page by page.
func (c *Client) AllJobPaths(ctx context.Context, id JobID, params *ListJobPathsParams, options ...CallOption) iter.Seq2[Path, error] {
	return all[Path](ctx, c, options)(client.NewListJobPathsRequest(c.server, id, params))
}

// GetPath returns a path and the number of units at each of its steps.
func (c *Client) GetPath(ctx context.Context, id PathID, options ...CallOption) (*PathDetail, error) {
	return decode[*PathDetail](c.do(ctx, options)(client.NewGetPathRequest(c.server, id)))
}

// UpdatePath changes a path and returns it. Fields that are nil do not change. Steps replaces all steps of the path: a step
// with an ID is kept and changed, a step without an ID is new, and steps that are missing are removed.
func (c *Client) UpdatePath(ctx context.Context, id PathID, change PathUpdate, options ...CallOption) (*Path, error) {
	return decode[*Path](c.do(ctx, options)(client.NewUpdatePathRequest(c.server, id, nil, change)))
}

// DeletePath deletes a path and its steps. A path that has serial numbers cannot be deleted, see [IsConflict].
func (c *Client) DeletePath(ctx context.Context, id PathID, options ...CallOption) error {
	_, err := c.do(ctx, options)(client.NewDeletePathRequest(c.server, id, nil))
	return err
}

// UpdateStep changes a step and returns it. Fields that are not set do not change; [Null] clears a location or an assignee.
// A step has the version of its path.
func (c *Client) UpdateStep(ctx context.Context, id StepID, change StepUpdate, options ...CallOption) (*Step, error) {
	return decode[*Step](c.do(ctx, options)(client.NewUpdateStepRequest(c.server, id, nil, change)))
}
