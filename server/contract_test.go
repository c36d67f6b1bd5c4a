package server_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/server"
)

var contractReport = flag.String("contract-report", "", "write which answers of the contract were seen to this `file`")

// TestMain fails the tests of the package if the contract declares a response that no test has seen.
func TestMain(m *testing.M) {
	flag.Parse()
	limitRapid()
	code := m.Run()
	if code == 0 {
		code = reportContract()
	}
	os.Exit(code)
}

// limitRapid bounds what the suite spends on each property. More is found by `-rapid.checks=1000` and by every further run.
func limitRapid() {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	// A request can't be replayed from a file, because it has ids that exist only in one run.
	for name, value := range map[string]string{"rapid.checks": "20", "rapid.nofailfile": "true"} {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
}

func reportContract() int {
	contract := contracttest.Routecard()
	if *contractReport != "" {
		if err := os.WriteFile(*contractReport, []byte(contracttest.Seen.Report(contract)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	// A run of some tests need not see all responses.
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return 0
		}
	}
	if missing := contracttest.Seen.Missing(contract); missing != nil {
		fmt.Fprintf(os.Stderr, "FAIL: the contract declares what no test has seen. Add it to contract_recipes_test.go, or take it out of openapi.yaml:\n%s\n",
			strings.Join(missing, "\n"))
		return 1
	}
	return 0
}

// TestEveryResponse gets every response that the contract declares for each operation. The client checks them against the contract.
func TestEveryResponse(t *testing.T) {
	t.Parallel()
	for _, operation := range contracttest.Routecard().Operations {
		if _, found := recipes[operation.ID]; !found {
			t.Errorf("there is no recipe for %s", operation.ID)
		}
	}
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		w := withJira(t, database)
		kitchen := kitchen{
			world:     w,
			plain:     behind(t, w.Server, server.Options{}, nil),
			impatient: behind(t, w.Server, server.Options{}, impatient),
			keyed:     keyed(t),
		}
		for _, operation := range contracttest.Routecard().Operations {
			// One after the other, because each must be the only one that changes the resources.
			for _, status := range operation.Statuses() {
				t.Run(fmt.Sprintf("%s/%d", operation.ID, status), func(t *testing.T) {
					kitchen.get(t, operation, status)
				})
			}
		}
	})
}

// kitchen has a server for each kind of answer that needs its own.
type kitchen struct {
	*world
	// plain has no Jira.
	plain *front
	// impatient times out before a body arrives.
	impatient *front
	// keyed requires an API key.
	keyed *front
}

// impatient makes the timeout for a request's body expire before the body begins.
func impatient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
		next.ServeHTTP(w, r)
	})
}

// keyed starts a server with a separate database that has only an API key with the role read.
func keyed(t *testing.T) *front {
	t.Helper()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	if _, err := s.Store.CreateKey(t.Context(), "reader", models.RoleRead); err != nil {
		t.Fatal(err)
	}
	return behind(t, s, server.Options{}, nil)
}

// get sends the requests that lead to the status, and fails the test if the response has another status.
func (k *kitchen) get(t *testing.T, operation *contracttest.Operation, status int) {
	if status >= 500 && status != http.StatusBadGateway {
		t.Skip("see TestEveryResponseOfABrokenServer")
	}
	k.populate(t)
	own := recipes[operation.ID]
	requests := own.ok
	var headers []string
	at := &front{url: k.URL, client: k.plain.client}
	switch status {
	case http.StatusUnauthorized:
		at, requests = k.keyed, own.ok[len(own.ok)-1:]
	case http.StatusNotModified:
		headers = []string{"If-None-Match: *"}
	case http.StatusForbidden:
		headers = []string{"Host: routecard.example.com"}
	case http.StatusNotFound:
		requests = own.missing
	case http.StatusRequestTimeout:
		at, requests = k.impatient, own.ok[len(own.ok)-1:]
	case http.StatusConflict:
		if requests = own.conflict; requests == nil {
			at, requests = k.plain, own.ok
		}
	case http.StatusPreconditionFailed:
		headers = []string{`If-Match: "999"`}
	case http.StatusUnsupportedMediaType:
		headers = []string{"Content-Type: text/plain"}
	case http.StatusUnprocessableEntity:
		headers = []string{"Idempotency-Key: " + k.ids["job"]}
		at.do(t, "POST", "/api/jobs", strings.NewReader(goal("1")), headers...)
	case http.StatusBadGateway:
		k.jira.Always("", "", jiratest.Status(http.StatusForbidden, "No."))
		defer k.jira.Heal()
	default:
		if also := own.also[status]; also != nil {
			requests = also
		}
	}
	if len(requests) == 0 {
		t.Fatalf("there is no recipe for the %d of %s", status, operation.ID)
	}
	last := len(requests) - 1
	for _, request := range requests[:last] {
		k.must(t, request)
	}
	method, path, body := split(k.fill(requests[last]))
	var sent io.Reader = strings.NewReader(body)
	switch status {
	case http.StatusBadRequest:
		// An operation without a JSON body can only get an invalid query.
		if sent = strings.NewReader("[]"); operation.Body == nil {
			sent, path = http.NoBody, path+"?%zz"
		}
	case http.StatusRequestTimeout:
		never, ours := io.Pipe()
		defer ours.Close() //nolint:errcheck // a pipe's never fails
		sent = never
	case http.StatusRequestEntityTooLarge:
		length := 1<<20 + 1
		if operation.File != "" {
			length = 20<<20 + 1
		}
		sent = strings.NewReader(strings.Repeat(" ", length))
	}
	if got := at.do(t, method, path, sent, headers...); got != status {
		t.Errorf("%s %s %s answered %d, want %d", method, path, body, got, status)
	}
}

