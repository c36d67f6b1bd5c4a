package routecard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// headerTimeout bounds how long a server may think before it begins to answer. How long the answer may take is up to the
// caller's context: a list can be large.
const headerTimeout = 30 * time.Second

// Client calls one Routecard. It is safe for concurrent use.
type Client struct {
	// server is the base URL with a slash at its end, as the generated requests want it.
	server string
	http   *http.Client
	apiKey string
	retry  Retry
	// idle is how long an event stream may be silent before its connection counts as dead.
	idle time.Duration
}

// Option changes how a Client works.
type Option func(*Client)

// WithHTTPClient uses another HTTP client than the default one, for proxies, certificates and tracing. Its Timeout also
// cuts off event streams, which then go on over a new connection.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) { c.http = client }
}

// WithAPIKey sends the key with each request, as `Authorization: Bearer`.
func WithAPIKey(key string) Option {
	return func(c *Client) { c.apiKey = key }
}

// WithRetry sets how often and how fast requests are sent again. Fields that are zero keep their default.
func WithRetry(retry Retry) Option {
	return func(c *Client) { c.retry = retry }
}

// New makes a client of the Routecard at baseURL, such as "http://localhost:3000"; a path in it is kept, for servers behind
// a proxy. It fails when baseURL is no http or https URL, and does not connect yet.
func New(baseURL string, options ...Option) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("base URL must begin with http:// or https:// and name a host")
	}
	base.RawQuery, base.Fragment = "", ""
	c := &Client{server: strings.TrimSuffix(base.String(), "/") + "/", idle: streamIdle}
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
	if !ok { // replaced by the program, which then knows better
		return &http.Client{}
	}
	transport = transport.Clone()
	transport.ResponseHeaderTimeout = headerTimeout
	return &http.Client{Transport: transport}
}
