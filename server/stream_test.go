package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// streamPatience bounds the wait for an event of a stream; the machine may be busy.
const streamPatience = time.Minute

// stream is a live stream of events, read by a reader that shares no code with the server.
type stream struct {
	t      *testing.T
	events chan gen.Event
	// comments are the comment lines of the stream, without the colon.
	comments chan string
	header   http.Header
	// ended is closed at the end of the stream.
	ended chan struct{}
	close context.CancelFunc
}

// openStream opens a stream at a URL. The stream ends with the test at the latest.
func openStream(t *testing.T, url string, headers ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	// A client of its own, so that the connection ends with the stream.
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Do(request) //nolint:bodyclose // closed by the reader, below
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the status of the stream", response.StatusCode, 200)
	wantEqual(t, "the Content-Type of the stream", response.Header.Get("Content-Type"), "text/event-stream")
	wantEqual(t, "Cache-Control", response.Header.Get("Cache-Control"), "no-store")
	s := &stream{
		t: t, header: response.Header, events: make(chan gen.Event, 100_000), comments: make(chan string, 1000), ended: make(chan struct{}), close: cancel,
	}
	t.Cleanup(func() {
		cancel()
		<-s.ended
	})
	go func() {
		defer close(s.ended)
		defer response.Body.Close()
		if err := s.read(response.Body); err != nil {
			t.Error(err)
		}
	}()
	return s
}

// read parses the stream. The end of the connection is not an error; an invalid message is.
func (s *stream) read(in io.Reader) error {
	fields := map[string]string{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		name, value, found := strings.Cut(line, ": ")
		switch {
		case line == "" && len(fields) > 0:
			event, err := parseEvent(fields)
			if err != nil {
				return err
			}
			s.events <- event
			clear(fields)
		case line == "":
		case name == "":
			s.comments <- value
		case !found || fields[name] != "":
			return fmt.Errorf("the stream has the line %q", line)
		default:
			fields[name] = value
		}
	}
	return nil
}

func parseEvent(fields map[string]string) (gen.Event, error) {
	var event gen.Event
	if err := json.Unmarshal([]byte(fields["data"]), &event); err != nil {
		return event, fmt.Errorf("the stream has %v: %w", fields, err)
	}
	if len(fields) != 3 || fields["id"] != strconv.FormatInt(event.Seq, 10) || fields["event"] != event.Type {
		return event, fmt.Errorf("the stream has %v", fields)
	}
	return event, nil
}

// next returns the given number of events.
func (s *stream) next(n int) []gen.Event {
	s.t.Helper()
	events := []gen.Event{}
	for range n {
		select {
		case event := <-s.events:
			events = append(events, event)
		case <-time.After(streamPatience):
			s.t.Fatalf("after %d events, %d were still to come", len(events), n-len(events))
		}
	}
	return events
}

// TestStream reads all earlier events, and then a change when it happens.
func TestStream(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A B C", 1)
		live := openStream(t, s.URL+"/api/events")
		wantEqual(t, "the first comment", <-live.comments, "connected")
		wantEqual(t, "what was before", live.next(3), f.events(""))
		last := f.events("")[2].Seq
		for range 3 {
			f.must(200, "advance")
			events := f.events("after=" + itoa(last))
			wantEqual(t, "what happened", live.next(1), events)
			last = events[0].Seq
		}
		select {
		case event := <-live.events:
			t.Errorf("there is one more event: %+v", event)
		default:
		}
	})
}

// TestStreamOfAnotherServer follows a server that makes no changes. The stream has the changes of another server, and gets them
// before the next heartbeat.
func TestStreamOfAnotherServer(t *testing.T) {
	t.Parallel()
	twoServers(t, func(t *testing.T, servers [2]*routecardtest.Server) {
		f := build(t, servers[0], "strict A B C D E F", 1)
		live := openStream(t, servers[1].URL+"/api/events?type=serial.advanced")
		wantEqual(t, "the first comment", <-live.comments, "connected")
		for range 5 { // the first of which may be found while it catches up
			f.must(200, "advance")
			live.next(1)
		}
		wantEqual(t, "the number of heartbeats before", len(live.comments), 0)
	})
}

