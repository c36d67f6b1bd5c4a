// Package jira is a small client of Jira. It lists the open tickets of a project, reads one ticket, and keeps one comment on a
// ticket up to date. It supports Jira Cloud (API v3) and Jira Data Center (API v2). It does not know jobs, the database, or
// Routecard's own HTTP server. Begin with [New].
//
// It uses the standard library alone. Routecard needs five kinds of request, and the parts that matter (limits on time and
// size, no redirects, retries only when Jira asks for them, and a token that never appears in errors or logs) are the parts
// that a general client library leaves to its caller.
package jira

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client sends requests to one Jira. It is safe for concurrent use and keeps connections open between calls.
//
// When the caller's context ends before a method returns an error, that error wraps the context's error.
type Client struct {
	base                                      *url.URL
	project                                   string
	partNumberField, quantityField, epicField string
	timeout                                   time.Duration

	transport *http.Transport
	authorize func(*http.Request)
	redact    func(string) string

	// detected holds one value: Cloud, DataCenter, or "" until Jira was asked. A caller takes the value out and puts it back, so
	// that only one caller at a time asks Jira.
	detected chan string
}

// New checks the configuration and returns a client for it. It does not connect, so that Routecard starts while Jira is down.
// The error is one sentence for the person who configures the server.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	base, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{
		base:            base,
		project:         cfg.Project,
		partNumberField: cfg.PartNumberField,
		quantityField:   cfg.QuantityField,
		epicField:       cfg.EpicField,
		timeout:         cfg.Timeout,
		// http.DefaultTransport opens any number of connections to a slow host, and other code in the process may change it.
		transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			MaxConnsPerHost:        16,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        90 * time.Second,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		authorize: cfg.authorizer(),
		redact:    cfg.redactor(),
		detected:  make(chan string, 1),
	}
	if cfg.Deployment == Auto {
		c.detected <- ""
	} else {
		c.detected <- cfg.Deployment
	}
	return c, nil
}

// Close closes idle connections. The client stays usable.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// String returns the address of the Jira, without credentials.
func (c *Client) String() string { return "jira.Client{" + c.base.String() + "}" }

// maxRetries is how often one call may repeat a request, whatever the number of its requests.
const maxRetries = 2

// call is one call of an exported method. Its requests share a timeout and a number of retries.
type call struct {
	*Client

	deployment string // Cloud or DataCenter
	retries    int    // how many are left
}

// run runs f as one call, which ends after the client's timeout at the latest.
func run[T any](ctx context.Context, c *Client, f func(context.Context, *call) (T, error)) (result T, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	k := &call{Client: c, retries: maxRetries}
	if k.deployment, err = k.findDeployment(ctx); err == nil {
		result, err = f(ctx, k)
	}
	if ended := ctx.Err(); err != nil && ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w (%w)", err, ended)
	}
	return result, err
}

// findDeployment returns Cloud or DataCenter. If neither is configured, it asks Jira once, and concurrent callers wait for the
// result. It doesn't keep an error, so the next call asks again.
func (k *call) findDeployment(ctx context.Context) (found string, err error) {
	select {
	case found = <-k.detected:
		defer func() { k.detected <- found }()
	case <-ctx.Done():
		return "", k.connectionError(ctx, "waiting to learn which Jira this is", ctx.Err())
	}
	if found != "" {
		return found, nil
	}
	var info struct {
		DeploymentType string `json:"deploymentType"`
		Version        string `json:"version"`
	}
	// Both deployments have this path.
	r := request{method: http.MethodGet, path: "/rest/api/2/serverInfo"}
	if err := k.send(ctx, r, &info); err != nil {
		return "", err
	}
	switch {
	case strings.EqualFold(info.DeploymentType, Cloud):
		return Cloud, nil
	case info.DeploymentType == "" && info.Version == "":
		return "", fmt.Errorf("%w: %s returned neither a type nor a version", ErrUnavailable, r)
	default:
		return DataCenter, nil // Data Center calls itself "Server"; releases before 7 have no type
	}
}

// issuePath returns the path of a ticket.
func (k *call) issuePath(key string) string {
	if k.deployment == Cloud {
		return "/rest/api/3/issue/" + key
	}
	return "/rest/api/2/issue/" + key
}
