package cli

import (
	"context"
	"errors"

	"github.com/routecard/routecard/store"
)

type newEpochCommand struct {
	databaseFlag
}

// Run begins a new epoch of the event feed. It returns an error if a server has the SQLite file open.
func (c *newEpochCommand) Run() error {
	if err := requireDatabase(c.Database); err != nil {
		return err
	}
	ctx := context.Background()
	db, err := store.Open(ctx, c.Database, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(db.NewEpoch(ctx), db.Close())
}
