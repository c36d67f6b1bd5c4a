package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

const (
	requestIDHeader = "X-Request-Id"
	requestIDKey    = "requestId"
)

// acceptedRequestID is what a caller's own id may look like; another is replaced, so that none can forge a log line.
var acceptedRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observe gives the request an id, counts it, and times it.
func (s *Server) observe(c *gin.Context) {
	begin := time.Now()
	id := c.GetHeader(requestIDHeader)
	if !acceptedRequestID.MatchString(id) {
		id = uuid.NewString()
	}
	c.Set(requestIDKey, id)
	c.Header(requestIDHeader, id)
	c.Header("X-Content-Type-Options", "nosniff")
	defer func() {
		took := time.Since(begin)
		operation := s.operationID(c)
		s.metrics.observe(operation, c.Writer.Status(), took)
		// Asked first, because what a line is made of costs more than to find that nobody wants it.
		if s.log.Enabled(c, slog.LevelDebug) {
			s.log.DebugContext(c, "request", "requestId", id, "operation", operation, "method", c.Request.Method,
				"path", c.Request.URL.Path, "status", c.Writer.Status(), "duration", took)
		}
	}()
	c.Next()
}

// recover answers 500 for a panic and lets the server live.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			// Not a fault: the way to cut a connection, which the HTTP server understands.
			panic(cause) //nolint:forbidigo // Passed on, not raised.
		}
		s.fail(c, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	}()
	c.Next()
}

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// operationID names what was asked for: an operation of the contract, another route, or nothing known.
func (s *Server) operationID(c *gin.Context) string {
	route := c.FullPath()
	if route == "" {
		return "unknown"
	}
	if operation := s.operation(c); operation != nil {
		return operation.ID
	}
	return route
}
