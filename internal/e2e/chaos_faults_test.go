//go:build chaos

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
)

// system is the servers, their database, and the API keys of the clients.
type system struct {
	t *testing.T
	// database is the value of --database for servers and commands.
	database string
	// primary is the PostgreSQL that accepts writes, nil on SQLite. standby is nil on SQLite and after the failover.
	primary, standby *postgrestest.Cluster
	servers          []*instance
	// admin is the key of readers and checks, which is never revoked.
	admin string

	mutex sync.Mutex
	keys  [keyGroups]groupKey
	// patient makes clients wait for longOutage.
	patient atomic.Bool
	// revoked are the keys that every server must refuse.
	revoked []string
}

// instance is one server. Its address stays the same when its process is killed and restarted.
type instance struct {
	address string
	network *network
	process *process
	// logs are the logs of its earlier processes.
	logs []string
}

// keyGroups is the number of API keys that the clients share. The last one has the role operate, the others write.
const keyGroups = 4

type groupKey struct {
	name, key  string
	generation int
}

func roleOf(group int) string {
	if group == keyGroups-1 {
		return "operate"
	}
	return "write"
}

func (s *system) start(servers int) {
	s.t.Helper()
	for i := range servers {
		m := &instance{address: freeAddress(s.t)}
		m.network = newNetwork(s.t, m.address, i)
		s.servers = append(s.servers, m)
		s.startServer(i)
	}
	s.admin = s.createKey("admin", "write")
	for group := range s.keys {
		s.issueKey(group)
	}
	// A server that has not read the keys yet would record requests as anonymous.
	for _, m := range s.servers {
		for m.process.do(s.t, "GET", "/api/jobs?limit=1", "").Status != 401 {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func (s *system) startServer(i int) {
	s.t.Helper()
	s.servers[i].process = startServer(s.t, "--database", s.database, "--addr", s.servers[i].address)
}

func (s *system) killServer(i int) {
	s.t.Helper()
	s.servers[i].process.kill()
	s.servers[i].logs = append(s.servers[i].logs, s.servers[i].process.stderr.String())
}

// command runs the binary with arguments that begin with the command, and returns its output.
func (s *system) command(args ...string) result {
	s.t.Helper()
	return runCommand(s.t, append(args, "--database", s.database)...)
}

func (s *system) createKey(name, role string) string {
	s.t.Helper()
	exit := s.command("keys", "create", "--name", name, "--role", role)
	if exit.code != 0 {
		s.t.Fatalf("keys create: exit code %d\n%s", exit.code, exit.stderr)
	}
	return strings.TrimSpace(exit.stdout)
}

// issueKey creates a new key for a group of clients.
func (s *system) issueKey(group int) {
	s.t.Helper()
	s.mutex.Lock()
	generation := s.keys[group].generation + 1
	s.mutex.Unlock()
	name := fmt.Sprintf("group%d-%d", group, generation)
	key := s.createKey(name, roleOf(group))
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.keys[group] = groupKey{name, key, generation}
}

// key returns the current key of a group.
func (s *system) key(group int) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.keys[group].key
}

// replaceKey revokes the key of a group and, after a pause, gives the group a new one.
func (s *system) replaceKey(group int, pause time.Duration) {
	s.t.Helper()
	s.mutex.Lock()
	old := s.keys[group]
	s.mutex.Unlock()
	if exit := s.command("keys", "revoke", "--name", old.name); exit.code != 0 {
		s.t.Fatalf("keys revoke: exit code %d\n%s", exit.code, exit.stderr)
	}
	time.Sleep(pause)
	s.issueKey(group)
	s.revoked = append(s.revoked, old.key)
}

// fault is one scheduled fault.
type fault struct {
	name string
	// pause is the time before the fault, and hold how long the fault lasts.
	pause, hold time.Duration
	// choice selects the server or the key group.
	choice int
}

const (
	failover      = "the standby takes over"
	standbyPaused = "the standby is paused"
)

// longOutage is longer than the 30 seconds after which a server stops waiting for its database. Runs of at least longRun
// have one.
const (
	longOutage = 33 * time.Second
	longRun    = 3 * time.Minute
)

// apply makes the fault happen, and returns when everything runs again.
func (s *system) apply(f fault) {
	s.t.Helper()
	i := f.choice % len(s.servers)
	server := s.servers[i]
	switch f.name {
	case "all connections are cut":
		server.network.cutAll()
	case "a server is killed":
		s.killServer(i)
		time.Sleep(f.hold)
		s.startServer(i)
	case "a server is paused":
		server.process.signal(syscall.SIGSTOP)
		time.Sleep(f.hold)
		server.process.signal(syscall.SIGCONT)
	case "a key is replaced":
		s.replaceKey(f.choice%keyGroups, f.hold)
	case "PostgreSQL is killed":
		s.primary.Kill()
		time.Sleep(f.hold)
		s.primary.Start()
	case "PostgreSQL is paused":
		s.primary.Pause()
		time.Sleep(f.hold)
		s.primary.Resume()
	case "PostgreSQL's connections are terminated":
		s.primary.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'routecard'")
	case "PostgreSQL and a server are killed":
		s.primary.Kill()
		s.killServer(i)
		time.Sleep(f.hold)
		s.primary.Start()
		s.startServer(i)
	case "a server is killed while PostgreSQL is paused":
		s.primary.Pause()
		time.Sleep(f.hold)
		s.killServer(i)
		s.primary.Resume()
		s.startServer(i)
	case standbyPaused:
		// Commits wait for the standby.
		s.patient.Store(f.hold == longOutage)
		time.Sleep(500 * time.Millisecond) // until the clients' requests are those that wait
		s.standby.Pause()
		time.Sleep(f.hold)
		s.standby.Resume()
		s.patient.Store(false)
	case failover:
		// After its restart a primary shows commits that the standby may not have yet. This commit waits until it has all.
		s.primary.Exec("SELECT pg_logical_emit_message(true, 'chaos', 'failover')")
		s.primary.Kill()
		time.Sleep(f.hold)
		s.standby.Promote()
		s.primary, s.standby = s.standby, nil
	default:
		s.t.Fatalf("the fault %q is unknown", f.name)
	}
}

// schedule returns the faults of a run in a random order. Every kind occurs once before any kind occurs again.
func (s *system) schedule(length time.Duration) []fault {
	kinds := []string{"all connections are cut", "a server is killed", "a server is paused", "a key is replaced"}
	if s.primary != nil {
		kinds = append(kinds, "PostgreSQL is killed", "PostgreSQL is paused", "PostgreSQL's connections are terminated",
			"PostgreSQL and a server are killed", "a server is killed while PostgreSQL is paused", standbyPaused)
	}
	numbers := random("faults")
	draw := func(name string) fault {
		return fault{
			name: name, choice: numbers.IntN(1000),
			pause: 500*time.Millisecond + time.Duration(numbers.Int64N(int64(2*time.Second))),
			hold:  100*time.Millisecond + time.Duration(numbers.Int64N(int64(1500*time.Millisecond))),
		}
	}
	var faults []fault
	var planned time.Duration
	failedOver := s.standby == nil
	if s.standby != nil && length >= longRun {
		faults = append(faults, fault{name: standbyPaused, pause: 10 * time.Second, hold: longOutage})
		planned = faults[0].pause + longOutage
	}
	for planned < length {
		numbers.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		for _, name := range kinds {
			if !failedOver && planned > length*6/10 {
				failedOver = true
				faults = append(faults, draw(failover))
			}
			f := draw(name)
			faults = append(faults, f)
			// Restarting takes about a second.
			planned += f.pause + f.hold + time.Second
		}
	}
	return faults
}

// runFaults applies the scheduled faults until the time is over, and returns when everything runs again.
func (s *system) runFaults(length time.Duration) {
	s.t.Helper()
	begun := time.Now()
	for _, f := range s.schedule(length) {
		if s.standby != nil && f.name != failover && time.Since(begun) > length*8/10 {
			continue // late, and the failover has not happened yet
		}
		if s.standby == nil && f.name == standbyPaused {
			continue
		}
		if f.name != failover && time.Since(begun) > length {
			break
		}
		time.Sleep(f.pause)
		s.t.Logf("%6.2fs %s (%d, %s)", time.Since(begun).Seconds(), f.name, f.choice, f.hold.Round(time.Millisecond))
		s.apply(f)
	}
	if left := length - time.Since(begun); left > 0 {
		time.Sleep(left)
	}
	for _, m := range s.servers {
		m.network.stopCutting()
	}
}

// stop ends the servers, looks for panics in their logs, and has `routecard check` look at the database.
func (s *system) stop() {
	s.t.Helper()
	for _, m := range s.servers {
		m.process.terminate()
		panics := 0
		for _, log := range append(m.logs, m.process.stderr.String()) {
			for line := range strings.Lines(log) {
				if !strings.Contains(line, "panic") {
					continue
				}
				panics++
				if panics <= 3 {
					s.t.Errorf("a server panicked: %.2000s", line)
				}
			}
		}
		if panics > 3 {
			s.t.Errorf("a server panicked %d times", panics)
		}
	}
	if exit := s.command("check"); exit.code != 0 {
		s.t.Errorf("check: exit code %d\n%s%s", exit.code, exit.stdout, exit.stderr)
	}
}
