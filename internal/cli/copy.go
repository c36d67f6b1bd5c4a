package cli

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/routecard/routecard/store"
)

type copyCommand struct {
	From string `required:"" placeholder:"PATH|URL" help:"Database to copy. Stop its servers first, or later changes are not in the copy."`
	To   string `required:"" placeholder:"PATH|URL" help:"Database to copy to. It must not exist, or be empty."`
}

// Run copies a database to another one and prints the fingerprint of each table. It shows its progress if standard error is a
// terminal.
func (c *copyCommand) Run() error {
	ctx, stop := untilInterrupted()
	defer stop()
	progress := func(int64, int64) {}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("Copying"),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
		progress = func(done, total int64) {
			if done > total/2 {
				bar.Describe("Comparing")
			}
			bar.ChangeMax64(total)
			_ = bar.Set64(done) // fails only if the terminal is gone
		}
	}
	copied, err := store.Copy(ctx, c.From, c.To, progress)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TABLE\tROWS\tFINGERPRINT")
	for _, copied := range copied.Tables {
		fmt.Fprintf(table, "%s\t%d\t%s\n", copied.Name, copied.Rows, copied.Fingerprint)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "copied %s to %s: both have the same fingerprints, and the check of the copy has found no fault\n",
		store.Describe(c.From), store.Describe(c.To))
	return nil
}
