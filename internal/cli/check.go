package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/routecard/routecard/store"
)

type checkCommand struct {
	databaseFlag
}

// Run prints each fault that it finds in the database, one a line. It returns an error if there are any.
func (c *checkCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		faults, err := db.Check(ctx)
		if err != nil {
			return err
		}
		for _, fault := range faults {
			fmt.Fprintln(os.Stdout, fault)
		}
		if len(faults) > 0 {
			return fmt.Errorf("%d fault(s) found", len(faults))
		}
		sound := "the file is sound, references hold, progress equals a recount"
		if store.IsPostgres(c.Database) {
			sound = "references hold, progress equals a recount (for damage to PostgreSQL's files see pg_amcheck)"
		}
		_, err = fmt.Fprintln(os.Stdout, "no fault found:", sound)
		return err
	})
}
