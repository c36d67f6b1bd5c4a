//go:build chaos

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

// outcome is what a client knows about its request after the last attempt.
type outcome string

const (
	// acknowledged means a 2xx response: the change was made once.
	acknowledged outcome = "acknowledged"
	// refused means a 4xx or 503 response, and no earlier attempt without a definite response: nothing was changed.
	refused outcome = "refused"
	// unknown means that the change was made at most once.
	unknown outcome = "unknown"
)

// record is one request with all its attempts.
type record struct {
	operation
	client, number int
	// start is when the first attempt was sent and end when the last one was answered, since the start of the run.
	start, end time.Duration
	attempts   int
	outcome    outcome
	// status is that of the last response, 0 without one.
	status int
	// results are the changed things in the response to an acknowledged request.
	results []change
}

// change is one changed thing in a response.
type change struct {
	ID               string
	Status           string
	CurrentStepID    string
	CurrentStepIndex int
	ForceCompleted   bool
	ScrapReason      string
	// version is that of the ETag, 0 without one.
	version int64
}

func (r *record) String() string {
	return fmt.Sprintf("request %d of client %d: %s %s %.300s (If-Match %s, Idempotency-Key %s), %d attempt(s) from %s to %s, last status %d, %s",
		r.number, r.client, r.method, r.path, r.body, r.ifMatch, r.key, r.attempts,
		r.start.Round(time.Millisecond), r.end.Round(time.Millisecond), r.status, r.outcome)
}

// history holds all requests that change something.
type history struct {
	t     *testing.T
	begun time.Time

	mutex   sync.Mutex
	records []*record
}

func (h *history) add(r *record) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.records = append(h.records, r)
}

// summarize logs the outcomes of each kind of request. It fails the test when a kind was never acknowledged, because that
// kind was not tested.
func (h *history) summarize() {
	h.t.Helper()
	type row struct {
		counts   map[outcome]int
		attempts int
	}
	rows := map[kind]*row{}
	for _, choice := range choices {
		rows[choice.kind] = &row{counts: map[outcome]int{}}
	}
	for _, r := range h.records {
		rows[r.kind].counts[r.outcome]++
		rows[r.kind].attempts += r.attempts
	}
	h.t.Logf("%d requests:", len(h.records))
	for _, kind := range slices.Sorted(maps.Keys(rows)) {
		counts := rows[kind].counts
		h.t.Logf("%-20s %5d acknowledged %5d refused %5d unknown %5d attempts",
			kind, counts[acknowledged], counts[refused], counts[unknown], rows[kind].attempts)
		// A short run has too few attempts of some kinds, such as an override of many units that all must accept it.
		if counts[acknowledged] == 0 && rows[kind].attempts >= 200 {
			h.t.Errorf("no request of the kind %s was acknowledged", kind)
		}
	}
}
