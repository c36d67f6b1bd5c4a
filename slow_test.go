package main_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestSlowClients has its parts wait for the server's timeouts all at once, more of them than tests run in parallel.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	var parts sync.WaitGroup
	for name, part := range map[string]func(*testing.T){
		"headers":                        slowHeaders,
		"bodies":                         slowBodies,
		"readers":                        slowReaders,
		"nothing is read, of SQLite":     func(t *testing.T) { nothingIsRead(t, routecardtest.SQLite(t)) },
		"nothing is read, of PostgreSQL": func(t *testing.T) { nothingIsRead(t, postgrestest.Database(t)) },
	} {
		parts.Go(func() { t.Run(name, part) })
	}
	parts.Wait()
}

// dial connects to a server as a client that does as it pleases. The connection is closed after the test.
func dial(t *testing.T, p *routecardtest.Process) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// meanwhile polls until something holds, and wants another client to be served all the while.
func meanwhile(t *testing.T, p *routecardtest.Process, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		wantEqual(t, "the status for another client", p.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
		wantEqual(t, "the status for another reader", p.Do(t, "GET", "/api/jobs?limit=1", "").Status, http.StatusOK)
		if holds() {
			return
		}
		if time.Since(begun) > 3*time.Minute {
			t.Fatalf("after three minutes still waiting for %s", what)
		}
	}
}

// metric is what a server tells of itself at /metrics: the sum of all whose names begin so.
func metric(t *testing.T, p *routecardtest.Process, begin string) (sum int) {
	t.Helper()
	response, err := http.Get(p.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if name, text, _ := strings.Cut(lines.Text(), " "); strings.HasPrefix(name, begin) {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += int(value)
		}
	}
	return sum
}

// drip sends a text, and then a byte each second until the server has closed the connection; an empty text is followed by
// nothing. The channel gets what the server answered.
func drip(t *testing.T, p *routecardtest.Process, text string) <-chan string {
	t.Helper()
	conn := dial(t, p)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	closed := make(chan string, 1)
	go func() {
		answer, _ := io.ReadAll(conn) // which may end with a reset
		_ = conn.Close()
		closed <- string(answer)
	}()
	go func() {
		for text != "" {
			time.Sleep(time.Second)
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
		}
	}()
	return closed
}

// dripping opens so many connections of each kind, and returns what each was answered once all are closed.
func dripping(t *testing.T, p *routecardtest.Process, count int, texts ...string) (answers []string) {
	t.Helper()
	var open []<-chan string
	for i := range count * len(texts) {
		open = append(open, drip(t, p, texts[i%len(texts)]))
	}
	for _, answer := range open {
		meanwhile(t, p, "the slow connections to be closed", func() bool { return len(answer) > 0 })
		answers = append(answers, <-answer)
	}
	return answers
}

// slowHeaders has clients that never come to the end of their headers, or say nothing at all. One that is slow but gets
// there is served.
func slowHeaders(t *testing.T) {
	t.Helper()
	p := routecardtest.Start(t, routecardtest.Launch{})
	slow := dial(t, p)
	for _, part := range []string{"GET /healthz HT", "TP/1.1\r\nHost: local", "host\r\nX-A: b\r", "\n\r\n"} {
		time.Sleep(500 * time.Millisecond)
		if _, err := io.WriteString(slow, part); err != nil {
			t.Fatal(err)
		}
	}
	response, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	wantEqual(t, "the status for slow headers", response.StatusCode, http.StatusOK)

	for _, answer := range dripping(t, p, 50, "", "G", "GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") {
		// Go's server tells some of them before it closes the connection.
		if answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 400 Bad Request\r\n") {
			t.Errorf("the answer to no request is %q", answer)
		}
	}
}

// slowBodies has clients whose bodies trickle in, of a length that they tell and without one.
func slowBodies(t *testing.T) {
	t.Helper()
	p := routecardtest.Start(t, routecardtest.Launch{})
	const post = "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	answers := dripping(t, p, 25, post+"Content-Length: 100000\r\n\r\n{\"name\":\"slow", post+"Transfer-Encoding: chunked\r\n\r\nfffff\r\n{\"name\":\"slow")
	for _, answer := range answers {
		response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		if err != nil {
			t.Fatalf("the answer is %q: %v", answer, err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatalf("the answer is %q: %v", answer, err)
		}
		_ = response.Body.Close()
		wantEqual(t, "the status", response.StatusCode, http.StatusRequestTimeout)
		wantEqual(t, "the answer", string(body), `{"statusCode":408,"message":"the request body took too long to arrive"}`)
	}
	for _, job := range listJobs(t, p) {
		wantEqual(t, "the name of each job", job.Name, "JOB-2024-001")
	}
}

// longAnswers are lists and a stream of several megabytes, once there is what fillWithUnits creates.
var longAnswers = []string{
	"GET /api/serials HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n",
}

const units = 50_000

// fillWithUnits has another server create units, so that what that takes does not count for the one that is looked at.
func fillWithUnits(t *testing.T, launch routecardtest.Launch) {
	t.Helper()
	p := routecardtest.Start(t, launch)
	job := routecardtest.Decode[gen.Job](t, p.Do(t, "POST", "/api/jobs", exampleJob))
	path := routecardtest.Decode[gen.Path](t, p.Do(t, "POST", "/api/paths",
		fmt.Sprintf(`{"jobId":%q,"name":"Main Route","goalQuantity":50,"steps":[{"name":"CNC Machining"}]}`, job.ID)))
	wantEqual(t, "the status of the creation", p.Do(t, "POST", "/api/serials",
		fmt.Sprintf(`{"pathId":%q,"quantity":%d}`, path.ID, units)).Status, http.StatusCreated)
	p.Terminate()
}

// standstill is a client that asks for something long and takes no more than the beginning.
type standstill struct {
	conn  net.Conn
	taken []byte
}

func stopReading(t *testing.T, p *routecardtest.Process, request string) standstill {
	t.Helper()
	s := standstill{conn: dial(t, p), taken: make([]byte, len("HTTP/1.1 200 OK"))}
	if _, err := io.WriteString(s.conn, request); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s.conn, s.taken); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the beginning of the answer", string(s.taken), "HTTP/1.1 200 OK")
	return s
}

