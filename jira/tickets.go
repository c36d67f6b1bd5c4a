package jira

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultPage = 50
	maxPage     = 100
)

// TicketPage is one page of tickets.
type TicketPage struct {
	// Tickets is never nil.
	Tickets []Ticket
	// NextPageToken asks Tickets for the next page; empty on the last one. A client may keep it for days, but Jira, not
	// we, decides how long it holds.
	NextPageToken string
}

// Tickets returns one page of the project's open tickets (those not in the status category Done), newest first. An empty
// pageToken is the first page. limit is the most tickets on the page, at most 100; 0 or less means 50. Jira may return fewer
// though there are more: only NextPageToken tells. ErrPageToken, ErrNoAnswer or ErrRefused; a page token that Jira does not
// know any more is refused.
func (c *Client) Tickets(ctx context.Context, pageToken string, limit int) (TicketPage, error) {
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	k, ctx, cancel := c.begin(ctx)
	defer cancel()
	deployment, err := k.deploymentOf(ctx)
	if err != nil {
		return TicketPage{}, err
	}
	if deployment == Cloud {
		return k.cloudTickets(ctx, pageToken, limit)
	}
	return k.dataCenterTickets(ctx, pageToken, limit)
}

// jql is the search for open tickets. The project was checked by New; the quotes are for keys that are words of JQL.
func (c *Client) jql() string {
	search := "statusCategory != Done ORDER BY created DESC, key DESC"
	if c.project != "" {
		search = `project = "` + c.project + `" AND ` + search
	}
	return search
}

// cloudSearch is the body of a search in Jira Cloud, which refuses members it does not know.
type cloudSearch struct {
	JQL           string   `json:"jql"`
	Fields        []string `json:"fields"`
	MaxResults    int      `json:"maxResults"`
	NextPageToken string   `json:"nextPageToken,omitempty"`
}

func (k *call) cloudTickets(ctx context.Context, pageToken string, limit int) (TicketPage, error) {
	next, err := fromPageToken(cloudPage, pageToken)
	if err != nil {
		return TicketPage{}, err
	}
	r := request{
		method: http.MethodPost,
		path:   apiPath(Cloud) + "/search/jql",
		body:   cloudSearch{JQL: k.jql(), Fields: k.fields(), MaxResults: limit, NextPageToken: next},
	}
	var found struct {
		Issues        *[]issue `json:"issues"`
		NextPageToken string   `json:"nextPageToken"`
		IsLast        bool     `json:"isLast"`
	}
	if err := k.ask(ctx, r, &found); err != nil {
		return TicketPage{}, err
	}
	page, err := k.toPage(r, found.Issues)
	if err == nil && !found.IsLast && found.NextPageToken != "" {
		page.NextPageToken = toPageToken(cloudPage, found.NextPageToken)
	}
	return page, err
}

func (k *call) dataCenterTickets(ctx context.Context, pageToken string, limit int) (TicketPage, error) {
	start := 0
	if pageToken != "" {
		text, err := fromPageToken(dataCenterPage, pageToken)
		if err != nil {
			return TicketPage{}, err
		}
		if start, err = strconv.Atoi(text); err != nil || start < 0 {
			return TicketPage{}, ErrPageToken
		}
	}
	r := request{
		method: http.MethodGet,
		path:   apiPath(DataCenter) + "/search",
		query: url.Values{
			"jql":        {k.jql()},
			"fields":     {strings.Join(k.fields(), ",")},
			"startAt":    {strconv.Itoa(start)},
			"maxResults": {strconv.Itoa(limit)},
		},
	}
	var found struct {
		Issues *[]issue `json:"issues"`
		Total  int      `json:"total"`
	}
	if err := k.ask(ctx, r, &found); err != nil {
		return TicketPage{}, err
	}
	page, err := k.toPage(r, found.Issues)
	// An empty page ends the list whatever the total says: going on would not move.
	if end := start + len(page.Tickets); err == nil && len(page.Tickets) > 0 && end < found.Total {
		page.NextPageToken = toPageToken(dataCenterPage, strconv.Itoa(end))
	}
	return page, err
}

func (k *call) toPage(r request, issues *[]issue) (TicketPage, error) {
	if issues == nil {
		return TicketPage{}, noAnswer(r.String() + " answered without issues")
	}
	tickets := make([]Ticket, 0, len(*issues))
	for _, i := range *issues {
		if !keyShape.MatchString(i.Key) {
			return TicketPage{}, noAnswer(r.String() + " answered an issue without a key")
		}
		tickets = append(tickets, k.fromIssue(i))
	}
	return TicketPage{Tickets: tickets}, nil
}

// What a page token begins with, decoded: where it came from, so that it is not read as the other's.
const (
	cloudPage      = "cloud:"
	dataCenterPage = "start:"
)

func toPageToken(origin, value string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(origin + value))
}

// fromPageToken returns what toPageToken was given, "" for the first page, or ErrPageToken.
func fromPageToken(origin, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", ErrPageToken
	}
	value, ok := strings.CutPrefix(string(decoded), origin)
	if !ok || value == "" {
		return "", ErrPageToken
	}
	return value, nil
}
