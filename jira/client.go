package jira

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// maxAnswer bounds what is read of one answer, in bytes, after decompression. A page of 100 tickets with the fields
	// we ask for has a few hundred KiB.
	maxAnswer = 4 << 20
	// maxErrorAnswer bounds what is read of an answer that is an error, of which one sentence is kept, in bytes.
	maxErrorAnswer = 64 << 10
	// maxRetries is how often one call, whatever requests it consists of, waits because Jira asked it to.
	maxRetries = 2
)

// Client speaks to one Jira. It is safe for concurrent use and keeps connections open between calls.
type Client struct {
	base                                      *url.URL
	project                                   string
	partNumberField, quantityField, epicField string
	timeout                                   time.Duration

	transport *http.Transport
	authorize func(*http.Request)
	hide      func(string) string

	deployment atomic.Pointer[string] // Cloud or DataCenter; nil until known
	probing    chan struct{}          // holds one token while somebody asks Jira which of the two it is
}

// New checks the configuration and returns a client for it. It does not connect: a Jira that is down must not keep us from
// starting. The error is one sentence for whoever configures the server.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	base, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base:            base,
		project:         cfg.Project,
		partNumberField: cfg.PartNumberField,
		quantityField:   cfg.QuantityField,
		epicField:       cfg.EpicField,
		timeout:         cfg.Timeout,
		transport:       newTransport(),
		authorize:       cfg.authorize(),
		hide:            cfg.hider(),
		probing:         make(chan struct{}, 1),
	}
	if cfg.Deployment != Auto {
		c.deployment.Store(&cfg.Deployment)
	}
	return c, nil
}

// newTransport returns a transport of our own: http.DefaultTransport opens any number of connections to a host that has
// become slow, and anybody in the process may change it.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        16,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Close closes the connections that are kept open. The client stays usable.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// String names the Jira, without credentials.
func (c *Client) String() string { return "jira.Client{" + c.base.String() + "}" }

// call is one call of an exported method: what it may still spend on retries.
type call struct {
	*Client
	retries int
}

// begin starts a call that ends after the client's timeout at the latest.
func (c *Client) begin(ctx context.Context) (*call, context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	return &call{Client: c, retries: maxRetries}, ctx, cancel
}
