package routecard

import (
	"context"
	"iter"
)

// CreateTemplate creates a template and returns it.
func (c *Client) CreateTemplate(ctx context.Context, template TemplateCreate, options ...CallOption) (*Template, error) {
	return decode[*Template](c.post(ctx, options, template, "templates"))
}

// ListTemplates returns the templates, newest first: all of them, or one page if params.Limit is set.
func (c *Client) ListTemplates(ctx context.Context, params *ListTemplatesParams, options ...CallOption) ([]Template, error) {
	return decode[[]Template](c.get(ctx, options, params, "templates"))
}

// AllTemplates iterates over the templates, newest first, page by page.
func (c *Client) AllTemplates(ctx context.Context, params *ListTemplatesParams, options ...CallOption) iter.Seq2[Template, error] {
	return all[Template](ctx, c, options, params, "templates")
}

// GetTemplate returns a template.
func (c *Client) GetTemplate(ctx context.Context, id TemplateID, options ...CallOption) (*Template, error) {
	return decode[*Template](c.get(ctx, options, nil, "templates", id))
}

// UpdateTemplate changes a template and returns it. Fields that are nil do not change. Paths that were made from it stay as
// they are.
func (c *Client) UpdateTemplate(ctx context.Context, id TemplateID, change TemplateUpdate, options ...CallOption) (*Template, error) {
	return decode[*Template](c.put(ctx, options, change, "templates", id))
}

// DeleteTemplate deletes a template. Paths that were made from it stay as they are.
func (c *Client) DeleteTemplate(ctx context.Context, id TemplateID, options ...CallOption) error {
	return c.delete(ctx, options, "templates", id)
}
