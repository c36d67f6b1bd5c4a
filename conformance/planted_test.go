package conformance_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/routecard/routecard/conformance"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/server"
)

// page is the file with the list of faults.
const page = "../docs/reference/conformance.md"

var update = flag.Bool("update", false, "write the list of planted faults into docs/reference/conformance.md")

// TestPlantedFaults puts a proxy in front of the server that plants one fault, and checks that a case finds it, for one fault after
// the other. It compares the list of faults with the page that has it.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t), func(options *server.Options) { options.Insecure = true })
	faults := faults(s.URL)
	found := make([][]conformance.Result, len(faults))
	t.Run("each", func(t *testing.T) {
		t.Run("no fault", func(t *testing.T) {
			t.Parallel()
			var operations []string
			for _, fault := range faults {
				operations = append(operations, fault.operations)
			}
			all := strings.Join(operations, " ")
			unchanged := planted{
				request:  sends(all, func(map[string]any) {}).request,
				response: answers(func(_ *http.Response, body any) any { return body }).response,
			}
			for _, result := range failed(t, plant(t, s.URL, unchanged), all) {
				t.Errorf("%s: %s failed: %v", result.Operation, result.Case, result.Err)
			}
		})
		for i, fault := range faults {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				found[i] = failed(t, plant(t, s.URL, fault.planted), fault.operations)
				if len(found[i]) == 0 {
					t.Error("no case found the fault")
				}
				for _, result := range found[i] {
					t.Logf("%s: %s: %v", result.Operation, result.Case, result.Err)
				}
			})
		}
	})
	before, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- Written by `go test ./conformance -run TestPlantedFaults -update`. Don't edit what follows. -->\n"
	text, _, marked := strings.Cut(string(before), mark)
	if !marked {
		t.Fatalf("%s has no line %s", page, mark)
	}
	after := text + mark + list(faults, found)
	if *update {
		if err := os.WriteFile(page, []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if after != string(before) && !t.Failed() {
		t.Errorf("%s does not have the list of the faults and the cases that found them; run the test with -update. It is now:\n%s", page, list(faults, found))
	}
}

// failed runs the cases of operations and returns the results of those that failed.
func failed(t *testing.T, target, operations string) (results []conformance.Result) {
	t.Helper()
	runner := newRunner(t, conformance.Target{URL: target})
	for _, file := range load(t) {
		if !isOneOf(file.Operation, operations) {
			continue
		}
		for _, c := range file.Cases {
			if result := runner.Run(t.Context(), file.Operation, c); result.Err != nil {
				results = append(results, result)
			}
		}
	}
	return results
}

// list returns a Markdown table of the faults. It has the first case of each operation, so that a new case rarely changes it.
func list(faults []fault, found [][]conformance.Result) string {
	lines := [][2]string{{"fault", "found by"}, {"---", "---"}}
	for i, fault := range faults {
		var cases []string
		operation := ""
		for _, result := range found[i] {
			if result.Operation != operation {
				operation = result.Operation
				cases = append(cases, fmt.Sprintf("%s: %s", operation, result.Case))
			}
		}
		lines = append(lines, [2]string{fault.name, strings.Join(cases, "; ")})
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%d faults, all of them found:\n\n", len(faults))
	for _, line := range lines {
		fmt.Fprintf(&text, "| %s | %s |\n", line[0], line[1])
	}
	return text.String()
}
