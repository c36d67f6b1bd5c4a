package jira_test

import (
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/jira"
)

func TestNewChecksTheConfiguration(t *testing.T) {
	t.Parallel()
	const badURL = "jira: the URL must start with http:// or https:// and name a host, like https://example.atlassian.net"
	for name, tc := range map[string]struct {
		change func(*jira.Config)
		want   string // "" means that it is fine
	}{
		"as it should be":       {func(*jira.Config) {}, ""},
		"a path":                {func(c *jira.Config) { c.URL = "http://jira.example.com:8080/jira/" }, ""},
		"no project":            {func(c *jira.Config) { c.Project = "" }, ""},
		"a deployment":          {func(c *jira.Config) { c.Deployment = "DataCenter" }, ""},
		"no URL":                {func(c *jira.Config) { c.URL = "" }, badURL},
		"no scheme":             {func(c *jira.Config) { c.URL = "example.atlassian.net" }, badURL},
		"no host":               {func(c *jira.Config) { c.URL = "https://:443" }, badURL},
		"another scheme":        {func(c *jira.Config) { c.URL = "ftp://example.atlassian.net" }, badURL},
		"no URL at all":         {func(c *jira.Config) { c.URL = "https://me:pass%zz@example.com" }, badURL},
		"credentials in URL":    {func(c *jira.Config) { c.URL = "https://me:sesame@example.com" }, "jira: the URL must not contain a user name or a password"},
		"a user in URL":         {func(c *jira.Config) { c.URL = "https://me@example.com" }, "jira: the URL must not contain a user name or a password"},
		"a query":               {func(c *jira.Config) { c.URL = "https://example.com?os_authType=basic" }, "jira: the URL must not contain a query or a fragment"},
		"a fragment":            {func(c *jira.Config) { c.URL = "https://example.com#top" }, "jira: the URL must not contain a query or a fragment"},
		"no token":              {func(c *jira.Config) { c.Token = " \n" }, "jira: a token is needed: an API token together with its user, or a personal access token"},
		"a token of two lines":  {func(c *jira.Config) { c.Token = "ses\name" }, "jira: the token must not contain control characters"},
		"a token with newline":  {func(c *jira.Config) { c.Token = "sesame\n" }, ""},
		"a user with colon":     {func(c *jira.Config) { c.User = "a:b" }, "jira: the user must not contain a colon or control characters"},
		"JQL as project":        {func(c *jira.Config) { c.Project = `PI" OR project = "HR` }, "jira: the project must be a project key, like PI"},
		"an unknown deployment": {func(c *jira.Config) { c.Deployment = "server" }, "jira: the deployment must be one of: auto, cloud, datacenter"},
		"a field by name":       {func(c *jira.Config) { c.EpicField = "Epic Link" }, "jira: a field must be given by its id, like customfield_10908"},
		"two fields":            {func(c *jira.Config) { c.QuantityField = "a,b" }, "jira: a field must be given by its id, like customfield_10908"},
		"a negative timeout":    {func(c *jira.Config) { c.Timeout = -time.Second }, "jira: the timeout must not be negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := jira.Config{URL: "https://example.atlassian.net", User: "me@example.com", Token: "sesame", Project: "PI"}
			tc.change(&cfg)
			_, err := jira.New(cfg)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("New: %v", err)
			case tc.want != "" && (err == nil || err.Error() != tc.want):
				t.Errorf("New: %v, want %s", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Errorf("New shows a secret: %v", err)
			}
		})
	}
}
