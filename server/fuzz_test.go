package server_test

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
)

// target is a handler that is called without a network, so that it also gets requests that Go's HTTP server would refuse.
type target struct {
	handler http.Handler
	store   *store.Store
}

// targets has a target for each database, because the two refuse different texts.
func targets(f *testing.F) []target {
	f.Helper()
	stopped := make(chan struct{})
	close(stopped) // ends each live stream when it has caught up
	var all []target
	for _, database := range []string{filepath.Join(f.TempDir(), "routecard.db"), postgrestest.Database(f)} {
		log := slog.New(slog.DiscardHandler)
		db, err := store.Open(f.Context(), database, store.Options{Logger: log})
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() { _ = db.Close() })
		handler, err := server.New(db, server.Options{Logger: log, Stopping: stopped})
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, target{handler: handler, store: db})
	}
	return all
}

// job creates a job that requests can name.
func (s target) job(f *testing.F) string {
	f.Helper()
	job, _, err := s.store.CreateJob(f.Context(), store.Request{}, models.Job{Name: "x", GoalQuantity: 1})
	if err != nil {
		f.Fatal(err)
	}
	return job.ID
}

// ask sends a request and checks what is true of every response: the status is not 5xx, and errors have the shape of the contract.
func (s target) ask(t *testing.T, method, path, query, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
	request.URL = &url.URL{Path: path, RawQuery: query}
	request.Host = "localhost"
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
			continue
		}
		request.Header[headers[i]] = []string{headers[i+1]}
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, request)
	if answer.Code >= 500 {
		t.Fatalf("%s %s?%s %q was answered %d %s", method, path, query, headers, answer.Code, answer.Body)
	}
	if answer.Body.Len() > 1<<20 {
		t.Fatalf("the answer has %d bytes", answer.Body.Len())
	}
	if answer.Code >= 400 {
		var shape gen.Error
		if err := json.Unmarshal(answer.Body.Bytes(), &shape); err != nil || shape.StatusCode != answer.Code || shape.Message == "" {
			t.Fatalf("%s %s?%s %q was answered %d %s", method, path, query, headers, answer.Code, answer.Body)
		}
	}
	return answer
}

func wantOneOf(t *testing.T, status int, allowed ...int) {
	t.Helper()
	if !slices.Contains(allowed, status) {
		t.Fatalf("the status is %d, want one of %v", status, allowed)
	}
}

func FuzzCursor(f *testing.F) {
	for _, text := range []string{
		"job_01h455vb4pex5vsknk084sn02q", "path_01h455vb4pex5vsknk084sn02q", "1", "0", "-1", "9223372036854775808",
		"job_\x00", "JOB", "\xff", "", strings.Repeat("9", 40), strings.Repeat("9", 41), "1 OR 1=1",
	} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(text)))
		f.Add(text)
	}
	all := targets(f)
	for _, s := range all {
		s.job(f)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		for _, s := range all {
			for _, path := range []string{"/api/jobs", "/api/serials", "/api/jobs/job_nothing/paths"} {
				query := url.Values{"cursor": {cursor}}
				wantOneOf(t, s.ask(t, "GET", path, query.Encode(), "").Code, 200, 400, 404)
				query.Set("limit", "1")
				wantOneOf(t, s.ask(t, "GET", path, query.Encode(), "").Code, 200, 400, 404)
			}
		}
	})
}

func FuzzIfMatch(f *testing.F) {
	for _, header := range []string{
		`"1"`, `*`, ` * `, `W/"1"`, `"1", "2"`, `"`, `""`, `"1`, `1`, `,`, `"-1"`, `"9223372036854775808"`, "\"1\x00\"", "\xff", `"1",,"x"`,
	} {
		f.Add(header)
	}
	all := targets(f)
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.job(f)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for i, s := range all {
			before := s.ask(t, "GET", "/api/jobs/"+ids[i], "", "").Header().Get("ETag")
			answer := s.ask(t, "PUT", "/api/jobs/"+ids[i], "", `{"name":"y"}`, "If-Match", header)
			wantOneOf(t, answer.Code, 200, 400, 412)
			// A request with a stale version changes nothing.
			if answer.Code == 200 && !strings.Contains(header, before) && strings.TrimSpace(header) != "*" {
				// A number may have leading zeros, which do not change its value.
				if !strings.Contains(header, strings.Trim(before, `"`)+`"`) {
					t.Fatalf("If-Match %q changed version %s", header, before)
				}
			}
			if answer.Code != 200 && s.ask(t, "GET", "/api/jobs/"+ids[i], "", "").Header().Get("ETag") != before {
				t.Fatalf("If-Match %q was refused and changed something", header)
			}
		}
	})
}

