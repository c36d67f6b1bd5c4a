package routecard

import (
	"context"
	"slices"
)

// ListJobsCSV returns the jobs that match params as CSV: all of them, or one page if params.Limit is set. [Client.ImportJobs] takes
// the result as it is.
func (c *Client) ListJobsCSV(ctx context.Context, params *ListJobsParams, options ...CallOption) ([]byte, error) {
	return c.csv(ctx, options, params, "jobs")
}

// ListSerialsCSV returns the units that match params as CSV: all of them, or one page if params.Limit is set.
func (c *Client) ListSerialsCSV(ctx context.Context, params *ListSerialsParams, options ...CallOption) ([]byte, error) {
	return c.csv(ctx, options, params, "serials")
}

// ListEventsCSV returns the events that match params as CSV: all of them, or one page if params.Limit is set.
func (c *Client) ListEventsCSV(ctx context.Context, params *ListEventsParams, options ...CallOption) ([]byte, error) {
	return c.csv(ctx, options, params, "events")
}

// csv does what get does, but asks for CSV and returns the body.
func (c *Client) csv(ctx context.Context, options []CallOption, params any, segments ...string) ([]byte, error) {
	accept := func(c *call) { c.accept = "text/csv" }
	res, err := c.get(ctx, append(slices.Clip(options), accept), params, segments...)
	return res.body, err
}
