package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
)

// fill returns a body of 1 MiB: the start, then as many numbered items as fit, then the end.
func fill(start, item, end string) string {
	var body strings.Builder
	body.WriteString(start)
	for i := 0; body.Len() < 1<<20-100; i++ {
		fmt.Fprintf(&body, item, i)
	}
	return body.String() + end
}

// TestMemory checks that the memory for a body grows with its known fields and not with what the check skips. The test is
// not parallel, because it counts the allocations of the whole process.
func TestMemory(t *testing.T) {
	const job, path = `{"name":"x","goalQuantity":1`, `{"jobId":"job_1","name":"x","goalQuantity":1`
	for name, c := range map[string]struct{ operation, body, want string }{
		"unknown fields":              {"createJob", fill(job, `,"_%x":{}`, `}`), ""},
		"unknown fields, escaped":     {"createJob", fill(job, `,"\n%x":0`, `}`), ""},
		"an unknown array of objects": {"createJob", fill(job+`,"_":[0`, `,{"":%d}`, `]}`), ""},
		"a nested unknown field":      {"createPath", fill(path+`,"steps":[{"name":"x"`, `,"_%x":[]`, `}]}`), ""},
		"a known field twice":         {"createJob", fill(job, `,"jiraLabels":["%d"]`, `}`), ""},
		"an object for a string":      {"createJob", fill(`{"goalQuantity":1,"name":{"":0`, `,"%x":{}`, `}}`), "name must be a string"},
		"too many items":              {"createJob", fill(job+`,"jiraLabels":["x"`, `,"%x"`, `]}`), "jiraLabels must have at most 1000 items"},
		"too many objects":            {"createPath", fill(path+`,"steps":[{"name":"x"}`, `,{"name":"%x"}`, `]}`), "steps must have at most 500 items"},
	} {
		t.Run(name, func(t *testing.T) {
			operation := operation(t, gen.Contract, c.operation)
			r := request("", nil, c.body)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := check(t, operation, r)
			runtime.ReadMemStats(&after)
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			wantMessages(t, "the body", err, want)
			const limit = 4 << 20
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > limit {
				t.Errorf("Check allocates %d bytes, want at most %d", allocated, limit)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	operation := operation(b, gen.Contract, "createJob")
	for name, body := range map[string]string{
		"job":           `{"name":"JOB-2024-001","goalQuantity":50,"jiraTicketKey":"PI-42","jiraLabels":["Q1-2024","rush"]}`,
		"unknownFields": fill(`{"name":"x","goalQuantity":1`, `,"_%x":{}`, `}`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			header, w := http.Header{}, httptest.NewRecorder()
			for b.Loop() {
				if _, _, err := operation.Check(w, request("", header, body)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
