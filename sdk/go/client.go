package routecard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// headerTimeout is how long the default HTTP client waits for the headers of a response. There is no timeout for the body,
// because a list can be large; the caller's context limits that.
const headerTimeout = 30 * time.Second

// Client calls one Routecard server. It is safe for concurrent use.
type Client struct {
	// server is the base URL without a slash at its end.
	server string
	http   *http.Client
	apiKey string
	retry  Retry
	// idle is how long an event stream may be silent before the client opens a new connection.
	idle time.Duration
}

// Option configures a Client.
type Option func(*Client)

// WithHTTPClient sets the HTTP client, for proxies, certificates, and tracing. Its Timeout also ends the connections of event
// streams; [Client.Events] then continues over a new connection. The default is a client with the settings of
// http.DefaultTransport that waits at most 30 seconds for the headers of a response.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) { c.http = client }
}

// WithAPIKey sends the key with each request, as `Authorization: Bearer`.
func WithAPIKey(key string) Option {
	return func(c *Client) { c.apiKey = key }
}

// WithRetry sets how often and how fast requests are repeated. Fields that are zero keep their default.
func WithRetry(retry Retry) Option {
	return func(c *Client) { c.retry = retry }
}

// New returns a client for the server at baseURL, such as "http://localhost:3000". A path in baseURL is kept, for servers
// behind a reverse proxy. New does not connect. It returns an error if baseURL is not an http or https URL with a host.
func New(baseURL string, options ...Option) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("base URL must begin with http:// or https:// and name a host")
	}
	base.RawQuery, base.Fragment = "", ""
	c := &Client{server: strings.TrimSuffix(base.String(), "/"), idle: streamIdle}
	for _, option := range options {
		option(c)
	}
	if c.http == nil {
		c.http = defaultHTTPClient()
	}
	c.retry = c.retry.withDefaults()
	return c, nil
}

func defaultHTTPClient() *http.Client {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // the program has replaced it and chosen its own timeouts
		return &http.Client{}
	}
	transport = transport.Clone()
	transport.ResponseHeaderTimeout = headerTimeout
	return &http.Client{Transport: transport}
}
