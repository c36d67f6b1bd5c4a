//go:build failover

package failover

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/crew"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestMain(m *testing.M) { os.Exit(routecardtest.Main(m)) }

const (
	workers = 16
	// between is how many changes the crew gets acknowledged before, and after, something dies.
	between = 400
)

// multiHost names both servers in one URL, as docs/high-availability.md tells to.
func multiHost(first, second string) string {
	host := func(url string) string {
		_, rest, _ := strings.Cut(url, "@")
		host, _, _ := strings.Cut(rest, "/")
		return host
	}
	return strings.Replace(first, host(first), host(first)+","+host(second), 1) + "&target_session_attrs=read-write"
}

// wantSound runs `routecard check`.
func wantSound(t *testing.T, database string) {
	t.Helper()
	exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"check", "--database", database}})
	if exit.Code != 0 {
		t.Errorf("check: exit code %d\n%s%s", exit.Code, exit.Stdout, exit.Stderr)
	}
}

func report(t *testing.T, what string, c *crew.Crew) {
	t.Helper()
	t.Logf("%s: %d changes acknowledged, longest pause %s, failed attempts %v",
		what, c.Acknowledged(), c.LongestPause().Round(time.Millisecond), c.Failures())
}

// TestPrimaryDies kills the primary during creates and moves, and promotes the synchronous standby. Neither Routecard is
// restarted or told anything.
func TestPrimaryDies(t *testing.T) {
	for round := range 3 {
		primary := postgrestest.Start(t, postgrestest.Options{Durable: true})
		database := primary.CreateDatabase("routecard")
		standby := primary.SyncStandby(t)
		url := multiHost(database, standby.URL("routecard"))
		launch := routecardtest.Launch{Args: []string{"--database", url}}
		one, two := routecardtest.Start(t, launch), routecardtest.Start(t, launch)
		c := crew.Start(t, workers, one.URL, two.URL)
		c.Await(between)
		before := c.LongestPause()

		primary.Kill()
		killed := time.Now()
		standby.Promote()
		promotion := time.Since(killed)
		c.Await(between)
		t.Logf("round %d: promotion took %s; the longest pause before was %s", round+1, promotion.Round(time.Millisecond), before.Round(time.Millisecond))
		report(t, "the primary died", c)
		if len(c.Failures()) == 0 {
			t.Error("the crew noticed nothing, so nothing was shown")
		}

		c.Stop()
		c.Check(one.URL)
		c.Check(two.URL)
		one.Terminate()
		two.Terminate()
		wantSound(t, url)
	}
}

// TestRoutecardDies kills one of two Routecards, and starts it again, then the other one.
func TestRoutecardDies(t *testing.T) {
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	database := cluster.CreateDatabase("routecard")
	// A fixed address, so that clients find it again after a restart.
	start := func(address string) *routecardtest.Process {
		return routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database, "--addr", address}})
	}
	servers := []*routecardtest.Process{start("127.0.0.1:0"), start("127.0.0.1:0")}
	c := crew.Start(t, workers, servers[0].URL, servers[1].URL)
	c.Await(between)
	c.LongestPause()
	for range 2 {
		for i, server := range servers {
			server.Kill()
			c.Await(between / 2) // by the other one alone
			servers[i] = start(strings.TrimPrefix(server.URL, "http://"))
			c.Await(between / 2)
			report(t, "a Routecard died", c)
		}
	}
	if len(c.Failures()) == 0 {
		t.Error("the crew noticed nothing, so nothing was shown")
	}
	c.Stop()
	for _, server := range servers {
		c.Check(server.URL)
		server.Terminate()
	}
	wantSound(t, database)
}
