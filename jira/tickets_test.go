package jira_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

func TestTicketsPages(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		b.fake.RemoveIssue("PI-42")
		b.fake.AddIssue("HR-1", nil)
		for n := 1; n <= 7; n++ {
			b.fake.AddIssue(fmt.Sprintf("PI-%d", n), nil)
		}
		b.fake.AddIssue("PI-4", jiratest.Fields{"status": jiratest.InStatus("Closed", "done")})

		var pages []string
		for token := ""; ; {
			page, err := b.client.Tickets(t.Context(), token, 2)
			if err != nil {
				t.Fatalf("Tickets: %v", err)
			}
			pages = append(pages, keys(page))
			if token = page.NextPageToken; token == "" {
				break
			}
		}
		if got, want := fmt.Sprint(pages), "[[PI-7 PI-6] [PI-5 PI-3] [PI-2 PI-1]]"; got != want {
			t.Errorf("pages = %s, want %s", got, want)
		}
	})
}

func TestTicketsNone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		b.fake.RemoveIssue("PI-42")
		page, err := b.client.Tickets(t.Context(), "", 0)
		if err != nil || page.Tickets == nil || len(page.Tickets) != 0 || page.NextPageToken != "" {
			t.Errorf("Tickets = %#v, %v", page, err)
		}
	})
}

func TestTicketsMapsEachTicket(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		page, err := b.client.Tickets(t.Context(), "", 10)
		if err != nil || len(page.Tickets) != 1 {
			t.Fatalf("Tickets = %+v, %v", page, err)
		}
		one, err := b.client.Ticket(t.Context(), "PI-42")
		if err != nil || fmt.Sprint(page.Tickets[0]) != fmt.Sprint(one) {
			t.Errorf("in the list %+v, alone %+v, %v", page.Tickets[0], one, err)
		}
	})
}

func TestTicketsOfAllProjects(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment, func(cfg *jira.Config) { cfg.Project = "" })
		b.fake.AddIssue("HR-1", nil)
		page, err := b.client.Tickets(t.Context(), "", 10)
		if err != nil || keys(page) != "[HR-1 PI-42]" {
			t.Errorf("Tickets = %s, %v", keys(page), err)
		}
	})
}

func TestTicketsQuotesTheProject(t *testing.T) {
	t.Parallel()
	const want = `project = "ORDER" AND statusCategory != Done ORDER BY created DESC, key DESC`
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment, func(cfg *jira.Config) { cfg.Project = "ORDER" })
		b.fake.AddIssue("ORDER-1", nil)
		page, err := b.client.Tickets(t.Context(), "", 10)
		if err != nil || keys(page) != "[ORDER-1]" {
			t.Errorf("Tickets = %s, %v", keys(page), err)
		}
		request := b.fake.Requests()[0]
		got := request.Query.Get("jql")
		if deployment == jira.Cloud {
			var body struct{ JQL string }
			if err := json.Unmarshal(request.Body, &body); err != nil {
				t.Fatal(err)
			}
			got = body.JQL
		}
		if got != want {
			t.Errorf("jql = %s", got)
		}
	})
}

func TestTicketsOfAnUnknownProject(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment, func(cfg *jira.Config) { cfg.Project = "XX" })
		_, err := b.client.Tickets(t.Context(), "", 10)
		wantKind(t, err, jira.ErrRefused)
	})
}

func TestTicketsLimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{-1: 50, 0: 50, 1: 1, 100: 100, 101: 100, 1000: 100} {
		onBoth(t, func(t *testing.T, deployment string) {
			b := setup(t, deployment)
			if _, err := b.client.Tickets(t.Context(), "", limit); err != nil {
				t.Fatalf("Tickets: %v", err)
			}
			request := b.fake.Requests()[0]
			got := request.Query.Get("maxResults")
			if deployment == jira.Cloud {
				var body struct{ MaxResults json.Number }
				if err := json.Unmarshal(request.Body, &body); err != nil {
					t.Fatal(err)
				}
				got = body.MaxResults.String()
			}
			if got != fmt.Sprint(want) {
				t.Errorf("limit %d asks for %s, want %d", limit, got, want)
			}
		})
	}
}

func TestTicketsPageTokenOfSomebodyElse(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		own := map[string]string{jira.Cloud: "cloud:", jira.DataCenter: "start:"}
		other := map[string]string{jira.Cloud: "start:50", jira.DataCenter: "cloud:abc"}
		tokens := []string{"50", "%%%", "é", encode("50"), encode(own[deployment]), encode(other[deployment])}
		if deployment == jira.DataCenter {
			tokens = append(tokens, encode("start:-1"), encode("start:x"), encode("start:99999999999999999999"))
		}
		for _, token := range tokens {
			_, err := b.client.Tickets(t.Context(), token, 10)
			wantKind(t, err, jira.ErrPageToken)
		}
		if n := len(b.fake.Requests()); n != 0 {
			t.Errorf("Jira was asked %d times", n)
		}
	})
}

func TestTicketsPageTokenThatJiraForgot(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud)
	token := base64.RawURLEncoding.EncodeToString([]byte("cloud:expired"))
	_, err := b.client.Tickets(t.Context(), token, 10)
	wantKind(t, err, jira.ErrRefused)
	if !strings.Contains(err.Error(), "returned 400: The page token is not valid.") {
		t.Errorf("the cause is missing: %v", err)
	}
}

func TestTicketsPastTheEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.DataCenter)
	token := base64.RawURLEncoding.EncodeToString([]byte("start:1000"))
	page, err := b.client.Tickets(t.Context(), token, 10)
	if err != nil || len(page.Tickets) != 0 || page.NextPageToken != "" {
		t.Errorf("Tickets = %+v, %v", page, err)
	}
}
