// Package server serves Routecard's HTTP API. It implements the interface that is generated from openapi.yaml, and what surrounds
// it: checks, errors, logs, metrics, health, and the explorer. Begin with [New]; jobs.go shows what an operation looks like.
package server

import (
	"cmp"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/internal/version"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// Server implements the operations of the contract over a store.
type Server struct {
	store    *store.Store
	contract *contract.Contract
	log      *slog.Logger
	metrics  *metrics
	build    version.Info
	// jira is nil if no Jira is configured.
	jira    *jira.Client
	keys    *keyring
	budgets budgets
	// anyHost switches off the checks of guardHost.
	anyHost bool
	// clock and timeZone say which day is today.
	clock    func() time.Time
	timeZone *time.Location
	version  string
	// stopping is closed when the server stops. It ends the live streams, which would otherwise never end.
	stopping <-chan struct{}
}

// Options configure [New].
type Options struct {
	// Logger gets failures and, at debug level, every request. Defaults to slog.Default().
	Logger *slog.Logger
	// Jira is the client of Jira, nil if no Jira is configured.
	Jira *jira.Client
	// Stopping ends the live streams when it is closed. Nil never ends them.
	Stopping <-chan struct{}
	// Insecure lets an API without keys accept requests for any host name, and requests that a proxy has forwarded.
	Insecure bool
	// TimeZone is where the server decides whether a job is late. Defaults to UTC.
	TimeZone *time.Location
	// Clock returns the time by which a job is late. Defaults to time.Now.
	Clock func() time.Time
	// Version is the version of the program that [Server.GetSession] returns. Defaults to (devel).
	Version string
	// Pages are the built pages: index.html, and the files that it loads. Nil serves no pages.
	Pages fs.FS
	// PagesChange makes the server read the pages again for each request, for their development.
	PagesChange bool
	// LastBackup returns when the last good backup was made, and the zero time if there is none. Nil stands for a server that
	// makes no backups.
	LastBackup func() time.Time
	// CORSOrigins are the origins whose pages may call the API. Defaults to none.
	CORSOrigins []string
}

func init() {
	gin.SetMode(gin.ReleaseMode)
	// The contract check validates bodies. Gin's own validator would look for tags that no type has.
	binding.Validator = nil
}

// loadContract loads the contract once for all servers of a process.
var loadContract = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(gen.Contract) })

// New returns the handler of everything that Routecard serves. It returns an error for a CORS origin that is not a scheme and a
// host.
func New(db *store.Store, options Options) (http.Handler, error) {
	rules, err := loadContract()
	if err != nil {
		return nil, err
	}
	s := &Server{
		store:    db,
		contract: rules,
		log:      cmp.Or(options.Logger, slog.Default()),
		build:    version.Get(),
		keys:     &keyring{store: db, clock: time.Now},
		anyHost:  options.Insecure,
		jira:     options.Jira,
		stopping: options.Stopping,
		budgets:  newBudgets(),
		clock:    options.Clock,
		timeZone: cmp.Or(options.TimeZone, time.UTC),
		version:  cmp.Or(options.Version, "(devel)"),
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	s.metrics = newMetrics(db, s.log, func() string { return models.DateAt(s.clock(), s.timeZone) })

	if options.LastBackup != nil {
		s.metrics.watchBackups(options.LastBackup)
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
	if options.Pages != nil {
		if err := s.servePages(routes, options.Pages, options.PagesChange); err != nil {
			return nil, err
		}
	}
	strict := gen.NewStrictHandlerWithOptions(s, []gen.StrictMiddlewareFunc{detachContext}, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  s.fail,
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.fail,
	})
	gen.RegisterHandlersWithOptions(headRouter{engine.Group("", s.share, s.check)}, strict, gen.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.fail(c, err) },
	})
	compressed, err := compress(engine)
	if err != nil {
		return nil, err
	}
	return waitForSlowReaders(compressed), nil
}

// headRouter registers the handlers of GET for HEAD too. The HTTP server drops the bodies of responses to HEAD.
type headRouter struct{ gin.IRouter }

// GET implements gin.IRoutes.
func (r headRouter) GET(path string, handlers ...gin.HandlerFunc) gin.IRoutes {
	return r.Match([]string{http.MethodGet, http.MethodHead}, path, handlers...)
}

// originForm is the form in which browsers send an origin: a scheme and a host, without a path. Any other text would never match.
var originForm = regexp.MustCompile(`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?$`)

// allowOrigins returns the middleware that allows pages of the origins to call the API and to read its responses. "*" is every
// origin.
func (s *Server) allowOrigins(origins []string) (gin.HandlerFunc, error) {
	for _, origin := range origins {
		if origin != "*" && !originForm.MatchString(origin) {
			return nil, fmt.Errorf("a CORS origin is written like https://planner.example or http://localhost:5173, not %q", origin)
		}
	}
	return cors.New(cors.Config{
		AllowOrigins: origins,
		// Called for any other origin. The library itself would refuse the request without a message.
		AllowOriginWithContextFunc: func(c *gin.Context, origin string) bool {
			s.fail(c, &statusError{http.StatusForbidden, "Pages of " + origin + " may not call this server"})
			return false
		},
		AllowMethods:  []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders:  []string{"Authorization", "Content-Type", "If-Match", "If-None-Match", idempotencyHeader, "Last-Event-ID", requestIDHeader},
		ExposeHeaders: []string{"ETag", "Link", "Location", "Idempotency-Replayed", "Retry-After", totalHeader, feedEpochHeader, requestIDHeader},
		MaxAge:        time.Hour,
	}), nil
}
