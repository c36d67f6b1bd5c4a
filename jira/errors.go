package jira

import (
	"errors"
	"strings"
	"time"
	"unicode"
)

// What a call can fail with; tell them apart with errors.Is. The error's own text adds the cause for the log: the request,
// the status, the first of Jira's messages; never the token.
var (
	// ErrTicketNotFound is returned when Jira knows no such ticket, hides it from our user, or the key cannot be one.
	ErrTicketNotFound = errors.New("jira ticket not found")
	// ErrNoAnswer is returned when no usable answer came: no connection, too slow, cut off, over the size bound, not
	// what Jira would say (a login page, say), a status of 500 and above, or 429 when waiting did not help. A change
	// may or may not have been made.
	ErrNoAnswer = errors.New("jira did not answer")
	// ErrRefused is returned when Jira understood and said no (401, 403, 400 and the other statuses of that class), or
	// sent us to another address, which we do not follow: the token belongs to this one.
	ErrRefused = errors.New("jira refused the request")
	// ErrPageToken is returned by Tickets for a page token that did not come from it. Jira was not asked.
	ErrPageToken = errors.New("jira page token is not valid")
)

// failure is one of the errors above with its cause.
type failure struct {
	kind  error
	about string // "GET /rest/api/3/issue/PI-42 answered 403: ...", free of credentials
	cause error  // for errors.Is only, never printed: it may quote what Jira sent; may be nil

	// retryAfter is how long Jira asked us to wait before the same request may succeed; negative means that it did not ask.
	retryAfter time.Duration
}

// noWait is the retryAfter of a failure that is not worth a retry.
const noWait time.Duration = -1

func (f *failure) Error() string { return f.kind.Error() + ": " + f.about }

// Unwrap lets errors.Is find the kind and the cause, for instance context.DeadlineExceeded.
func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

func noAnswer(about string) error {
	return &failure{kind: ErrNoAnswer, about: about, retryAfter: noWait}
}

// broken is an ErrNoAnswer because of an error of the connection, or of the context.
func (c *Client) broken(about string, cause error) error {
	about += ": " + oneLine(c.hide(cause.Error()))
	return &failure{kind: ErrNoAnswer, about: about, cause: cause, retryAfter: noWait}
}

func refused(about string) error {
	return &failure{kind: ErrRefused, about: about, retryAfter: noWait}
}

func notFound(about string) error {
	return &failure{kind: ErrTicketNotFound, about: about, retryAfter: noWait}
}

// maxMessage is how much of a text of Jira's is repeated in an error, in runes.
const maxMessage = 200

// oneLine makes a text of Jira's fit for a log: control characters become spaces, and it ends after maxMessage runes.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if runes := []rune(s); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return s
}
