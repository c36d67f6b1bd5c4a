// Package server answers Routecard's HTTP requests: it implements the interface that is generated from openapi.yaml, and
// what stands around it (checks, errors, logs, metrics, health, the explorer).
package server

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/store"
)

// Server implements the operations of the contract over a store.
type Server struct {
	store    *store.Store
	contract *contract.Contract
	log      *slog.Logger
	metrics  *metrics
	// stopping is closed when the server stops, which ends the live streams: they would go on for ever.
	stopping <-chan struct{}
}

// Options are what a server is made with.
type Options struct {
	// Logger is told of failures, and at debug level of every request; slog.Default() unless given.
	Logger *slog.Logger
	// Stopping, when closed, ends the live streams, so that a server can stop; nil never does.
	Stopping <-chan struct{}
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
	s := &Server{store: db, contract: rules, log: options.Logger, metrics: newMetrics(db.Pools()), stopping: options.Stopping}
	if s.log == nil {
		s.log = slog.Default()
	}

	engine := gin.New()
	// Without it the context of a handler never ends when its client goes away.
	engine.ContextWithFallback = true
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.NoRoute(s.noRoute)
	engine.NoMethod(s.noMethod)
	engine.Use(s.observe, s.recover)

	s.serveHealth(engine)
	s.serveDocs(engine)
	strict := gen.NewStrictHandlerWithOptions(s, nil, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  s.fail,
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.fail,
	})
	gen.RegisterHandlersWithOptions(engine, strict, gen.GinServerOptions{
		Middlewares:  []gen.MiddlewareFunc{s.check},
		ErrorHandler: s.unboundParameter,
	})
	return engine, nil
}

// requestOf returns the HTTP request behind the context of a handler, for what the generated types leave out.
func requestOf(ctx context.Context) *http.Request {
	return ctx.Value(gin.ContextRequestKey).(*http.Request)
}
