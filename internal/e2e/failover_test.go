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

// TestFailoverServer kills one of two servers and starts it again, then the other one. Nothing that was acknowledged is
// lost or applied twice.
func TestFailoverServer(t *testing.T) {
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	database := cluster.CreateDatabase("routecard")
	start := func(address string) *process {
		return startServer(t, "--database", database, "--addr", address)
	}
	servers := []*process{start("127.0.0.1:0"), start("127.0.0.1:0")}
	w := startWorkload(t, failoverClients, servers[0].url, servers[1].url)
	w.await(failoverChanges)
	w.longestPause()
	for range 2 {
		for i, server := range servers {
			server.kill()
			w.await(failoverChanges / 2) // by the other server alone
			// Clients expect the restarted server at the same address.
			servers[i] = start(strings.TrimPrefix(server.url, "http://"))
			w.await(failoverChanges / 2)
			logFailover(t, "a server was killed", w)
		}
	}
	if len(w.failedAttempts()) == 0 {
		t.Error("no request failed, so the test shows nothing")
	}
	w.stop()
	for _, server := range servers {
		w.check(server)
		server.terminate()
	}
	wantSound(t, database)
}

// TestFailoverRollingUpgrade replaces two servers of one database by new ones, one after the other, as an upgrade does, while
// clients work and repeat what fails. Nothing that was acknowledged is lost or applied twice, and a server that is stopped answers
// what it has begun.
func TestFailoverRollingUpgrade(t *testing.T) {
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	database := cluster.CreateDatabase("routecard")
	start := func(address string) *process {
		return startServer(t, "--database", database, "--addr", address)
	}
	servers := []*process{start("127.0.0.1:0"), start("127.0.0.1:0")}
	w := startWorkload(t, failoverClients, servers[0].url, servers[1].url)
	w.await(failoverChanges)
	w.longestPause()
	for i, server := range servers {
		server.terminate()
		w.await(failoverChanges / 2) // by the other server alone
		servers[i] = start(strings.TrimPrefix(server.url, "http://"))
		w.await(failoverChanges / 2)
		logFailover(t, "a server was replaced", w)
	}
	w.stop()
	for _, server := range servers {
		w.check(server)
		server.terminate()
	}
	wantSound(t, database)
}
