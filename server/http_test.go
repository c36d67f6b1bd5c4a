package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestHTTP checks the responses that do not depend on the operation.
func TestHTTP(t *testing.T) {
	t.Parallel()
	run(t, []scenario{
		{
			name: "unknown route", method: "GET", path: "/api/nothing", wantStatus: 404,
			wantMessage: "Route not found: GET /api/nothing",
		},
		{
			name: "unknown route with a body", method: "POST", path: "/nothing", body: `{}`, wantStatus: 404,
			wantMessage: "Route not found: POST /nothing",
		},
		{
			name: "an additional slash", method: "GET", path: "/api/jobs/", wantStatus: 404,
			wantMessage: "Route not found: GET /api/jobs/",
		},
		{
			name: "a path in upper case", method: "GET", path: "/API/Jobs", wantStatus: 404,
			wantMessage: "Route not found: GET /API/Jobs",
		},
		{
			name: "a route with markup", method: "GET", path: "/%3Cscript%3E%22", wantStatus: 404,
			wantMessage: `Route not found: GET /<script>"`,
		},
		{
			name: "wrong method on the list", method: "PATCH", path: "/api/jobs", wantStatus: 405,
			wantMessage: "Method not allowed: PATCH /api/jobs", wantHeaders: []string{"Allow: GET, HEAD, POST"},
		},
		{
			name: "wrong method on a job", method: "POST", path: "/api/jobs/job_1", body: `{}`, wantStatus: 405,
			wantMessage: "Method not allowed: POST /api/jobs/job_1", wantHeaders: []string{"Allow: DELETE, GET, HEAD, PUT"},
		},
		{
			name: "wrong method on health", method: "POST", path: "/healthz", wantStatus: 405,
			wantMessage: "Method not allowed: POST /healthz", wantHeaders: []string{"Allow: GET, HEAD"},
		},
		unsupported("no Content-Type", "POST", "/api/jobs", "Content-Type:"),
		unsupported("a form", "POST", "/api/jobs", "Content-Type: application/x-www-form-urlencoded"),
		unsupported("plain text, as a page elsewhere could send it", "POST", "/api/jobs", "Content-Type: text/plain"),
		unsupported("another JSON", "POST", "/api/jobs", "Content-Type: application/problem+json"),
		unsupported("JSON lines", "POST", "/api/jobs", "Content-Type: application/jsonl"),
		unsupported("a broken Content-Type", "POST", "/api/jobs", "Content-Type: application/json; charset"),
		unsupported("two types in one", "POST", "/api/jobs", "Content-Type: application/json, text/plain"),
		unsupported("an update without Content-Type", "PUT", "/api/jobs/{job}", "Content-Type:"),
		{
			name: "no body and no Content-Type", method: "POST", path: "/api/jobs", wantStatus: 415,
			wantMessage: "Content-Type must be application/json",
		},
		{
			name: "a request id from the client", method: "GET", path: "/api/nothing", headers: []string{"X-Request-Id: order-4711.a_B"},
			wantStatus: 404, wantMessage: "Route not found: GET /api/nothing", wantHeaders: []string{"X-Request-Id: order-4711.a_B"},
		},
		{
			name: "a body of 1 MiB", method: "POST", path: "/api/jobs", body: padded(1 << 20),
			wantStatus: 201, wantBody: `{"name":"x"}`,
		},
		{
			name: "a body of 1 MiB and 1 byte", method: "POST", path: "/api/jobs", body: padded(1<<20 + 1),
			wantStatus: 413, wantMessage: "request body must be at most 1 MiB",
		},
		{
			name: "a body of 1 MiB and 1 byte for an update", method: "PUT", path: "/api/jobs/{job}", body: padded(1<<20 + 1),
			wantStatus: 413, wantMessage: "request body must be at most 1 MiB",
		},
	})
}

func unsupported(name, method, path, header string) scenario {
	return scenario{
		name: name, method: method, path: path, body: goal("1"), headers: []string{header},
		wantStatus: 415, wantMessage: "Content-Type must be application/json",
	}
}

// padded returns a valid body with this number of bytes.
func padded(length int) string {
	const begin, end = `{"name":"x","goalQuantity":1,"padding":"`, `"}`
	return begin + strings.Repeat("x", length-len(begin)-len(end)) + end
}

// TestForgedRequestIDs checks that a client can write only valid request ids into the log.
func TestForgedRequestIDs(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, forged := range []string{`a","level":"ERROR`, "a b", strings.Repeat("a", 65), "ä", "<script>"} {
			answer := s.Do(t, "GET", "/api/jobs", "", "X-Request-Id: "+forged)
			if id := answer.Header.Get("X-Request-Id"); !regexp.MustCompile(`^[0-9a-f-]{36}$`).MatchString(id) {
				t.Errorf("for the request id %q the answer has %q", forged, id)
			}
		}
	})
}

