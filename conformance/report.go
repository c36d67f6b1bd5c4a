package conformance

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Report prints a table of the operations, the failed cases, and the reasons for skipped cases. It returns true if at least one
// case passed and none failed.
func Report(out io.Writer, results []Result) (passed bool) {
	type counts struct{ passed, failed, skipped int }
	byOperation := map[string]*counts{}
	var order []string
	var total counts
	for _, result := range results {
		if byOperation[result.Operation] == nil {
			byOperation[result.Operation] = &counts{}
			order = append(order, result.Operation)
		}
		for _, c := range []*counts{byOperation[result.Operation], &total} {
			switch {
			case result.Err != nil:
				c.failed++
			case result.Skipped != "":
				c.skipped++
			default:
				c.passed++
			}
		}
	}
	byOperation["all"] = &total
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "operation\tpassed\tfailed\tskipped\t")
	for _, operation := range append(order, "all") {
		c := byOperation[operation]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t\n", operation, c.passed, c.failed, c.skipped)
	}
	_ = table.Flush() // the writer is standard output; nothing can be done if it is closed

	var reasons []string
	for _, result := range results {
		if result.Err != nil {
			fmt.Fprintf(out, "\nFAILED %s: %s\n%v\n", result.Operation, result.Case, result.Err)
		} else if result.Skipped != "" && !slices.Contains(reasons, result.Skipped) {
			reasons = append(reasons, result.Skipped)
			fmt.Fprintf(out, "\nSkipped: %s.\n", result.Skipped)
		}
	}
	return total.failed == 0 && total.passed > 0
}