func FuzzIdempotencyKey(f *testing.F) {
	for _, header := range []string{
		"k", "5f0c6a52-0d7b-4a0e-9d6c-6f3f2f1f7c11", "", " ", "a b", "\x00", "\xff", "é", strings.Repeat("k", 255), strings.Repeat("k", 256), "'; --", "~!",
	} {
		f.Add(header)
	}
	all := targets(f)
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range all {
			first := s.ask(t, "POST", "/api/jobs", "", `{"name":"x","goalQuantity":1}`, "Idempotency-Key", header)
			wantOneOf(t, first.Code, 201, 400)
			second := s.ask(t, "POST", "/api/jobs", "", `{"name":"x","goalQuantity":1}`, "Idempotency-Key", header)
			if second.Code != first.Code {
				t.Fatalf("with the key %q the answers are %d and %d", header, first.Code, second.Code)
			}
			if first.Code == 201 && (second.Header().Get("Idempotency-Replayed") != "true" || second.Body.String() != first.Body.String()) {
				t.Fatalf("with the key %q the answers are\n%s%s", header, first.Body, second.Body)
			}
		}
	})
}

func FuzzLastEventID(f *testing.F) {
	for _, header := range []string{"0", "1", "7", "", "-1", "9007199254740991", "9007199254740992", "9223372036854775808", "1.5", "1e3", "x", "\x00", "\xff", "+1", " 1"} {
		f.Add(header)
	}
	all := targets(f)
	for _, s := range all {
		s.job(f)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range all {
			answer := s.ask(t, "GET", "/api/events", "", "", "Last-Event-Id", header, "Accept", "text/event-stream")
			wantOneOf(t, answer.Code, 200, 400)
			wantOneOf(t, s.ask(t, "GET", "/api/events", "", "", "Last-Event-Id", header).Code, 200, 400)
			wantOneOf(t, s.ask(t, "GET", "/api/events", url.Values{"after": {header}}.Encode(), "").Code, 200, 400)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "limit=1", "limit=0", "limit=1001", "limit=1&limit=2", "q=x", "q=%00", "q=%ff", "q=%", "q=%25_", "q=%C4%B0", "q=" + strings.Repeat("x", 201),
		"jiraLabel=a&jiraLabel=b", "include=progress", "include=all", "status=completed", "status=x", "after=-1", "after=1&type=job.created",
		"cursor=MQ", ";", "&&&", "a=b;c=d", "jobId=%27%3B--&pathId=x&stepId=%5C", "limit=%31", "=x", "limit", "q=\x00", "q=\xff",
	} {
		f.Add(query)
	}
	all := targets(f)
	for _, s := range all {
		s.job(f)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, s := range all {
			for _, path := range []string{"/api/jobs", "/api/serials", "/api/events", "/api/jobs/job_nothing/paths"} {
				wantOneOf(t, s.ask(t, "GET", path, query, "").Code, 200, 400, 404)
			}
		}
	})
}

// FuzzPath sends ids and paths of any form.
func FuzzPath(f *testing.F) {
	for _, id := range []string{
		"job_01h455vb4pex5vsknk084sn02q", "SN-00001", "", "/", "..", "../docs", "%00", "\x00", "\xff", "a b", "é", "'; --", strings.Repeat("x", 10_000), "*", ":jobId", "x/steps/y/override",
	} {
		f.Add(id)
	}
	all := targets(f)
	f.Fuzz(func(t *testing.T, id string) {
		for _, s := range all {
			for _, prefix := range []string{"/api/jobs/", "/api/paths/", "/api/serials/", "/api/steps/", "/"} {
				s.ask(t, "GET", prefix+id, "", "")
				s.ask(t, "DELETE", prefix+id, "", "")
				s.ask(t, "POST", prefix+id+"/advance", "", `{}`)
				s.ask(t, "PATCH", prefix+id, "", `{"name":"x"}`)
			}
		}
	})
}

// FuzzHeader sends the headers that a server with keys reads on every request.
func FuzzHeader(f *testing.F) {
	for _, value := range []string{
		"Bearer rck_AAAAAAAAAAAAAAAAAAAAAAAAAA", "Bearer", "bearer  x", "Basic eDp4", "localhost", "[::1", "[::1]:x", "127.0.0.1:99999", "\x00", "\xff", "",
		"application/json; charset=utf-8", "application/json;", "text/event-stream;q=0, */*", ",", "https://example.com", "null", strings.Repeat("x", 10_000),
	} {
		f.Add(value)
	}
	all := targets(f)
	open := targets(f)
	for _, s := range all {
		if _, err := s.store.CreateKey(f.Context(), "erp", models.RoleWrite); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"Authorization", "Host", "Content-Type", "Accept", "Origin", "X-Request-Id"} {
			for _, s := range all {
				wantOneOf(t, s.ask(t, "POST", "/api/jobs", "", `{"name":"x","goalQuantity":1}`, name, value).Code, 401)
				wantOneOf(t, s.ask(t, "GET", "/api/events", "", "", name, value).Code, 401)
			}
			for _, s := range open {
				wantOneOf(t, s.ask(t, "POST", "/api/jobs", "", `{"name":"x"}`, name, value).Code, 400, 403, 415)
				wantOneOf(t, s.ask(t, "GET", "/api/events", "limit=1", "", name, value).Code, 200, 403)
			}
		}
	})
}
