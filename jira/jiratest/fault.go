package jiratest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// A Fault responds to a request instead of the fake. It may call fake.ServeHTTP to execute the request.
type Fault func(w http.ResponseWriter, r *http.Request, fake *Server)

// rule is a fault for all requests with the method and a path that contains part. Empty values match all.
type rule struct {
	method, part string
	fault        Fault
}

func (r rule) matches(request Request) bool {
	return (r.method == "" || r.method == request.Method) && strings.Contains(request.Path, r.part)
}

// Next queues faults. Each later request takes one, and the fake works again when the queue is empty. Pass leaves a request
// alone. A request that a rule of Always matches takes none.
func (s *Server) Next(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, faults...)
}

// Always makes a fault respond to all requests with the method and a path that contains part, until Heal. Empty values match all.
// When several rules match, the first one is used.
func (s *Server) Always(method, part string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = append(s.always, rule{method, part, fault})
}

// Heal removes all faults of Always and Next.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always, s.next = nil, nil
}

// takeFault returns the fault for a request, or Pass.
func (s *Server) takeFault(request Request) Fault {
	for _, rule := range s.always {
		if rule.matches(request) {
			return rule.fault
		}
	}
	if len(s.next) == 0 {
		return Pass
	}
	fault := s.next[0]
	s.next = s.next[1:]
	return fault
}

// Pass is no fault.
func Pass(w http.ResponseWriter, r *http.Request, fake *Server) { fake.ServeHTTP(w, r) }

// Slow responds after d as Jira would. It does nothing if the client closes the connection before that.
func Slow(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *Server) {
		select {
		case <-time.After(d):
			fake.ServeHTTP(w, r)
		case <-r.Context().Done():
		case <-fake.closing:
		}
	}
}

// Status returns a status and an error in Jira's shape with the messages. The request is not carried out.
func Status(status int, messages ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Server) { writeJSON(w, status, errorBody(messages...)) }
}

// RetryAfter returns a status with a Retry-After header, which is a number of seconds or a date. The request is not carried
// out.
func RetryAfter(status int, value string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Server) {
		w.Header().Set("Retry-After", value)
		writeJSON(w, status, errorBody("Try again later."))
	}
}

// Done carries the request out, discards the response, and then lets another fault respond.
func Done(then Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *Server) {
		fake.ServeHTTP(httptest.NewRecorder(), r)
		then(w, r, fake)
	}
}

// CutOff carries the request out, sends half of the response, and closes the connection.
func CutOff(w http.ResponseWriter, r *http.Request, fake *Server) {
	response := httptest.NewRecorder()
	fake.ServeHTTP(response, r)
	body := response.Body.Bytes()
	w.Header().Set("Content-Type", response.Header().Get("Content-Type"))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(response.Code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// Hangup closes the connection without a response. The request is not carried out.
func Hangup(http.ResponseWriter, *http.Request, *Server) { panic(http.ErrAbortHandler) }

// HTML returns an HTML page, like the login page of a proxy in front of Jira.
func HTML(status int) Fault {
	return Body(status, "text/html; charset=utf-8", "<!DOCTYPE html><html><body>Please log in.</body></html>")
}

// Body returns a body of any type.
func Body(status int, contentType, body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Server) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// Large returns 200 and size bytes of JSON, with a Content-Length when announced is true. It stops when the client closes the
// connection; Request.Sent has the number of bytes written.
func Large(size int64, announced bool) Fault {
	const frame = `{"key":"PI-42","fields":{"summary":""}}`
	return func(w http.ResponseWriter, r *http.Request, _ *Server) {
		w.Header().Set("Content-Type", "application/json")
		if announced {
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		}
		w.WriteHeader(http.StatusOK)
		head, tail, _ := strings.Cut(frame, `""`)
		if _, err := w.Write([]byte(head + `"`)); err != nil {
			return
		}
		chunk := []byte(strings.Repeat("x", 64<<10))
		for rest := size - int64(len(frame)); rest > 0 && r.Context().Err() == nil; {
			n, err := w.Write(chunk[:min(rest, int64(len(chunk)))])
			if err != nil {
				return
			}
			rest -= int64(n)
		}
		_, _ = w.Write([]byte(`"` + tail))
	}
}

// Drip returns 200 and one byte of white space at each interval, until the client leaves.
func Drip(interval time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *Server) {
		w.Header().Set("Content-Type", "application/json")
		ticks := time.NewTicker(interval)
		defer ticks.Stop()
		for {
			if _, err := w.Write([]byte(" ")); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-ticks.C:
			case <-r.Context().Done():
				return
			case <-fake.closing:
				return
			}
		}
	}
}

// Redirect redirects the client to address followed by the path of the request, with a status such as 302 or 307.
func Redirect(status int, address string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ *Server) {
		w.Header().Set("Location", address+r.URL.Path)
		w.WriteHeader(status)
	}
}
