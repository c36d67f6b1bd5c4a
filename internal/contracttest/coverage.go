package contracttest

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
)

// Seen counts the responses of all tests of this process.
var Seen = &Coverage{}

// Coverage counts responses by operation, status, and media type. It also records which examples of the contract the tests have
// confirmed.
type Coverage struct {
	mutex    sync.Mutex
	seen     map[declaredResponse]int
	examples map[string]bool
}

// declaredResponse is a response that the contract declares.
type declaredResponse struct {
	operation string
	status    int
	media     string
}

// Record counts a response. Callers record only responses without violations.
func (c *Coverage) Record(operation *Operation, status int, header http.Header) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.seen == nil {
		c.seen = map[declaredResponse]int{}
	}
	c.seen[declaredResponse{operation.ID, status, header.Get("Content-Type")}]++
}

// RecordExample records that the server did what the example says.
func (c *Coverage) RecordExample(example Example) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.examples == nil {
		c.examples = map[string]bool{}
	}
	c.examples[example.key()] = true
}

// recordError records the example that an error response equals, if there is one.
func (c *Coverage) recordError(operation *Operation, answer Answer) {
	body := decoded(answer.Body)
	for _, example := range operation.Examples() {
		if example.Status == answer.Status && reflect.DeepEqual(example.Value, body) {
			c.RecordExample(example)
		}
	}
}

// declared returns all responses that the contract declares.
func (c *Contract) declared() []declaredResponse {
	var all []declaredResponse
	for _, operation := range c.Operations {
		for _, status := range operation.Statuses() {
			for _, media := range operation.mediaTypes(status) {
				all = append(all, declaredResponse{operation.ID, status, media})
			}
		}
	}
	return all
}

// Missing returns a sentence for each declared response and each example that was not recorded.
func (c *Coverage) Missing(contract *Contract) []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var missing []string
	for _, o := range contract.declared() {
		if c.seen[o] == 0 {
			missing = append(missing, fmt.Sprintf("%s has never answered %d %s", o.operation, o.status, cmp.Or(o.media, "without a body")))
		}
	}
	for _, operation := range contract.Operations {
		for _, example := range operation.Examples() {
			if !c.examples[example.key()] {
				missing = append(missing, fmt.Sprintf("no test has replayed the example %s", example))
			}
		}
	}
	return slices.Compact(missing)
}

// Report returns a table of all declared responses, with how often each was recorded.
func (c *Coverage) Report(contract *Contract) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OPERATION\tSTATUS\tMEDIA TYPE\tSEEN")
	seen := 0
	all := contract.declared()
	slices.SortStableFunc(all, func(a, b declaredResponse) int { return strings.Compare(a.operation, b.operation) })
	for _, o := range all {
		count := "NEVER"
		if n := c.seen[o]; n > 0 {
			count = strconv.Itoa(n)
			seen++
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", o.operation, o.status, cmp.Or(o.media, "-"), count)
	}
	fmt.Fprintf(table, "\n%d of %d seen, in %d operations\n", seen, len(all), len(contract.Operations))
	_ = table.Flush() // writing to memory does not fail
	return out.String()
}