// TestBodyOf32MiB sends more than the server reads, with and without a Content-Length. The response must arrive completely although
// the server does not wait for the end of the request.
func TestBodyOf32MiB(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	const length = 32 << 20
	for name, headers := range map[string]string{
		"announced": fmt.Sprintf("Content-Length: %d\r\n", length),
		"in chunks": "Transfer-Encoding: chunked\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			go func() {
				fmt.Fprintf(conn, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%s\r\n", headers)
				chunk := strings.Repeat(" ", 64<<10)
				if name == "in chunks" {
					chunk = fmt.Sprintf("%x\r\n%s\r\n", len(chunk), chunk)
				}
				for range length / (64 << 10) {
					if _, err := io.WriteString(conn, chunk); err != nil {
						return // the server has answered and listens no more
					}
				}
			}()
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			wantError(t, routecardtest.Answer{Status: response.StatusCode, Header: response.Header, Body: string(body)},
				gen.Error{StatusCode: 413, Message: "request body must be at most 1 MiB"})
		})
	}
}

// TestBodyThatDoesNotArriveWhole ends a request in the middle of its body.
func TestBodyThatDoesNotArriveWhole(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		// The whole valid body arrives, but less than its Content-Length, so the server cannot know that the body is complete.
		fmt.Fprintf(conn, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n%s", goal("1"))
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		wantEqual(t, "the status", response.StatusCode, 400)
		wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{})
	})
}

// TestPanic makes the clock panic, which every change calls. The response is an ordinary error, the transaction is rolled back, and
// its connection can be used again: SQLite has only one for writing.
func TestPanic(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		job := createJob(t, s, exampleJob)
		internal := gen.Error{StatusCode: 500, Message: "Internal Server Error"}

		s.Clock.OnNow(func() { panic("secret cause") })
		for range 20 { // more than either pool has connections
			wantError(t, s.Do(t, "POST", "/api/jobs", exampleJob), internal)
			answer := s.Do(t, "PUT", "/api/jobs/"+job.ID, `{"name":"y"}`, "X-Request-Id: panicked")
			wantError(t, answer, internal)
			wantEqual(t, "X-Request-Id", answer.Header.Get("X-Request-Id"), "panicked")
		}
		s.Clock.OnNow(nil)

		for _, part := range []string{"secret cause", `"requestId":"panicked"`, `"operation":"updateJob"`, "goroutine "} {
			if !strings.Contains(s.Log.String(), part) {
				t.Errorf("the log lacks %q", part)
			}
		}
		wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"JOB-2024-001"})
		wantEqual(t, "the status of an update", s.Do(t, "PUT", "/api/jobs/"+job.ID, `{"name":"y"}`).Status, 200)
		createJobs(t, s, "z")
		wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"z", "y"})
	})
}

// TestDatabaseGone closes the database of a running server: errors contain no details of the database, and invalid input still gets
// a 400.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		if err := s.Store.Close(); err != nil {
			t.Fatal(err)
		}
		internal := gen.Error{StatusCode: 500, Message: "Internal Server Error"}
		wantError(t, s.Do(t, "POST", "/api/jobs", exampleJob), internal)
		wantError(t, s.Do(t, "GET", "/api/jobs", ""), internal)
		wantError(t, s.Do(t, "GET", "/api/jobs/job_1", ""), internal)
		wantError(t, s.Do(t, "PUT", "/api/jobs/job_1", `{"name":"x"}`), internal)
		wantError(t, s.Do(t, "DELETE", "/api/jobs/job_1", ""), internal)
		wantError(t, s.Do(t, "GET", "/readyz", ""), gen.Error{StatusCode: 503, Message: "The database does not answer or does not accept changes"})
		wantEqual(t, "the status of /healthz", s.Do(t, "GET", "/healthz", "").Status, 200)
		wantEqual(t, "the status of bad input", s.Do(t, "POST", "/api/jobs", `{}`).Status, 400)
		if !strings.Contains(s.Log.String(), "closed") {
			t.Errorf("the log lacks the cause:\n%s", s.Log)
		}
	})
}

// TestClientDisconnects checks that the query of a client ends when the client disconnects. The query waits for a lock, so that it
// can't end by itself.
func TestClientDisconnects(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, postgrestest.Database(t))
	job := createJob(t, s, exampleJob)
	// Two, because a transaction sees the activity as it was when it first looked.
	holder, admin := connect(t, s.Database), connect(t, s.Database)
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/api/jobs", ""},
		{"GET", "/api/jobs/" + job.ID, ""},
		{"PUT", "/api/jobs/" + job.ID, `{"name":"y"}`},
	} {
		locked, err := holder.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := locked.Exec(t.Context(), "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			asked, err := http.NewRequestWithContext(ctx, request.method, s.URL+request.path, strings.NewReader(request.body))
			if err == nil {
				asked.Header.Set("Content-Type", "application/json")
				_, err = http.DefaultClient.Do(asked) //nolint:bodyclose // there is no answer
			}
			left <- err
		}()
		awaitWaiting(t, admin, 1)
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%s %s was answered although it had to wait: %v", request.method, request.path, err)
		}
		awaitWaiting(t, admin, 0)
		if err := locked.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{"JOB-2024-001"})
	if strings.Contains(s.Log.String(), `"level":"ERROR"`) {
		t.Errorf("the log has an error:\n%s", s.Log)
	}
}

func connect(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// awaitWaiting waits until this number of queries of the database wait for a lock.
func awaitWaiting(t *testing.T, admin *pgx.Conn, want int) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		var waiting int
		err := admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting == want {
			return
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d queries wait for a lock after a minute, want %d", waiting, want)
		}
	}
}
