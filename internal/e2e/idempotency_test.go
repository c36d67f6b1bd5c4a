package e2e

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// postWithoutResponse sends a request with an idempotency key and checks that the client gets no response.
func postWithoutResponse(t *testing.T, url, body, key string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	transport := &http.Transport{DisableKeepAlives: true}
	if response, err := transport.RoundTrip(request); err == nil {
		_ = response.Body.Close()
		t.Errorf("the client got a response: %s", response.Status)
	}
}

// TestKillBeforeResponse kills the server when the first byte of its response shows that the change is committed, and
// drops that byte. When the client repeats the request, the restarted server returns the response of the first attempt.
func TestKillBeforeResponse(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		setup := startServer(t, "--database", database)
		_, path := createJobWithPath(t, setup, 2)
		wantEqual(t, "the status of the unit", setup.do(t, "POST", "/api/serials", `{"pathId":"`+path+`","quantity":1}`).Status, 201)
		events := countEvents(t, setup)
		wantEqual(t, "the number of events", events, 3)
		setup.terminate()

		for _, request := range [][2]string{
			{"/api/jobs", exampleJob},
			{"/api/serials", `{"pathId":"` + path + `","serialNumbers":["A-1"]}`},
			{"/api/serials/SN-00001/advance", `{}`},
			{"/api/serials/SN-00001/scrap", `{"reason":"damaged"}`},
		} {
			p := startServer(t, "--database", database)
			proxy := routecardtest.Proxy(t, strings.TrimPrefix(p.url, "http://"), func([]byte) bool {
				p.kill()
				return false
			})
			key := rand.Text()
			postWithoutResponse(t, "http://"+proxy+request[0], request[1], key)
			wantEqual(t, "whether the server was killed", p.hasExited(), true)

			restarted := startServer(t, "--database", database)
			response := restarted.do(t, "POST", request[0], request[1], "Idempotency-Key: "+key)
			wantEqual(t, "the status class of the repeated "+request[0], response.Status/100, 2)
			wantEqual(t, "Idempotency-Replayed", response.Header.Get("Idempotency-Replayed"), "true")
			events++
			wantEqual(t, "the number of events", countEvents(t, restarted), events)
			restarted.terminate()
		}
	})
}

// commitProxy is a proxy to PostgreSQL. When armed, it holds back PostgreSQL's response to the next COMMIT, and closes the
// connection in its place.
type commitProxy struct {
	url   string
	armed atomic.Bool
	// committed receives a value when PostgreSQL has committed and the server does not know it yet.
	committed chan struct{}
	// release is closed to let the proxy close the connection.
	release chan struct{}
}

func newCommitProxy(t *testing.T, database string) *commitProxy {
	t.Helper()
	proxy := &commitProxy{committed: make(chan struct{}, 1), release: make(chan struct{})}
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Host = routecardtest.Proxy(t, parsed.Host, func(data []byte) bool {
		if !routecardtest.Commits(data) || !proxy.armed.CompareAndSwap(true, false) {
			return true
		}
		proxy.committed <- struct{}{}
		<-proxy.release
		return false
	})
	proxy.url = parsed.String()
	return proxy
}

// TestKillDuringCommit kills the server after PostgreSQL has committed and before the server learns of it.
func TestKillDuringCommit(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	proxy := newCommitProxy(t, database)
	p := startServer(t, "--database", proxy.url)
	proxy.armed.Store(true)
	var client sync.WaitGroup
	client.Go(func() { postWithoutResponse(t, p.url+"/api/jobs", exampleJob, "k") })
	<-proxy.committed
	p.kill()
	client.Wait()
	close(proxy.release)

	restarted := startServer(t, "--database", database)
	wantEqual(t, "the number of jobs before the repeated request", len(listJobs(t, restarted)), 1)
	response := restarted.do(t, "POST", "/api/jobs", exampleJob, "Idempotency-Key: k")
	wantEqual(t, "the status", response.Status, 201)
	wantEqual(t, "Idempotency-Replayed", response.Header.Get("Idempotency-Replayed"), "true")
	wantEqual(t, "the number of jobs", len(listJobs(t, restarted)), 1)
}

// TestConnectionLostDuringCommit closes the connection between server and PostgreSQL after PostgreSQL has committed and
// before the server learns of it. Without a key the server returns that the outcome is unknown, and does not repeat the change.
// With a key it finds the stored response.
func TestConnectionLostDuringCommit(t *testing.T) {
	t.Parallel()
	proxy := newCommitProxy(t, postgrestest.Database(t))
	close(proxy.release)
	p := startServer(t, "--database", proxy.url)
	jobs := 0
	for range 5 {
		proxy.armed.Store(true)
		response := p.do(t, "POST", "/api/jobs", exampleJob)
		<-proxy.committed
		wantEqual(t, "the status without a key", response.Status, 500)
		wantEqual(t, "the body without a key", strings.TrimSpace(response.Body), outcomeUnknown)
		jobs++
		wantEqual(t, "the number of jobs without a key", len(listJobs(t, p)), jobs)

		key := "Idempotency-Key: " + rand.Text()
		proxy.armed.Store(true)
		response = p.do(t, "POST", "/api/jobs", exampleJob, key)
		<-proxy.committed
		wantEqual(t, "the status with a key", response.Status, 201)
		jobs++
		wantEqual(t, "the number of jobs with a key", len(listJobs(t, p)), jobs)
		repeated := p.do(t, "POST", "/api/jobs", exampleJob, key)
		wantEqual(t, "the body of the repeated request's response", repeated.Body, response.Body)
		wantEqual(t, "the number of jobs after the repeated request", len(listJobs(t, p)), jobs)
	}
}
