//go:build load

package e2e

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

// TestLoadSlowClients runs its parts at the same time, because each waits for a timeout of the server. t.Parallel would run
// fewer of them at once.
func TestLoadSlowClients(t *testing.T) {
	t.Parallel()
	var parts sync.WaitGroup
	for name, part := range map[string]func(*testing.T){
		"slow headers":                       slowHeaders,
		"slow bodies":                        slowBodies,
		"slow readers":                       slowReaders,
		"readers that stop, with SQLite":     func(t *testing.T) { stoppedReaders(t, routecardtest.SQLitePath(t)) },
		"readers that stop, with PostgreSQL": func(t *testing.T) { stoppedReaders(t, postgrestest.Database(t)) },
	} {
		parts.Go(func() { t.Run(name, part) })
	}
	parts.Wait()
}

// sendSlowly sends the text, and then a byte each second until the server closes the connection; after an empty text it
// sends nothing. The channel receives what the server has sent.
func sendSlowly(t *testing.T, p *process, text string) <-chan string {
	t.Helper()
	conn := dial(t, p)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	response := make(chan string, 1)
	go func() {
		content, _ := io.ReadAll(conn) // the server may reset the connection
		_ = conn.Close()
		response <- string(content)
	}()
	go func() {
		for text != "" {
			time.Sleep(time.Second)
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
		}
	}()
	return response
}

// slowResponses calls sendSlowly count times for each text. It returns what the server has sent on each connection, once the
// server has closed them all.
func slowResponses(t *testing.T, p *process, count int, texts ...string) (responses []string) {
	t.Helper()
	var open []<-chan string
	for i := range count * len(texts) {
		open = append(open, sendSlowly(t, p, texts[i%len(texts)]))
	}
	for _, response := range open {
		awaitWhileServing(t, p, "the slow connections to be closed", func() bool { return len(response) > 0 })
		responses = append(responses, <-response)
	}
	return responses
}

// slowHeaders opens connections that never send complete headers, or send nothing. A client that sends its headers slowly
// but in time is served.
func slowHeaders(t *testing.T) {
	t.Helper()
	p := startServer(t)
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

	for _, response := range slowResponses(t, p, 50, "", "G", "GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") {
		// Go's HTTP server sends a response on some of them before it closes the connection.
		if response != "" && !strings.HasPrefix(response, "HTTP/1.1 400 Bad Request\r\n") {
			t.Errorf("the response to incomplete headers is %q", response)
		}
	}
}

// slowBodies sends bodies too slowly, with and without Content-Length.
func slowBodies(t *testing.T) {
	t.Helper()
	p := startServer(t)
	const post = "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	for _, text := range slowResponses(t, p, 25,
		post+"Content-Length: 100000\r\n\r\n{\"name\":\"slow", post+"Transfer-Encoding: chunked\r\n\r\nfffff\r\n{\"name\":\"slow") {
		response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
		if err != nil {
			t.Fatalf("the response is %q: %v", text, err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatalf("the response is %q: %v", text, err)
		}
		_ = response.Body.Close()
		wantEqual(t, "the status", response.StatusCode, http.StatusRequestTimeout)
		wantEqual(t, "the body", string(body), `{"statusCode":408,"message":"the request body took too long to arrive"}`)
	}
	for _, job := range listJobs(t, p) {
		wantEqual(t, "the name of each job", job.Name, "JOB-2024-001")
	}
}

// slowUnits is the number of units that createUnits creates.
const slowUnits = 30_000

// createUnits creates units through a server of its own, so that their creation does not count in the memory of the server
// that the test measures.
func createUnits(t *testing.T, database string) {
	t.Helper()
	p := startServer(t, "--database", database)
	_, path := createJobWithPath(t, p, 1)
	const requests = 3 // each far from the timeout of a request, also on a busy machine
	for range requests {
		if status := p.do(t, "POST", "/api/serials", fmt.Sprintf(`{"pathId":%q,"quantity":%d}`, path, slowUnits/requests)).Status; status != http.StatusCreated {
			t.Fatalf("the status of the creation is %d, want 201", status)
		}
	}
	p.terminate()
}

// longResponses are requests for lists and a stream of several megabytes, after createUnits.
var longResponses = []string{
	"GET /api/serials HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n",
}

// stoppedReader is a client that has read the beginning of a response and stopped.
type stoppedReader struct {
	conn net.Conn
	read []byte
}

func stopReading(t *testing.T, p *process, request string) stoppedReader {
	t.Helper()
	r := stoppedReader{conn: dial(t, p), read: make([]byte, len("HTTP/1.1 200 OK"))}
	if _, err := io.WriteString(r.conn, request); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r.conn, r.read); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the beginning of the response", string(r.read), "HTTP/1.1 200 OK")
	return r
}

// wantCutOff reads the rest of the response and checks that the response is recognizably incomplete.
func (r stoppedReader) wantCutOff(t *testing.T) {
	t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(time.Minute))
	response, err := http.ReadResponse(bufio.NewReader(io.MultiReader(strings.NewReader(string(r.read)), r.conn)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err = io.Copy(io.Discard, response.Body); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the response ends with %v, want an error that shows that it is incomplete", err)
	}
}

