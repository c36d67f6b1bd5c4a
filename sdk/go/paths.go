package routecard

import (
	"context"
	"iter"
)

// CreatePath adds a path with its steps to a job and returns it.
func (c *Client) CreatePath(ctx context.Context, path PathCreate, options ...CallOption) (*Path, error) {
	return decode[*Path](c.post(ctx, options, path, "paths"))
}

// ListJobPaths returns the paths of a job, newest first: all of them, or one page if params.Limit is set.
func (c *Client) ListJobPaths(ctx context.Context, id JobID, params *ListJobPathsParams, options ...CallOption) ([]Path, error) {
	return decode[[]Path](c.get(ctx, options, params, "jobs", id, "paths"))
}

// AllJobPaths iterates over the paths of a job, newest first, page by page.
func (c *Client) AllJobPaths(ctx context.Context, id JobID, params *ListJobPathsParams, options ...CallOption) iter.Seq2[Path, error] {
	return all[Path](ctx, c, options, params, "jobs", id, "paths")
}

// GetPath returns a path and the number of units at each of its steps.
func (c *Client) GetPath(ctx context.Context, id PathID, options ...CallOption) (*PathDetail, error) {
	return decode[*PathDetail](c.get(ctx, options, nil, "paths", id))
}

// UpdatePath changes a path and returns it. Fields that are nil do not change. Steps replaces all steps of the path: a step
// with an ID is kept and changed, a step without an ID is new, and steps that are missing are removed.
func (c *Client) UpdatePath(ctx context.Context, id PathID, change PathUpdate, options ...CallOption) (*Path, error) {
	return decode[*Path](c.put(ctx, options, change, "paths", id))
}

// DeletePath deletes a path and its steps. A path that has serial numbers cannot be deleted, see [IsConflict].
func (c *Client) DeletePath(ctx context.Context, id PathID, options ...CallOption) error {
	return c.delete(ctx, options, "paths", id)
}

// UpdateStep changes a step and returns it. Fields that are not set do not change; [Null] clears a location or an assignee.
// A step has the version of its path.
func (c *Client) UpdateStep(ctx context.Context, id StepID, change StepUpdate, options ...CallOption) (*Step, error) {
	return decode[*Step](c.patch(ctx, options, change, "steps", id))
}
