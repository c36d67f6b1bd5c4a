package server

import (
	"context"
	"errors"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

var errNoJira = models.ConflictError("Jira is not configured")

// fromJiraError says in a sentence what came of asking Jira for a ticket.
func fromJiraError(err error, ticketKey string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jira.ErrTicketNotFound):
		return models.NotFoundError("Jira ticket", ticketKey)
	case errors.Is(err, jira.ErrPageToken):
		return models.InvalidError("pageToken", "must be taken from the Link header of a page")
	case errors.Is(err, jira.ErrRefused):
		return models.UpstreamError("Jira refused the request", err)
	default:
		return models.UpstreamError("Jira did not answer", err)
	}
}

// ListJiraTickets implements GET /api/jira/tickets.
func (s *Server) ListJiraTickets(ctx context.Context, request gen.ListJiraTicketsRequestObject) (gen.ListJiraTicketsResponseObject, error) {
	if s.jira == nil {
		return nil, errNoJira
	}
	var token string
	if request.Params.PageToken != nil {
		token = *request.Params.PageToken
	}
	var limit int
	if request.Params.Limit != nil {
		limit = *request.Params.Limit
	}
	page, err := s.jira.Tickets(ctx, token, limit)
	if err != nil {
		return nil, fromJiraError(err, "")
	}
	answer := gen.ListJiraTickets200JSONResponse{Body: toAPITickets(page.Tickets)}
	if page.NextPageToken != "" {
		link := nextLink(ctx, "pageToken", page.NextPageToken)
		answer.Headers.Link = &link
	}
	return answer, nil
}

// GetJiraTicket implements GET /api/jira/tickets/{ticketKey}.
func (s *Server) GetJiraTicket(ctx context.Context, request gen.GetJiraTicketRequestObject) (gen.GetJiraTicketResponseObject, error) {
	ticket, err := s.ticket(ctx, request.TicketKey)
	if err != nil {
		return nil, err
	}
	return gen.GetJiraTicket200JSONResponse(toAPITicket(ticket)), nil
}

// ticket asks Jira for a ticket.
func (s *Server) ticket(ctx context.Context, key string) (jira.Ticket, error) {
	if s.jira == nil {
		return jira.Ticket{}, errNoJira
	}
	ticket, err := s.jira.Ticket(ctx, key)
	return ticket, fromJiraError(err, key)
}

// LinkJiraTicket implements POST /api/jira/link. Nothing of ours is locked while Jira is asked; the change is made after.
func (s *Server) LinkJiraTicket(ctx context.Context, request gen.LinkJiraTicketRequestObject) (gen.LinkJiraTicketResponseObject, error) {
	body := request.Body
	duplicate := body.AllowDuplicate != nil && *body.AllowDuplicate
	if s.jira == nil {
		return nil, errNoJira
	}
	if body.JobID == nil {
		ticket, err := s.ticket(ctx, body.TicketKey)
		if err != nil {
			return nil, err
		}
		return answered(ctx, func() (models.Job, error) {
			return s.store.CreateLinkedJob(ctx, fromJiraTicket(ticket, body.GoalQuantity), duplicate)
		}, toAPIJobFromTicket, gen.LinkJiraTicketResponseObject.VisitLinkJiraTicketResponse)
	}
	// Asked before Jira is, so that a job which can't be linked costs nobody a wait.
	job, err := s.store.Job(ctx, *body.JobID)
	if err != nil {
		return nil, err
	}
	if err := store.Linkable(job); err != nil {
		return nil, err
	}
	ticket, err := s.ticket(ctx, body.TicketKey)
	if err != nil {
		return nil, err
	}
	return answered(ctx, func() (models.Job, error) {
		return s.store.LinkJob(ctx, job.ID, fromJiraTicket(ticket, nil).Jira, duplicate)
	}, toAPIJobLinked, gen.LinkJiraTicketResponseObject.VisitLinkJiraTicketResponse)
}

func toAPIJobFromTicket(job models.Job) gen.LinkJiraTicketResponseObject {
	return gen.LinkJiraTicket201JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.LinkJiraTicket201ResponseHeaders{Location: "/api/jobs/" + job.ID, ETag: toETag(job.Version)},
	}
}

func toAPIJobLinked(job models.Job) gen.LinkJiraTicketResponseObject {
	return gen.LinkJiraTicket200JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.LinkJiraTicket200ResponseHeaders{ETag: toETag(job.Version)},
	}
}

// PushJobToJira implements POST /api/jira/push. The push is announced in the database before Jira is asked, so that of
// two at once, on however many servers, only one writes.
func (s *Server) PushJobToJira(ctx context.Context, request gen.PushJobToJiraRequestObject) (gen.PushJobToJiraResponseObject, error) {
	if s.jira == nil {
		return nil, errNoJira
	}
	jobID := request.Body.JobID
	job, err := s.store.Job(ctx, jobID)
	if err != nil {
		return nil, err
	}
	if !job.Jira.HasTicket() {
		return nil, models.ConflictError("Job is not linked to a Jira ticket")
	}
	comment, err := s.store.BeginPush(ctx, jobID)
	if err != nil {
		return nil, err
	}
	pushed, err := s.writeProgress(ctx, jobID, comment)
	if err != nil {
		// Also for a client that has gone away: the next push must not have to wait.
		return nil, errors.Join(err, s.store.AbandonPush(context.WithoutCancel(ctx), jobID, comment))
	}
	// Jira has the comment, so a client that has gone away changes nothing any more.
	ctx = context.WithoutCancel(ctx)
	answer, err := answered(ctx, func() (store.Pushed, error) { return s.store.EndPush(ctx, jobID, pushed) },
		toAPIPushed, gen.PushJobToJiraResponseObject.VisitPushJobToJiraResponse)
	if err != nil {
		return nil, errors.Join(err, s.store.AbandonPush(ctx, jobID, pushed.CommentID))
	}
	return answer, nil
}

// writeProgress puts a job's progress into its comment. It reads it only now, when no other push of the job is under way:
// what it writes is never older than what is there.
func (s *Server) writeProgress(ctx context.Context, jobID, commentID string) (store.Pushed, error) {
	job, paths, err := s.store.JobWithPaths(ctx, jobID)
	if err != nil {
		return store.Pushed{}, err
	}
	key := *job.Jira.TicketKey
	written, err := s.jira.PutComment(ctx, key, "Routecard job "+jobID, toComment(job, paths), commentID)
	return store.Pushed{TicketKey: key, CommentID: written}, fromJiraError(err, key)
}

func toAPIPushed(pushed store.Pushed) gen.PushJobToJiraResponseObject {
	return gen.PushJobToJira200JSONResponse{
		Body: gen.JiraPushed{TicketKey: pushed.TicketKey, CommentID: pushed.CommentID},
	}
}