// wantCutOff reads the rest, which must not look like the whole.
func (s standstill) wantCutOff(t *testing.T) {
	t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(time.Minute))
	response, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(string(s.taken)), s.conn)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err = io.Copy(io.Discard, response.Body); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the answer ends with %v, want that it is cut off", err)
	}
}

// nothingIsRead by more clients than there are connections to the database. They are cut off, what they took is free again,
// and they don't keep the server from stopping.
func nothingIsRead(t *testing.T, database string) {
	t.Helper()
	const clients, limitMB = 60, 200
	launch := routecardtest.Launch{Args: []string{"--database", database}}
	fillWithUnits(t, launch)
	p := routecardtest.Start(t, launch)
	goroutines := metric(t, p, "go_goroutines")
	ended := func() int {
		return metric(t, p, `routecard_requests_total{operation="listSerials"`) + metric(t, p, `routecard_requests_total{operation="listEvents"`)
	}
	var still []standstill
	for i := range clients {
		still = append(still, stopReading(t, p, longAnswers[i%len(longAnswers)]))
	}
	wantEqual(t, "the number of answers that have come to an end", ended(), 0)
	meanwhile(t, p, "the end of answers that nobody reads", func() bool { return ended() == clients })
	for _, s := range still {
		s.wantCutOff(t)
	}
	meanwhile(t, p, "their goroutines to end", func() bool { return metric(t, p, "go_goroutines") < goroutines+clients/2 })
	peak := residentMB(t, p.PID)
	t.Logf("%d MB", peak)
	if peak > limitMB {
		t.Errorf("the server took %d MB of memory, want at most %d", peak, limitMB)
	}

	still = nil
	for _, request := range longAnswers {
		still = append(still, stopReading(t, p, request))
	}
	p.Terminate()
	if !strings.Contains(p.Stderr(), `"msg":"requests were cut off"`) {
		t.Errorf("the log does not tell of requests that were cut off:\n%s", p.Stderr())
	}
	for _, s := range still {
		s.wantCutOff(t)
	}
}

// slowLine carries at most 12 KB a second for a while, and then as much as it can.
type slowLine struct {
	net.Conn
	until time.Time
}

func (l slowLine) Read(buffer []byte) (int, error) {
	if time.Now().Before(l.until) {
		time.Sleep(time.Second)
		buffer = buffer[:min(len(buffer), 12_000)]
	}
	return l.Conn.Read(buffer)
}

// slowReaders get all of a list and of a stream, although they are slow for longer than any timeout.
func slowReaders(t *testing.T) {
	t.Helper()
	launch := routecardtest.Launch{Args: []string{"--database", routecardtest.SQLite(t)}}
	fillWithUnits(t, launch)
	p := routecardtest.Start(t, launch)
	var readers sync.WaitGroup
	for _, request := range longAnswers {
		conn := dial(t, p)
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		readers.Go(func() {
			// Longer than the server's longest timeout for an answer, a minute.
			response, err := http.ReadResponse(bufio.NewReaderSize(slowLine{conn, time.Now().Add(70 * time.Second)}, 12_000), nil)
			if err != nil {
				t.Error(err)
				return
			}
			// The connection first, or closing would read a live stream to its end, which never comes.
			defer func() { _, _ = conn.Close(), response.Body.Close() }()
			if err := wantUnits(response); err != nil {
				t.Errorf("%q: %v", request, err)
			}
		})
	}
	readers.Wait()
}

// wantUnits reads a list that must be whole, or a stream up to its last event.
func wantUnits(response *http.Response) error {
	if response.Header.Get("Content-Type") != "text/event-stream" {
		var all []struct{ ID string }
		err := json.NewDecoder(response.Body).Decode(&all)
		if err == nil && len(all) < units {
			err = fmt.Errorf("the list has %d entries", len(all))
		}
		return err
	}
	seq := 0
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		id, found := strings.CutPrefix(lines.Text(), "id: ")
		if !found {
			continue
		}
		seq++
		if id != strconv.Itoa(seq) {
			return fmt.Errorf("after event %d comes %s", seq-1, id)
		}
		if seq == units+2 { // those of the job and the path
			return nil
		}
	}
	return fmt.Errorf("the stream ends after event %d", seq)
}
