package cli

import (
	"context"

	"github.com/routecard/routecard/store"
)

type backupCommand struct {
	databaseFlag
	File string `arg:"" help:"File for the copy. It must not exist."`
}

// Run copies the SQLite database to a new file.
func (c *backupCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		return db.Backup(ctx, c.File)
	})
}
