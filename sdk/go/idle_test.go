package routecard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

const shortIdle = 500 * time.Millisecond

// newShortIdleClient returns a client with a short idle timeout, and a server whose streams are written by stream.
func newShortIdleClient(t *testing.T, stream func(connection int, lastID string, send func(seq int), gone <-chan struct{})) *Client {
	t.Helper()
	var connections atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		send := func(seq int) {
			w.Write(fmt.Appendf(nil, "id: %d\ndata: {\"seq\":%d}\n\n", seq, seq))
			w.(http.Flusher).Flush()
		}
		stream(int(connections.Add(1)), r.Header.Get("Last-Event-ID"), send, r.Context().Done())
	}))
	t.Cleanup(server.Close)
	c, err := New(server.URL, WithRetry(Retry{Base: time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	c.idle = shortIdle
	return c
}

// TestSilentStreamIsReplaced covers connections that end without being closed, for example when a router is switched off.
func TestSilentStreamIsReplaced(t *testing.T) {
	t.Parallel()
	c := newShortIdleClient(t, func(connection int, lastID string, send func(int), gone <-chan struct{}) {
		if want := []string{"", "1", "2"}[connection-1]; lastID != want {
			t.Errorf("connection %d has Last-Event-ID %q", connection, lastID)
		}
		send(connection)
		<-gone
	})
	for event, err := range c.Events(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Seq == 3 {
			break
		}
	}
}

// TestSlowLoopKeepsItsStream checks that the time which the loop body takes does not count as silence.
func TestSlowLoopKeepsItsStream(t *testing.T) {
	t.Parallel()
	c := newShortIdleClient(t, func(connection int, _ string, send func(int), gone <-chan struct{}) {
		if connection > 1 {
			t.Error("the client opened a second connection")
		}
		for seq := connection; ; seq++ {
			send(seq)
			select {
			case <-gone:
				return
			case <-time.After(shortIdle / 4):
			}
		}
	})
	for event, err := range c.Events(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Seq == 1 {
			time.Sleep(3 * shortIdle)
		}
		if event.Seq == 30 {
			break
		}
	}
}
