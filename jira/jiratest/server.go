// Package jiratest is a fake Jira for tests: a real HTTP server that answers the few requests package jira makes, in the shapes
// of Jira Cloud or of Jira Data Center, checks credentials, keeps issues and comments, records what it was asked, and fails on
// demand.
//
//	fake := jiratest.New(t, jira.Cloud)
//	fake.AddIssue("PI-42", jiratest.Fields{"summary": "Build 50 aluminum housings", "customfield_10900": 50})
//	fake.Next(jiratest.Status(500))
//	client, err := jira.New(fake.Config())
package jiratest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/jira"
)

// The credentials that every fake accepts. Token is long and odd so that a test can search its output for it.
const (
	User  = "planner@example.com"
	Token = "jira-token-that-must-never-show-5f0c1e"
)

// Server is a fake Jira. Its methods are safe for concurrent use.
type Server struct {
	// URL is the address to configure. Path may be put behind it: the fake also answers under "/jira", as a Data Center
	// installed under a context path does.
	URL string

	deployment string
	http       *httptest.Server
	mux        *http.ServeMux
	closing    chan struct{}

	mu       sync.Mutex // for what Jira holds
	projects map[string]bool
	issues   []*issue // in the order of creation
	ids      int      // the last id given to an issue or a comment
	pages    map[string]int

	// recording is for what the fake notes about requests. A mutex of its own, because an answer is noted while mu is held.
	recording sync.Mutex
	next      []Fault
	always    []rule
	requests  []*Request
}

// New starts a fake of the deployment, jira.Cloud or jira.DataCenter, with an empty project PI. It stops when the test ends.
func New(t testing.TB, deployment string) *Server {
	t.Helper()
	s := &Server{
		deployment: deployment,
		mux:        http.NewServeMux(),
		closing:    make(chan struct{}),
		projects:   map[string]bool{"PI": true},
		ids:        10000,
		pages:      map[string]int{},
	}
	switch deployment {
	case jira.Cloud:
		s.routes("/rest/api/3")
		s.mux.HandleFunc("POST /rest/api/3/search/jql", s.searchCloud)
		s.mux.HandleFunc("/rest/api/3/search", gone)
		s.mux.HandleFunc("/rest/api/2/search", gone)
	case jira.DataCenter:
		s.routes("/rest/api/2")
		s.mux.HandleFunc("GET /rest/api/2/search", s.searchDataCenter)
	default:
		t.Fatalf("jiratest: no such deployment: %q", deployment)
	}
	s.mux.HandleFunc("GET /rest/api/2/serverInfo", s.serverInfo)
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	t.Cleanup(func() {
		close(s.closing)
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

func (s *Server) routes(api string) {
	s.mux.HandleFunc("GET "+api+"/issue/{key}", s.authorized(s.getIssue))
	s.mux.HandleFunc("GET "+api+"/issue/{key}/comment", s.authorized(s.listComments))
	s.mux.HandleFunc("POST "+api+"/issue/{key}/comment", s.authorized(s.addComment))
	s.mux.HandleFunc("PUT "+api+"/issue/{key}/comment/{id}", s.authorized(s.updateComment))
}

// Config returns a configuration that reaches the fake with the right credentials, for project PI: user and token for Cloud, a
// personal access token for Data Center. The deployment is to be found out.
func (s *Server) Config() jira.Config {
	cfg := jira.Config{URL: s.URL, Token: Token, Project: "PI"}
	if s.deployment == jira.Cloud {
		cfg.User = User
	}
	return cfg
}

// serve records a request, then lets the fault that is due answer it, or the fake itself.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	record, fault := s.receive(r)
	counted := &countingWriter{ResponseWriter: w, count: func(status, n int) {
		s.recording.Lock()
		defer s.recording.Unlock()
		record.Status, record.Sent = status, record.Sent+int64(n)
	}}
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/jira")
	fault(counted, r, s)
}

// ServeHTTP answers a request as Jira would, faults aside. A Fault calls it to have a request carried out.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// authorized answers 401 unless the request's credentials are right.
func (s *Server) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.isAuthorized(r) {
			fail(w, http.StatusUnauthorized, "You are not authenticated.")
			return
		}
		next(w, r)
	}
}

// isAuthorized knows basic authentication with User and Token, and for Data Center Token as a personal access token too.
func (s *Server) isAuthorized(r *http.Request) bool {
	if user, password, ok := r.BasicAuth(); ok {
		return user == User && password == Token
	}
	return s.deployment == jira.DataCenter && r.Header.Get("Authorization") == "Bearer "+Token
}

// serverInfo answers anybody, as Jira does, but not wrong credentials.
func (s *Server) serverInfo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" && !s.isAuthorized(r) {
		fail(w, http.StatusUnauthorized, "You are not authenticated.")
		return
	}
	info := map[string]any{
		"baseUrl": s.URL, "version": "10.3.1", "versionNumbers": []int{10, 3, 1}, "deploymentType": "Server",
		"buildNumber": 10030001, "serverTitle": "Jira",
	}
	if s.deployment == jira.Cloud {
		info["version"], info["versionNumbers"], info["deploymentType"] = "1001.0.0-SNAPSHOT", []int{1001, 0, 0}, "Cloud"
	}
	answer(w, http.StatusOK, info)
}

func gone(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusGone, "This search was removed, use /rest/api/3/search/jql.")
}
