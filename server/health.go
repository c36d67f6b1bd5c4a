package server

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/gen"
)

// readyTimeout is how long the database may take to answer, and to let a transaction write, before the server counts as not
// ready.
const readyTimeout = 2 * time.Second

// probes are the methods that load balancers ask with.
var probes = []string{http.MethodGet, http.MethodHead}

// serveHealth adds what machines ask: whether the process serves, whether the database answers and accepts changes, the
// contract, and metrics.
func (s *Server) serveHealth(engine *gin.Engine) {
	engine.Match(probes, "/healthz", func(c *gin.Context) {
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	})
	engine.Match(probes, "/readyz", func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
		defer cancel()
		if err := s.store.Ping(ctx); err != nil {
			s.log.WarnContext(c, "not ready", "requestId", requestID(c), "error", err)
			s.fail(c, &statusError{http.StatusServiceUnavailable, "The database does not answer or does not accept changes"})
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	})
	engine.GET("/openapi.json", func(c *gin.Context) {
		c.Data(http.StatusOK, "application/json", gen.Contract)
	})
	engine.GET("/metrics", gin.WrapH(s.metrics.handler()))
}
