package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/routecard/routecard/store/internal/database"
)

// Copied is the result of [Copy].
type Copied struct {
	// Tables has the number of rows and the fingerprint of each table.
	Tables []database.CopiedTable
	// Report is the result of [Store.Check] for the copy. It has no faults.
	Report Report
}

// Copy copies a snapshot of everything in the database from to the database to, including jobs, events, seals, and API keys. The
// databases may be of different kinds. Copy creates the schema of to, and brings it up to date. It refuses a target that has
// events or API keys. The target stays empty until everything is copied and each table has been compared by its fingerprint; then
// Copy checks the target as [Store.Check] does. Copy calls progress with the number of copied rows and the number of all rows.
// The errors are sentences for the person at the terminal.
func Copy(ctx context.Context, from, to string, progress database.Progress) (copied Copied, err error) {
	quiet := slog.New(slog.DiscardHandler)
	source, err := Open(ctx, from, Options{Mode: Beside, Logger: quiet})
	if err != nil {
		return copied, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := Open(ctx, to, Options{Mode: Serve, Logger: quiet})
	if err != nil {
		return copied, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	copied.Tables, err = database.Copy(ctx, source.db, target.db, progress)
	switch {
	case errors.Is(err, database.ErrNotEmpty):
		return copied, fmt.Errorf("the database %s is not empty: copy to a new file or to a new PostgreSQL database", Describe(to))
	case ctx.Err() != nil:
		return copied, fmt.Errorf("the copy was interrupted and %s is still empty: run the same command again", Describe(to))
	case err != nil:
		return copied, fmt.Errorf("cannot copy to %s: %w; it is still empty, so run the same command again when the cause is gone", Describe(to), err)
	}
	copied.Report, err = target.Check(ctx)
	if n := len(copied.Report.Faults) + copied.Report.MoreFaults; err == nil && n > 0 {
		err = fmt.Errorf("everything was copied, faults included: %d fault(s): %s", n, strings.Join(copied.Report.Faults, "; "))
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("everything was copied, but the check of the copy was interrupted: run routecard check --database %s", Describe(to))
	}
	return copied, err
}
