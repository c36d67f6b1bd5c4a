package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/routecard/routecard/store"
)

type migrateCommand struct {
	databaseFlag
}

// Run brings the schema up to date. The database is created if it does not exist, as serve would.
func (c *migrateCommand) Run() error {
	ctx, stop := untilInterrupted()
	defer stop()
	db, err := store.Open(ctx, c.Database, store.Options{Mode: store.Serve})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, "the schema of", store.Describe(c.Database), "is up to date")
	return errors.Join(err, db.Close())
}
