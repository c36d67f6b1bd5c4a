package cli

import (
	"context"

	"github.com/routecard/routecard/store"
)

type newEpochCommand struct {
	databaseFlag
}

// Run begins a new epoch of the event feed.
func (c *newEpochCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error { return db.NewEpoch(ctx) })
}
