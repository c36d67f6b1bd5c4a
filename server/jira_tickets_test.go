package server_test

import (
	"fmt"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

func TestGetJiraTicket(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		before := b.state()
		want := `{"key":"PI-42","summary":"Build 50 aluminum housings","status":"In Progress","priority":"High",
			"epicLink":"PI-10","partNumber":"ALU-HOUSING-7075","quantity":50,"labels":["Q1-2024","rush"],
			"url":"` + b.fake.URL + `/browse/PI-42"}`
		wantJSON(t, b.must(200, "GET /api/jira/tickets/PI-42").Body, want)
		wantJSON(t, b.must(200, "GET /api/jira/tickets/pi-42").Body, want)
		wantJSON(t, b.must(200, "GET /api/jira/tickets").Body, "["+want+"]")

		b.fake.AddIssue("PI-43", jiratest.Fields{"summary": nil, "priority": nil, "status": nil, "labels": nil, "customfield_10900": 0})
		bare := routecardtest.Decode[map[string]any](t, b.must(200, "GET /api/jira/tickets/PI-43"))
		wantEqual(t, "a ticket with nothing in it", bare, map[string]any{
			"key": "PI-43", "summary": "", "labels": []any{}, "url": b.fake.URL + "/browse/PI-43",
		})
		wantEqual(t, "the state after reading", b.state(), before)
	})
}

func TestJiraFieldsAreThoseConfigured(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		b.fake.AddIssue("PI-42", jiratest.Fields{"customfield_1": "P-1", "customfield_2": "12", "customfield_3": "PI-9"})
		wantJSON(t, b.must(201, `POST /api/jira/link {"ticketKey":"PI-42"}`).Body,
			`{"jiraPartNumber":"P-1","goalQuantity":12,"jiraEpicLink":"PI-9"}`)
	}, func(cfg *jira.Config) {
		cfg.PartNumberField, cfg.QuantityField, cfg.EpicField = "customfield_1", "customfield_2", "customfield_3"
	})
}

// TestListJiraTickets follows the pages: open tickets of the project, each once, newest first.
func TestListJiraTickets(t *testing.T) {
	t.Parallel()
	eachJira(t, func(t *testing.T, b *ticketed) {
		b.fake.RemoveIssue("PI-42")
		wantEqual(t, "a list of nothing", b.must(200, "GET /api/jira/tickets").Body, "[]\n")
		var all []string
		for n := range 120 {
			key := fmt.Sprintf("PI-%d", n+1)
			b.fake.AddIssue(key, nil)
			all = append(all, key)
		}
		all = reversed(all)
		b.fake.AddIssue("PI-1000", jiratest.Fields{"status": jiratest.InStatus("Closed", "done")})
		b.fake.AddIssue("XY-1", nil)

		for path, sizes := range map[string][]int{
			"/api/jira/tickets":            {50, 50, 20},
			"/api/jira/tickets?limit=100":  {100, 20},
			"/api/jira/tickets?limit=60":   {60, 60},
			"/api/jira/tickets?pageToken=": {50, 50, 20},
		} {
			var got []string
			var pages []int
			for answer := range eachPage(t, b.s, path) {
				tickets := routecardtest.Decode[[]gen.JiraTicket](t, answer)
				for _, ticket := range tickets {
					got = append(got, ticket.Key)
				}
				pages = append(pages, len(tickets))
			}
			wantEqual(t, "the tickets of "+path, got, all)
			wantEqual(t, "the pages of "+path, pages, sizes)
		}
		first := b.must(200, "GET /api/jira/tickets?limit=1")
		wantEqual(t, "the newest ticket", routecardtest.Decode[[]gen.JiraTicket](t, first)[0].Key, "PI-120")
		wantEqual(t, "the one after it", routecardtest.Decode[[]gen.JiraTicket](t, b.must(200, "GET "+nextPage(t, first)))[0].Key, "PI-119")
	})
}

// TestJiraRefusesItsOldPageToken is of Cloud alone: Data Center's pages are numbers.
func TestJiraRefusesItsOldPageToken(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		cloud := newTicketed(t, jira.Cloud, database)
		cloud.fake.AddIssue("PI-43", nil)
		next := nextPage(t, cloud.must(200, "GET /api/jira/tickets?limit=1"))
		cloud.fake.Next(jiratest.Status(400, "The page token is not valid."))
		cloud.refuses("GET "+next, 502, refused)
		cloud.must(200, "GET "+next)
	})
}
