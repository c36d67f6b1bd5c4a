package routecard

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/routecard/routecard/gen/client"
)

// Error is an answer that is no 2xx. Find it with errors.As or errors.AsType.
type Error struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Message is a sentence for the user: what is wrong, of several failures the first.
	Message string
	// Errors lists every field that broke a rule; empty unless the request was invalid.
	Errors []FieldError
	// RequestID finds the request in the server's log.
	RequestID string
	// Attempts is how often the request was sent. With more than one, an earlier attempt whose answer was lost may be the
	// reason: a deletion that then says "not found", or an update with [IfMatch] that then says "changed", may well be the
	// caller's own. (A POST has no such doubt, its key tells the server.)
	Attempts int

	// retryAfter is what the server asked to wait.
	retryAfter time.Duration
}

// Error is the status and what is wrong, with all fields.
func (e *Error) Error() string {
	text := e.Message
	if len(e.Errors) > 1 {
		messages := make([]string, len(e.Errors))
		for i, field := range e.Errors {
			messages[i] = field.Message
		}
		text = strings.Join(messages, "; ")
	}
	return strconv.Itoa(e.StatusCode) + " " + text
}

// IsNotFound tells whether the thing does not exist.
func IsNotFound(err error) bool { return hasStatus(err, http.StatusNotFound) }

// IsConflict tells whether the state of the thing does not allow what was asked; the message says why.
func IsConflict(err error) bool { return hasStatus(err, http.StatusConflict) }

// IsChanged tells whether an [IfMatch] no longer held: read the thing again before changing it.
func IsChanged(err error) bool { return hasStatus(err, http.StatusPreconditionFailed) }

func hasStatus(err error, status int) bool {
	failure, answered := errors.AsType[*Error](err)
	return answered && failure.StatusCode == status
}

// toError reads an error answer. One that something else than Routecard wrote, such as a proxy, says what its status means.
func toError(res *http.Response, body []byte) *Error {
	failure := &Error{
		StatusCode: res.StatusCode,
		Message:    http.StatusText(res.StatusCode),
		RequestID:  res.Header.Get("X-Request-Id"),
		Attempts:   1,
		retryAfter: retryAfter(res.Header),
	}
	var sent client.Error
	if json.Unmarshal(body, &sent) == nil && sent.Message != "" {
		failure.Message = sent.Message
		if sent.Errors != nil {
			failure.Errors = *sent.Errors
		}
	}
	return failure
}