// stoppedReaders has more readers that stop than the server has database connections. The server closes their connections,
// frees what they used, and does not wait for them when it stops.
func stoppedReaders(t *testing.T, database string) {
	t.Helper()
	const clients, limitMB = 60, 200
	createUnits(t, database)
	p := startServer(t, "--database", database)
	goroutines := metric(t, p, "go_goroutines")
	finished := func() int {
		return metric(t, p, `routecard_requests_total{operation="listSerials"`) + metric(t, p, `routecard_requests_total{operation="listEvents"`)
	}
	var readers []stoppedReader
	for i := range clients {
		readers = append(readers, stopReading(t, p, longResponses[i%len(longResponses)]))
	}
	wantEqual(t, "the number of finished requests", finished(), 0)
	awaitWhileServing(t, p, "the requests of the stopped readers to finish", func() bool { return finished() == clients })
	for _, r := range readers {
		r.wantCutOff(t)
	}
	awaitWhileServing(t, p, "their goroutines to end", func() bool { return metric(t, p, "go_goroutines") < goroutines+clients/2 })
	peak := peakMB(t, p)
	t.Logf("%d MB", peak)
	if peak > limitMB {
		t.Errorf("the server took %d MB of memory, want at most %d", peak, limitMB)
	}

	readers = nil
	for _, request := range longResponses {
		readers = append(readers, stopReading(t, p, request))
	}
	p.terminate()
	if log := p.stderr.String(); !strings.Contains(log, `"msg":"closed the connections of unfinished requests"`) {
		t.Errorf("the log does not mention the requests that were cut off:\n%s", log)
	}
	for _, r := range readers {
		r.wantCutOff(t)
	}
}

// slowConn reads at most 12 kB a second until the given time, and then without a limit.
type slowConn struct {
	net.Conn
	until time.Time
}

func (c slowConn) Read(buffer []byte) (int, error) {
	if time.Now().Before(c.until) {
		time.Sleep(time.Second)
		buffer = buffer[:min(len(buffer), 12_000)]
	}
	return c.Conn.Read(buffer)
}

// slowReaders has clients that read slowly for longer than any timeout of the server. They get complete responses.
func slowReaders(t *testing.T) {
	t.Helper()
	database := routecardtest.SQLitePath(t)
	createUnits(t, database)
	post := func(path, body, headers string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
			path, headers, len(body), body)
	}
	var requests []string
	fillDatabase(t, database, func(p *process) {
		jobID, pathID := createJobWithPath(t, p, 1)
		for range 60 {
			wantEqual(t, "the status", p.do(t, "POST", "/api/paths", largePath(jobID)).Status, http.StatusCreated)
		}
		units := fmt.Sprintf(`{"pathId":%q,"quantity":%d}`, pathID, slowUnits)
		const key = "Idempotency-Key: slow"
		wantEqual(t, "the status", p.do(t, "POST", "/api/serials", units, key).Status, http.StatusCreated)
		requests = append([]string{
			post("/api/serials", units, ""), post("/api/serials", units, key+"\r\n"),
			"GET /api/jobs/" + jobID + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
		}, longResponses...)
	})
	p := startServer(t, "--database", database)
	var readers sync.WaitGroup
	for _, request := range requests {
		conn := dial(t, p)
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		// The server's longest timeout for a response is one minute.
		slow := bufio.NewReaderSize(slowConn{conn, time.Now().Add(70 * time.Second)}, 12_000)
		if strings.HasPrefix(request, "POST") {
			// Large creations wait for each other's memory, so the next request is sent when the response to this one begins.
			if _, err := slow.Peek(1); err != nil {
				t.Fatal(err)
			}
		}
		readers.Go(func() {
			response, err := http.ReadResponse(slow, nil)
			if err != nil {
				t.Error(err)
				return
			}
			// Close the connection first: closing the body reads it to its end, and a stream has none.
			defer func() { _, _ = conn.Close(), response.Body.Close() }()
			if err := readUnits(response); err != nil {
				t.Errorf("%.100q: status %d: %v", request, response.StatusCode, err)
			}
		})
	}
	readers.Wait()
}

// readUnits reads a whole list, a whole job, or an event stream up to the event of the last unit that createUnits created. It
// returns an error if anything is missing.
func readUnits(response *http.Response) error {
	if response.Header.Get("ETag") != "" {
		var job gen.JobDetail
		err := json.NewDecoder(response.Body).Decode(&job)
		if err == nil && len(job.Paths) != 61 {
			err = fmt.Errorf("the job has %d paths", len(job.Paths))
		}
		return err
	}
	if response.Header.Get("Content-Type") != "text/event-stream" {
		var all []withID
		err := json.NewDecoder(response.Body).Decode(&all)
		if err == nil && len(all) < slowUnits {
			err = fmt.Errorf("the list has %d items", len(all))
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
			return fmt.Errorf("event %s follows event %d", id, seq-1)
		}
		if seq == slowUnits+2 { // with the events of the job and the path
			return nil
		}
	}
	return fmt.Errorf("the stream ends after event %d", seq)
}