// TestEveryResponseOfABrokenServer gets a 500 from every operation when the database is closed, and a 503 when all its connections
// are in use.
func TestEveryResponseOfABrokenServer(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		w := withJira(t, database)
		w.populate(t)
		everyOperation := func(t *testing.T, status int) {
			t.Helper()
			// A server that has just read the keys uses the database for the operation itself.
			warm := behind(t, w.Server, w.options, nil)
			warm.do(t, "GET", "/api/jobs/{unknown}", http.NoBody)
			var all sync.WaitGroup
			release := breakDatabase(t, w, status)
			for _, operation := range contracttest.Routecard().Operations {
				at := warm
				if slices.Contains(withoutDatabase, operation.ID) {
					at = behind(t, w.Server, w.options, nil)
				}
				ok := recipes[operation.ID].ok
				method, path, body := split(w.fill(ok[len(ok)-1]))
				all.Go(func() {
					answer, err := at.try(t.Context(), method, path, strings.NewReader(body))
					if err != nil || answer.Status != status {
						t.Errorf("%s %s answered %d, want %d: %v %s", method, path, answer.Status, status, err, answer.Body)
					}
				})
			}
			all.Wait()
			release()
		}
		t.Run("503", func(t *testing.T) { everyOperation(t, http.StatusServiceUnavailable) })
		w.must(t, "GET /api/jobs/{job}")
		t.Run("500", func(t *testing.T) { everyOperation(t, http.StatusInternalServerError) })
	})
}

// breakDatabase makes every request that needs the database fail with the status, until release is called.
func breakDatabase(t *testing.T, w *world, status int) (release func()) {
	t.Helper()
	if status == http.StatusInternalServerError {
		if err := w.Store.Close(); err != nil {
			t.Fatal(err)
		}
		return func() {}
	}
	// All connections are in use, and as many requests wait for one as the server allows. It refuses all further requests.
	var taken []*sql.Conn
	var before int64
	for _, pool := range w.Store.Pools() {
		before += pool.Stats().WaitCount
		for range pool.Stats().MaxOpenConnections {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			taken = append(taken, conn)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	release = sync.OnceFunc(func() {
		cancel()
		for _, conn := range taken {
			_ = conn.Close()
		}
		callers.Wait()
	})
	t.Cleanup(release)
	for range taken {
		// These callers use the store directly, because a server would first read the keys, and all other requests would wait for that.
		callers.Go(func() { _, _ = w.Store.Job(ctx, "job_1") })
		callers.Go(func() { _ = w.Store.Sweep(ctx) })
	}
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		var now int64
		for _, pool := range w.Store.Pools() {
			now += pool.Stats().WaitCount
		}
		// The last connection is left to /readyz.
		if now-before >= int64(len(taken))-1 {
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatalf("%d requests wait for a connection, want %d", now-before, len(taken))
		}
	}
	return release
}

// TestRolesByTheContract calls every operation with a key whose role is too low. The role of each operation is in the contract, and
// in its description.
func TestRolesByTheContract(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	reader, err := s.Store.CreateKey(t.Context(), "reader", models.RoleRead)
	if err != nil {
		t.Fatal(err)
	}
	at := behind(t, s, server.Options{}, nil)
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range contracttest.Routecard().Operations {
		if role := rules.Operation(operation.Method, operation.Path).Role; !strings.Contains(operation.Description, "Needs the role `"+role+"`.") {
			t.Errorf("the description of %s does not say that it needs the role %s", operation.ID, role)
		}
		ok := recipes[operation.ID].ok
		method, path, body := split(ok[len(ok)-1])
		status := at.do(t, method, path, strings.NewReader(body), "Authorization: Bearer "+reader)
		if refused := status == http.StatusForbidden; refused == (operation.Method == "GET") {
			t.Errorf("%s answered %d to a key that may read", operation.ID, status)
		}
	}
}

// TestForeignOrigin checks that the responses to pages of other sites follow the contract.
func TestForeignOrigin(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	at := behind(t, s, server.Options{CORSOrigins: []string{"https://erp.example.com"}}, nil)
	for _, origin := range []string{"https://erp.example.com", "https://elsewhere.example.com", "null"} {
		answer, err := at.try(t.Context(), "GET", "/api/jobs", http.NoBody, "Origin: "+origin)
		if err != nil {
			t.Fatal(err)
		}
		if allowed := answer.Header.Get("Access-Control-Allow-Origin") != ""; allowed != strings.Contains(origin, "erp") {
			t.Errorf("the origin %s was answered %d with Access-Control-Allow-Origin %v", origin, answer.Status, allowed)
		}
	}
}

// TestLiveStream reads a live stream, so that the form of its events is checked, too.
func TestLiveStream(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		at := behind(t, s, server.Options{}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, "GET", at.url+"/api/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "text/event-stream")
		response, err := at.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		defer cancel()
		createJobs(t, s, "a", "b")
		var read strings.Builder
		piece := make([]byte, 100)
		for strings.Count(read.String(), "event: job.created\n") < 2 || !strings.HasSuffix(read.String(), "\n\n") {
			n, err := response.Body.Read(piece)
			if err != nil {
				t.Fatalf("%v after %s", err, read.String())
			}
			read.Write(piece[:n])
		}
	})
}
