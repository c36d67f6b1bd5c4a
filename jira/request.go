package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// maxBody is the largest response body that is read, in bytes after decompression. A page of 100 tickets with the fields
	// that we ask for has a few hundred KiB.
	maxBody = 4 << 20
	// maxErrorBody is how much of an error's body is read, in bytes.
	maxErrorBody = 64 << 10
)

// request is one HTTP request to Jira's API.
type request struct {
	method string
	path   string     // below Jira's address, "/rest/api/3/issue/PI-42"
	query  url.Values // may be nil
	body   any        // sent as JSON; nil for no body
	ticket bool       // a status of 404 means ErrTicketNotFound
}

// String returns the method and the path.
func (r request) String() string { return r.method + " " + r.path }

// send sends the request and decodes the response into result. It repeats the request when Jira asks for that and the
// wait fits.
func (k *call) send(ctx context.Context, r request, result any) error {
	for {
		err := k.sendOnce(ctx, r, result)
		if err == nil || !k.waitToRetry(ctx, err) {
			return err
		}
	}
}

// waitToRetry waits as long as Jira asked for in the response that err is about, and then returns true. It returns false when
// Jira didn't ask for a wait, when the wait is longer than the rest of the call, or when no retries are left.
func (k *call) waitToRetry(ctx context.Context, err error) bool {
	var retry *retryError
	if !errors.As(err, &retry) || k.retries == 0 {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= retry.after {
		return false
	}
	k.retries--
	timer := time.NewTimer(retry.after)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sendOnce sends the request once and decodes a successful response into result. An empty body leaves result as it is.
func (c *Client) sendOnce(ctx context.Context, r request, result any) error {
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return err
	}
	// An http.Client would follow redirects, and might send the token to another host.
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return c.connectionError(ctx, r.String(), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.statusError(r, resp)
	}
	returned := fmt.Sprintf("%s returned %d", r, resp.StatusCode)
	body, err := readBody(resp, maxBody)
	if err != nil {
		return c.connectionError(ctx, returned, err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if json.Unmarshal(body, result) != nil {
		// The decoder's error is left out, because it may quote the body.
		return fmt.Errorf("%w: %s without the expected JSON", ErrUnavailable, returned)
	}
	return nil
}

// newRequest returns the HTTP request for r, with credentials.
func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("jira: encode %s: %w", r, err)
		}
		body = bytes.NewReader(encoded)
	}
	address := c.base.JoinPath(r.path)
	address.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("jira: build %s: %w", r, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "routecard")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.authorize(req)
	return req, nil
}

var errTooLarge = errors.New("the body is too large")

// readBody returns the response's body. It returns errTooLarge for a body of more than limit bytes.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, errTooLarge
	}
	return body, err
}
