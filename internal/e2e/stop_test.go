package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestStopFinishesRunningRequests stops the server while the body of one request is still arriving and the response of
// another is still being read.
func TestStopFinishesRunningRequests(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	p := startServer(t, "--database", database)
	// The list is larger than the buffers of the connection, so the server waits for the client to read.
	summary := strings.Repeat("x", 10_000)
	for range 1200 {
		response := p.do(t, "POST", "/api/jobs", fmt.Sprintf(`{"name":"x","goalQuantity":1,"jiraTicketSummary":%q}`, summary))
		wantEqual(t, "the status of a creation", response.Status, http.StatusCreated)
	}
	list, err := http.Get(p.url + "/api/jobs")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Body.Close()
	conn := dial(t, p)
	const body = `{"name":"slow","goalQuantity":1}`
	fmt.Fprintf(conn, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"Expect: 100-continue\r\n\r\n", len(body))
	// The server sends this line when it begins to read the body, so the request is running.
	responses := bufio.NewReader(conn)
	if line, err := responses.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("the first line of the response is %q (%v), want 100 Continue", line, err)
	}
	if _, err := responses.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, body[:10]); err != nil {
		t.Fatal(err)
	}

	p.signal(syscall.SIGTERM)
	await(t, "the server to begin to stop", func() bool { return strings.Contains(p.stderr.String(), `"msg":"stopping"`) })
	await(t, "new connections to be refused", func() bool {
		late, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err == nil {
			_ = late.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(conn, body[10:]); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(responses, nil)
	if err != nil {
		t.Fatalf("the slow request got no response: %v (the server has exited: %v)", err, p.hasExited())
	}
	defer response.Body.Close()
	wantEqual(t, "the status of the slow request", response.StatusCode, http.StatusCreated)
	content, err := io.ReadAll(list.Body)
	if err != nil {
		t.Errorf("the list was cut off: %v", err)
	}
	jobs := routecardtest.Decode[[]gen.Job](t, routecardtest.Answer{Body: string(content)})
	if len(jobs) < 1200 {
		t.Errorf("the list has %d jobs", len(jobs))
	}
	wantEqual(t, "the exit code", p.wait(), 0)

	restarted := startServer(t, "--database", database)
	wantEqual(t, "the newest job", listJobs(t, restarted)[0].Name, "slow")
}

// TestStopEndsStreams stops a server while a client follows the event stream. The server ends the stream and exits, and
// the next server continues the stream where it ended.
func TestStopEndsStreams(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		p := startServer(t, "--database", database)
		ids := followEvents(t, p, "0")
		var seen []string
		for range 2 {
			wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
			seen = append(seen, nextID(t, ids))
		}
		p.terminate()
		for range ids { // until the stream ends
		}
		if log := p.stderr.String(); strings.Contains(log, "cut off") {
			t.Errorf("the stream delayed the exit of the server:\n%s", log)
		}

		restarted := startServer(t, "--database", database)
		ids = followEvents(t, restarted, seen[0])
		wantEqual(t, "the event after the first", nextID(t, ids), seen[1])
		wantEqual(t, "the status of a creation", restarted.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
		if id := nextID(t, ids); slices.Contains(seen, id) {
			t.Errorf("event %s was sent twice", id)
		}
		restarted.terminate()
	})
}

// followEvents returns the ids of the events in the event stream. It closes the channel when the stream ends.
func followEvents(t *testing.T, p *process, lastEventID string) <-chan string {
	t.Helper()
	response, err := openStream(t.Context(), p.url, lastEventID) //nolint:bodyclose // closed by the goroutine below
	if err != nil {
		t.Fatal(err)
	}
	ids := make(chan string, 100)
	go func() {
		defer close(ids)
		defer response.Body.Close()
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if id, found := strings.CutPrefix(lines.Text(), "id: "); found {
				ids <- id
			}
		}
	}()
	return ids
}

func nextID(t *testing.T, ids <-chan string) string {
	t.Helper()
	select {
	case id, ok := <-ids:
		if !ok {
			t.Fatal("the stream ended")
		}
		return id
	case <-time.After(timeout):
		t.Fatal("no event arrived")
		return ""
	}
}
