package routecard

import (
	"context"
	"net/http"
	"slices"

	"github.com/routecard/routecard/gen/client"
)

// ListJobsCSV returns the jobs that match params as CSV: all of them, or one page if params.Limit is set. [Client.ImportJobs] takes
// the result as it is.
func (c *Client) ListJobsCSV(ctx context.Context, params *ListJobsParams, options ...CallOption) ([]byte, error) {
	return c.csv(ctx, options)(client.NewListJobsRequest(c.server, params))
}

// ListSerialsCSV returns the units that match params as CSV: all of them, or one page if params.Limit is set.
func (c *Client) ListSerialsCSV(ctx context.Context, params *ListSerialsParams, options ...CallOption) ([]byte, error) {
	return c.csv(ctx, options)(client.NewListSerialsRequest(c.server, params))
}

// ListEventsCSV returns the events that match params as CSV: all of them, or one page if params.Limit is set.
func (c *Client) ListEventsCSV(ctx context.Context, params *ListEventsParams, options ...CallOption) ([]byte, error) {
	return c.csv(ctx, options)(client.NewListEventsRequest(c.server, params))
}

// csv returns a function that sends the request of a generated constructor, asks for CSV, and returns the body.
func (c *Client) csv(ctx context.Context, options []CallOption) func(*http.Request, error) ([]byte, error) {
	return func(req *http.Request, err error) ([]byte, error) {
		accept := func(c *call) { c.accept = "text/csv" }
		res, err := c.do(ctx, append(slices.Clip(options), accept))(req, err)
		return res.body, err
	}
}
