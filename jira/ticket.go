package jira

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Ticket is what we read of a Jira issue. Whatever Jira leaves out, or holds in a form that makes no sense there, is empty.
type Ticket struct {
	// Key is the issue key as Jira writes it, "PI-42". For a ticket that was moved it is the new one.
	Key     string
	Summary string
	// Status is the name of the workflow status, "In Progress".
	Status   string
	Priority string
	// EpicLink is the key of the epic: of the custom field, else of the parent when that is an epic.
	EpicLink string
	Labels   []string
	// PartNumber is the custom field, else what looks like a part number in the summary.
	PartNumber string
	// Quantity is from 1 to 9007199254740991; 0 means that Jira names none.
	Quantity int64
	// URL is where a browser shows the ticket.
	URL string
}

// keyShape is an issue key. Jira reads keys in any case. Checked before a key becomes part of a path.
var keyShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,254}-[1-9][0-9]{0,17}$`)

// Ticket returns one ticket. ErrTicketNotFound, ErrNoAnswer or ErrRefused; a key that cannot be one is not found, and Jira
// is not asked.
func (c *Client) Ticket(ctx context.Context, key string) (Ticket, error) {
	if !keyShape.MatchString(key) {
		return Ticket{}, notFound("no ticket can have this key")
	}
	k, ctx, cancel := c.begin(ctx)
	defer cancel()
	deployment, err := k.deploymentOf(ctx)
	if err != nil {
		return Ticket{}, err
	}
	var found issue
	r := request{
		method: http.MethodGet,
		path:   issuePath(deployment, key),
		query:  url.Values{"fields": {strings.Join(c.fields(), ",")}},
		ticket: true,
	}
	if err := k.ask(ctx, r, &found); err != nil {
		return Ticket{}, err
	}
	if !keyShape.MatchString(found.Key) {
		return Ticket{}, noAnswer(r.String() + " answered without an issue key")
	}
	return c.fromIssue(found), nil
}

func issuePath(deployment, key string) string { return apiPath(deployment) + "/issue/" + key }

// issue is a ticket as Jira writes it. Fields are decoded one by one, so that an odd one does not spoil the others.
type issue struct {
	Key    string                     `json:"key"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// fields are the ids of the fields we ask for. Jira ignores those that a site does not have.
func (c *Client) fields() []string {
	return []string{"summary", "status", "priority", "labels", "parent", c.partNumberField, c.quantityField, c.epicField}
}

// fromIssue maps Jira's issue to a Ticket.
func (c *Client) fromIssue(i issue) Ticket {
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
	return t
}

// epicOf returns the key in the epic field, else the key of a parent that is an epic: newer Jira Cloud projects have only
// the latter. On a site where the field's id means something else, its text is no issue key and does not count.
func epicOf(field, parent json.RawMessage) string {
	if key := textOf(field, "key", "value", "name"); keyShape.MatchString(key) {
		return key
	}
	var p struct {
		Key    json.RawMessage `json:"key"`
		Fields struct {
			IssueType struct {
				Name           json.RawMessage `json:"name"`
				HierarchyLevel json.RawMessage `json:"hierarchyLevel"`
			} `json:"issuetype"`
		} `json:"fields"`
	}
	if len(parent) == 0 || json.Unmarshal(parent, &p) != nil {
		return ""
	}
	kind := p.Fields.IssueType
	isEpic := textOf(kind.HierarchyLevel) == "1" || strings.EqualFold(textOf(kind.Name), "Epic")
	if key := textOf(p.Key); isEpic && keyShape.MatchString(key) {
		return key
	}
	return ""
}
