package routecard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	routecard "github.com/routecard/routecard/sdk/go"
)

// streams returns a step that sends a part of an event stream and then closes the connection.
func streams(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Write([]byte(text))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func message(seq int) string {
	return fmt.Sprintf("id: %d\nevent: job.created\ndata: {\"seq\":%d,\ndata: \"type\":\"job.created\",\"data\":{}}\n\n", seq, seq)
}

func TestEventsContinueAfterABrokenConnection(t *testing.T) {
	t.Parallel()
	server := newScript(t,
		cuts,
		streams(": hello\n\n"+message(4)+message(5)+strings.TrimSuffix(message(6), "\n")), // 6 is not complete
		answers(http.StatusServiceUnavailable, errorBody("starting")),
		answers(http.StatusInternalServerError, errorBody("Internal Server Error")),
		answers(http.StatusBadGateway, ""), answers(http.StatusGatewayTimeout, ""), // more failures than an ordinary call has attempts
		streams(": heartbeat\n\n"),
		streams(message(6)+"id: 9\n\n"), // 7 to 9 were of another job
		streams(message(10)),
	)
	c := newClient(t, server.URL, routecard.WithAPIKey("secret"))
	var seen []int64
	for event, err := range c.Events(t.Context(), &routecard.ListEventsParams{After: new(int64(3)), JobID: new("job_1"), Limit: new(5)}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, event.Seq); event.Seq == 10 {
			break
		}
	}
	if !slices.Equal(seen, []int64{4, 5, 6, 10}) {
		t.Errorf("got the events %v", seen)
	}
	if got := slices.Compact(server.seen("Last-Event-ID")); !slices.Equal(got, []string{"", "5", "9"}) {
		t.Errorf("Last-Event-ID: %q", got)
	}
	for header, want := range map[string]string{"Accept": "text/event-stream", "Authorization": "Bearer secret", "Idempotency-Key": ""} {
		if got := slices.Compact(server.seen(header)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", header, got)
		}
	}
	if got := server.requests[0].URL.RawQuery; got != "after=3&jobId=job_1" {
		t.Errorf("the query is %s", got)
	}
}

// TestWaitIsResetByData checks that the wait does not grow from one connection to the next if data was received in between.
func TestWaitIsResetByData(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	const connections = 20 // a wait of 1 ms that doubles 20 times is 17 minutes
	var steps []http.HandlerFunc
	for seq := range connections {
		steps = append(steps, streams(message(seq+1)))
	}
	c := newClient(t, newScript(t, steps...).URL, routecard.WithRetry(routecard.Retry{Base: time.Millisecond, Max: time.Hour}))
	for event, err := range c.Events(ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Seq == connections {
			break
		}
	}
}

func TestEventsEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps    []http.HandlerFunc
		events   int
		requests int
	}{
		"the server says no":        {[]http.HandlerFunc{answers(http.StatusUnauthorized, errorBody("no"))}, 0, 1},
		"the server says no, later": {[]http.HandlerFunc{streams(message(1)), answers(http.StatusUnauthorized, errorBody("no"))}, 1, 2},
		"nobody there":              {[]http.HandlerFunc{cuts}, 0, 4},
		"never ready":               {[]http.HandlerFunc{answers(http.StatusServiceUnavailable, errorBody("no"))}, 0, 4},
		"not a stream":              {[]http.HandlerFunc{answers(http.StatusOK, `[]`)}, 0, 1},
		"not JSON":                  {[]http.HandlerFunc{streams(message(1) + "data: {\n\n")}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newScript(t, test.steps...)
			var events, failures int
			for _, err := range newClient(t, server.URL).Events(t.Context(), nil) {
				if err != nil {
					failures++
				} else {
					events++
				}
			}
			if requests := len(server.urls()); events != test.events || failures != 1 || requests != test.requests {
				t.Errorf("%d events, %d errors, %d requests", events, failures, requests)
			}
		})
	}
}

func TestEventsEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := newScript(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write([]byte(message(1)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	var last error
	for _, err := range newClient(t, server.URL).Events(ctx, nil) {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("ended with %v", last)
	}
}
