package jira

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The values of Config.Deployment.
const (
	// Auto makes the first call ask Jira whether it is Cloud or DataCenter.
	Auto = "auto"
	// Cloud is a site on atlassian.net: API v3, rich-text comments.
	Cloud = "cloud"
	// DataCenter is a self-hosted Jira, Data Center or Server: API v2, plain-text comments.
	DataCenter = "datacenter"
)

// Config says how to reach a Jira and which of its fields to read. It hides the token when it is printed, logged, or
// marshaled.
type Config struct {
	// URL is the address of Jira as a browser shows it, "https://example.atlassian.net", with the context path, if any.
	// http or https, without a user name, a password, a query, or a fragment.
	URL string
	// User is the e-mail address that belongs to an API token of Jira Cloud, or a user name. Empty means that Token is a
	// personal access token of Data Center.
	User string
	// Token is the API token, the password, or the personal access token. Required. White space around it is removed,
	// because a token that was read from a file ends in a newline.
	Token string
	// Project is the key of the project whose tickets are listed, "PI". Empty means all projects that the user can see.
	Project string

	// PartNumberField, QuantityField, and EpicField are ids of custom fields. They default to customfield_10908,
	// customfield_10900, and customfield_10014.
	PartNumberField, QuantityField, EpicField string

	// Deployment is Auto, Cloud, or DataCenter. Defaults to Auto.
	Deployment string

	// Timeout limits each call of a method of Client, including retries and waits. Defaults to 10 seconds.
	Timeout time.Duration
}

var (
	projectPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,254}$`)
	fieldPattern   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)
)

// withDefaults returns the configuration with defaults in place of empty values.
func (c Config) withDefaults() Config {
	c.User, c.Token = strings.TrimSpace(c.User), strings.TrimSpace(c.Token)
	c.PartNumberField = cmp.Or(c.PartNumberField, "customfield_10908")
	c.QuantityField = cmp.Or(c.QuantityField, "customfield_10900")
	c.EpicField = cmp.Or(c.EpicField, "customfield_10014")
	c.Deployment = cmp.Or(strings.ToLower(c.Deployment), Auto)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	return c
}

// check returns an error for a value that is not valid, except for the URL. The error does not repeat the token.
func (c Config) check() error {
	switch {
	case c.Token == "":
		return errors.New("jira: a token is needed: an API token together with its user, or a personal access token")
	case strings.ContainsFunc(c.Token, unicode.IsControl):
		return errors.New("jira: the token must not contain control characters")
	case strings.Contains(c.User, ":") || strings.ContainsFunc(c.User, unicode.IsControl):
		// Basic authentication separates user and password at the first colon.
		return errors.New("jira: the user must not contain a colon or control characters")
	case c.Project != "" && !projectPattern.MatchString(c.Project):
		return errors.New("jira: the project must be a project key, like PI")
	case c.Deployment != Auto && c.Deployment != Cloud && c.Deployment != DataCenter:
		return errors.New("jira: the deployment must be one of: auto, cloud, datacenter")
	case c.Timeout < 0:
		return errors.New("jira: the timeout must not be negative")
	}
	for _, id := range []string{c.PartNumberField, c.QuantityField, c.EpicField} {
		if !fieldPattern.MatchString(id) {
			return errors.New("jira: a field must be given by its id, like customfield_10908")
		}
	}
	return nil
}

// parseURL returns Jira's address without a slash at its end. Its errors repeat neither the address nor the error of
// url.Parse, because both may contain a password.
func parseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New("jira: the URL must start with http:// or https:// and name a host, like https://example.atlassian.net")
	case u.User != nil:
		return nil, errors.New("jira: the URL must not contain a user name or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("jira: the URL must not contain a query or a fragment")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// authorizer returns a function that sets the credentials of a request. Client holds this function, and that of redactor, in
// place of the token, so that printing a Client's fields does not print the token.
func (c Config) authorizer() func(*http.Request) {
	if c.User == "" {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.Token) }
	}
	return func(r *http.Request) { r.SetBasicAuth(c.User, c.Token) }
}

// redactor returns a function that removes the credentials from a text that Jira sent: as they are, as basic authentication
// has them, as part of a URL, and as part of a quoted string.
func (c Config) redactor() func(string) string {
	const hidden = "[hidden]"
	quoted := strconv.Quote(c.Token)
	return strings.NewReplacer(
		base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Token)), hidden,
		c.Token, hidden,
		url.QueryEscape(c.Token), hidden,
		url.PathEscape(c.Token), hidden,
		quoted[1:len(quoted)-1], hidden,
	).Replace
}

// String returns the configuration without the token, and without a password in the URL.
func (c Config) String() string {
	address := "(not a URL)"
	if u, err := url.Parse(c.URL); err == nil {
		address = u.Redacted()
	}
	return fmt.Sprintf("jira.Config{URL:%q User:%q Token:[hidden] Project:%q Deployment:%q Timeout:%s}",
		address, c.User, c.Project, c.Deployment, c.Timeout)
}

// Format writes String for every verb. Without it, %d and %#v would print the fields one by one.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue returns String for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns String for JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
