package main

import (
	"context"
	"fmt"
	"os"

	"github.com/routecard/routecard/store"
)

type backupCommand struct {
	databaseFlag
	File string `arg:"" help:"Where the copy goes; the file must not exist."`
}

// Run copies the database.
func (c *backupCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		return db.Backup(ctx, c.File)
	})
}

type checkCommand struct {
	databaseFlag
}

// Run says what it found, and fails if that is anything.
func (c *checkCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		found, err := db.Check(ctx)
		if err != nil {
			return err
		}
		for _, sentence := range found {
			fmt.Fprintln(os.Stdout, sentence)
		}
		if len(found) > 0 {
			return fmt.Errorf("%d fault(s) found", len(found))
		}
		sound := "the file is sound, references hold, progress equals a recount"
		if store.IsPostgres(c.Database) {
			sound = "references hold, progress equals a recount (for damage to PostgreSQL's files see pg_amcheck)"
		}
		_, err = fmt.Fprintln(os.Stdout, "no fault found:", sound)
		return err
	})
}
