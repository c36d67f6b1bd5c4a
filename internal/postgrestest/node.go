package postgrestest

import (
	"bytes"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	superuser = "postgres"

	// startTimeout is how long a server may take to accept connections. It usually takes 0.2 s, and longer when it recovers
	// from a kill on a busy machine.
	startTimeout = time.Minute

	// stopTimeout is how long a fast shutdown may take, its checkpoint included, before the server is killed.
	stopTimeout = time.Minute
)

// commonSettings are the settings of all clusters. The settings that are not listed have PostgreSQL's defaults.
const commonSettings = `
max_connections = 300
# By default a killed server leaves segments in /dev/shm, where containers have 64 MB. These are below the data directory.
dynamic_shared_memory_type = mmap
# For a standby that loses its connection for a moment.
wal_keep_size = 128MB
# A standby reconnects soon after its primary restarts.
wal_retrieve_retry_interval = 200ms
# A session whose client has left must not delay a shutdown or DROP DATABASE.
client_connection_check_interval = 1s
`

// fastSettings are the settings of clusters that are not durable. Data survives a disconnect, but not always a kill, and not a
// power loss.
const fastSettings = `
fsync = off
synchronous_commit = off
full_page_writes = off
# The directory may be in memory.
max_wal_size = 256MB
`

// node is one PostgreSQL server with its directory. Its methods return errors; those of Cluster fail the test.
//
// No process of it outlives the test process. Each node has a watchdog, a shell that waits at the reading end of a pipe
// whose writing end only the test process holds. The kernel closes that end when the process is gone, whether it
// returned, panicked or was killed with SIGKILL, and the watchdog then stops the server and removes the directory. Unlike
// Linux's parent-death signal this works on macOS, too, needs no TestMain, does not fire when only the thread that started the
// server ends, and cleans up the files.
type node struct {
	binDir string
	dir    string // holds everything below, the server's socket and its log
	data   string
	port   int
	owner  *owner // nil: the server runs as the user who runs the test

	watchdog *exec.Cmd
	leash    *os.File // the writing end of the watchdog's pipe; it takes the process id of the server, 0 for none

	mu     sync.Mutex // guards the fields below: a test may kill a server while another of its goroutines stops it
	server *exec.Cmd  // nil when it doesn't run
	exited chan struct{}
}

// newNode starts the watchdog and makes the directory, in parent, or with "" in a directory for temporary files.
func newNode(binDir, parent string) (*node, error) {
	owner, err := serverOwner()
	if err != nil {
		return nil, err
	}
	if parent == "" {
		if parent, err = owner.reachableTempDir(); err != nil {
			return nil, err
		}
	}
	// The watchdog starts before the processes that it guards. The name is long enough to be unique.
	dir := filepath.Join(parent, "routecard-pg-"+strings.ToLower(crand.Text()[:12]))
	n := &node{binDir: binDir, dir: dir, data: filepath.Join(dir, "data"), owner: owner}
	if err := n.startWatchdog(); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, errors.Join(err, n.close())
	}
	if err := owner.give(dir); err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// watchdogScript keeps the last process id that it read. At the end of its input it sends SIGQUIT, PostgreSQL's immediate
// shutdown, and SIGKILL if ten seconds weren't enough. (The process may stay as a zombie in a container whose first process
// does not collect orphans, so this looks at postmaster.pid, which the server removes last.) A server that died by SIGKILL leaves a System V segment, named in
// line 7 of postmaster.pid, which nobody else would ever remove. The directory takes more than one attempt when initdb
// still writes to it; without the directory initdb gives up.
const watchdogScript = `
pid=0
while read -r line; do pid=$line; done
if [ "$pid" -gt 0 ]; then
	kill -QUIT "$pid"
	n=0
	while kill -0 "$pid" && [ -e "$1/data/postmaster.pid" ] && [ "$n" -lt 100 ]; do n=$((n+1)); sleep 0.1; done
	kill -KILL "$pid"
fi
segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid")
[ -n "$segment" ] && ipcrm -m "$segment"
n=0
until rm -rf "$1" || [ "$n" -ge 100 ]; do n=$((n+1)); sleep 0.1; done
`

func (n *node) startWatchdog() error {
	in, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	n.leash = out
	n.watchdog = exec.Command("sh", "-c", watchdogScript, "watchdog", n.dir)
	n.watchdog.Dir = "/"
	n.watchdog.Stdin = in
	// It does not inherit the test's output, because `go test` waits for every process that has it open. It has its own process
	// group, because Ctrl-C must stop only the tests.
	detach(n.watchdog, nil)
	if err := n.watchdog.Start(); err != nil {
		return errors.Join(err, out.Close())
	}
	return nil
}

// close stops the server at once and removes its directory. The node can't be used afterwards.
func (n *node) close() error {
	err := n.kill() // the data is no longer needed, so there is no checkpoint
	return errors.Join(err, n.leash.Close(), n.watchdog.Wait())
}

