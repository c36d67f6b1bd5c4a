package server

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/internal/contract"
)

// check authorizes a request and checks it against the contract. If the request fails, check writes the error response. It runs
// before the generated code binds the parameters, because the errors of that code name Go types.
func (s *Server) check(c *gin.Context) {
	operation := s.operation(c)
	allowed, stale := s.authorize(c, operation)
	if !allowed {
		return
	}
	if slices.ContainsFunc(c.Params, func(parameter gin.Param) bool { return parameter.Value == "" }) {
		// Gin takes the empty text between two slashes for an id. The contract has no such path.
		s.noRoute(c)
		return
	}
	arriving := &sharedBody{ReadCloser: c.Request.Body, ctx: c, isFile: operation.TakesFile()}
	c.Request.Body = arriving
	raw, body, err := operation.Check(c.Writer, c.Request)
	// The HTTP server looks at the type of the body when it decides how to close the connection after a body that is too large.
	c.Request.Body = arriving.ReadCloser
	switch {
	case arriving.err != nil:
		s.fail(c, arriving.err)
	case err != nil:
		s.fail(c, err)
	case stale != nil:
		s.fail(c, stale)
	case operation.TakesFile():
		c.Request.Body = &fileBody{bytes.NewReader(raw), raw}
	case operation.TakesBody():
		c.Request.Body = checkedBody{bytes.NewReader(raw), body}
	}
}

// operation returns the operation of the route that Gin found, or nil if the route is not in the contract.
func (s *Server) operation(c *gin.Context) *contract.Operation {
	segments := strings.Split(c.FullPath(), "/")
	for i, segment := range segments {
		if name, ok := strings.CutPrefix(segment, ":"); ok {
			segments[i] = "{" + name + "}"
		}
	}
	return s.contract.Operation(c.Request.Method, strings.Join(segments, "/"))
}

// checkedBody is a request body that was read and checked. The generated code binds the decoded value, with exact key case,
// and does not decode the request a second time by other rules. A reader gets the bytes as they were sent.
type checkedBody struct {
	*bytes.Reader
	value map[string]any
}

// ValidatedValue is called by the generated code.
func (b checkedBody) ValidatedValue() any { return b.value }

// Close implements io.Closer.
func (checkedBody) Close() error { return nil }

// fileBody is a request body that is a file.
type fileBody struct {
	*bytes.Reader
	content []byte
}

// Close implements io.Closer. It frees the memory of the file, which the request would otherwise hold until it ends.
func (b *fileBody) Close() error {
	b.Reset(nil)
	b.content = nil
	return nil
}

// cleanParameters replaces NUL and invalid UTF-8 in path parameters by U+FFFD. PostgreSQL returns an error for a query with
// them; with U+FFFD no row matches, and the response is the same 404 as for any other unknown id.
func cleanParameters(c *gin.Context) {
	for i := range c.Params {
		value := strings.ToValidUTF8(c.Params[i].Value, "\ufffd")
		c.Params[i].Value = strings.ReplaceAll(value, "\x00", "\ufffd")
	}
}
