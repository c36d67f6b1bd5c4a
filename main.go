// Command routecard serves Routecard: production jobs on a shop floor, over HTTP, as openapi.yaml describes it.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

type commandLine struct {
	Serve  serveCommand  `cmd:"" default:"withargs" help:"Serve until told to stop (what happens without a command)."`
	Keys   keysCommand   `cmd:"" help:"Create, list and revoke API keys."`
	Backup backupCommand `cmd:"" help:"Copy a SQLite database while it is being served."`
	Check  checkCommand  `cmd:"" help:"Look for damage, and count progress again."`
}

// databaseFlag is shared by all commands.
type databaseFlag struct {
	Database string `default:"routecard.db" env:"ROUTECARD_DATABASE" placeholder:"PATH|URL" help:"A file path is SQLite, a postgres:// URL is PostgreSQL (default: ${default})."`
}

func main() {
	var line commandLine
	command := kong.Parse(&line, kong.Name("routecard"),
		kong.Description("Tracks production jobs on a shop floor. The API is at /api, its explorer at /docs."),
		kong.Help(help))
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "routecard:", err)
		os.Exit(1)
	}
}

// help shows the flags of serve too when no command was named, because serve is what happens then.
func help(options kong.HelpOptions, ctx *kong.Context) error {
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
