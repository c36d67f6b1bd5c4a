//go:build chaos

package e2e

// The chaos tests run random operations of every kind that changes something, from many clients at the same time, while
// connections are cut, servers and databases are killed and paused, and keys are replaced. Afterwards they compare the
// recorded history of all requests, and an independent replay of the events, with what the servers return. `make chaos`
// runs them.
//
// ROUTECARD_CHAOS is the duration for each database and defaults to 1m. Each run prints its seed first, and
// ROUTECARD_CHAOS_SEED repeats its operations and faults. Which unit an operation picks still depends on timing.
//
// Begin with runChaos. The other files are: operations (what clients ask for), client (how they send and retry them), history
// (what is recorded), network and faults (what fails), readers (streams, pages, and lists), and checker (the comparison).

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// clients is the number of clients that send changes at the same time.
const clients = 16

// duration returns how long the clients work on each database, from ROUTECARD_CHAOS. Defaults to one minute.
func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("ROUTECARD_CHAOS")
	if text == "" {
		return time.Minute
	}
	length, err := time.ParseDuration(text)
	if err != nil || length < 10*time.Second {
		t.Fatalf("ROUTECARD_CHAOS is %q, want a duration of 10s or more, such as 10m", text)
	}
	return length
}

// TestChaosSQLite runs one server on a SQLite file.
func TestChaosSQLite(t *testing.T) {
	runChaos(t, &system{t: t, database: routecardtest.SQLitePath(t)}, 1)
}

// TestChaosPostgres runs two servers on one PostgreSQL with a synchronous standby, which takes over during the run.
func TestChaosPostgres(t *testing.T) {
	primary := postgrestest.Start(t, postgrestest.Options{Durable: true})
	database := primary.CreateDatabase("routecard")
	standby := primary.SyncStandby(t)
	runChaos(t, &system{
		t: t, primary: primary, standby: standby, database: multiHost(database, standby.URL("routecard")),
	}, 2)
}

// runChaos has clients and readers use the system while faults happen, and then checks it.
func runChaos(t *testing.T, s *system, servers int) {
	t.Helper()
	length := duration(t)
	s.start(servers)
	h := &history{t: t, begun: time.Now()}
	w := &world{lastEvents: map[string]string{}}

	working, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for i := range clients {
		c := newClient(s, h, w, i)
		workers.Go(func() { c.work(working) })
	}
	reading, stopReading := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	start := func(read func(context.Context)) { readers.Go(func() { read(reading) }) }
	followers := newFollowers(s)
	for _, f := range followers {
		start(f.follow)
	}
	for i := range 2 {
		start(newBrowser(s, w, i).browse)
	}

	s.runFaults(length)
	stop()
	workers.Wait()
	h.summarize()

	c := newChecker(t, s, h)
	for _, f := range followers {
		f.await(t, c.feed)
	}
	stopReading()
	readers.Wait()
	for _, f := range followers {
		f.check(t, c.feed)
	}
	c.check()
	s.stop()
}
