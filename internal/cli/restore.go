package cli

import (
	"fmt"
	"os"

	"github.com/routecard/routecard/store"
)

type restoreCommand struct {
	databaseFlag
	File string `arg:"" help:"The backup, made by routecard backup."`
}

// Run replaces the SQLite database with the backup and prints what the database contains now.
func (c *restoreCommand) Run() error {
	ctx, stop := untilInterrupted()
	defer stop()
	restored, err := store.Restore(ctx, c.File, c.Database)
	if err != nil {
		return err
	}
	last := "no events"
	if restored.LastEvent != nil {
		last = "last event at " + restored.LastEvent.String()
	}
	fmt.Fprintf(os.Stdout, "restored %s from %s: %d job(s), %d unit(s), %s\n", c.Database, c.File, restored.Jobs, restored.Units, last)
	if restored.Kept != "" {
		fmt.Fprintf(os.Stdout, "the database that was there before is now %s\n", restored.Kept)
	}
	return nil
}
