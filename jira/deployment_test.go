package jira_test

import (
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// auto is a change for setup.
func auto(cfg *jira.Config) { cfg.Deployment = "" }

func TestDeploymentIsDetectedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment, auto)
		if n := len(b.fake.Requests()); n != 0 {
			t.Errorf("New made %d requests", n)
		}
		var all sync.WaitGroup
		for range 8 {
			for _, run := range operations {
				all.Go(func() {
					if err := run(t.Context(), b.client); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if n := b.fake.Count("GET", "/serverInfo"); n != 1 {
			t.Errorf("Jira was asked %d times which it is", n)
		}
	})
}

func TestDeploymentGivenIsNotAsked(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		for _, run := range operations {
			if err := run(t.Context(), b.client); err != nil {
				t.Error(err)
			}
		}
		if n := b.fake.Count("GET", "/serverInfo"); n != 0 {
			t.Errorf("Jira was asked %d times which it is", n)
		}
	})
}

// TestDeploymentFailureIsNotRemembered makes the detection of the deployment fail in each way, and then makes Jira work again.
func TestDeploymentFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault jiratest.Fault
		want  error
	}{
		"500":          {jiratest.Status(500), jira.ErrUnavailable},
		"HTML":         {jiratest.HTML(200), jira.ErrUnavailable},
		"another JSON": {jiratest.Body(200, "application/json", `{"ok":true}`), jira.ErrUnavailable},
		"nothing":      {jiratest.Body(200, "application/json", ``), jira.ErrUnavailable},
		"200 MB":       {jiratest.Large(200<<20, false), jira.ErrUnavailable},
		"401":          {jiratest.Status(401), jira.ErrRefused},
		"404":          {jiratest.Status(404), jira.ErrRefused}, // no Jira at this address, so the ticket may exist
		"elsewhere":    {jiratest.Redirect(302, "https://login.example.com"), jira.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment, auto)
				for _, run := range operations {
					b.fake.Next(tc.fault)
					wantKind(t, run(t.Context(), b.client), tc.want)
				}
				for _, run := range operations {
					if err := run(t.Context(), b.client); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

func TestDeploymentNames(t *testing.T) {
	t.Parallel()
	for answer, fake := range map[string]string{
		`{"deploymentType":"Cloud","version":"1001.0.0-SNAPSHOT"}`: jira.Cloud,
		`{"deploymentType":"cloud"}`:                               jira.Cloud,
		`{"deploymentType":"Server","version":"10.3.1"}`:           jira.DataCenter,
		`{"deploymentType":"DataCenter"}`:                          jira.DataCenter,
		`{"version":"6.4.14"}`:                                     jira.DataCenter,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			b := setup(t, fake, auto)
			b.fake.Next(jiratest.Body(200, "application/json", answer))
			if _, err := b.client.Ticket(t.Context(), "PI-42"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDeploymentWaitIsBounded has one caller ask Jira for the deployment while others wait for the result. None waits longer than
// its own timeout.
func TestDeploymentWaitIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud, auto, timeout(100*time.Millisecond))
	b.fake.Always("", "/serverInfo", jiratest.Slow(time.Minute))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { wantKind(t, operations["Ticket"](t.Context(), b.client), jira.ErrUnavailable) })
	}
	all.Wait()
}
