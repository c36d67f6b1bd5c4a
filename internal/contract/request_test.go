package contract_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/routecard/routecard/internal/contract"
)

// TestCheckRefuses checks the errors for a request whose body is not decoded, and their order.
func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	put := operation(t, []byte(orders), "putOrder")
	const tooLong = 1<<20 + 1
	for name, c := range map[string]struct {
		change      func(*http.Request)
		wantStatus  int
		wantMessage string
		wantClose   bool
	}{
		"an invalid parameter before a wrong Content-Type": {
			change:     func(r *http.Request) { r.URL.RawQuery = "size=0"; r.Header.Del("Content-Type") },
			wantStatus: 400, wantMessage: "size must be greater than 0",
		},
		"a wrong Content-Type before a long body": {
			change:     func(r *http.Request) { r.ContentLength = tooLong; r.Header.Set("Content-Type", "text/plain") },
			wantStatus: 415, wantMessage: "Content-Type must be application/json",
		},
		"no Content-Type": {
			change:     func(r *http.Request) { r.Header.Del("Content-Type") },
			wantStatus: 415, wantMessage: "Content-Type must be application/json",
		},
		"a long body, announced": {
			change:     func(r *http.Request) { r.ContentLength = tooLong },
			wantStatus: 413, wantMessage: "request body must be at most 1 MiB", wantClose: true,
		},
		"a long body, not announced": {
			change: func(r *http.Request) {
				r.ContentLength, r.Body = -1, io.NopCloser(strings.NewReader(strings.Repeat(" ", tooLong)))
			},
			wantStatus: 413, wantMessage: "request body must be at most 1 MiB",
		},
		"a slow body": {
			change:     func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(os.ErrDeadlineExceeded)) },
			wantStatus: 408, wantMessage: "the request body took too long to arrive",
		},
		"a broken connection": {
			change:     func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)) },
			wantStatus: 400, wantMessage: "the request body did not arrive whole",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, w := request("", nil, validOrder), httptest.NewRecorder()
			c.change(r)
			_, _, err := put.Check(w, r)
			var refused *contract.Error
			if !errors.As(err, &refused) || refused.Status != c.wantStatus || refused.Message != c.wantMessage {
				t.Errorf("Check returns %+v, want status %d and %q", err, c.wantStatus, c.wantMessage)
			}
			if closes := w.Header().Get("Connection") == "close"; closes != c.wantClose {
				t.Errorf("Connection: close is %v, want %v", closes, c.wantClose)
			}
		})
	}
}

// TestCheckReturnsTheBody checks that the body is returned as sent and as decoded, also without a Content-Length.
func TestCheckReturnsTheBody(t *testing.T) {
	t.Parallel()
	const sent = ` {"title":"x", "count":1.0} `
	r := request("", nil, sent)
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	raw, body, err := operation(t, []byte(orders), "putOrder").Check(httptest.NewRecorder(), r)
	want := map[string]any{"title": "x", "count": int64(1)}
	if err != nil || string(raw) != sent || !reflect.DeepEqual(body, want) {
		t.Errorf("Check returns %q, %v, %v", raw, body, err)
	}

	raw, body, err = operation(t, []byte(orders), "getOrder").Check(httptest.NewRecorder(), request("", nil, "{"))
	if err != nil || raw != nil || body != nil {
		t.Errorf("Check of an operation without a body returns %q, %v, %v", raw, body, err)
	}
}
