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

// clients is how many clients change things at the same time.
const clients = 16

// seed is that of the whole run.
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

// random returns the random numbers of one part of the run. The same seed gives each part the same numbers.
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

// duration is how long each database is worked.
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

// TestSQLite works one server on a SQLite file.
func TestSQLite(t *testing.T) {
	run(t, &site{t: t, database: routecardtest.SQLite(t)}, 1)
}

// TestPostgres works two servers on one PostgreSQL, which has a synchronous standby to fail over to.
func TestPostgres(t *testing.T) {
	// The standby comes back soon after its primary: commits wait for it.
	settings := map[string]string{"wal_retrieve_retry_interval": "200ms"}
	primary := postgrestest.Start(t, postgrestest.Options{Durable: true, Settings: settings})
	database := primary.CreateDatabase("routecard")
	standby := primary.SyncStandby(t)
	run(t, &site{
		t: t, primary: primary, standby: standby,
		database: strings.Replace(database, "127.0.0.1:"+strconv.Itoa(primary.Port),
			fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", primary.Port, standby.Port), 1) + "&target_session_attrs=read-write",
	}, 2)
}

// run works the site until its faults are over, and then checks it.
func run(t *testing.T, s *site, servers int) {
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
	reading, leave := context.WithCancel(t.Context())
	var visitors sync.WaitGroup
	visit := func(read func(context.Context)) { visitors.Go(func() { read(reading) }) }
	followers := newFollowers(s)
	for _, f := range followers {
		visit(f.follow)
	}
	for i := range 2 {
		visit(newBrowser(s, w, i).browse)
	}

	s.endure(length)
	stop()
	workers.Wait()
	h.summarize()

	j := newJudge(t, s, h)
	for _, f := range followers {
		f.await(t, j.feed)
	}
	leave()
	visitors.Wait()
	for _, f := range followers {
		f.check(t, j.feed)
	}
	j.check()
	s.stop()
}
