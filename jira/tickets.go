package jira

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Ticket is a Jira issue with the fields that we read. A field is empty if Jira leaves it out or if its value is not valid.
type Ticket struct {
	// Key is the issue key as Jira writes it, "PI-42". A ticket that was moved has its new key.
	Key     string
	Summary string
	// Status is the name of the workflow status, "In Progress".
	Status   string
	Priority string
	// EpicLink is the key of the epic: the custom field, or the parent's key when the parent is an epic.
	EpicLink string
	Labels   []string
	// PartNumber is the custom field, or the first part number in the summary.
	PartNumber string
	// Quantity is from 1 to 9007199254740991. 0 means that the ticket has none.
	Quantity int64
	// URL is the page of the ticket for a browser.
	URL string
}

// TicketPage is one page of tickets.
type TicketPage struct {
	// Tickets is never nil.
	Tickets []Ticket
	// NextPageToken is what Tickets takes to return the next page. It is empty on the last page. Jira decides how long it is
	// valid, which may be days.
	NextPageToken string
}

// issueKeyPattern matches an issue key. Jira accepts keys in any case. A key is checked before it becomes part of a path.
var issueKeyPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,254}-[1-9][0-9]{0,17}$`)

var errNotAKey = fmt.Errorf("%w: not an issue key", ErrTicketNotFound)

// Ticket returns one ticket. It returns ErrTicketNotFound, ErrUnavailable, or ErrRefused. It sends no request for a key that
// is not an issue key.
func (c *Client) Ticket(ctx context.Context, key string) (Ticket, error) {
	if !issueKeyPattern.MatchString(key) {
		return Ticket{}, errNotAKey
	}
	return run(ctx, c, func(ctx context.Context, k *call) (Ticket, error) {
		r := request{
			method: http.MethodGet,
			path:   k.issuePath(key),
			query:  url.Values{"fields": {strings.Join(k.fields(), ",")}},
			ticket: true,
		}
		var found issue
		if err := k.send(ctx, r, &found); err != nil {
			return Ticket{}, err
		}
		return k.toTicket(r, found)
	})
}

// Tickets returns one page of the project's open tickets (those whose status category is not Done), newest first. An empty
// pageToken means the first page. limit is the maximum number of tickets on the page: at most 100, and 50 when it is 0 or less. A
// page may have fewer tickets although there are more; only NextPageToken shows whether there are more. Tickets returns
// ErrPageToken, ErrUnavailable, or ErrRefused, which is also the error for a page token that has expired.
func (c *Client) Tickets(ctx context.Context, pageToken string, limit int) (TicketPage, error) {
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 100)
	return run(ctx, c, func(ctx context.Context, k *call) (TicketPage, error) {
		if k.deployment == Cloud {
			return k.cloudTickets(ctx, pageToken, limit)
		}
		return k.dataCenterTickets(ctx, pageToken, limit)
	})
}

// cloudSearch is the body of a search in Jira Cloud, which refuses members that it does not know.
type cloudSearch struct {
	JQL           string   `json:"jql"`
	Fields        []string `json:"fields"`
	MaxResults    int      `json:"maxResults"`
	NextPageToken string   `json:"nextPageToken,omitempty"`
}

func (k *call) cloudTickets(ctx context.Context, pageToken string, limit int) (TicketPage, error) {
	next, err := decodePageToken(cloudPage, pageToken)
	if err != nil {
		return TicketPage{}, err
	}
	r := request{
		method: http.MethodPost,
		path:   "/rest/api/3/search/jql",
		body:   cloudSearch{JQL: k.jql(), Fields: k.fields(), MaxResults: limit, NextPageToken: next},
	}
	var found struct {
		Issues        *[]issue `json:"issues"`
		NextPageToken string   `json:"nextPageToken"`
		IsLast        bool     `json:"isLast"`
	}
	if err := k.send(ctx, r, &found); err != nil {
		return TicketPage{}, err
	}
	page, err := k.toPage(r, found.Issues)
	if err == nil && !found.IsLast && found.NextPageToken != "" {
		page.NextPageToken = encodePageToken(cloudPage, found.NextPageToken)
	}
	return page, err
}

func (k *call) dataCenterTickets(ctx context.Context, pageToken string, limit int) (TicketPage, error) {
	start := 0
	if pageToken != "" {
		text, err := decodePageToken(dataCenterPage, pageToken)
		if err != nil {
			return TicketPage{}, err
		}
		if start, err = strconv.Atoi(text); err != nil || start < 0 {
			return TicketPage{}, ErrPageToken
		}
	}
	r := request{
		method: http.MethodGet,
		path:   "/rest/api/2/search",
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
	if err := k.send(ctx, r, &found); err != nil {
		return TicketPage{}, err
	}
	page, err := k.toPage(r, found.Issues)
	// After an empty page the next one would start at the same place, whatever the total.
	if end := start + len(page.Tickets); err == nil && len(page.Tickets) > 0 && end < found.Total {
		page.NextPageToken = encodePageToken(dataCenterPage, strconv.Itoa(end))
	}
	return page, err
}

// jql returns the search for open tickets. New has checked the project; the quotes are for a project key that is a JQL keyword.
func (c *Client) jql() string {
	search := "statusCategory != Done ORDER BY created DESC, key DESC"
	if c.project != "" {
		search = `project = "` + c.project + `" AND ` + search
	}
	return search
}

// fields returns the ids of the fields to request. Jira ignores those that a site does not have.
func (c *Client) fields() []string {
	return []string{"summary", "status", "priority", "labels", "parent", c.partNumberField, c.quantityField, c.epicField}
}

// The prefix of a decoded page token, which keeps one deployment from reading a token of the other.
const (
	cloudPage      = "cloud:"
	dataCenterPage = "start:"
)

func encodePageToken(prefix, value string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(prefix + value))
}

// decodePageToken returns the value in a page token, "" for the first page, or ErrPageToken.
func decodePageToken(prefix, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	value, ok := strings.CutPrefix(string(decoded), prefix)
	if err != nil || !ok || value == "" {
		return "", ErrPageToken
	}
	return value, nil
}

// issue is a ticket in Jira's JSON. Each field is decoded on its own, so that an unusual value does not affect the others.
type issue struct {
	Key    string                     `json:"key"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// toPage returns the issues in the response to r as a page without a next one. Issues are nil when the response has none.
