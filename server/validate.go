package server

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/models"
)

// maxBody is how long a request body may be, in bytes.
const maxBody = 1 << 20

// check tests a request against the contract before its body is bound, and answers for it when it fails. It stands before
// every generated route.
func (s *Server) check(c *gin.Context) {
	operation := s.contract.Operation(c.Request.Method, c.FullPath())
	allowed, stale := s.authorize(c, operation)
	if !allowed {
		return
	}
	if failed := operation.Parameters(c.Request.URL.RawQuery, c.Request.Header); failed != nil {
		s.fail(c, invalid(failed))
		return
	}
	if operation.TakesBody() && !s.checkBody(c, operation, stale) {
		return
	}
	if stale != nil {
		s.fail(c, stale)
	}
}

// checkBody tests the body and hands the checked value on, or answers for a body that fails or a request that was
// answered before.
func (s *Server) checkBody(c *gin.Context, operation *contract.Operation, stale error) bool {
	raw, err := readBody(c)
	if err != nil {
		s.fail(c, err)
		return false
	}
	value, failed, err := operation.Body(raw)
	switch {
	case err != nil:
		s.fail(c, &statusError{http.StatusBadRequest, err.Error()})
		return false
	case failed != nil:
		s.fail(c, invalid(failed))
		return false
	}
	c.Request.Body = validatedBody{value}
	return true
}

// readBody returns the request's body, or why it is refused unread.
func readBody(c *gin.Context) ([]byte, error) {
	// Any other type is refused, none at all included: a page of another site can't send JSON without being asked first.
	if media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || media != "application/json" {
		return nil, &statusError{http.StatusUnsupportedMediaType, "Content-Type must be application/json"}
	}
	tooLarge := &statusError{http.StatusRequestEntityTooLarge, "request body must be at most 1 MiB"}
	if c.Request.ContentLength > maxBody {
		// Not a byte of it is read, so the connection can't go on.
		c.Header("Connection", "close")
		return nil, tooLarge
	}
	var raw bytes.Buffer
	raw.Grow(int(max(c.Request.ContentLength, 0)) + bytes.MinRead)
	if _, err := raw.ReadFrom(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)); err != nil {
		var over *http.MaxBytesError
		switch {
		case errors.As(err, &over):
			return nil, tooLarge
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, &statusError{http.StatusRequestTimeout, "the request body took too long to arrive"}
		default:
			return nil, &statusError{http.StatusBadRequest, "the request body did not arrive whole"}
		}
	}
	return raw.Bytes(), nil
}

// invalid is the error for what the contract refuses.
func invalid(failed []contract.Failure) error {
	fields := make([]models.FieldError, len(failed))
	for i, failure := range failed {
		fields[i] = models.FieldError(failure)
	}
	return &models.Error{Kind: models.Invalid, Message: fields[0].Message, Fields: fields}
}

// validatedBody hands the value that was checked to the generated code, which binds it with exact key case instead of
// decoding the body a second time by other rules.
type validatedBody struct{ value map[string]any }

func (b validatedBody) ValidatedValue() any    { return b.value }
func (validatedBody) Read([]byte) (int, error) { return 0, io.EOF }
func (validatedBody) Close() error             { return nil }

// unboundParameter answers for a parameter that the generated code could not bind. That code runs before check, and
// speaks of Go types; the contract's sentence is the one to show.
func (s *Server) unboundParameter(c *gin.Context, err error, _ int) {
	operation := s.contract.Operation(c.Request.Method, c.FullPath())
	if allowed, _ := s.authorize(c, operation); !allowed {
		return
	}
	if slices.ContainsFunc(c.Params, func(parameter gin.Param) bool { return parameter.Value == "" }) {
		// Two slashes in a row. Gin takes the nothing between them for an id, and the contract has no such path.
		s.noRoute(c)
		return
	}
	if failed := operation.Parameters(c.Request.URL.RawQuery, c.Request.Header); failed != nil {
		err = invalid(failed)
	}
	s.fail(c, err)
}

// cleanParameters puts U+FFFD for what no id can hold: NUL and what is not UTF-8. PostgreSQL refuses to look for those;
// this way nothing is found by them, and the answer is the 404 of any other id of nothing.
func cleanParameters(c *gin.Context) {
	for i := range c.Params {
		value := strings.ToValidUTF8(c.Params[i].Value, "\ufffd")
		c.Params[i].Value = strings.ReplaceAll(value, "\x00", "\ufffd")
	}
}
