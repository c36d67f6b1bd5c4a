//go:build chaos

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// clients is the number of clients that send changes at the same time.
const clients = 16

// seed is the seed of the whole run.
var seed uint64

func TestMain(m *testing.M) {
	seed = rand.Uint64()
	if text := os.Getenv("ROUTECARD_CHAOS_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			fmt.Fprintf(os.Stderr, "ROUTECARD_CHAOS_SEED is %q, want a number\n", text)
			os.Exit(2)
		}
		seed = given
	}
	fmt.Printf("To repeat this run: ROUTECARD_CHAOS_SEED=%d\n", seed)
	os.Exit(routecardtest.Main(m))
}

// random returns the random numbers for one part of the run. With the same seed, a part gets the same numbers again.
func random(part string, numbers ...int) *rand.Rand {
	sum := uint64(len(part))
	for _, letter := range part {
		sum = sum*31 + uint64(letter)
	}
	for _, number := range numbers {
		sum = sum*1_000_003 + uint64(number)
	}
	return rand.New(rand.NewPCG(seed, sum))
}

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

// TestSQLite runs one server on a SQLite file.
func TestSQLite(t *testing.T) {
	run(t, &system{t: t, database: routecardtest.SQLite(t)}, 1)
}

// TestPostgres runs two servers on one PostgreSQL with a synchronous standby, which takes over during the run.
func TestPostgres(t *testing.T) {
	// Commits wait for the standby, so it must reconnect soon after its primary restarts.
	settings := map[string]string{"wal_retrieve_retry_interval": "200ms"}
	primary := postgrestest.Start(t, postgrestest.Options{Durable: true, Settings: settings})
	database := primary.CreateDatabase("routecard")
	standby := primary.SyncStandby(t)
	run(t, &system{
		t: t, primary: primary, standby: standby,
		database: strings.Replace(database, "127.0.0.1:"+strconv.Itoa(primary.Port),
			fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", primary.Port, standby.Port), 1) + "&target_session_attrs=read-write",
	}, 2)
}

// run has clients and readers use the system while faults happen, and then checks it.
func run(t *testing.T, s *system, servers int) {
	t.Helper()
	length := duration(t)
	s.start(servers)
	h := &history{t: t, begun: time.Now()}
	w := &world{}

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
