package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
)

// readyTimeout is how long the database may take to answer before the server counts as not ready.
const readyTimeout = 2 * time.Second

// probes are the methods that load balancers ask with.
var probes = []string{http.MethodGet, http.MethodHead}

// serveHealth adds what machines ask: whether the process serves, whether the database answers, the contract, and metrics.
func (s *Server) serveHealth(engine *gin.Engine) {
	engine.Match(probes, "/healthz", func(c *gin.Context) {
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	})
	engine.Match(probes, "/readyz", func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
		defer cancel()
		err := s.store.Ping(ctx)
		if known, ok := errors.AsType[*models.Error](err); ok {
			s.fail(c, known)
			return
		}
		if err != nil {
			s.log.WarnContext(c, "not ready", "requestId", requestID(c), "error", err)
			s.fail(c, &statusError{http.StatusServiceUnavailable, "the database does not answer"})
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	})
	engine.GET("/openapi.json", func(c *gin.Context) {
		c.Data(http.StatusOK, "application/json", gen.Contract)
	})
	engine.GET("/metrics", gin.WrapH(s.metrics.handler()))
}
