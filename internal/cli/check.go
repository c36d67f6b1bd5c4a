package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/routecard/routecard/store"
)

type checkCommand struct {
	databaseFlag
	Seal string `placeholder:"SEQ:HASH" help:"Seal that you noted earlier. The check fails if the database does not have it."`
}

// Run prints each fault that it finds in the database, one a line. It returns an error if there are any. If there are none, it
// prints the newest seal.
func (c *checkCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		report, err := db.Check(ctx)
		if err != nil {
			return err
		}
		faults := len(report.Faults) + report.MoreFaults
		for _, fault := range report.Faults {
			fmt.Fprintln(os.Stdout, fault)
		}
		if report.MoreFaults > 0 {
			fmt.Fprintf(os.Stdout, "and %d more\n", report.MoreFaults)
		}
		if c.Seal != "" {
			found, err := db.HasSeal(ctx, c.Seal)
			if err != nil {
				return err
			}
			if !found {
				faults++
				fmt.Fprintf(os.Stdout, "the database does not have the seal %s: it was restored from an earlier backup, or the events were rewritten\n", c.Seal)
			}
		}
		if faults > 0 {
			return fmt.Errorf("%d fault(s) found", faults)
		}
		file, tool := "the file is sound, ", ""
		if store.IsPostgres(c.Database) {
			file, tool = "", " (for damage to PostgreSQL's files see pg_amcheck)"
		}
		fmt.Fprintf(os.Stdout, "no fault found: %sreferences hold, jobs, paths and units equal a replay of the events%s\n", file, tool)
		if report.Seal.Number > 0 {
			fmt.Fprintf(os.Stdout, "newest seal: %s\n", report.Seal)
		}
		fmt.Fprintf(os.Stdout, "%d event(s), %d of them not sealed yet\n", report.Events, report.Unsealed)
		return nil
	})
}