// initialize creates the data directory and its configuration.
func (n *node) initialize(durable bool) error {
	initdb := func(locale string) error {
		return n.run("initdb", "--pgdata="+n.data, "--username="+superuser, "--auth=trust", "--encoding=UTF8",
			"--locale="+locale, "--no-sync", "--no-instructions")
	}
	err := initdb("C.UTF-8") // like production in a container: sorts by code point, knows case in every script
	if err != nil && strings.Contains(err.Error(), "locale") {
		err = initdb("en_US.UTF-8") // older macOS has no C.UTF-8
	}
	if err != nil {
		return err
	}
	return n.configure(durable)
}

// configure appends the settings to the configuration, in which the last line for a setting wins.
func (n *node) configure(durable bool) error {
	f, err := os.OpenFile(filepath.Join(n.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	settings := commonSettings
	if !durable {
		settings += fastSettings
	}
	_, err = f.WriteString(settings)
	return errors.Join(err, f.Close())
}

// run executes one of PostgreSQL's programs to its end.
func (n *node) run(program string, args ...string) error {
	cmd := n.command(program, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

func (n *node) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(n.binDir, program), args...)
	// The test's own directory may be closed to the server's user.
	cmd.Dir = n.dir
	cmd.Env = environment(os.Environ())
	detach(cmd, n.owner)
	return cmd
}

// environment returns env without variables that change what PostgreSQL's programs connect to (PGHOST, PGDATA, …) or the
// language of their messages.
func environment(env []string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		return strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "LC_") || strings.HasPrefix(entry, "LANG")
	})
	return append(env, "LC_ALL=C")
}

var errPortTaken = errors.New("another program has the port")

// startOnFreePort starts the server for the first time.
func (n *node) startOnFreePort() error {
	for range 20 {
		port, err := freePort()
		if err != nil {
			return err
		}
		n.port = port
		// Another program may have taken the port since.
		if err := n.start(); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return errors.New("found no free port in 20 attempts")
}

// freePort returns a port below those that the system gives to outgoing connections (from 32768 on Linux, 49152 on macOS).
// A port of that range would not be safe: while the server is stopped, a client that keeps reconnecting can get the same port as
// its local port, connect to itself, and keep the server from starting again.
func freePort() (int, error) {
	const first, end = 15000, 32768
	var last error
	for range 100 {
		port := first + rand.IntN(end-first)
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no free port: %w", last)
}

// start starts the server and returns when it accepts connections.
func (n *node) start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server != nil {
		return errors.New("it runs already")
	}
	logFile, err := os.OpenFile(n.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	logged, err := logFile.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}

	socketDir := n.dir
	if len(socketDir) > 80 { // the path of a socket fits in 104 bytes or less
		socketDir = ""
	}
	cmd := n.command("postgres", "-D", n.data, "-p", strconv.Itoa(n.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+socketDir)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its status adds nothing to its log
		close(exited)
	}()
	n.server, n.exited = cmd, exited
	if err := n.tellWatchdog(cmd.Process.Pid); err != nil {
		return errors.Join(err, n.killLocked())
	}

	deadline := time.After(startTimeout)
	for !n.accepts() {
		select {
		case <-exited:
			n.server = nil
			err := n.tellWatchdog(0)
			text := n.logSince(logged)
			if strings.Contains(text, "Address already in use") {
				return errors.Join(errPortTaken, err)
			}
			return errors.Join(fmt.Errorf("PostgreSQL did not start:\n%s", text), err)
		case <-deadline:
			return errors.Join(fmt.Errorf("PostgreSQL did not start within %v:\n%s", startTimeout, n.logSince(logged)), n.killLocked())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// accepts reports whether this server accepts connections: it says so in line 8 of its postmaster.pid, whose line 1 is its
// process id.
func (n *node) accepts() bool {
	content, err := os.ReadFile(filepath.Join(n.data, "postmaster.pid"))
	if err != nil {
		return false // not written yet
	}
	lines := strings.Split(string(content), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(n.server.Process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

// stop ends the server in good order, with open transactions rolled back and connections closed. It is no error when the
// server doesn't run.
func (n *node) stop() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server == nil {
		return nil
	}
	if err := n.server.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) { // SIGINT: PostgreSQL's fast shutdown
		return err
	}
	select {
	case <-n.exited:
	case <-time.After(stopTimeout):
		return errors.Join(fmt.Errorf("PostgreSQL did not stop within %v", stopTimeout), n.killLocked())
	}
	n.server = nil
	return n.tellWatchdog(0)
}

// kill ends all processes of the server with SIGKILL, as a crash would. It is no error when the server doesn't run.
func (n *node) kill() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.killLocked()
}

func (n *node) killLocked() error {
	if n.server == nil {
		return nil
	}
	err := killWithChildren(n.server.Process)
	<-n.exited
	n.server = nil
	return errors.Join(err, n.tellWatchdog(0))
}

// tellWatchdog says which process is to be stopped when the test process is gone. A server that has ended is no longer the
// watchdog's, because its process id may be given to somebody else.
func (n *node) tellWatchdog(pid int) error {
	_, err := fmt.Fprintln(n.leash, pid)
	return err
}

func (n *node) url(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, n.port, database)
}

func (n *node) logPath() string { return filepath.Join(n.dir, "log") }

// logSince returns what the server has logged after the first offset bytes.
func (n *node) logSince(offset int64) string {
	content, err := os.ReadFile(n.logPath())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(content[min(offset, int64(len(content))):]))
}
