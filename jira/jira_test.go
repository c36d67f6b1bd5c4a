package jira_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// deployments are the two kinds of Jira. Most tests run on both.
var deployments = []string{jira.Cloud, jira.DataCenter}

// bundle is a fake Jira and a client of it.
type bundle struct {
	fake   *jiratest.Server
	client *jira.Client
}

// setup starts a fake that has PI-42, with a client that knows which deployment it is, unless changes say otherwise.
func setup(t *testing.T, deployment string, changes ...func(*jira.Config)) bundle {
	t.Helper()
	fake := jiratest.New(t, deployment)
	fake.AddIssue("PI-42", jiratest.Fields{
		"summary":           "Build 50 aluminum housings",
		"status":            jiratest.InStatus("In Progress", "indeterminate"),
		"priority":          jiratest.Named("High"),
		"labels":            []string{"Q1-2024", "rush"},
		"customfield_10908": "ALU-HOUSING-7075",
		"customfield_10900": 50.0,
		"customfield_10014": "PI-10",
	})
	cfg := fake.Config()
	cfg.Deployment = deployment
	for _, change := range changes {
		change(&cfg)
	}
	return bundle{fake: fake, client: newClient(t, cfg)}
}

func newClient(t *testing.T, cfg jira.Config) *jira.Client {
	t.Helper()
	client, err := jira.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

// timeout is a change for setup.
func timeout(d time.Duration) func(*jira.Config) {
	return func(cfg *jira.Config) { cfg.Timeout = d }
}

// wantKind checks that err is of one kind and of no other.
func wantKind(t *testing.T, err, want error) {
	t.Helper()
	for _, kind := range []error{jira.ErrTicketNotFound, jira.ErrUnavailable, jira.ErrRefused, jira.ErrPageToken} {
		if got := errors.Is(err, kind); got != errors.Is(want, kind) {
			t.Errorf("errors.Is(%v, %v) = %v", err, kind, got)
		}
	}
}

// operations are the three operations of a client, each for the ticket PI-42.
var operations = map[string]func(context.Context, *jira.Client) error{
	"Tickets": func(ctx context.Context, c *jira.Client) error {
		_, err := c.Tickets(ctx, "", 10)
		return err
	},
	"Ticket": func(ctx context.Context, c *jira.Client) error {
		_, err := c.Ticket(ctx, "PI-42")
		return err
	},
	"PutComment": func(ctx context.Context, c *jira.Client) error {
		_, err := c.PutComment(ctx, "PI-42", marker, "10 of 50 done.", "")
		return err
	},
}

// onBoth runs a test on both deployments.
func onBoth(t *testing.T, test func(t *testing.T, deployment string)) {
	t.Helper()
	for _, deployment := range deployments {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			test(t, deployment)
		})
	}
}

// keys lists the tickets of a page.
func keys(page jira.TicketPage) string {
	list := make([]string, len(page.Tickets))
	for i, ticket := range page.Tickets {
		list[i] = ticket.Key
	}
	return fmt.Sprint(list)
}
