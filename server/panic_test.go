package server_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestPanicFailsOneRequest damages a unit so that its commands panic, and sends commands for this and for other units at the
// same time, so that they share transactions. Only the requests for the damaged unit fail, and the log has the stack traces.
func TestPanicFailsOneRequest(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		const units = 24
		build(t, s, "strict A B", units)
		pool := s.Store.Pools()["postgres"]
		if pool == nil {
			pool = s.Store.Pools()["write"]
		}
		if _, err := pool.ExecContext(t.Context(), "UPDATE serials SET step_id = NULL WHERE id = 'SN-00001'"); err != nil {
			t.Fatal(err)
		}
		var requests sync.WaitGroup
		for n := 1; n <= units; n++ {
			requests.Go(func() {
				answer := s.Do(t, "POST", fmt.Sprintf("/api/serials/SN-%05d/advance", n), "{}")
				if n == 1 {
					wantError(t, answer, gen.Error{StatusCode: 500, Message: "Internal Server Error"})
					return
				}
				wantEqual(t, fmt.Sprintf("the status for unit %d", n), answer.Status, 200)
			})
		}
		requests.Wait()
		wantError(t, s.Do(t, "POST", "/api/serials/advance", `{"serialIds":["SN-00001"]}`),
			gen.Error{StatusCode: 500, Message: "Internal Server Error"})

		failures := 0
		for line := range strings.Lines(s.Log.String()) {
			if !strings.Contains(line, "request failed") {
				continue
			}
			failures++
			for _, part := range []string{"panic: runtime error: index out of range", "models.(*Path).move", "routing.go:"} {
				if !strings.Contains(line, part) {
					t.Errorf("the log lacks %q in\n%s", part, line)
				}
			}
		}
		wantEqual(t, "the number of failures in the log", failures, 2)
	})
}
