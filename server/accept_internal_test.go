package server

import (
	"net/http"
	"testing"
)

func TestAcceptsEventStream(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		accept []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"*/*"}, false},
		{[]string{"text/*"}, false},
		{[]string{"application/json"}, false},
		{[]string{"text/event-stream-not"}, false},
		{[]string{"text/event-stream"}, true},
		{[]string{"Text/Event-Stream"}, true},
		{[]string{"text/event-stream;charset=utf-8"}, true},
		{[]string{"text/event-stream;q=0.1"}, true},
		{[]string{"text/event-stream;q=0"}, false},
		{[]string{"text/event-stream; q=0.000"}, false},
		{[]string{"application/json, text/event-stream"}, false},
		{[]string{"text/event-stream, application/json"}, false},
		{[]string{"text/event-stream", "application/json"}, false},
		{[]string{"text/event-stream, */*"}, false},
		{[]string{"application/json, text/event-stream;q=0"}, false},
		{[]string{"application/json, text/event-stream;q=0.9"}, false},
		{[]string{"application/json;q=0.5, text/event-stream;q=0.9"}, true},
		{[]string{"application/json;q=0.5", "text/event-stream;Q=0.9"}, true},
		{[]string{"text/event-stream, */*;q=0.1"}, true},
		{[]string{"text/event-stream;q=0.5, application/*;q=0.1, text/*;q=0.1, */*"}, true},
		{[]string{"text/event-stream;q=0.5, application/*;q=0.1, */*"}, false}, // CSV has the quality 1.
		{[]string{"text/event-stream;q=0.5, application/json, */*;q=0.1"}, false},
		{[]string{"text/event-stream, application/json;q=0"}, true},
		{[]string{"text/event-stream, application/json;q=0.5, garbage;;;="}, true},
	} {
		if got := acceptsEventStream(&http.Request{Header: http.Header{"Accept": test.accept}}); got != test.want {
			t.Errorf("acceptsEventStream(%q) = %v, want %v", test.accept, got, test.want)
		}
	}
}
