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
	"slices"
	"strings"
	"time"
)

// request is one HTTP request to Jira's API.
type request struct {
	method string
	path   string     // below Jira's address, "/rest/api/3/issue/PI-42"
	query  url.Values // may be nil
	body   any        // sent as JSON; nil means none
	ticket bool       // the path names a ticket, or something on it: 404 means that it is not there
}

func (r request) String() string { return r.method + " " + r.path }

// ask sends the request, decodes the answer into into, and repeats the request when Jira names a wait that fits.
func (k *call) ask(ctx context.Context, r request, into any) error {
	for {
		err := k.exchange(ctx, r, into)
		if err == nil || !k.pause(ctx, err) {
			return err
		}
	}
}

// pause waits as long as Jira asked in the answer that err stands for, and reports whether it did: not when Jira named no
// wait, when the wait does not fit into what is left of the call, or when the call has waited often enough.
func (k *call) pause(ctx context.Context, err error) bool {
	var f *failure
	if !errors.As(err, &f) || f.retryAfter < 0 || k.retries == 0 {
		return false
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= f.retryAfter {
		return false
	}
	k.retries--
	timer := time.NewTimer(f.retryAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// exchange sends the request once and decodes a successful answer into into. An empty answer decodes into nothing.
func (c *Client) exchange(ctx context.Context, r request, into any) error {
	req, err := c.build(ctx, r)
	if err != nil {
		return err
	}
	// The transport, and not an http.Client around it, because that would follow redirects, and so could carry the token
	// to another host.
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return c.broken(r.String(), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.unsuccessful(r, resp)
	}
	body, err := readBounded(resp, maxAnswer)
	if err != nil {
		return c.broken(fmt.Sprintf("%s answered %d", r, resp.StatusCode), err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		// The decoder's own words are left out: they may quote the answer.
		return noAnswer(fmt.Sprintf("%s answered %d with something else than the JSON expected", r, resp.StatusCode))
	}
	return nil
}

// build turns a request into one of net/http, credentials included.
func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
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

// errTooLarge is the cause of an ErrNoAnswer: the answer is over the bound.
var errTooLarge = errors.New("answer is too large")

// readBounded reads the answer's body, or fails with errTooLarge after limit bytes.
func readBounded(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, errTooLarge
	}
	return body, nil
}

// unsuccessful says what an answer with a status outside of 2xx means.
func (c *Client) unsuccessful(r request, resp *http.Response) error {
	// A body that breaks off or is too long spoils the sentence for the log, not the meaning of the status.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorAnswer))
	message, isJSON := errorMessage(body)
	about := fmt.Sprintf("%s answered %d", r, resp.StatusCode)
	if message != "" {
		about += ": " + oneLine(c.hide(message))
	}

	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return &failure{kind: ErrNoAnswer, about: about, retryAfter: retryAfter(resp.Header)}
	case status < 200 || status >= 500:
		return noAnswer(about)
	case status < 400:
		return refused(about + ", a redirect")
	case status == http.StatusNotFound && r.ticket:
		if isJSON || len(bytes.TrimSpace(body)) == 0 {
			return notFound(about)
		}
		// Jira says so in JSON. A page in HTML comes from something in front of it, which knows nothing of tickets.
		return noAnswer(about + " with something else than JSON")
	default:
		return refused(about)
	}
}

// errorMessage returns the first message of an error of Jira's, and whether the body is JSON at all.
func errorMessage(body []byte) (message string, isJSON bool) {
	var answer struct {
		ErrorMessages []string          `json:"errorMessages"`
		Errors        map[string]string `json:"errors"`
		Message       string            `json:"message"`
	}
	// An odd shape, such as "errors":[], fills what it can.
	_ = json.Unmarshal(body, &answer)
	isJSON = json.Valid(body)
	if len(answer.ErrorMessages) > 0 {
		return answer.ErrorMessages[0], isJSON
	}
	fields := make([]string, 0, len(answer.Errors))
	for field := range answer.Errors {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	if len(fields) > 0 {
		return fields[0] + ": " + answer.Errors[fields[0]], isJSON
	}
	return answer.Message, isJSON
}

// retryAfter reads the header Retry-After: a number of seconds, or a date. The date is compared with that of the answer, so that
// it does not matter whose clock is wrong; one that has passed means now. Anything else, nothing at all included, is noWait.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if strings.Trim(value, "0123456789") == "" {
		// Parsed as a Duration, so that a number too large for one is an error.
		wait, err := time.ParseDuration(value + "s")
		if err != nil {
			return noWait
		}
		return wait
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return noWait
	}
	answered, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return noWait
	}
	return max(until.Sub(answered), 0)
}
