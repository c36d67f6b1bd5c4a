// Package server answers Routecard's HTTP requests: it implements the interface that is generated from openapi.yaml, and
// what stands around it (checks, errors, logs, metrics, health, the explorer).
package server

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/store"
)

// Server implements the operations of the contract over a store.
type Server struct {
	store    *store.Store
	contract *contract.Contract
	log      *slog.Logger
	metrics  *metrics
	// jira is nil where none is configured.
	jira    *jira.Client
	keys    *keyring
	budgets budgets
	// anyHost switches off the checks of guardHost.
	anyHost bool
	// stopping is closed when the server stops, which ends the live streams: they would go on for ever.
	stopping <-chan struct{}
}

// Options are what a server is made with.
type Options struct {
	// Logger is told of failures, and at debug level of every request; slog.Default() unless given.
	Logger *slog.Logger
	// Jira is where tickets come from; nil where none is configured.
	Jira *jira.Client
	// Stopping, when closed, ends the live streams, so that a server can stop; nil never does.
	Stopping <-chan struct{}
	// Insecure lets an API without keys answer requests for any host name, and requests that a proxy has forwarded.
	Insecure bool
	// CORSOrigins are the origins whose pages may call the API; none unless given.
	CORSOrigins []string
}

func init() {
	gin.SetMode(gin.ReleaseMode)
	// Bodies are checked against the contract; Gin's own validator would look for tags that nothing has.
	binding.Validator = nil
}

// New wires a handler for everything that Routecard serves.
func New(db *store.Store, options Options) (http.Handler, error) {
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		return nil, err
	}
	s := &Server{
		store:    db,
		contract: rules,
		log:      cmp.Or(options.Logger, slog.Default()),
		metrics:  newMetrics(db),
		keys:     &keyring{store: db, clock: time.Now},
		anyHost:  options.Insecure,
		jira:     options.Jira,
		stopping: options.Stopping,
		budgets:  newBudgets(),
	}

	engine := gin.New()
	// Without it the context of a handler never ends when its client goes away.
	engine.ContextWithFallback = true
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.NoRoute(s.noRoute)
	engine.NoMethod(s.noMethod)
	engine.Use(s.observe, s.recover, s.guardHost, cleanParameters)
	if len(options.CORSOrigins) > 0 {
		allow, err := s.allowOrigins(options.CORSOrigins)
		if err != nil {
			return nil, err
		}
		engine.Use(allow)
	}

	routes := headRouter{engine}
	s.serveHealth(routes)
	s.serveDocs(routes)
	strict := gen.NewStrictHandlerWithOptions(s, []gen.StrictMiddlewareFunc{detachContext}, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  s.fail,
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.fail,
	})
	gen.RegisterHandlersWithOptions(headRouter{engine.Group("", s.share, s.check)}, strict, gen.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.fail(c, err) },
	})
	return waitForSlowReaders(engine), nil
}

// headRouter registers the handlers of GET for HEAD too. The HTTP server drops the bodies of responses to HEAD.
type headRouter struct{ gin.IRouter }

// GET implements gin.IRoutes.
func (r headRouter) GET(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return r.Match([]string{http.MethodGet, http.MethodHead}, path, handlers...)
}

// originForm is what browsers send: a scheme and a host, no path. Any other would be allowed in vain.
var originForm = regexp.MustCompile(`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?$`)

// allowOrigins lets pages of these origins call the API and read all of its answers. "*" is every origin.
func (s *Server) allowOrigins(origins []string) (gin.HandlerFunc, error) {
	for _, origin := range origins {
		if origin != "*" && !originForm.MatchString(origin) {
			return nil, fmt.Errorf("a CORS origin is written like https://planner.example or http://localhost:5173, not %q", origin)
		}
	}
	return cors.New(cors.Config{
		AllowOrigins: origins,
		// Asked about any other origin. The library alone would refuse it without a word.
		AllowOriginWithContextFunc: func(c *gin.Context, origin string) bool {
			s.fail(c, &statusError{http.StatusForbidden, "pages of " + origin + " may not call this server"})
			return false
		},
		AllowMethods:  []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders:  []string{"Authorization", "Content-Type", "If-Match", idempotencyHeader, "Last-Event-ID", requestIDHeader},
		ExposeHeaders: []string{"ETag", "Link", "Location", "Idempotency-Replayed", "Retry-After", feedEpochHeader, requestIDHeader},
		MaxAge:        time.Hour,
	}), nil
}
