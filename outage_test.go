package main_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestPostgresOutage takes PostgreSQL away while jobs are being created, once in good order and once by a crash, and gives
// it back. The server is never restarted.
func TestPostgresOutage(t *testing.T) {
	t.Parallel()
	const internal = `{"statusCode":500,"message":"Internal Server Error"}`
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", cluster.CreateDatabase("jobs")}})
	job := p.Do(t, "POST", "/api/jobs", exampleJob).Header.Get("Location")
	l := startLoad(t, p.URL, 8)
	for _, end := range []func(){cluster.Stop, cluster.Kill} {
		before := l.count()
		await(t, "jobs to be created", func() bool { return l.count() > before+50 })
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
			answer := p.Do(t, request[0], request[1], request[2])
			wantEqual(t, "the status of "+strings.Join(request[:], " "), answer.Status, want)
			if want == http.StatusInternalServerError {
				wantEqual(t, "the answer to "+strings.Join(request[:], " "), strings.TrimSpace(answer.Body), internal)
			}
		}

		cluster.Start()
		await(t, "the server to be ready again", func() bool {
			return p.Do(t, "GET", "/readyz", "").Status == http.StatusOK
		})
		before = l.count()
		await(t, "jobs to be created again", func() bool { return l.count() > before+50 })
		for range 20 { // as many as the pool has connections, and more
			wantEqual(t, "the status of a job after the outage", p.Do(t, "GET", job, "").Status, http.StatusOK)
		}
	}
	l.end()
	for other := range l.others {
		wantEqual(t, "an answer during the outage", other, "500 "+internal)
	}
	if len(l.others) == 0 {
		t.Error("no request was answered during the outage")
	}
	l.sent++ // the first job
	l.wantAll(t, p)
	wantEqual(t, "whether the server has ended", p.Ended(), false)
	if !strings.Contains(p.Stderr(), `"msg":"request failed"`) {
		t.Error("the log does not tell of the outage")
	}
	for _, leak := range []string{"goroutine ", "panic"} {
		if strings.Contains(p.Stderr(), leak) {
			t.Errorf("the log has %q", leak)
		}
	}
}
