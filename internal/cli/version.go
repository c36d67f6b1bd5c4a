package cli

import (
	"cmp"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"github.com/routecard/routecard/internal/version"
	"github.com/routecard/routecard/store"
)

type versionCommand struct{}

// Run prints the versions of Routecard, its commit, Go, and SQLite.
func (versionCommand) Run() error {
	line, err := versionLine()
	if err == nil {
		_, err = fmt.Fprintln(os.Stdout, line)
	}
	return err
}

// versionLine returns the line that `routecard version` prints.
func versionLine() (string, error) {
	sqlite, err := store.SQLiteVersion()
	info := version.Get()
	return fmt.Sprintf("routecard %s (commit %s, %s, SQLite %s)", info.Version, cmp.Or(info.Commit, "unknown"), info.Go, sqlite), err
}

// versionFlag prints the version instead of running a command.
type versionFlag bool

// BeforeReset is called by kong when the flag is given, before it looks for mistakes in other flags.
func (versionFlag) BeforeReset(program *kong.Kong) error {
	err := versionCommand{}.Run()
	if err == nil {
		program.Exit(0)
	}
	return err
}
