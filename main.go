// Command routecard serves Routecard: production jobs on a shop floor, over HTTP, as openapi.yaml describes it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
)

const (
	// startTimeout bounds the wait for a database that does not answer, migrations included.
	startTimeout = 2 * time.Minute
	// drainTimeout bounds how long requests under way may take to finish once the server was told to stop.
	drainTimeout = 20 * time.Second
)

type serveCommand struct {
	Addr     string `default:"localhost:3000" env:"ROUTECARD_ADDR" placeholder:"HOST:PORT" help:"Address to listen on (default: ${default})."`
	Database string `default:"routecard.db" env:"ROUTECARD_DATABASE" placeholder:"PATH|URL" help:"A file path is SQLite, a postgres:// URL is PostgreSQL (default: ${default})."`
	LogLevel string `default:"info" enum:"debug,info,warn,error" env:"ROUTECARD_LOG_LEVEL" placeholder:"LEVEL" help:"debug (every request), info, warn or error (default: ${default})."`
}

type commandLine struct {
	Serve serveCommand `cmd:"" default:"withargs" help:"Serve until told to stop (what happens without a command)."`
}

func main() {
	var line commandLine
	command := kong.Parse(&line, kong.Name("routecard"),
		kong.Description("Tracks production jobs on a shop floor. The API is at /api, its explorer at /docs."))
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "routecard:", err)
		os.Exit(1)
	}
}

// Run serves until SIGTERM or SIGINT, then finishes what is under way.
func (c *serveCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))

	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, listenReason(err))
	}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := store.Open(starting, c.Database, store.Options{Logger: log})
	if err != nil {
		return err
	}
	handler, err := server.New(db, server.Options{Logger: log, Stopping: ctx.Done()})
	if err != nil {
		return err
	}
	log.Info("serving", "url", "http://"+listener.Addr().String(), "database", store.Describe(c.Database))
	return errors.Join(serve(ctx, listener, handler, log), db.Close())
}

// serve answers requests until the context ends, and then those that are under way.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	httpServer := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	draining, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := httpServer.Shutdown(draining); err != nil {
		log.Warn("requests were cut off", "after", drainTimeout)
		return httpServer.Close()
	}
	return nil
}

// listenReason leaves out what the sentence says already.
func listenReason(err error) error {
	var system syscall.Errno
	if errors.As(err, &system) {
		return system
	}
	return err
}
