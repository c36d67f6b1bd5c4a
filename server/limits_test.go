package server_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// connections is the number of connections that the queries of a server share. A server has one more, for probes.
const connections = 15

// bound is how long a test lets a request take that the server answers after 5 seconds at the latest. It is long, because
// the machine may be busy, and still shorter than what requests would take that wait one after the other.
const bound = 40 * time.Second

// wantBusy sends requests at the same time. All of them must get a 503 within the bound.
func wantBusy(t *testing.T, s *routecardtest.Server, requests [][3]string) {
	t.Helper()
	begun := time.Now()
	var clients sync.WaitGroup
	for _, request := range requests {
		clients.Go(func() {
			answer := s.Do(t, request[0], request[1], request[2])
			wantError(t, answer, gen.Error{StatusCode: 503, Message: "The server is too busy"})
			wantEqual(t, "Retry-After for "+request[0]+" "+request[1], answer.Header.Get("Retry-After"), "1")
		})
	}
	clients.Wait()
	if took := time.Since(begun); took > bound {
		t.Errorf("the requests were answered after %s", took)
	}
}

// TestExhaustedPool has queries wait for a lock until no connection is left. The URL sets another lock_timeout, so that the
// queries wait until the end of the test.
func TestExhaustedPool(t *testing.T) {
	t.Parallel()
	database, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	query := database.Query()
	query.Set("lock_timeout", "60s")
	database.RawQuery = query.Encode()
	s := routecardtest.New(t, database.String())
	job := createJob(t, s, exampleJob)
	locked, err := connect(t, s.Database).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := locked.Exec(t.Context(), "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var patient sync.WaitGroup
	for range connections {
		patient.Go(func() {
			wantEqual(t, "the status in the end", s.Do(t, "GET", "/api/jobs", "").Status, 200)
		})
	}
	awaitWaiting(t, connect(t, s.Database), connections)

	requests := [][3]string{
		{"GET", "/api/jobs", ""},
		{"GET", "/api/jobs/" + job.ID, ""},
		{"GET", "/api/events", ""},
		{"POST", "/api/jobs", exampleJob},
		{"PUT", "/api/jobs/" + job.ID, `{"name":"y"}`},
		{"DELETE", "/api/jobs/" + job.ID, ""},
		{"POST", "/api/serials/SN-00001/advance", `{}`},
	}
	wantBusy(t, s, requests)
	// Now the server has to read its keys again, and has no connection for that either. Many requests arrive at once.
	var many [][3]string
	for range 5 {
		many = append(many, requests...)
	}
	wantBusy(t, s, many)
	wantEqual(t, "the status of bad input", s.Do(t, "POST", "/api/jobs", `{}`).Status, 400)
	wantEqual(t, "the status of /healthz", s.Do(t, "GET", "/healthz", "").Status, 200)
	wantEqual(t, "the status of /readyz", s.Do(t, "GET", "/readyz", "").Status, 200)

	if err := locked.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	patient.Wait()
	wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"JOB-2024-001"})
	createJobs(t, s, "z")
}

// TestLockedSQLite has another program hold SQLite's one lock for writing. Reads work. Writes get a 503 in time, and succeed when
// the lock is free.
func TestLockedSQLite(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	job := createJob(t, s, exampleJob)
	other, err := driver.Open((&url.URL{Scheme: "file", Path: s.Database, RawQuery: "_txlock=immediate"}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	locked, err := other.BeginTx(t.Context(), &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var requests [][3]string
	for range 4 {
		requests = append(requests, [3]string{"POST", "/api/jobs", exampleJob},
			[3]string{"PUT", "/api/jobs/" + job.ID, `{"name":"y"}`}, [3]string{"POST", "/api/serials/advance", `{"serialIds":["SN-1"],"mode":"perItem"}`})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wantBusy(t, s, requests)
	}()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case <-time.After(500 * time.Millisecond):
			wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"JOB-2024-001"})
		}
	}
	if err := locked.Rollback(); err != nil {
		t.Fatal(err)
	}
	createJobs(t, s, "z")
	wantEqual(t, "the list after all", listNames(t, s, "/api/jobs"), []string{"z", "JOB-2024-001"})
}

