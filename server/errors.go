package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// statuses is the one table from kinds of errors to HTTP statuses.
var statuses = map[models.Kind]int{
	models.Invalid:     http.StatusBadRequest,
	models.NotFound:    http.StatusNotFound,
	models.Conflict:    http.StatusConflict,
	models.Changed:     http.StatusPreconditionFailed,
	models.Upstream:    http.StatusBadGateway,
	models.KeyReused:   http.StatusUnprocessableEntity,
	models.Unavailable: http.StatusServiceUnavailable,
}

// outcomeUnknown is the message of a change that may have been made.
const outcomeUnknown = "The outcome is unknown: the change may have been made. Repeat the request with the same Idempotency-Key; " +
	"without a key, check first whether the change was made"

// statusError is an error of the request itself, before it reaches an operation.
type statusError struct {
	status  int
	message string
}

func (e *statusError) Error() string { return e.message }

// fail responds with an error. An error that has a sentence for the user is shown. Any other error becomes a fixed sentence, and
// a log line with the cause.
func (s *Server) fail(c *gin.Context, err error) {
	answer := gen.Error{StatusCode: http.StatusInternalServerError, Message: "Internal Server Error"}
	var known *models.Error
	var imported *models.ImportError
	var status *statusError
	var refused *contract.Error
	switch {
	case errors.Is(err, store.ErrOutcomeUnknown) && c.Request.Context().Err() == nil:
		// Before all other kinds, because a cause of this error may be of another kind.
		answer.Message, answer.Outcome = outcomeUnknown, new(gen.Unknown)
		s.log.ErrorContext(c, "outcome unknown", "requestId", requestID(c), "operation", s.operationID(c), "error", err)
	case errors.As(err, &known):
		answer.StatusCode, answer.Message = statuses[known.Kind], known.Message
		if known.Kind == models.Unavailable {
			// An operator must solve the problem first, so a long wait is enough.
			c.Header("Retry-After", "60")
		}
		if len(known.Fields) > 0 {
			answer.Errors = toAPIFieldErrors(known.Fields)
		}
		if known.Cause != nil {
			s.log.WarnContext(c, "upstream failed", "message", known.Message, "requestId", requestID(c), "operation", s.operationID(c), "error", known.Cause)
		}
	case errors.As(err, &imported):
		answer.StatusCode, answer.Message = statuses[imported.Kind], imported.Error()
		answer.Report = new(toAPIImportReport(imported.Report))
	case errors.As(err, &status):
		answer.StatusCode, answer.Message = status.status, status.message
	case errors.As(err, &refused):
		answer.StatusCode, answer.Message = refused.Status, refused.Message
		if len(refused.Fields) > 0 {
			answer.Errors = toAPIFieldErrors(refused.Fields)
		}
	case c.Request.Context().Err() != nil:
		// The client has closed the connection; the status is only for metrics and logs.
		answer.StatusCode, answer.Message = statusClientGone, "the client went away"
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		answer.StatusCode, answer.Message = http.StatusServiceUnavailable, "The server is too busy"
		c.Header("Retry-After", "1")
		s.log.WarnContext(c, "request timed out", "requestId", requestID(c), "operation", s.operationID(c), "error", err)
	default:
		s.log.ErrorContext(c, "request failed", "requestId", requestID(c), "operation", s.operationID(c), "error", err)
	}
	if c.Writer.Written() {
		// Part of a response was sent. The connection is closed, so that the client does not take the part for the whole.
		panic(http.ErrAbortHandler)
	}
	c.Abort()
	// Set first, because Gin would add a charset, which JSON does not have.
	c.Header("Content-Type", "application/json")
	c.JSON(answer.StatusCode, answer)
}

// statusClientGone is the status that nginx logs for a request whose client closed the connection. It has no official name.
const statusClientGone = 499

func (s *Server) noRoute(c *gin.Context) {
	s.fail(c, &statusError{http.StatusNotFound, "Route not found: " + c.Request.Method + " " + c.Request.URL.Path})
}

func (s *Server) noMethod(c *gin.Context) {
	s.fail(c, &statusError{http.StatusMethodNotAllowed, "Method not allowed: " + c.Request.Method + " " + c.Request.URL.Path})
}

func toAPIFieldErrors[FieldError models.FieldError | contract.FieldError](fields []FieldError) *[]gen.FieldError {
	out := make([]gen.FieldError, len(fields))
	for i, field := range fields {
		out[i] = gen.FieldError(field)
	}
	return &out
}
