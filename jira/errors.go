package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The errors of Client's methods, for errors.Is. The text of a returned error adds the cause for the log: the request, the
// status, and the first message in Jira's response. It never contains the token.
var (
	// ErrTicketNotFound is returned when Jira has no such ticket, hides the ticket from the configured user, or the key is
	// not an issue key.
	ErrTicketNotFound = errors.New("jira ticket not found")
	// ErrUnavailable is returned when no usable response arrived: no connection, a timeout, a response that breaks off, is
	// too large, or is not what Jira sends (a login page, for example), a status of 500 or above, or 429 when waiting did
	// not help. A change may or may not have been made.
	ErrUnavailable = errors.New("jira is unavailable")
	// ErrRefused is returned when Jira refused the request (401, 403, 400, and other statuses below 500), or redirected it.
	// The client does not follow redirects, because the token is for the configured address only.
	ErrRefused = errors.New("jira refused the request")
	// ErrPageToken is returned by Tickets for a page token that Tickets did not return. No request was sent.
	ErrPageToken = errors.New("jira page token is not valid")
)

// retryError is an error of a request that Jira asked to repeat after a time.
type retryError struct {
	error

	after time.Duration
}

// Unwrap returns the error without the time.
func (e *retryError) Unwrap() error { return e.error }

// connectionError returns an ErrUnavailable for an error of the connection, or of ctx when ctx has ended. It does not wrap
// an error of the connection, which may quote what Jira sent, and so the token.
func (c *Client) connectionError(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, ctx.Err())
	}
	return fmt.Errorf("%w: %s: %s", ErrUnavailable, doing, c.logText(err.Error()))
}

// statusError returns the error for a response with a status other than 2xx.
func (c *Client) statusError(r request, resp *http.Response) error {
	// The status counts also when the body breaks off or is too long.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	text := fmt.Sprintf("%s returned %d", r, resp.StatusCode)
	if message := errorMessage(body); message != "" {
		text += ": " + c.logText(message)
	}

	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		err := fmt.Errorf("%w: %s", ErrUnavailable, text)
		if after, ok := retryAfter(resp.Header); ok {
			return &retryError{err, after}
		}
		return err
	case status < 200 || status >= 500:
		return fmt.Errorf("%w: %s", ErrUnavailable, text)
	case status < 400:
		return fmt.Errorf("%w: %s, a redirect", ErrRefused, text)
	case status == http.StatusNotFound && r.ticket:
		// Jira returns JSON. An HTML page comes from a proxy in front of Jira, so it does not mean that the ticket does not
		// exist.
		if len(bytes.TrimSpace(body)) > 0 && !json.Valid(body) {
			return fmt.Errorf("%w: %s without JSON", ErrUnavailable, text)
		}
		return fmt.Errorf("%w: %s", ErrTicketNotFound, text)
	default:
		return fmt.Errorf("%w: %s", ErrRefused, text)
	}
}

// errorMessage returns the first message in the body of one of Jira's errors, or "".
func errorMessage(body []byte) string {
	var response struct {
		ErrorMessages []string          `json:"errorMessages"`
		Errors        map[string]string `json:"errors"`
		Message       string            `json:"message"`
	}
	// A member of another type, such as "errors":[], is an error, and Unmarshal sets the others.
	_ = json.Unmarshal(body, &response)
	if len(response.ErrorMessages) > 0 {
		return response.ErrorMessages[0]
	}
	for _, field := range slices.Sorted(maps.Keys(response.Errors)) {
		return field + ": " + response.Errors[field]
	}
	return response.Message
}

// retryAfter returns the time in a Retry-After header, which is a number of seconds or a date. A date is compared with the
// response's Date header, so that it doesn't matter whose clock is wrong; a date that has passed means now. ok is false when
// the header is missing or malformed.
func retryAfter(header http.Header) (after time.Duration, ok bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if strings.Trim(value, "0123456789") == "" {
		// ParseDuration returns an error for a number that is too large for a Duration.
		after, err := time.ParseDuration(value + "s")
		return after, err == nil
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	sent, err := http.ParseTime(header.Get("Date"))
	return max(until.Sub(sent), 0), err == nil
}

// logText makes a text that Jira sent fit for an error: it removes the credentials, replaces control characters by spaces,
// and cuts the text after 200 characters.
func (c *Client) logText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(c.redact(s), "?"))
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}
