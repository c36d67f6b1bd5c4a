package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/routecard/routecard/internal/sampleshop"
	"github.com/routecard/routecard/store"
)

type demoCommand struct {
	Addr string `default:"localhost:3000" env:"ROUTECARD_ADDR" placeholder:"HOST:PORT" help:"Address to listen on (default: ${default})."`
	Live bool   `help:"Keep moving units, so that the pages change while you watch."`
	Seed uint64 `default:"1" placeholder:"N" help:"Seed of the history (default: ${default})."`
}

// Run serves a sample shop in a temporary SQLite database until SIGTERM or SIGINT, and then deletes the database.
func (c *demoCommand) Run() (err error) {
	ctx, stop := untilInterrupted()
	defer stop()
	dir, err := os.MkdirTemp("", "routecard-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	var working chan error
	serve := serveCommand{Addr: c.Addr, logFlags: logFlags{LogLevel: "info", LogFormat: "auto"}}
	serve.Database = filepath.Join(dir, "routecard.db")
	err = serve.serve(ctx, func(starting context.Context, log *slog.Logger) (*store.Store, error) {
		log.Info("writing the history of the sample shop")
		shop, db, err := sampleshop.Open(starting, serve.Database, c.Seed, time.Now, log)
		if err == nil && c.Live {
			working = make(chan error, 1)
			go func() { working <- shop.Work(ctx) }()
		}
		return db, err
	})
	if working == nil {
		return err
	}
	return errors.Join(err, <-working)
}
