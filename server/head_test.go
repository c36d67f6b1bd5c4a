package server_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestHead sends HEAD and GET to every route that answers GET, of the contract and beside it. Both have the same status and
// the same headers, and HEAD has no body.
func TestHead(t *testing.T) {
	t.Parallel()
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 2)
		paths := []string{
			"/healthz", "/readyz", "/openapi.json", "/openapi.yaml", "/metrics", "/docs", "/docs/docs.js", "/docs/docs.css", "/docs/favicon.png", "/docs/swagger-ui.css",
			"/docs/swagger-ui-bundle.js", "/api/jobs?limit=x", "/api/jobs/nothing", "/api/serials?limit=1",
		}
		ids := strings.NewReplacer("{jobId}", f.job.ID, "{pathId}", f.path.ID, "{serialId}", "SN-00001", "{ticketKey}", "PI-42")
		for _, operation := range rules.Operations() {
			if operation.Method == http.MethodGet {
				paths = append(paths, ids.Replace(operation.Path))
			}
		}
		for _, path := range paths {
			// Go's client asks for gzip with GET only. TestCompression compares both with gzip.
			const plain = "Accept-Encoding: identity"
			get, head := s.Do(t, "GET", path, "", plain), s.Do(t, "HEAD", path, "", plain)
			wantEqual(t, "the status of HEAD "+path, head.Status, get.Status)
			wantEqual(t, "the body of HEAD "+path, head.Body, "")
			for _, changing := range []string{"X-Request-Id", "Date"} {
				get.Header.Del(changing)
				head.Header.Del(changing)
			}
			if path == "/metrics" {
				get.Header.Del("Content-Length")
				head.Header.Del("Content-Length")
			}
			wantEqual(t, "the headers of HEAD "+path, head.Header, get.Header)
		}
		wantEqual(t, "the Allow of a route that has no GET", s.Do(t, "HEAD", "/api/serials/SN-00001/advance", "").Header.Get("Allow"), "POST")
	})
}

// TestHeadOfTheStream checks that HEAD opens no stream: the response ends, and the next request on the same connection gets
// its own response.
func TestHeadOfTheStream(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B", 1)
		head := s.Do(t, "HEAD", "/api/events", "", "Accept: text/event-stream")
		wantEqual(t, "the status", head.Status, 200)
		wantEqual(t, "the Content-Type", head.Header.Get("Content-Type"), "text/event-stream")
		wantEqual(t, "the body", head.Body, "")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		// The metric is counted when the handler has returned.
		ended := regexp.MustCompile(`routecard_requests_total\{operation="listEvents",status="200"\} 1\n`)
		for !ended.MatchString(s.Do(t, "GET", "/metrics", "").Body) {
			select {
			case <-ctx.Done():
				t.Fatal("HEAD of the stream has not ended")
			case <-time.After(20 * time.Millisecond):
			}
		}
		wantEqual(t, "the events", len(f.events("serialId={sn}")), 1)
	})
}

// TestHeadNeedsTheRoleOfGet sends HEAD with keys and without.
func TestHeadNeedsTheRoleOfGet(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	keys := createKeys(t, s)
	wantEqual(t, "the status without a key", s.Do(t, "HEAD", "/api/jobs", "").Status, 401)
	for _, role := range []string{"read", "operate", "write"} {
		wantEqual(t, "the status for "+role, s.Do(t, "HEAD", "/api/jobs", "", bearer(keys[role])).Status, 200)
	}
}
