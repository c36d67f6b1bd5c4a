package routecardtest

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy starts a TCP proxy to the target and returns the proxy's address. The proxy calls pass with the data that it reads
// from the target. If pass returns false, the proxy drops the data and closes the connection on both sides, as a broken network
// would. Pass may block, and must be safe for concurrent use.
func Proxy(t testing.TB, target string, pass func(data []byte) bool) string {
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
				return // the listener is closed: the test has ended
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close() // the target is down
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

// SilentDatabase starts a proxy to a PostgreSQL database and returns the URL through the proxy. While silent is true, the
// proxy stops passing on data from the database, as if the database's machine had lost power. A connection that was stopped
// stays stopped.
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
