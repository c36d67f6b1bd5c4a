package server

import (
	"fmt"
	"strings"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/models"
)

// maxIndexed is how long the fields may be that jobs are filtered by, as the contract has it for jobs sent to us.
const maxIndexed = 255

// maxText and maxLabels bound the other fields likewise.
const (
	maxText   = 10000
	maxLabels = 1000
)

// maxCommentPaths bounds a comment, which Jira refuses beyond 32,767 characters.
const maxCommentPaths = 20

// fromJiraTicket is the job that begins as the ticket. A goal of nil is the ticket's own, or 1.
func fromJiraTicket(ticket jira.Ticket, goal *int64) models.Job {
	summary := cutTo(ticket.Summary, maxText)
	job := models.Job{Name: summary, GoalQuantity: max(ticket.Quantity, 1), Jira: models.Jira{
		TicketKey:     &ticket.Key,
		TicketSummary: given(summary),
		PartNumber:    given(shorten(ticket.PartNumber)),
		Priority:      given(shorten(ticket.Priority)),
		EpicLink:      given(shorten(ticket.EpicLink)),
		Labels:        models.Labels{},
	}}
	if strings.TrimSpace(job.Name) == "" {
		job.Name = ticket.Key
	}
	if goal != nil {
		job.GoalQuantity = *goal
	}
	for _, label := range ticket.Labels[:min(len(ticket.Labels), maxLabels)] {
		job.Jira.Labels = append(job.Jira.Labels, shorten(label))
	}
	return job
}

// given is nil for what Jira left out. NUL, which no database of ours takes, is left out too.
func given(text string) *string {
	text = strings.ReplaceAll(text, "\x00", "")
	if text == "" {
		return nil
	}
	return &text
}

// shorten cuts a text to maxIndexed characters.
func shorten(text string) string { return cutTo(text, maxIndexed) }

// cutTo cuts a text to so many characters.
func cutTo(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit])
	}
	return text
}

func toAPITicket(ticket jira.Ticket) gen.JiraTicket {
	out := gen.JiraTicket{
		Key:        ticket.Key,
		Summary:    ticket.Summary,
		Status:     given(ticket.Status),
		Priority:   given(ticket.Priority),
		EpicLink:   given(ticket.EpicLink),
		PartNumber: given(ticket.PartNumber),
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

// toComment is a job's progress in words.
func toComment(job models.Job, paths []models.Path) string {
	total := models.CountsOf(paths)
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d of %d completed (%.1f %%), %d in progress, %d scrapped",
		shorten(job.Name), total.Completed, job.GoalQuantity,
		models.PercentComplete(total.Completed, job.GoalQuantity), total.InProgress, total.Scrapped)
	for i := range paths {
		if i == maxCommentPaths {
			fmt.Fprintf(&text, "\nand %d more paths", len(paths)-i)
			break
		}
		path := &paths[i]
		fmt.Fprintf(&text, "\n%s: %d of %d completed, %d in progress, %d scrapped",
			shorten(path.Name), path.Completed, path.GoalQuantity, path.InProgress, path.Scrapped)
	}
	return text.String()
}
