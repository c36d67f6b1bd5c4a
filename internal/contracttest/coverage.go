package contracttest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
)

// Seen is what the tests of this process have seen.
var Seen = &Coverage{}

// Coverage counts the answers to each operation by status and media type. Only answers that keep to the contract count.
type Coverage struct {
	mutex sync.Mutex
	seen  map[outcome]int
}

// outcome is one of the answers that the contract declares.
type outcome struct {
	operation string
	status    int
	media     string
}

// Record counts an answer.
func (c *Coverage) Record(operation *Operation, status int, header http.Header) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.seen == nil {
		c.seen = map[outcome]int{}
	}
	c.seen[outcome{operation.ID, status, header.Get("Content-Type")}]++
}

// declared lists every outcome that the contract names.
func (c *Contract) declared() []outcome {
	var all []outcome
	for _, operation := range c.Operations {
		for _, status := range operation.Statuses() {
			for _, media := range operation.mediaTypes(status) {
				all = append(all, outcome{operation.ID, status, media})
			}
		}
	}
	return all
}

// Missing lists what the contract declares and nobody has seen, one sentence each.
func (c *Coverage) Missing(contract *Contract) []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var missing []string
	for _, o := range contract.declared() {
		if c.seen[o] == 0 {
			missing = append(missing, fmt.Sprintf("%s has never answered %d %s", o.operation, o.status, cmp.Or(o.media, "without a body")))
		}
	}
	return missing
}

// Report is a table of every operation and every status that the contract declares for it, with how often it was seen.
func (c *Coverage) Report(contract *Contract) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OPERATION\tSTATUS\tMEDIA TYPE\tSEEN")
	seen := 0
	all := contract.declared()
	slices.SortStableFunc(all, func(a, b outcome) int { return strings.Compare(a.operation, b.operation) })
	for _, o := range all {
		count := "NEVER"
		if n := c.seen[o]; n > 0 {
			count = strconv.Itoa(n)
			seen++
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", o.operation, o.status, cmp.Or(o.media, "-"), count)
	}
	fmt.Fprintf(table, "\n%d of %d seen, in %d operations\n", seen, len(all), len(contract.Operations))
	_ = table.Flush() // to memory
	return out.String()
}
