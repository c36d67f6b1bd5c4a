package routecardtest

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy passes connections on to the target and returns its own address. Before a piece of what the target answers goes
// on, pass is asked: when it says no, the piece is lost and the connection is cut on both sides, as by a broken network.
// Pass may take its time, and is asked from several goroutines.
func Proxy(t testing.TB, target string, pass func(piece []byte) bool) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("routecardtest: %v", err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
	ended := t.Context().Done()
	open.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // closed, the test is over
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close() // as if nobody had been there
				continue
			}
			cut := sync.OnceFunc(func() { _, _ = near.Close(), far.Close() })
			open.Go(func() {
				<-ended
				cut()
			})
			open.Go(func() {
				_, _ = io.Copy(far, near)
				cut()
			})
			open.Go(func() {
				defer cut()
				buffer := make([]byte, 64<<10)
				for {
					n, err := far.Read(buffer)
					if err != nil || !pass(buffer[:n]) {
						return
					}
					if _, err := near.Write(buffer[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	return listener.Addr().String()
}

// SilentDatabase returns a URL of a PostgreSQL database by way of a proxy. While silent, its connections carry no answers
// any more, as when its machine has lost power; those that fell silent stay so.
func SilentDatabase(t testing.TB, database string) (proxied string, silent *atomic.Bool) {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatalf("routecardtest: %v", err)
	}
	silent = new(atomic.Bool)
	ended := t.Context().Done()
	parsed.Host = Proxy(t, parsed.Host, func([]byte) bool {
		if silent.Load() {
			<-ended
		}
		return true
	})
	return parsed.String(), silent
}
