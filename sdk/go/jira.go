package routecard

import (
	"context"
	"iter"

	"github.com/routecard/routecard/gen/client"
)

// ListJiraTickets returns one page of the open tickets of the configured Jira project, newest first.
func (c *Client) ListJiraTickets(ctx context.Context, params *ListJiraTicketsParams, options ...CallOption) ([]JiraTicket, error) {
	return decode[[]JiraTicket](c.do(ctx, options)(client.NewListJiraTicketsRequest(c.server, params)))
}

// AllJiraTickets iterates over the open tickets of the configured Jira project, newest first, page by page.
func (c *Client) AllJiraTickets(ctx context.Context, params *ListJiraTicketsParams, options ...CallOption) iter.Seq2[JiraTicket, error] {
	return all[JiraTicket](ctx, c, options)(client.NewListJiraTicketsRequest(c.server, params))
}

// GetJiraTicket returns a ticket with its current fields in Jira.
func (c *Client) GetJiraTicket(ctx context.Context, key string, options ...CallOption) (*JiraTicket, error) {
	return decode[*JiraTicket](c.do(ctx, options)(client.NewGetJiraTicketRequest(c.server, key)))
}

// LinkJiraTicket copies the fields of a ticket to an existing job, or creates a job from the ticket. It returns the job.
func (c *Client) LinkJiraTicket(ctx context.Context, link JiraLink, options ...CallOption) (*Job, error) {
	return decode[*Job](c.do(ctx, options)(client.NewLinkJiraTicketRequest(c.server, nil, link)))
}

// PushJobToJira writes a job's progress to its ticket, as a comment that later calls update.
func (c *Client) PushJobToJira(ctx context.Context, push JiraPush, options ...CallOption) (*JiraPushed, error) {
	return decode[*JiraPushed](c.do(ctx, options)(client.NewPushJobToJiraRequest(c.server, nil, push)))
}