func (c *Client) toPage(r request, issues *[]issue) (TicketPage, error) {
	if issues == nil {
		return TicketPage{}, fmt.Errorf("%w: %s returned no issues", ErrUnavailable, r)
	}
	tickets := make([]Ticket, len(*issues))
	for n, i := range *issues {
		var err error
		if tickets[n], err = c.toTicket(r, i); err != nil {
			return TicketPage{}, err
		}
	}
	return TicketPage{Tickets: tickets}, nil
}

// toTicket returns an issue in the response to r as a Ticket.
func (c *Client) toTicket(r request, i issue) (Ticket, error) {
	if !issueKeyPattern.MatchString(i.Key) {
		return Ticket{}, fmt.Errorf("%w: %s returned no issue key", ErrUnavailable, r)
	}
	t := Ticket{
		Key:        i.Key,
		Summary:    textOf(i.Fields["summary"]),
		Status:     textOf(i.Fields["status"], "name"),
		Priority:   textOf(i.Fields["priority"], "name", "value"),
		Labels:     textsOf(i.Fields["labels"]),
		PartNumber: textOf(i.Fields[c.partNumberField], "value", "name"),
		Quantity:   quantityOf(i.Fields[c.quantityField]),
		EpicLink:   epicOf(i.Fields[c.epicField], i.Fields["parent"]),
		URL:        c.base.JoinPath("browse", i.Key).String(),
	}
	if t.PartNumber == "" {
		t.PartNumber = partNumberIn(t.Summary)
	}
	return t, nil
}
