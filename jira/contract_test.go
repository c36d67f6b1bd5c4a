//go:build jiracontract

package jira_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// TestContract checks our requests and the fake's answers against Jira Cloud's own OpenAPI document, which is not part of this
// repository: ROUTECARD_JIRA_CONTRACT names the file. Run it with `go test -tags jiracontract -run TestContract ./jira`.
func TestContract(t *testing.T) {
	path := os.Getenv("ROUTECARD_JIRA_CONTRACT")
	if path == "" {
		t.Fatal("ROUTECARD_JIRA_CONTRACT must name Jira Cloud's OpenAPI document")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatalf("read Jira's contract: %v", err)
	}
	b := setup(t, jira.Cloud)
	for n := range 5 {
		b.fake.AddIssue(fmt.Sprintf("PI-%d", 100+n), jiratest.Fields{"parent": jiratest.Parent("PI-10", "Epic")})
	}
	judge := &judge{t: t, doc: doc, fake: b.fake, seen: map[string]int{}}
	server := httptest.NewServer(judge)
	t.Cleanup(server.Close)

	cfg := b.fake.Config()
	cfg.URL = server.URL
	client := newClient(t, cfg)
	for token := ""; ; {
		page, err := client.Tickets(t.Context(), token, 2)
		if err != nil {
			t.Fatalf("Tickets: %v", err)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	for _, key := range []string{"PI-42", "PI-100", "PI-404"} {
		_, err := client.Ticket(t.Context(), key)
		if key == "PI-404" {
			wantKind(t, err, jira.ErrTicketNotFound)
		} else if err != nil {
			t.Errorf("Ticket: %v", err)
		}
	}
	if _, err := client.PutComment(t.Context(), "PI-42", marker, "10 of 50 done.", ""); err != nil {
		t.Errorf("PutComment: %v", err)
	}
	cfg.Token = "another"
	cfg.Deployment = jira.Cloud
	stranger := newClient(t, cfg)
	for _, run := range operations {
		wantKind(t, run(t.Context(), stranger), jira.ErrRefused)
	}

	for operation, atLeast := range map[string]int{
		"POST /rest/api/3/search/jql 200": 3, "POST /rest/api/3/search/jql 401": 1,
		"GET /rest/api/3/issue/{issueIdOrKey} 200": 2, "GET /rest/api/3/issue/{issueIdOrKey} 404": 1,
		"GET /rest/api/3/issue/{issueIdOrKey} 401": 1,
	} {
		if judge.seen[operation] < atLeast {
			t.Errorf("%s was checked %d times, want %d", operation, judge.seen[operation], atLeast)
		}
	}
	t.Logf("checked: %v", judge.seen)
}

// judge is a proxy in front of the fake that checks each request and response. The document does not describe comments and
// serverInfo. The proxy does not check those, except that every error has Jira's shape.
type judge struct {
	t    *testing.T
	doc  *openapi3.T
	fake http.Handler

	mu   sync.Mutex
	seen map[string]int
}

var issuePattern = regexp.MustCompile(`^/rest/api/3/issue/([^/]+)$`)

// route returns the operation of a request, or nil.
func (j *judge) route(r *http.Request) (*routers.Route, map[string]string) {
	path, params := r.URL.Path, map[string]string{}
	if found := issuePattern.FindStringSubmatch(path); found != nil {
		path, params["issueIdOrKey"] = "/rest/api/3/issue/{issueIdOrKey}", found[1]
	}
	item := j.doc.Paths.Value(path)
	if item == nil || item.GetOperation(r.Method) == nil {
		return nil, nil
	}
	return &routers.Route{
		Spec: j.doc, Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method),
	}, params
}

// ServeHTTP checks the request, passes it to the fake, and checks the response.
func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithoutCancel(r.Context())
	body, _ := io.ReadAll(r.Body)
	rewound := r.Clone(ctx)
	rewound.Body, r.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))

	whole := httptest.NewRecorder()
	j.fake.ServeHTTP(whole, rewound)
	if whole.Code >= 400 {
		j.checkError(r, whole.Body.Bytes())
	}
	if route, params := j.route(r); route != nil {
		j.mu.Lock()
		j.seen[fmt.Sprintf("%s %s %d", r.Method, route.Path, whole.Code)]++
		j.mu.Unlock()
		j.check(ctx, r, route, params, whole)
	} else if !strings.Contains(r.URL.Path, "/comment") && !strings.HasSuffix(r.URL.Path, "/serverInfo") {
		j.t.Errorf("%s %s is not in Jira's contract", r.Method, r.URL.Path)
	}
	maps.Copy(w.Header(), whole.Header())
	w.WriteHeader(whole.Code)
	_, _ = w.Write(whole.Body.Bytes())
}

func (j *judge) check(
	ctx context.Context, r *http.Request, route *routers.Route, params map[string]string, answer *httptest.ResponseRecorder,
) {
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			MultiError: true, IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
	if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
		j.t.Errorf("our request %s %s: %v", r.Method, r.URL.Path, err)
	}
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			j.t.Errorf("our request %s %s has a parameter %q that Jira does not know", r.Method, r.URL.Path, name)
		}
	}
	if err := openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.Code, Header: answer.Header(), Options: input.Options,
		Body: io.NopCloser(bytes.NewReader(answer.Body.Bytes())),
	}); err != nil {
		j.t.Errorf("the fake's answer to %s %s: %v", r.Method, r.URL.Path, err)
	}
}

func (j *judge) checkError(r *http.Request, body []byte) {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		j.t.Errorf("the fake's error to %s %s: %v", r.Method, r.URL.Path, err)
		return
	}
	if err := j.doc.Components.Schemas["ErrorCollection"].Value.VisitJSON(value); err != nil {
		j.t.Errorf("the fake's error to %s %s: %v", r.Method, r.URL.Path, err)
	}
}
