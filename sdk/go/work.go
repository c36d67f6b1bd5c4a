package routecard

import (
	"context"
	"iter"
)

// ListWork returns the steps at which units wait, the most urgent first: all of them, or one page if params.Limit is set.
func (c *Client) ListWork(ctx context.Context, params *ListWorkParams, options ...CallOption) ([]WorkItem, error) {
	return decode[[]WorkItem](c.get(ctx, options, params, "work"))
}

// AllWork iterates over the steps at which units wait, the most urgent first, page by page.
func (c *Client) AllWork(ctx context.Context, params *ListWorkParams, options ...CallOption) iter.Seq2[WorkItem, error] {
	return all[WorkItem](ctx, c, options, params, "work")
}

// ListPlaces returns the locations, assignees, and step names of open jobs.
func (c *Client) ListPlaces(ctx context.Context, options ...CallOption) (*Places, error) {
	return decode[*Places](c.get(ctx, options, nil, "places"))
}

// GetSession returns what the caller may do, and what the server offers.
func (c *Client) GetSession(ctx context.Context, options ...CallOption) (*Session, error) {
	return decode[*Session](c.get(ctx, options, nil, "session"))
}
