//go:build unix

package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestIdleConnections keeps 10,000 idle connections open. The server serves other clients, its memory stays bounded, and
// it frees all resources when the connections are closed.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	const reserved, minimum, kilobytesEach, baseMB = 1000, 2000, 64, 100
	// Go raises the soft limit of a process to the hard limit at the start, the server's too. Reserve some files for the
	// tests that run at the same time.
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	count := int(min(limit.Cur, 10_000+reserved)) - reserved
	if count < minimum {
		t.Fatalf("only %d files may be open, want %d (ulimit -Hn)", limit.Cur, minimum+reserved)
	}
	p := startServer(t)
	before := peakMB(t, p)
	conns := make([]net.Conn, count)
	forEach := func(do func(i int) error) {
		t.Helper()
		var workers sync.WaitGroup
		for worker := range 16 {
			workers.Go(func() {
				for i := worker; i < count; i += 16 {
					if err := do(i); err != nil {
						t.Errorf("connection %d: %v", i, err)
						return
					}
				}
			})
		}
		workers.Wait()
	}
	request := func(i int) error {
		if _, err := io.WriteString(conns[i], "GET /api/jobs?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return err
		}
		response, err := http.ReadResponse(bufio.NewReader(conns[i]), nil)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	forEach(func(i int) (err error) {
		if conns[i], err = net.Dial("tcp", strings.TrimPrefix(p.url, "http://")); err != nil {
			return err
		}
		// The server closes a connection that sends no headers in time, so send them before the next connection is opened.
		return request(i)
	})
	closeAll := sync.OnceFunc(func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	t.Cleanup(closeAll)
	if open := metric(t, p, "process_open_fds"); open < count {
		t.Fatalf("%d of %d connections are open", open, count)
	}
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantEqual(t, "the number of jobs", len(listJobs(t, p)), 1)
	forEach(request) // the server has closed none of them

	peak := peakMB(t, p)
	t.Logf("%d idle connections: %d MB, %d MB before", count, peak, before)
	if limitMB := baseMB + count*kilobytesEach/1000; peak > limitMB {
		t.Errorf("with %d idle connections the server took %d MB of memory, want at most %d", count, peak, limitMB)
	}
	closeAll()
	awaitWhileServing(t, p, "the connections to be freed", func() bool {
		return metric(t, p, "process_open_fds") < count/10 && metric(t, p, "go_goroutines") < count/10
	})
	p.terminate()
}
