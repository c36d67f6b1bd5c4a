package jiratest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// A Fault answers a request in place of the fake. Calling fake.ServeHTTP has the request carried out first, or after all.
type Fault func(w http.ResponseWriter, r *http.Request, fake *Server)

// Next queues faults: each request from now on takes one, and when all are taken the fake works again. Pass leaves a request
// alone. While a rule of Always matches, a request takes none.
func (s *Server) Next(faults ...Fault) {
	s.recording.Lock()
	defer s.recording.Unlock()
	s.next = append(s.next, faults...)
}

// Always lets a fault answer every request with the method whose path contains part, until Heal. Empty matches all. Of several
// rules that match the first set counts.
func (s *Server) Always(method, part string, fault Fault) {
	s.recording.Lock()
	defer s.recording.Unlock()
	s.always = append(s.always, rule{method, part, fault})
}

// Heal forgets all faults, those of Next too.
func (s *Server) Heal() {
	s.recording.Lock()
	defer s.recording.Unlock()
	s.always, s.next = nil, nil
}

// Pass is no fault.
func Pass(w http.ResponseWriter, r *http.Request, fake *Server) { fake.ServeHTTP(w, r) }

// Slow answers rightly after d, or not at all when the client goes away before that.
func Slow(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *Server) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			fake.ServeHTTP(w, r)
		case <-r.Context().Done():
		case <-fake.closing:
		}
	}
}

// Status answers a status with an error body of Jira's that holds the messages. The request has no effect.
func Status(status int, messages ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Server) { fail(w, status, messages...) }
}

// RetryAfter answers a status, 429 or 503, with a Retry-After header: seconds or a date. The request has no effect.
func RetryAfter(status int, value string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Server) {
		w.Header().Set("Retry-After", value)
		fail(w, status, "Try again later.")
	}
}

// Done carries the request out, and then answers with another fault: the effect is there, the answer is lost.
func Done(then Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *Server) {
		fake.ServeHTTP(httptest.NewRecorder(), r)
		then(w, r, fake)
	}
}

// CutOff carries the request out, sends half of the answer and closes the connection.
func CutOff(w http.ResponseWriter, r *http.Request, fake *Server) {
	whole := httptest.NewRecorder()
	fake.ServeHTTP(whole, r)
	body := whole.Body.Bytes()
	w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(whole.Code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// Hangup closes the connection without an answer. The request has no effect.
func Hangup(http.ResponseWriter, *http.Request, *Server) { panic(http.ErrAbortHandler) }

// HTML answers a page, such as the login page of something that stands before Jira.
func HTML(status int) Fault {
	return Body(status, "text/html; charset=utf-8", "<!DOCTYPE html><html><body>Please log in.</body></html>")
}

// Body answers a body of any kind.
func Body(status int, contentType, body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Server) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// Large answers 200 with size bytes of JSON, with a Content-Length when announced is true. It stops when the client closes the
// connection; Request.Sent tells how far it came.
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

// Drip answers 200 and then a byte of white space every so often, for ever.
func Drip(every time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *Server) {
		w.Header().Set("Content-Type", "application/json")
		ticks := time.NewTicker(every)
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

// Redirect sends the client to another address, with a status such as 302 or 307. The path of the request is put behind it.
func Redirect(status int, address string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ *Server) {
		w.Header().Set("Location", address+r.URL.Path)
		w.WriteHeader(status)
	}
}
