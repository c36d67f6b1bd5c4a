package jira

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// The values of Config.Deployment.
const (
	// Auto asks Jira once, on the first call, which of the two it is.
	Auto = "auto"
	// Cloud is a site on atlassian.net: API v3, rich-text comments.
	Cloud = "cloud"
	// DataCenter is a Jira that somebody runs themselves, Data Center or Server: API v2, plain-text comments.
	DataCenter = "datacenter"
)

// What stands for an empty value in Config.
const (
	defaultPartNumberField = "customfield_10908"
	defaultQuantityField   = "customfield_10900"
	defaultEpicField       = "customfield_10014"
	defaultTimeout         = 10 * time.Second
)

// Config says which Jira to speak to and how its fields are read. Printed, logged or marshalled, it hides the token.
type Config struct {
	// URL is the address of Jira as a browser shows it, "https://example.atlassian.net", with the path it is
	// installed under, if any. http or https, no user name or password, no query.
	URL string
	// User is the e-mail address that belongs to an API token of Jira Cloud, or a user name. Empty means that Token
	// is a personal access token of Data Center.
	User string
	// Token is the API token, the password, or the personal access token. Required. White space around it is dropped,
	// because a token read from a file ends in a newline.
	Token string
	// Project is the key of the project whose tickets are listed, "PI". Empty means all projects the user can see.
	Project string

	// PartNumberField, QuantityField and EpicField are ids of custom fields. Empty means customfield_10908,
	// customfield_10900 and customfield_10014.
	PartNumberField, QuantityField, EpicField string

	// Deployment is Auto (also when empty), Cloud or DataCenter.
	Deployment string

	// Timeout bounds every method of Client as a whole, its retries and waits included. 0 means 10 seconds.
	Timeout time.Duration
}

var (
	projectShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,254}$`)
	fieldShape   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)
)

// withDefaults returns the configuration with every empty value filled in and stray white space dropped.
func (c Config) withDefaults() Config {
	c.User, c.Token = strings.TrimSpace(c.User), strings.TrimSpace(c.Token)
	c.Deployment = strings.ToLower(c.Deployment)
	for _, d := range []struct {
		value *string
		empty string
	}{
		{&c.PartNumberField, defaultPartNumberField},
		{&c.QuantityField, defaultQuantityField},
		{&c.EpicField, defaultEpicField},
		{&c.Deployment, Auto},
	} {
		if *d.value == "" {
			*d.value = d.empty
		}
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return c
}

// check returns what is wrong with the configuration, in one sentence that repeats neither the token nor the URL, which
// may hold a password.
func (c Config) check() error {
	if _, err := parseURL(c.URL); err != nil {
		return err
	}
	switch {
	case c.Token == "":
		return errors.New("jira: a token is needed: an API token together with its user, or a personal access token")
	case strings.ContainsFunc(c.Token, unicode.IsControl):
		return errors.New("jira: the token must not contain control characters")
	case strings.Contains(c.User, ":") || strings.ContainsFunc(c.User, unicode.IsControl):
		// Basic authentication separates user and password at the first colon.
		return errors.New("jira: the user must not contain a colon or control characters")
	case c.Project != "" && !projectShape.MatchString(c.Project):
		return errors.New("jira: the project must be a project key, like PI")
	case c.Deployment != Auto && c.Deployment != Cloud && c.Deployment != DataCenter:
		return errors.New("jira: the deployment must be one of: auto, cloud, datacenter")
	case c.Timeout < 0:
		return errors.New("jira: the timeout must not be negative")
	}
	for _, id := range []string{c.PartNumberField, c.QuantityField, c.EpicField} {
		if !fieldShape.MatchString(id) {
			return errors.New("jira: a field must be given by its id, like " + defaultPartNumberField)
		}
	}
	return nil
}

// parseURL checks Jira's address and returns it without a slash at its end. What url.Parse says is not passed on: it
// quotes the address, password included.
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

// authorize returns what puts the credentials on a request. A function, as hider's result is, and not a string in Client, so
// that nothing that prints a Client's fields can print the token.
func (c Config) authorize() func(*http.Request) {
	if c.User == "" {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.Token) }
	}
	return func(r *http.Request) { r.SetBasicAuth(c.User, c.Token) }
}

// hider returns what takes the credentials out of a text of Jira's that may repeat them.
func (c Config) hider() func(string) string {
	const hidden = "[hidden]"
	return strings.NewReplacer(
		base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Token)), hidden,
		c.Token, hidden,
		url.QueryEscape(c.Token), hidden,
	).Replace
}

// String shows everything but the token.
func (c Config) String() string {
	address := "(not a URL)"
	if u, err := url.Parse(c.URL); err == nil {
		address = u.Redacted()
	}
	return fmt.Sprintf("jira.Config{URL:%q User:%q Token:[hidden] Project:%q Deployment:%q Timeout:%s}",
		address, c.User, c.Project, c.Deployment, c.Timeout)
}

// Format is String whatever the verb, %#v included: %d, for one, would print the fields one by one.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String, for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String, for JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
