package routecard

import (
	"context"
	"iter"
)

// ListJiraTickets returns one page of the open tickets of the configured Jira project, newest first.
func (c *Client) ListJiraTickets(ctx context.Context, params *ListJiraTicketsParams, options ...CallOption) ([]JiraTicket, error) {
	return decode[[]JiraTicket](c.get(ctx, options, params, "jira", "tickets"))
}

// AllJiraTickets iterates over the open tickets of the configured Jira project, newest first, page by page.
func (c *Client) AllJiraTickets(ctx context.Context, params *ListJiraTicketsParams, options ...CallOption) iter.Seq2[JiraTicket, error] {
	return all[JiraTicket](ctx, c, options, params, "jira", "tickets")
}

// GetJiraTicket returns a ticket with its current fields in Jira.
func (c *Client) GetJiraTicket(ctx context.Context, key string, options ...CallOption) (*JiraTicket, error) {
	return decode[*JiraTicket](c.get(ctx, options, nil, "jira", "tickets", key))
}

// LinkJiraTicket copies the fields of a ticket to an existing job, or creates a job from the ticket. It returns the job.
func (c *Client) LinkJiraTicket(ctx context.Context, link JiraLink, options ...CallOption) (*Job, error) {
	return decode[*Job](c.post(ctx, options, link, "jira", "link"))
}

// PushJobToJira writes a job's progress to its ticket, as a comment that later calls update.
func (c *Client) PushJobToJira(ctx context.Context, push JiraPush, options ...CallOption) (*JiraPushed, error) {
	return decode[*JiraPushed](c.post(ctx, options, push, "jira", "push"))
}