// TestStreamContinues opens streams that begin in the middle, as browsers do after a broken connection.
func TestStreamContinues(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 6)
		all := f.events("")
		for name, c := range map[string]struct {
			query  string
			header string
			from   int
		}{
			"after":                            {"?after=" + itoa(all[3].Seq), "Accept: text/event-stream", 4},
			"Last-Event-ID":                    {"", "Last-Event-ID: " + itoa(all[4].Seq), 5},
			"Last-Event-ID wins over after":    {"?after=" + itoa(all[1].Seq), "Last-Event-ID: " + itoa(all[5].Seq), 6},
			"Last-Event-ID wins when earlier":  {"?after=" + itoa(all[5].Seq), "Last-Event-ID: " + itoa(all[1].Seq), 2},
			"Last-Event-ID 0 is the beginning": {"?after=" + itoa(all[5].Seq), "Last-Event-ID: 0", 0},
		} {
			live := openStream(t, s.URL+"/api/events"+c.query, c.header)
			wantEqual(t, name, live.next(len(all)-c.from), all[c.from:])
			live.close()
		}
		for _, header := range []string{"Last-Event-ID: x", "Last-Event-ID: -1"} {
			answer := f.do("GET /api/events", "Accept: text/event-stream", header)
			wantEqual(t, "the status with "+header, answer.Status, 400)
		}

		// The connection breaks several times. Each new stream continues after the last event.
		seen := []gen.Event{}
		for len(seen) < len(all) {
			header := "Last-Event-ID: 0"
			if len(seen) > 0 {
				header = "Last-Event-ID: " + itoa(seen[len(seen)-1].Seq)
			}
			live := openStream(t, s.URL+"/api/events", header)
			seen = append(seen, live.next(1)...)
			live.close()
		}
		wantEqual(t, "all of them", seen, all)
	})
}

func TestStreamFilters(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f, other := build(t, s, "strict A B", 2), build(t, s, "strict X", 1)
		queries := []string{
			"jobId=" + f.job.ID, "serialId=" + f.serials[1].ID, "type=serial.advanced", "jobId=" + other.job.ID + "&type=serial.completed",
		}
		streams := make([]*stream, len(queries))
		for i, query := range queries {
			streams[i] = openStream(t, s.URL+"/api/events?"+query)
			<-streams[i].comments
		}
		f.must(200, `/api/serials/advance {"serialIds":{sns}}`)
		other.must(200, "advance")
		f.must(200, `PUT /api/jobs/{job} {"name":"x"}`)
		for i, query := range queries {
			want := f.events(query)
			wantEqual(t, query, streams[i].next(len(want)), want)
			streams[i].close()
			<-streams[i].ended
			wantEqual(t, "more of "+query, len(streams[i].events), 0)
		}
	})
}

// TestLongStream reads a stream that is longer than one read of the server.
func TestLongStream(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 1200)
		live := openStream(t, s.URL+"/api/events")
		all := f.events("")
		wantEqual(t, "the number of events", len(all), 1202)
		wantEqual(t, "the stream", live.next(len(all)), all)
		f.must(200, "advance")
		wantEqual(t, "the next event", live.next(1)[0].Type, "serial.completed")
	})
}

// TestStreamNegotiation checks that a client gets a stream only if it names its type and prefers it to a list.
func TestStreamNegotiation(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A", 0)
		for _, accept := range []string{
			"*/*", "application/json", "", "text/event-stream-not",
			"application/json, text/event-stream", "application/json, text/event-stream;q=0.9", "text/event-stream;q=0",
		} {
			answer := f.do("GET /api/events", "Accept: "+accept)
			wantEqual(t, "the Content-Type for "+accept, answer.Header.Get("Content-Type"), "application/json")
		}
		for _, accept := range []string{"Text/Event-Stream", "application/json;q=0.9, text/event-stream"} {
			live := openStream(t, s.URL+"/api/events", "Accept: "+accept)
			wantEqual(t, "the stream for "+accept, live.next(2), f.events(""))
			live.close()
		}
	})
}

// TestHeartbeat waits for the comment line that the contract promises every 15 seconds on a stream without events.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	live := openStream(t, s.URL+"/api/events")
	for _, want := range []string{"connected", "heartbeat"} {
		select {
		case comment := <-live.comments:
			wantEqual(t, "the comment", comment, want)
		case <-time.After(streamPatience):
			t.Fatalf("no %s", want)
		}
	}
}

// TestFeedEpoch checks the epoch of a list and of a stream, and that the stream ends when there is a new epoch.
func TestFeedEpoch(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		epoch, err := s.Store.Epoch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		listed := func() string { return s.Do(t, "GET", "/api/events", "").Header.Get("Routecard-Feed-Epoch") }
		wantEqual(t, "the epoch of a list", listed(), epoch)
		stream := openStream(t, s.URL+"/api/events")
		wantEqual(t, "the epoch of a stream", stream.header.Get("Routecard-Feed-Epoch"), epoch)
		if err := s.Store.NewEpoch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := listed(); after == epoch {
			t.Errorf("the epoch is still %s", after)
		}
		select {
		case <-stream.ended:
		case <-time.After(streamPatience):
			t.Error("the stream of the old epoch did not end")
		}
	})
}
