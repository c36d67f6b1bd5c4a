// Package jiratest provides a fake Jira for tests: an HTTP server that answers the requests of package jira as Jira Cloud or
// Jira Data Center would. It checks credentials, holds issues and comments, records requests, and fails on demand. It
// understands no other requests, and no JQL except the search for open issues.
//
//	fake := jiratest.New(t, jira.Cloud)
//	fake.AddIssue("PI-42", jiratest.Fields{"summary": "Build 50 aluminum housings", "customfield_10900": 50})
//	fake.Next(jiratest.Status(500))
//	client, err := jira.New(fake.Config())
package jiratest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/jira"
)

// The credentials that every fake accepts. Token is unusual, so that a test can search its output for it.
const (
	User  = "planner@example.com"
	Token = "jira-token-that-must-never-show-5f0c1e"
)

// Server is a fake Jira. Its methods are safe for concurrent use.
type Server struct {
	// URL is the address of the fake. The fake also answers below URL + "/jira", like a Data Center with a context path.
	URL string

	deployment string
	api        string // the root of its API, "/rest/api/3"
	mux        *http.ServeMux
	closing    chan struct{}

	mu       sync.Mutex // guards the fields below
	projects map[string]bool
	issues   []*issue // oldest first
	lastID   int      // of an issue or a comment
	next     []Fault
	always   []rule
	requests []*Request
}

// New starts a fake with an empty project PI. deployment is jira.Cloud or jira.DataCenter. The fake stops when the test ends.
func New(t testing.TB, deployment string) *Server {
	t.Helper()
	s := &Server{
		deployment: deployment,
		api:        "/rest/api/2",
		mux:        http.NewServeMux(),
		closing:    make(chan struct{}),
		projects:   map[string]bool{"PI": true},
		lastID:     10000,
	}
	if deployment == jira.Cloud {
		s.api = "/rest/api/3"
		s.handle("POST /rest/api/3/search/jql", s.searchCloud)
		s.handle("/rest/api/3/search", searchRemoved)
		s.handle("/rest/api/2/search", searchRemoved)
	} else {
		s.handle("GET /rest/api/2/search", s.searchDataCenter)
	}
	s.handle("GET /rest/api/2/serverInfo", s.serverInfo)
	s.handle("GET "+s.api+"/issue/{key}", s.withIssue(s.getIssue))
	s.handle("GET "+s.api+"/issue/{key}/comment", s.withIssue(s.listComments))
	s.handle("POST "+s.api+"/issue/{key}/comment", s.withIssue(s.addComment))
	s.handle("PUT "+s.api+"/issue/{key}/comment/{id}", s.withIssue(s.updateComment))

	server := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = server.URL
	t.Cleanup(func() {
		close(s.closing)
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

// Config returns a configuration for the fake with valid credentials, project PI, and no deployment: a user and a token for
// Cloud, a personal access token for Data Center.
func (s *Server) Config() jira.Config {
	cfg := jira.Config{URL: s.URL, Token: Token, Project: "PI"}
	if s.deployment == jira.Cloud {
		cfg.User = User
	}
	return cfg
}

// ServeHTTP responds to a request as Jira would. It neither records the request nor uses a fault.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// A handler returns the status and the JSON body for a request. It runs with s.mu locked.
type handler func(r *http.Request) (status int, body any)

// handle registers a handler for requests with valid credentials.
func (s *Server) handle(pattern string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		// serverInfo needs no credentials, but does not accept wrong ones.
		anonymous := strings.HasSuffix(pattern, "/serverInfo") && r.Header.Get("Authorization") == ""
		if !anonymous && !s.isAuthorized(r) {
			writeJSON(w, http.StatusUnauthorized, errorBody("You are not authenticated."))
			return
		}
		s.mu.Lock()
		status, body := h(r)
		s.mu.Unlock()
		writeJSON(w, status, body)
	})
}

// isAuthorized accepts User and Token, and for Data Center also Token as a personal access token.
func (s *Server) isAuthorized(r *http.Request) bool {
	if user, password, ok := r.BasicAuth(); ok {
		return user == User && password == Token
	}
	return s.deployment == jira.DataCenter && r.Header.Get("Authorization") == "Bearer "+Token
}

func (s *Server) serverInfo(*http.Request) (int, any) {
	if s.deployment == jira.Cloud {
		return http.StatusOK, map[string]any{"baseUrl": s.URL, "version": "1001.0.0-SNAPSHOT", "deploymentType": "Cloud"}
	}
	return http.StatusOK, map[string]any{"baseUrl": s.URL, "version": "10.3.1", "deploymentType": "Server"}
}

func searchRemoved(*http.Request) (int, any) {
	return http.StatusGone, errorBody("This search was removed, use /rest/api/3/search/jql.")
}

// errorBody returns the body of an error in Jira's shape.
func errorBody(messages ...string) any {
	return map[string]any{"errorMessages": append([]string{}, messages...), "errors": map[string]string{}}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // a test gave a field a value that is not JSON
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}

// Request is a request that the fake received.
type Request struct {
	Method string
	Path   string // with the context path
	Query  url.Values
	Body   []byte
	// Authorized is whether the credentials were valid.
	Authorized bool
	// Sent is how many bytes of the response's body were written to the connection.
	Sent int64
}

// Requests returns copies of the requests received so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := make([]Request, len(s.requests))
	for i, r := range s.requests {
		requests[i] = *r
	}
	return requests
}

// Count returns how many requests had the method and a path that contains part. Empty values match all.
func (s *Server) Count(method, part string) int {
	rule := rule{method: method, part: part}
	return len(slices.DeleteFunc(s.Requests(), func(r Request) bool { return !rule.matches(r) }))
}

// serve records a request, and responds with the next fault, or as Jira would.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	// Read before the fault runs: net/http notices that a client has left only after the whole body was read.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := &Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Body: body, Authorized: s.isAuthorized(r)}
	s.mu.Lock()
	s.requests = append(s.requests, request)
	fault := s.takeFault(*request)
	s.mu.Unlock()

	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/jira")
	fault(&countingWriter{w, s, request}, r, s)
}

// countingWriter adds what is written to request.Sent.
type countingWriter struct {
	http.ResponseWriter

	server  *Server
	request *Request
}

// Write writes p and counts the bytes that were written.
func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	w.request.Sent += int64(n)
	return n, err
}

// Unwrap returns the underlying writer for http.ResponseController.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
