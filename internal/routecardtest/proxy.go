package routecardtest

import (
	"bytes"
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
	return proxy(t, target, func([]byte) bool { return true }, pass)
}

// proxy is Proxy for both directions. It also calls a function, without data, before it closes the connection because one side
// was closed.
func proxy(t testing.TB, target string, toTarget, fromTarget func(data []byte) bool) string {
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
			for _, direction := range []struct {
				from, to net.Conn
				pass     func([]byte) bool
			}{{near, far, toTarget}, {far, near, fromTarget}} {
				open.Go(func() {
					defer cut()
					buffer := make([]byte, 64<<10)
					for {
						n, err := direction.from.Read(buffer)
						if !direction.pass(buffer[:n]) || err != nil {
							return
						}
						if _, err := direction.to.Write(buffer[:n]); err != nil {
							return
						}
					}
				})
			}
		}
	})
	return listener.Addr().String()
}

// Commits reports whether data from PostgreSQL says that a transaction is committed: by a COMMIT, or by an INSERT outside of a
// transaction. The messages are CommandComplete and ReadyForQuery of PostgreSQL's protocol.
func Commits(data []byte) bool {
	return bytes.Contains(data, []byte("C\x00\x00\x00\x0bCOMMIT\x00")) ||
		bytes.Contains(data, []byte("INSERT 0 ")) && bytes.HasSuffix(data, []byte("Z\x00\x00\x00\x05I"))
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

// VanishingServer starts a proxy to a PostgreSQL database and returns the URL through the proxy. When armed, the proxy stops
// passing on data, in both directions and on all connections, as soon as a server sends COMMIT, and before PostgreSQL receives
// it. No side sees a closed connection, as if the server's machine had lost power. It then closes vanished.
func VanishingServer(t testing.TB, database string) (proxied string, armed *atomic.Bool, vanished <-chan struct{}) {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatalf("routecardtest: %v", err)
	}
	armed = new(atomic.Bool)
	gone := make(chan struct{})
	vanish := sync.OnceFunc(func() { close(gone) })
	ended := t.Context().Done()
	pass := func([]byte) bool {
		select {
		case <-gone:
			<-ended
		default:
		}
		return true
	}
	parsed.Host = proxy(t, parsed.Host, func(data []byte) bool {
		if armed.Load() && bytes.Contains(data, []byte("COMMIT\x00")) {
			vanish()
		}
		return pass(data)
	}, pass)
	return parsed.String(), armed, gone
}