// TestDatabaseStopsResponding stops all data on the open connections to PostgreSQL, as when its machine loses power, while new
// connections work. A connection becomes free when its client gives up, and the server itself must not wait forever.
func TestDatabaseStopsResponding(t *testing.T) {
	t.Parallel()
	database, silent := routecardtest.SilentDatabase(t, postgrestest.Database(t))
	s := routecardtest.New(t, database)
	if _, err := s.Store.CreateKey(t.Context(), "erp", "write"); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the status for a stranger", s.Do(t, "GET", "/api/jobs", "").Status, 401)

	silent.Store(true)
	// The keys expire, and the query that reads them again is the first one without a response.
	for begun := time.Now(); time.Since(begun) < 7*time.Second; time.Sleep(100 * time.Millisecond) {
		ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
		asked, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/jobs", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := http.DefaultClient.Do(asked); err == nil {
			_ = answer.Body.Close()
		}
		leave()
	}
	silent.Store(false)
	wantEqual(t, "the status for a stranger, later", s.Do(t, "GET", "/api/jobs", "").Status, 401)
	for begun := time.Now(); s.Do(t, "GET", "/readyz", "").Status != 200; time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > bound {
			t.Fatal("the server does not find its database again")
		}
	}
}

// TestLargestRequests sends the largest allowed body to every operation that has one, in the forms that need the most work. No
// response is a 5xx.
func TestLargestRequests(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		fill := func(begin, part, end string) string {
			return begin + strings.Repeat(part, (1<<20-len(begin)-len(end))/len(part)) + end
		}
		for name, body := range map[string]string{
			"brackets":          fill("", "[", ""),
			"objects in depth":  fill("", `{"a":`, ""),
			"digits":            fill(`{"name":"x","goalQuantity":1`, "0", "}"),
			"digits and a sign": fill(`{"name":"x","goalQuantity":1e-`, "9", "}"),
			"fraction":          fill(`{"name":"x","goalQuantity":0.`, "1", "}"),
			"escapes":           fill(`{"name":"`, `\u00e4`, `","goalQuantity":1}`),
			"names":             fill(`{`, `"name":"x",`, `"goalQuantity":1}`),
			"labels":            fill(`{"name":"x","goalQuantity":1,"jiraLabels":[`, `"",`, `""]}`),
			"wrong labels":      fill(`{"name":"x","goalQuantity":1,"jiraLabels":[`, `1,`, `1]}`),
			"wrong steps":       fill(`{"jobId":"x","name":"x","goalQuantity":1,"steps":[`, `{},`, `{}]}`),
			"ids":               fill(`{"serialIds":[`, `"x",`, `"y"]}`),
			"numbers":           fill(`{"pathId":"x","serialNumbers":[`, `1,`, `1]}`),
			"null bytes":        fill("", "\x00", ""),
			"blanks":            fill("", " ", `{"name":"x","goalQuantity":1}`),
		} {
			for _, path := range []string{"/api/jobs", "/api/paths", "/api/serials", "/api/serials/advance", "/api/serials/SN-00001/scrap"} {
				answer := s.Do(t, "POST", path, body)
				if answer.Status >= 500 {
					t.Errorf("%s to %s: %d %s", name, path, answer.Status, answer.Body)
				}
				// An error response is not longer than the request.
				if len(answer.Body) > 1<<20+len(body) {
					t.Errorf("%s to %s is answered with %d bytes", name, path, len(answer.Body))
				}
			}
		}
		query := strings.Repeat("jiraLabel=x&", 50_000)
		answer := s.Do(t, "GET", "/api/jobs?"+query, "")
		wantEqual(t, "the status of many parameters", answer.Status, 400)
		wantEqual(t, "the status of a long header", s.Do(t, "GET", "/api/jobs", "", "If-Match: "+strings.Repeat("x", 900_000)).Status, 200)
		asked, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/jobs", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		asked.Header.Set("X-Padding", strings.Repeat("x", 2<<20))
		// Go's HTTP server refuses it before the handler runs.
		wantEqual(t, "the status of a header too long", exchange(t, asked).Status, 431)
	})
}
