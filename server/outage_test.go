package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// outcomeUnknown is the response of a change that may have been made.
var outcomeUnknown = gen.Error{
	StatusCode: 500,
	Message: "The outcome is unknown: the change may have been made. Repeat the request with the same Idempotency-Key; " +
		"without a key, check first whether the change was made",
	Outcome: new(gen.Unknown),
}

// eventLock is the lock that PostgreSQL's trigger events_in_order takes.
const eventLock = "SELECT pg_advisory_xact_lock(7203154018)"

// notReady is the response of /readyz while the database does not answer or does not accept changes.
var notReady = gen.Error{StatusCode: 503, Message: "The database does not answer or does not accept changes"}

// TestServerVanishesBeforeCommit has a server lose its power between the INSERT of its events and COMMIT, while more of its
// transactions wait for locks. PostgreSQL then holds the lock for a server that is gone. Another server is not ready in
// the meantime, and writes again within 15 seconds.
func TestServerVanishesBeforeCommit(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	proxied, armed, vanished := routecardtest.VanishingServer(t, database)
	vanishing, other := routecardtest.New(t, proxied), routecardtest.New(t, database)
	admin := connect(t, database)

	holder, err := connect(t, database).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// So many units that the events and the COMMIT are separate messages.
	units := fmt.Sprintf(`{"pathId":%q,"quantity":1000}`, oneStepPath(t, other))
	if _, err := holder.Exec(t.Context(), eventLock); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer leave()
	const requests = 3
	for range requests {
		request, err := http.NewRequestWithContext(ctx, "POST", vanishing.URL+"/api/serials", strings.NewReader(units))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		clients.Go(func() {
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		})
	}
	awaitWaiting(t, admin, requests)
	armed.Store(true)
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-vanished:
	case <-time.After(time.Minute):
		t.Fatal("no transaction came to its COMMIT")
	}

	begun := time.Now()
	wantError(t, other.Do(t, "GET", "/readyz", ""), notReady)
	for {
		answer := other.Do(t, "POST", "/api/jobs", exampleJob)
		if answer.Status == http.StatusCreated {
			break
		}
		wantEqual(t, "the status while writing is blocked", answer.Status, http.StatusServiceUnavailable)
		if time.Since(begun) > 15*time.Second {
			t.Fatalf("after %s no job can be created: %s", time.Since(begun), answer.Body)
		}
	}
	wantEqual(t, "the status of /readyz", other.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
	wantEqual(t, "the units of the vanished server", other.Do(t, "GET", "/api/serials", "").Body, "[]\n")
}

// TestReadyWhileWritingIsBlocked holds the lock that every change needs. Reads go on, and the server is not ready.
func TestReadyWhileWritingIsBlocked(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		wantEqual(t, "the status before", s.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
		release := blockWriting(t, s.Database)
		wantError(t, s.Do(t, "GET", "/readyz", ""), notReady)
		wantEqual(t, "the status of a list", s.Do(t, "GET", "/api/jobs", "").Status, http.StatusOK)
		release()
		wantEqual(t, "the status afterwards", s.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
	})
}

// blockWriting takes the lock that every change needs, as another program. The function that it returns releases the lock.
func blockWriting(t *testing.T, database string) (release func()) {
	t.Helper()
	if strings.HasPrefix(database, "postgres://") {
		holder, err := connect(t, database).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := holder.Exec(t.Context(), eventLock); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := holder.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	other, err := driver.Open((&url.URL{Scheme: "file", Path: database, RawQuery: "_txlock=immediate"}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	holder, err := other.BeginTx(t.Context(), &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := holder.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadyWhileBusy checks that a server is ready while it always has a request that writes.
func TestReadyWhileBusy(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		stop := make(chan struct{})
		var created atomic.Int64
		var writers sync.WaitGroup
		for range 8 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						wantEqual(t, "the status of a create", s.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
						created.Add(1)
					}
				}
			})
		}
		for created.Load() < 200 && !t.Failed() {
			wantEqual(t, "the status of /readyz", s.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
		}
		close(stop)
		writers.Wait()
	})
}

// TestRepeatedScrapWithoutTheEarlierResult has a request find that the unit is scrapped, because the same request was faster on
// another server, and then fail to read the result of that request. It must not return "is scrapped" as its answer.
func TestRepeatedScrapWithoutTheEarlierResult(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, postgrestest.Database(t))
	other := routecardtest.New(t, s.Database)
	admin := connect(t, s.Database)
	request := post{path: "/api/serials/{unit}/scrap", body: `{"reason":"damaged"}`}.on(t, s)
	const key = "Idempotency-Key: k"
	asked := 0
	s.Clock.OnNow(func() {
		asked++
		if asked != 2 { // first by the search for an earlier result, then by the transaction
			return
		}
		wantEqual(t, "the status of the faster request", other.Do(t, "POST", request.path, request.body, key).Status, 200)
		if _, err := admin.Exec(t.Context(), "ALTER TABLE stored_results RENAME TO unreadable"); err != nil {
			t.Error(err)
		}
	})
	wantError(t, s.Do(t, "POST", request.path, request.body, key), outcomeUnknown)
	if _, err := admin.Exec(t.Context(), "ALTER TABLE unreadable RENAME TO stored_results"); err != nil {
		t.Fatal(err)
	}
	answer := mustPost(t, s, request.path, request.body, key)
	wantEqual(t, "Idempotency-Replayed", answer.Header.Get("Idempotency-Replayed"), "true")
}

// oneStepPath creates a job with a path of one step and returns the id of the path.
func oneStepPath(t *testing.T, s *routecardtest.Server) string {
	t.Helper()
	body := fmt.Sprintf(`{"jobId":%q,"name":"Main Route","goalQuantity":1,"steps":[{"name":"Saw"}]}`, createJob(t, s, exampleJob).ID)
	answer := s.Do(t, "POST", "/api/paths", body)
	if answer.Status != http.StatusCreated {
		t.Fatalf("the path was not created: %d %s", answer.Status, answer.Body)
	}
	return routecardtest.Decode[gen.Path](t, answer).ID
}
