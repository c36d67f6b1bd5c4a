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

// acceptedRequestID matches the request ids that clients may send. Other ids are replaced, so that no client can forge a log
// line.
var acceptedRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observe assigns the request an id, and records its status and duration.
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
		// Checked first, because collecting the attributes costs more than the check.
		if s.log.Enabled(c, slog.LevelDebug) {
			s.log.DebugContext(c, "request", "requestId", id, "operation", operation, "method", c.Request.Method,
				"path", c.Request.URL.Path, "status", c.Writer.Status(), "durationMs", float64(took.Microseconds())/1000)
		}
	}()
	c.Next()
}

// recover responds with status 500 to a request whose handler panics.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			// The HTTP server closes the connection.
			panic(cause) //nolint:forbidigo // It was raised elsewhere.
		}
		s.fail(c, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	}()
	c.Next()
}

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// operationID returns the operationId of the request, or its route, or "unknown".
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
