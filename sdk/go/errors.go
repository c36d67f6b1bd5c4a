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

// Error is a response that is not a 2xx. Get it from an error with errors.As or errors.AsType.
type Error struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Message is a sentence for the user that says what is wrong. If several fields are invalid, it is about the first one.
	Message string
	// Errors lists every invalid field. It is empty unless the request was invalid.
	Errors []FieldError
	// RequestID identifies the request in the server's log.
	RequestID string
	// Attempts is how often the request was sent. If it is more than 1, an earlier attempt may have succeeded although its
	// response was lost: a deletion then returns "not found", and an update with [IfMatch] returns "changed". This does not
	// happen with POST, because the server recognizes the idempotency key.
	Attempts int

	// retryAfter is the wait that the Retry-After header asks for; 0 without the header.
	retryAfter time.Duration
}

// Error returns the status and the messages of all invalid fields, or else Message.
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

// IsNotFound reports whether err says that the resource does not exist (404).
func IsNotFound(err error) bool { return hasStatus(err, http.StatusNotFound) }

// IsConflict reports whether err says that the state of the resource does not allow the operation (409). The message says
// why.
func IsConflict(err error) bool { return hasStatus(err, http.StatusConflict) }

// IsChanged reports whether err says that the resource no longer has the version of [IfMatch] (412). Read the resource again
// before changing it.
func IsChanged(err error) bool { return hasStatus(err, http.StatusPreconditionFailed) }

func hasStatus(err error, status int) bool {
	failure, responded := errors.AsType[*Error](err)
	return responded && failure.StatusCode == status
}

// toError converts a response to an Error. If the body is not an error of Routecard, but for example a proxy's page, the
// message is the text of the status.
func toError(res *http.Response, body []byte) *Error {
	failure := &Error{
		StatusCode: res.StatusCode,
		Message:    http.StatusText(res.StatusCode),
		RequestID:  res.Header.Get("X-Request-Id"),
		Attempts:   1,
		retryAfter: retryAfter(res.Header),
	}
	var decoded client.Error
	if json.Unmarshal(body, &decoded) == nil && decoded.Message != "" {
		failure.Message = decoded.Message
		if decoded.Errors != nil {
			failure.Errors = *decoded.Errors
		}
	}
	return failure
}
