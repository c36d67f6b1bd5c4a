//go:build unix

package main_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// TestIdleConnections keeps 10,000 connections open that are used no more. Others are served, memory stays bounded, and
// nothing is left when they go.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	const others, least, kilobytesEach, baseMB = 1000, 2000, 64, 100
	// Go raises the soft limit to the hard one at the start of each program, the server's too. The other tests of this
	// process need some.
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	count := int(min(limit.Cur, 10_000+others)) - others
	if count < least {
		t.Fatalf("only %d files may be open, want %d (ulimit -Hn)", limit.Cur, least+others)
	}
	p := routecardtest.Start(t, routecardtest.Launch{})
	alone := residentMB(t, p.PID)
	conns := make([]net.Conn, count)
	each := func(do func(i int) error) {
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
	ask := func(i int) error {
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
	each(func(i int) (err error) {
		if conns[i], err = net.Dial("tcp", strings.TrimPrefix(p.URL, "http://")); err != nil {
			return err
		}
		// At once, or on a busy machine the time for its headers would be over before the last connection is made.
		return ask(i)
	})
	hangUp := sync.OnceFunc(func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	t.Cleanup(hangUp)
	if open := metric(t, p, "process_open_fds"); open < count {
		t.Fatalf("of %d connections %d are open", count, open)
	}
	wantEqual(t, "the status of a creation", p.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantEqual(t, "the number of jobs", len(listJobs(t, p)), 1)
	each(ask) // none of them was closed

	peak := residentMB(t, p.PID)
	t.Logf("%d idle connections: %d MB, %d MB before", count, peak, alone)
	if limitMB := baseMB + count*kilobytesEach/1000; peak > limitMB {
		t.Errorf("with %d idle connections the server took %d MB of memory, want at most %d", count, peak, limitMB)
	}
	hangUp()
	meanwhile(t, p, "the connections to go away", func() bool {
		return metric(t, p, "process_open_fds") < count/10 && metric(t, p, "go_goroutines") < count/10
	})
	p.Terminate()
}
