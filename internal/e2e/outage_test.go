package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
)

// TestPostgresOutage stops PostgreSQL while clients create jobs, and starts it again; then kills it, and starts it again.
// The server is not restarted.
func TestPostgresOutage(t *testing.T) {
	t.Parallel()
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	p := startServer(t, "--database", cluster.CreateDatabase("jobs"))
	job := p.do(t, "POST", "/api/jobs", exampleJob).Header.Get("Location")
	creators := newJobCreators(t)
	creators.sent++ // the job above
	creators.start(p.url, 8)
	for _, end := range []func(){cluster.Stop, cluster.Kill} {
		creators.await(50)
		end()

		for request, want := range map[[3]string]int{
			{"POST", "/api/jobs", exampleJob}: http.StatusInternalServerError,
			{"GET", "/api/jobs", ""}:          http.StatusInternalServerError,
			{"GET", job, ""}:                  http.StatusInternalServerError,
			{"PUT", job, `{"name":"y"}`}:      http.StatusInternalServerError,
			{"DELETE", job, ""}:               http.StatusInternalServerError,
			{"POST", "/api/jobs", `{}`}:       http.StatusBadRequest,
			{"PUT", job, `{"name":""}`}:       http.StatusBadRequest,
			{"GET", "/api/jobs?limit=0", ""}:  http.StatusBadRequest,
			{"GET", "/healthz", ""}:           http.StatusOK,
			{"GET", "/readyz", ""}:            http.StatusServiceUnavailable,
		} {
			response := p.do(t, request[0], request[1], request[2])
			wantEqual(t, "the status of "+strings.Join(request[:], " "), response.Status, want)
			if want == http.StatusInternalServerError {
				wantEqual(t, "the body of "+strings.Join(request[:], " "), strings.TrimSpace(response.Body), internalError)
			}
		}

		cluster.Start()
		await(t, "the server to be ready again", func() bool {
			return p.do(t, "GET", "/readyz", "").Status == http.StatusOK
		})
		creators.await(50)
		for range 20 { // more than the pool has connections
			wantEqual(t, "the status of a job after the outage", p.do(t, "GET", job, "").Status, http.StatusOK)
		}
	}
	creators.stop()
	for refusal := range creators.refusals {
		if refusal != "500 "+internalError && refusal != "500 "+outcomeUnknown {
			t.Errorf("a response during the outage is %s", refusal)
		}
	}
	if len(creators.refusals) == 0 {
		t.Error("no request got a response during the outage")
	}
	creators.acknowledged.wantAll(t, p, creators.sent)
	wantEqual(t, "whether the server has exited", p.hasExited(), false)
	log := p.stderr.String()
	if !strings.Contains(log, `"msg":"request failed"`) {
		t.Error("the log does not mention the outage")
	}
	for _, leak := range []string{"goroutine ", "panic"} {
		if strings.Contains(log, leak) {
			t.Errorf("the log contains %q", leak)
		}
	}
}
