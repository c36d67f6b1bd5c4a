// Package cli is the command line of Routecard. Each command has its own file and reads its settings from flags and
// environment variables; no other package does. Begin with [Main].
package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/routecard/routecard/store"
)

type commandLine struct {
	Serve    serveCommand    `cmd:"" default:"withargs" help:"Start the server. This is the default command."`
	Demo     demoCommand     `cmd:"" help:"Serve a sample shop with three weeks of history. It is deleted when the server stops."`
	Keys     keysCommand     `cmd:"" help:"Create, list, and revoke API keys."`
	Backup   backupCommand   `cmd:"" help:"Copy a SQLite database, also while a server uses it."`
	Restore  restoreCommand  `cmd:"" help:"Replace a SQLite database with a backup, while no server uses it."`
	Copy     copyCommand     `cmd:"" help:"Copy everything to an empty database, from SQLite to PostgreSQL or back."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the schema of a database up to date, as serve does at its start."`
	Check    checkCommand    `cmd:"" help:"Look for damage and tampering: replay all events and compare."`
	NewEpoch newEpochCommand `cmd:"" help:"Start a new epoch of the events, after PostgreSQL was restored. Stop all servers first."`
	Licenses licensesCommand `cmd:"" help:"Print the licenses of the software in this binary."`
	Version  versionCommand  `cmd:"" help:"Print the version of Routecard, its commit, and the versions of Go and SQLite."`

	PrintVersion versionFlag `name:"version" help:"Print what routecard version prints."`
}

// databaseFlag is the flag that all commands share.
type databaseFlag struct {
	Database string `default:"routecard.db" env:"ROUTECARD_DATABASE" placeholder:"PATH|URL" help:"A file path is SQLite, a postgres:// URL is PostgreSQL (default: ${default})."`
}

// Main parses the arguments of the process and runs the command that they name. It exits with status 1 if the command
// fails, and with another status if the arguments are invalid.
func Main() {
	var line commandLine
	command := kong.Parse(&line, options()...)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "routecard:", err)
		os.Exit(1)
	}
}

// options say how the arguments are parsed.
func options() []kong.Option {
	return []kong.Option{
		kong.Name("routecard"),
		kong.Description("Tracks production jobs on a shop floor. The API is at /api, its explorer at /docs."),
		kong.Help(printHelp),
	}
}

// Grammar returns all commands with their flags, for the generator of the reference.
func Grammar() (*kong.Application, error) {
	parser, err := kong.New(new(commandLine), options()...)
	if err != nil {
		return nil, err
	}
	return parser.Model, nil
}

// printHelp prints the help of the selected command. Without one it prints the list of commands and the help of serve,
// the default command.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || ctx.Selected() != nil {
		return err
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	fmt.Fprintln(ctx.Stdout)
	return kong.DefaultHelpPrinter(options, serve)
}

// withStore opens an existing database, calls fn, and closes the database. A server may use the database at the same time.
func withStore(database string, fn func(context.Context, *store.Store) error) error {
	return withStoreIn(store.Beside, database, fn)
}

// withStoreIn is like withStore, but opens the database in the given mode.
func withStoreIn(mode store.Mode, database string, fn func(context.Context, *store.Store) error) error {
	ctx, stop := untilInterrupted()
	defer stop()
	db, err := store.Open(ctx, database, store.Options{Mode: mode, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, db), db.Close())
}

// untilInterrupted returns a context that ends when the process is told to stop, so that a command still closes its
// database.
func untilInterrupted() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
}
