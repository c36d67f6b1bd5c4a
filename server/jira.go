package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

var errNoJira = models.ConflictError("Jira is not configured")

// ListJiraTickets implements GET /api/jira/tickets.
func (s *Server) ListJiraTickets(ctx context.Context, r gen.ListJiraTicketsRequestObject) (gen.ListJiraTicketsResponseObject, error) {
	if s.jira == nil {
		return nil, errNoJira
	}
	var token string
	if r.Params.PageToken != nil {
		token = *r.Params.PageToken
	}
	var limit int
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	page, err := s.jira.Tickets(ctx, token, limit)
	if err != nil {
		return nil, fromJiraError(ctx, err, "")
	}
	response := gen.ListJiraTickets200JSONResponse{Body: toAPITickets(page.Tickets)}
	if page.NextPageToken != "" {
		response.Headers.Link = new(nextLink(ctx, "pageToken", page.NextPageToken))
	}
	return response, nil
}

// GetJiraTicket implements GET /api/jira/tickets/{ticketKey}.
func (s *Server) GetJiraTicket(ctx context.Context, r gen.GetJiraTicketRequestObject) (gen.GetJiraTicketResponseObject, error) {
	ticket, err := s.ticket(ctx, r.TicketKey)
	if err != nil {
		return nil, err
	}
	return gen.GetJiraTicket200JSONResponse{Body: toAPITicket(ticket)}, nil
}

// ticket reads a ticket from Jira.
func (s *Server) ticket(ctx context.Context, key string) (jira.Ticket, error) {
	if s.jira == nil {
		return jira.Ticket{}, errNoJira
	}
	ticket, err := s.jira.Ticket(ctx, key)
	return ticket, fromJiraError(ctx, err, key)
}

// LinkJiraTicket implements POST /api/jira/link. No transaction is open during the request to Jira.
func (s *Server) LinkJiraTicket(ctx context.Context, r gen.LinkJiraTicketRequestObject) (gen.LinkJiraTicketResponseObject, error) {
	by := repeatable(ctx, r.Params.IdempotencyKey, nil)
	respond := toAPIJobFromTicket
	if r.Body.JobID != nil {
		respond = toAPIJobLinked
	}
	job, earlier, err := store.Once(ctx, s.store, by, func() (models.Job, error) { return s.linkTicket(ctx, by, *r.Body) })
	if err != nil {
		return nil, err
	}
	return respond(job, earlier), nil
}

// linkTicket links a ticket to an existing job, or to a new job.
func (s *Server) linkTicket(ctx context.Context, by store.Request, body gen.JiraLink) (models.Job, error) {
	allowDuplicate := body.AllowDuplicate != nil && *body.AllowDuplicate
	if s.jira == nil {
		return models.Job{}, errNoJira
	}
	if body.JobID != nil {
		// Checked before Jira is asked, so that a job that cannot be linked is refused without a wait.
		job, err := s.store.Job(ctx, *body.JobID)
		if err == nil {
			err = job.CheckLinkable()
		}
		if err != nil {
			return models.Job{}, err
		}
	}
	ticket, err := s.ticket(ctx, body.TicketKey)
	if err != nil {
		return models.Job{}, err
	}
	if body.JobID != nil {
		return s.store.LinkJob(ctx, by, *body.JobID, fromJiraTicket(ticket).Jira(), allowDuplicate)
	}
	return s.store.CreateLinkedJob(ctx, by, fromJiraTicket(ticket).NewJob(body.GoalQuantity), allowDuplicate)
}

// PushJobToJira implements POST /api/jira/push. The database records the push before the request to Jira, so that only one of two
// concurrent pushes writes, also if they are on different servers.
func (s *Server) PushJobToJira(ctx context.Context, r gen.PushJobToJiraRequestObject) (gen.PushJobToJiraResponseObject, error) {
	by := repeatable(ctx, r.Params.IdempotencyKey, nil)
	pushed, earlier, err := store.Once(ctx, s.store, by, func() (store.PushResult, error) { return s.push(ctx, by, r.Body.JobID) })
	if err != nil {
		return nil, err
	}
	return gen.PushJobToJira200JSONResponse{
		Body:    gen.JiraPushed{TicketKey: pushed.TicketKey, CommentID: pushed.CommentID},
		Headers: gen.PushJobToJira200ResponseHeaders{IdempotencyReplayed: replayed(earlier)},
	}, nil
}

// push writes a job's progress to its ticket.
func (s *Server) push(ctx context.Context, by store.Request, jobID string) (store.PushResult, error) {
	if s.jira == nil {
		return store.PushResult{}, errNoJira
	}
	job, err := s.store.Job(ctx, jobID)
	if err == nil {
		err = job.CheckPushable()
	}
	if err != nil {
		return store.PushResult{}, err
	}
	commentID, err := s.store.BeginPush(ctx, jobID)
	if err != nil {
		return store.PushResult{}, err
	}
	pushed, err := s.writeProgress(ctx, jobID, commentID)
	if err != nil {
		// Also for a client that has gone away, so that the next push does not have to wait.
		return store.PushResult{}, errors.Join(err, s.store.AbandonPush(context.WithoutCancel(ctx), jobID, commentID))
	}
	// Jira has the comment now, so the result is stored even if the client has closed the connection.
	ctx = context.WithoutCancel(ctx)
	if err := s.store.EndPush(ctx, by, jobID, pushed); err != nil {
		return store.PushResult{}, errors.Join(err, s.store.AbandonPush(ctx, jobID, pushed.CommentID))
	}
	return pushed, nil
}

