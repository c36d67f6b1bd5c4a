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

// readyTimeout is how long the database may take to respond, and to let a transaction write, before the server is not ready.
const readyTimeout = 2 * time.Second

// serveHealth adds the routes for load balancers and monitoring: whether the process serves, whether the database answers and
// accepts changes, the contract, and metrics.
func (s *Server) serveHealth(routes gin.IRouter) {
	alive := gin.H{"status": "ok", "version": s.build.Version}
	if s.build.Commit != "" {
		alive["commit"] = s.build.Commit
	}
	routes.GET("/healthz", func(c *gin.Context) {
		c.JSON(http.StatusOK, alive)
	})
	routes.GET("/readyz", func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
		defer cancel()
		err := s.store.Ping(ctx)
		if known, ok := errors.AsType[*models.Error](err); ok {
			s.fail(c, known)
			return
		}
		if err != nil {
			s.log.WarnContext(c, "not ready", "requestId", requestID(c), "error", err)
			s.fail(c, &statusError{http.StatusServiceUnavailable, "The database does not answer or does not accept changes"})
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	})
	routes.GET("/openapi.json", newStaticFile("application/json", gen.Contract).send)
	routes.GET("/openapi.yaml", newStaticFile("application/yaml", gen.ContractYAML).send)
	routes.GET("/metrics", gin.WrapH(s.metrics.handler()))
}
