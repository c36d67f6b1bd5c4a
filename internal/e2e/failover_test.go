//go:build failover

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
)

const (
	failoverClients = 16
	// failoverChanges is the number of changes that are acknowledged before, and after, each kill.
	failoverChanges = 400
)

// longestPause returns the longest time without an acknowledgement since the last call.
func (w *workload) longestPause() time.Duration {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	longest := w.longest
	w.longest = 0
	return longest
}

func logFailover(t *testing.T, event string, w *workload) {
	t.Helper()
	t.Logf("%s: %d changes acknowledged, longest pause %s, failed attempts %v",
		event, w.count(), w.longestPause().Round(time.Millisecond), w.failedAttempts())
}

// TestFailoverPostgres kills the primary during a workload and promotes the synchronous standby. The two servers are not
// restarted or configured again. Nothing that was acknowledged is lost or applied twice.
func TestFailoverPostgres(t *testing.T) {
	for round := range 3 {
		primary := postgrestest.Start(t, postgrestest.Options{Durable: true})
		database := primary.CreateDatabase("routecard")
		standby := primary.SyncStandby(t)
		url := multiHost(database, standby.URL("routecard"))
		first, second := startServer(t, "--database", url), startServer(t, "--database", url)
		w := startWorkload(t, failoverClients, first.url, second.url)
		w.await(failoverChanges)
		before := w.longestPause()

		primary.Kill()
		killed := time.Now()
		standby.Promote()
		promotion := time.Since(killed)
		w.await(failoverChanges)
		t.Logf("round %d: promotion took %s; the longest pause before was %s", round+1, promotion.Round(time.Millisecond), before.Round(time.Millisecond))
		logFailover(t, "the primary was killed", w)
		if len(w.failedAttempts()) == 0 {
			t.Error("no request failed, so the test shows nothing")
		}

		w.stop()
		w.check(first)
		w.check(second)
		first.terminate()
		second.terminate()
		wantSound(t, url)
	}
}

// pair is two servers of one PostgreSQL database, and clients that use both.
type pair struct {
	t        *testing.T
	database string
	servers  []*process
	w        *workload
}

// startPair starts two servers, and returns once their clients have made failoverChanges changes.
func startPair(t *testing.T) *pair {
	t.Helper()
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	p := &pair{t: t, database: cluster.CreateDatabase("routecard")}
	p.servers = []*process{p.start("127.0.0.1:0"), p.start("127.0.0.1:0")}
	p.w = startWorkload(t, failoverClients, p.servers[0].url, p.servers[1].url)
	p.w.await(failoverChanges)
	p.w.longestPause()
	return p
}

func (p *pair) start(address string) *process {
	p.t.Helper()
	return startServer(p.t, "--database", p.database, "--addr", address)
}

// replace ends a server, has the other one work alone, and starts the server again at the same address, where the clients
// expect it.
func (p *pair) replace(i int, end func(*process)) {
	p.t.Helper()
	end(p.servers[i])
	p.w.await(failoverChanges / 2)
	p.servers[i] = p.start(strings.TrimPrefix(p.servers[i].url, "http://"))
	p.w.await(failoverChanges / 2)
}

// stop ends the clients, checks what both servers show and what the database has, and ends the servers.
func (p *pair) stop() {
	p.t.Helper()
	p.w.stop()
	for _, server := range p.servers {
		p.w.check(server)
		server.terminate()
	}
	wantSound(p.t, p.database)
}

// TestFailoverServer kills one of two servers and starts it again, then the other one. Nothing that was acknowledged is
// lost or applied twice.
func TestFailoverServer(t *testing.T) {
	p := startPair(t)
	for range 2 {
		for i := range p.servers {
			p.replace(i, (*process).kill)
			logFailover(t, "a server was killed", p.w)
		}
	}
	if len(p.w.failedAttempts()) == 0 {
		t.Error("no request failed, so the test shows nothing")
	}
	p.stop()
}

// TestFailoverRollingUpgrade replaces two servers of one database by new ones, one after the other, as an upgrade does, while
// clients work and repeat what fails. Nothing that was acknowledged is lost or applied twice, and a server that is stopped answers
// what it has begun.
func TestFailoverRollingUpgrade(t *testing.T) {
	p := startPair(t)
	for i := range p.servers {
		p.replace(i, (*process).terminate)
		logFailover(t, "a server was replaced", p.w)
	}
	p.stop()
}