// writeProgress writes a job's progress to its comment. It reads the progress while no other push of the job is in progress,
// so that a push never replaces a comment by an older state.
func (s *Server) writeProgress(ctx context.Context, jobID, commentID string) (store.PushResult, error) {
	job, paths, err := s.store.JobWithPaths(ctx, jobID)
	if err != nil {
		return store.PushResult{}, err
	}
	key := *job.Jira.TicketKey
	written, err := s.jira.PutComment(ctx, key, "Routecard job "+jobID, toComment(job, paths), commentID)
	return store.PushResult{TicketKey: key, CommentID: written}, fromJiraError(ctx, err, key)
}

// fromJiraError returns an error with a sentence for the user, or the error of a context that has ended.
func fromJiraError(ctx context.Context, err error, ticketKey string) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		// The client has closed the connection, which ended the call. Jira is not to blame.
		return ctx.Err()
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

func fromJiraTicket(ticket jira.Ticket) models.Ticket {
	return models.Ticket{
		Key:        ticket.Key,
		Summary:    ticket.Summary,
		PartNumber: ticket.PartNumber,
		Priority:   ticket.Priority,
		EpicLink:   ticket.EpicLink,
		Labels:     ticket.Labels,
		Quantity:   ticket.Quantity,
	}
}

func toAPIJobFromTicket(job models.Job, earlier bool) gen.LinkJiraTicketResponseObject {
	return gen.LinkJiraTicket201JSONResponse{CreatedJobFromTicketJSONResponse: gen.CreatedJobFromTicketJSONResponse{
		Body: toAPIJob(job),
		Headers: gen.CreatedJobFromTicketResponseHeaders{
			Location: jobLocation(job), ETag: toETag(job.Version), IdempotencyReplayed: replayed(earlier),
		},
	}}
}

func toAPIJobLinked(job models.Job, earlier bool) gen.LinkJiraTicketResponseObject {
	return gen.LinkJiraTicket200JSONResponse{
		Body:    toAPIJob(job),
		Headers: gen.LinkJiraTicket200ResponseHeaders{ETag: toETag(job.Version), IdempotencyReplayed: replayed(earlier)},
	}
}

func toAPITicket(ticket jira.Ticket) gen.JiraTicket {
	out := gen.JiraTicket{
		Key:        ticket.Key,
		Summary:    ticket.Summary,
		Status:     toAPIOptional(ticket.Status),
		Priority:   toAPIOptional(ticket.Priority),
		EpicLink:   toAPIOptional(ticket.EpicLink),
		PartNumber: toAPIOptional(ticket.PartNumber),
		Labels:     append([]string{}, ticket.Labels...),
		URL:        ticket.URL,
	}
	if ticket.Quantity > 0 {
		out.Quantity = &ticket.Quantity
	}
	return out
}

func toAPITickets(tickets []jira.Ticket) gen.JiraTicketList {
	out := make(gen.JiraTicketList, len(tickets))
	for i := range tickets {
		out[i] = toAPITicket(tickets[i])
	}
	return out
}

// toAPIOptional leaves out an empty text.
func toAPIOptional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// These limits keep a comment below the 32,767 characters that Jira accepts: the number of paths, the number of steps of all
// paths together, and the length of a name. A character counts twice in Jira when it is an emoji.
const (
	maxCommentPaths    = 20
	maxCommentSteps    = 60
	maxCommentName     = 255
	maxCommentStepName = 100
)

// toComment describes a job's progress: a line for the job, and for each path a line and one line for each of its steps.
func toComment(job models.Job, paths []models.Path) string {
	total := models.CountsOf(paths)
	var text strings.Builder
	fmt.Fprintf(&text, "%.*s: %d of %d completed (%s), %d in progress, %d scrapped",
		maxCommentName, job.Name, total.Completed, job.GoalQuantity,
		toPercent(models.PercentComplete(total.Completed, job.GoalQuantity)), total.InProgress, total.Scrapped)
	steps := 0
	for i := range paths {
		if i == maxCommentPaths {
			fmt.Fprintf(&text, "\nand %d more paths", len(paths)-i)
			break
		}
		path := &paths[i]
		fmt.Fprintf(&text, "\n%.*s: %d of %d completed, %d in progress, %d scrapped",
			maxCommentName, path.Name, path.Completed, path.GoalQuantity, path.InProgress, path.Scrapped)
		for j := range path.Steps {
			if steps == maxCommentSteps {
				fmt.Fprintf(&text, "\n- and %d more steps", len(path.Steps)-j)
				break
			}
			step := &path.Steps[j]
			fmt.Fprintf(&text, "\n- %.*s: %d here, %d done", maxCommentStepName, step.Name, step.PartCount, step.DoneCount)
			steps++
		}
	}
	return text.String()
}

// toPercent rounds to one decimal, and leaves out a decimal that is 0: "40%", "33.3%".
func toPercent(percent float64) string {
	return strconv.FormatFloat(math.Round(percent*10)/10, 'f', -1, 64) + "%"
}
