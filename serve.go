package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
)

const (
	// startTimeout bounds the wait for a database that does not answer, migrations included.
	startTimeout = 2 * time.Minute
	// drainTimeout bounds how long requests under way may take to finish once the server was told to stop.
	drainTimeout = 20 * time.Second
	// sweepInterval is how often what is kept for a time only is looked through.
	sweepInterval = time.Hour
	// backlog is how many bytes of an answer may wait in the system for a client that does not take them, of which Linux
	// makes twice as many.
	backlog = 64 << 10
)

type serveCommand struct {
	databaseFlag
	Addr       string    `default:"localhost:3000" env:"ROUTECARD_ADDR" placeholder:"HOST:PORT" help:"Address to listen on (default: ${default})."`
	Insecure   bool      `env:"ROUTECARD_INSECURE" help:"Listen on any address although there are no API keys."`
	CORSOrigin []string  `name:"cors-origin" env:"ROUTECARD_CORS_ORIGIN" placeholder:"URL" help:"Origin whose pages may call the API; repeat it for several."`
	Jira       jiraFlags `embed:"" prefix:"jira-" envprefix:"ROUTECARD_JIRA_"`
	LogLevel   string    `default:"info" enum:"debug,info,warn,error" env:"ROUTECARD_LOG_LEVEL" placeholder:"LEVEL" help:"debug (every request), info, warn or error (default: ${default})."`
}

// jiraFlags say which Jira to speak to; none without a URL.
type jiraFlags struct {
	URL             string `name:"url" env:"URL" placeholder:"URL" help:"Jira to link tickets of; off unless given."`
	User            string `name:"user" env:"USER" placeholder:"EMAIL" help:"User that the API token belongs to (Jira Cloud); without it the token is a personal access token (Data Center)."`
	Token           string `name:"token" env:"TOKEN" placeholder:"TOKEN" help:"API token; better given by the environment, where nobody else on the machine reads it."`
	Project         string `name:"project" env:"PROJECT" placeholder:"KEY" help:"Project whose open tickets are listed."`
	Deployment      string `name:"deployment" env:"DEPLOYMENT" default:"auto" enum:"auto,cloud,datacenter" placeholder:"KIND" help:"cloud, datacenter, or auto: ask Jira (default: ${default})."`
	PartNumberField string `name:"part-number-field" env:"PART_NUMBER_FIELD" default:"customfield_10908" placeholder:"ID" help:"Custom field with the part number (default: ${default})."`
	QuantityField   string `name:"quantity-field" env:"QUANTITY_FIELD" default:"customfield_10900" placeholder:"ID" help:"Custom field with the quantity (default: ${default})."`
	EpicField       string `name:"epic-field" env:"EPIC_FIELD" default:"customfield_10014" placeholder:"ID" help:"Custom field with the epic (default: ${default})."`
}

// client is nil where no Jira is configured.
func (f jiraFlags) client() (*jira.Client, error) {
	if f.URL == "" {
		return nil, nil
	}
	return jira.New(jira.Config{
		URL: f.URL, User: f.User, Token: f.Token, Project: f.Project, Deployment: f.Deployment,
		PartNumberField: f.PartNumberField, QuantityField: f.QuantityField, EpicField: f.EpicField,
	})
}

// Run serves until SIGTERM or SIGINT, then finishes what is under way.
func (c *serveCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		// What is alive is small and what a request leaves behind is not: collected at Go's 100 percent, it is a tenth of
		// the work under load.
		debug.SetGCPercent(400)
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))

	tickets, err := c.Jira.client()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, listenReason(err))
	}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := store.Open(starting, c.Database, store.Options{Logger: log})
	if err != nil {
		return err
	}
	if err := c.refuseStrangers(starting, listener.Addr(), db); err != nil {
		return errors.Join(err, db.Close())
	}
	handler, err := server.New(db, server.Options{
		Logger: log, Jira: tickets, Stopping: ctx.Done(), Insecure: c.Insecure, CORSOrigins: c.CORSOrigin,
	})
	if err != nil {
		return err
	}
	go sweep(ctx, db, log)
	log.Info("serving", "url", "http://"+listener.Addr().String(), "database", store.Describe(c.Database))
	return errors.Join(serve(ctx, listener, handler, log), db.Close())
}

// refuseStrangers fails when the API is open and the address is one that other machines reach.
func (c *serveCommand) refuseStrangers(ctx context.Context, listening net.Addr, db *store.Store) error {
	address, err := netip.ParseAddrPort(listening.String())
	if c.Insecure || err == nil && address.Addr().Unmap().IsLoopback() {
		return nil
	}
	keys, err := db.Keys(ctx)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("refusing to listen on %s while the API is open: create a key first (routecard keys create --name NAME --role write), or give --insecure", c.Addr)
	}
	return err
}

// serve answers requests until the context ends, and then those that are under way.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	httpServer := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		// Streams put it off as long as their client reads.
		WriteTimeout: time.Minute,
		IdleTimeout:  2 * time.Minute,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext:  limitBacklog,
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := httpServer.Shutdown(draining); err != nil {
		log.Warn("requests were cut off", "after", drainTimeout)
		return httpServer.Close()
	}
	return nil
}

// limitBacklog keeps the system from taking megabytes for a client that reads slowly. Only when a third of them has gone
// out does it take more, and until then such a client looks like one that has stopped reading.
func limitBacklog(ctx context.Context, conn net.Conn) context.Context {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(backlog) // without it all is well but for slow readers
	}
	return ctx
}

// sweep forgets what is kept for a time only, until the context ends.
func sweep(ctx context.Context, db *store.Store, log *slog.Logger) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := db.Sweep(ctx); err != nil {
				log.Warn("could not sweep", "error", err)
			}
		}
	}
}

// listenReason leaves out what the sentence says already.
func listenReason(err error) error {
	if system, ok := errors.AsType[syscall.Errno](err); ok {
		return system
	}
	return err
}
