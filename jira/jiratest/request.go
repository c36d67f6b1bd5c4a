package jiratest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Request is a request that the fake received.
type Request struct {
	Method string
	Path   string // as sent, with any context path
	Query  url.Values
	Header http.Header // without Authorization
	Body   []byte
	// Authorized says that the Authorization header was right; HasAuthorization that there was one.
	Authorized, HasAuthorization bool
	// Status is the status answered, 0 while there is no answer yet; Sent the bytes of its body that were taken by the
	// connection.
	Status int
	Sent   int64
}

// receive records a request, reads its body so that a client's going away is noticed, and takes the fault that is due.
func (s *Server) receive(r *http.Request) (*Request, Fault) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	record := &Request{
		Method:           r.Method,
		Path:             r.URL.Path,
		Query:            r.URL.Query(),
		Header:           r.Header.Clone(),
		Body:             body,
		Authorized:       s.isAuthorized(r),
		HasAuthorization: r.Header.Get("Authorization") != "",
	}
	record.Header.Del("Authorization")

	s.recording.Lock()
	defer s.recording.Unlock()
	s.requests = append(s.requests, record)
	for _, rule := range s.always {
		if rule.matches(record) {
			return record, rule.fault
		}
	}
	if len(s.next) > 0 {
		due := s.next[0]
		s.next = s.next[1:]
		return record, due
	}
	return record, Pass
}

// Requests returns copies of the requests received so far, oldest first.
func (s *Server) Requests() []Request {
	s.recording.Lock()
	defer s.recording.Unlock()
	requests := make([]Request, len(s.requests))
	for i, r := range s.requests {
		requests[i] = *r
	}
	return requests
}

// Count returns how many requests with the method, whose path contains part, were received. Empty matches all.
func (s *Server) Count(method, part string) int {
	s.recording.Lock()
	defer s.recording.Unlock()
	n := 0
	for _, r := range s.requests {
		if (rule{method: method, part: part}).matches(r) {
			n++
		}
	}
	return n
}

// rule is a fault for every request with a method and a part of the path.
type rule struct {
	method, part string
	fault        Fault
}

func (r rule) matches(request *Request) bool {
	return (r.method == "" || r.method == request.Method) && strings.Contains(request.Path, r.part)
}

// countingWriter counts what is answered.
type countingWriter struct {
	http.ResponseWriter

	status int
	count  func(status, n int)
}

// WriteHeader keeps the status.
func (w *countingWriter) WriteHeader(status int) {
	w.status = status
	w.count(status, 0)
	w.ResponseWriter.WriteHeader(status)
}

// Write counts what the connection took.
func (w *countingWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.count(w.status, n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answer writes JSON.
func answer(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // a test put something into a field that is no JSON
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}

// fail writes an error in Jira's shape.
func fail(w http.ResponseWriter, status int, messages ...string) {
	if messages == nil {
		messages = []string{}
	}
	answer(w, status, map[string]any{"errorMessages": messages, "errors": map[string]string{}})
}
