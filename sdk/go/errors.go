package routecard

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
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

	// outcomeUnknown reports whether the change may have been made: the server says so, or a proxy sent the response.
	outcomeUnknown bool
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

// ErrOutcomeUnknown is in the chain of an error, for errors.Is, when the change may have been made: the server says so, the
// connection broke or the context ended after the request was sent, or a proxy sent the response. Repeat the call with the same
// [IdempotencyKey]; without a key, check first whether the change was made. After any other error, nothing has changed.
var ErrOutcomeUnknown = errors.New("the outcome is unknown: the change may have been made")

// unknownOutcomeError adds ErrOutcomeUnknown to the chain of an error without changing its text.
type unknownOutcomeError struct{ error }

// Unwrap implements errors.Is and errors.As.
func (e unknownOutcomeError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.error} }

// isOutcomeUnknown reports whether the change may have been made by the attempt that failed with err.
func isOutcomeUnknown(req *http.Request, err error) bool {
	if req.Method == http.MethodGet {
		return false
	}
	if failure, responded := errors.AsType[*Error](err); responded {
		return failure.outcomeUnknown
	}
	// Without a connection, the request was not sent.
	failure, ok := errors.AsType[*net.OpError](err)
	return !ok || failure.Op != "dial"
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
		RequestID:  res.Header.Get(headerRequestID),
		Attempts:   1,
		retryAfter: retryAfter(res.Header),
		// The page of a proxy does not say whether the server got the request.
		outcomeUnknown: res.StatusCode >= http.StatusInternalServerError,
	}
	var decoded struct {
		Message string       `json:"message"`
		Errors  []FieldError `json:"errors"`
		Outcome string       `json:"outcome"`
	}
	if json.Unmarshal(body, &decoded) == nil && decoded.Message != "" {
		failure.Message = decoded.Message
		failure.outcomeUnknown = decoded.Outcome != ""
		failure.Errors = decoded.Errors
	}
	return failure
}
