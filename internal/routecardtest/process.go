package routecardtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/gen/client"
)

// patience bounds what takes a moment: a start, an end. It is long because the machine may be busy with other tests.
const patience = time.Minute

// Main runs the tests of a package that uses [Binary], [Start] or [Run], and then removes the binary:
//
//	func TestMain(m *testing.M) { os.Exit(routecardtest.Main(m)) }
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "routecardtest")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaryDir = dir
	return m.Run()
}

var (
	binaryDir string
	errBuild  error
	build     sync.Once
)

// Binary returns the path of the real binary, which it builds on the first call, as `make build` does.
func Binary(t testing.TB) string {
	t.Helper()
	if binaryDir == "" {
		t.Fatal("routecardtest: the package needs a TestMain that calls routecardtest.Main")
	}
	// Any user may execute it: a test may start it as one that may do little.
	path := filepath.Join(binaryDir, "routecard")
	build.Do(func() {
		command := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-tags", "nomsgpack",
			"-o", path, "github.com/routecard/routecard")
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		output, err := command.CombinedOutput()
		if err != nil {
			errBuild = errors.New(string(output))
			return
		}
		errBuild = os.Chmod(binaryDir, 0o755)
	})
	if errBuild != nil {
		t.Fatalf("routecardtest: build the binary: %v", errBuild)
	}
	return path
}

// Launch is how to start the binary.
type Launch struct {
	// Args are its arguments.
	Args []string
	// Env is added to the environment of the test, from which Routecard's own variables are taken: "ROUTECARD_ADDR=…".
	Env []string
	// Dir is the working directory; a new, empty one unless given.
	Dir string
	// System changes how the process is made: its user, for example.
	System *syscall.SysProcAttr
}

func (l Launch) command(t testing.TB) *exec.Cmd {
	t.Helper()
	command := exec.Command(Binary(t), l.Args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ROUTECARD_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, l.Env...)
	command.Dir = l.Dir
	if l.Dir == "" {
		command.Dir = t.TempDir()
	}
	command.SysProcAttr = l.System
	return command
}

// Process is a running server.
type Process struct {
	// URL is where it serves, without a slash at the end.
	URL string
	// Client is the generated client of it.
	Client *client.ClientWithResponses
	// PID is its process id.
	PID int

	t       testing.TB
	command *exec.Cmd
	stdout  *Log
	stderr  *Log
	http    *http.Client
	ended   chan struct{}
}

// Start starts the binary and returns when it serves. It listens on a free port of 127.0.0.1, unless an argument or a
// variable says where. The process is gone after the test.
func Start(t testing.TB, launch Launch) *Process {
	t.Helper()
	launch.Env = append([]string{"ROUTECARD_ADDR=127.0.0.1:0"}, launch.Env...)
	p := &Process{t: t, command: launch.command(t), stdout: &Log{}, stderr: &Log{}, ended: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = p.stdout, p.stderr
	if err := p.command.Start(); err != nil {
		t.Fatalf("routecardtest: %v", err)
	}
	p.PID = p.command.Process.Pid
	go func() {
		_ = p.command.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("process %d logged:\n%s", p.PID, p.stderr)
		}
	})
	for begun := time.Now(); p.URL == "" || !p.healthy(); time.Sleep(5 * time.Millisecond) {
		p.URL = servingURL(p.stderr.String())
		if p.Ended() || time.Since(begun) > patience {
			t.Fatalf("routecardtest: the server did not start:\n%s", p.stderr)
		}
	}
	p.http, p.Client = clients(t, p.URL)
	return p
}

// servingURL finds the address in the log line that tells it.
func servingURL(log string) string {
	for line := range strings.Lines(log) {
		var entry struct {
			Msg string `json:"msg"`
			URL string `json:"url"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving" {
			return entry.URL
		}
	}
	return ""
}

func (p *Process) healthy() bool {
	response, err := http.Get(p.URL + "/healthz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Do sends a request as [Server.Do] does.
func (p *Process) Do(t testing.TB, method, path, body string, headers ...string) Answer {
	t.Helper()
	return do(t, p.http, method, p.URL+path, strings.NewReader(body), headers)
}

// Stdout is what the process has written to standard output so far.
func (p *Process) Stdout() string { return p.stdout.String() }

// Stderr is what the process has written to standard error so far.
func (p *Process) Stderr() string { return p.stderr.String() }

// Ended tells whether the process is over.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Kill ends the process with SIGKILL, as a crash would, and returns when it is over. Once more does no harm.
func (p *Process) Kill() {
	p.t.Helper()
	_ = p.command.Process.Kill() // it may be over already
	<-p.ended
}

// Signal asks the process to stop, as Ctrl+C or a service manager does, and does not wait for it.
func (p *Process) Signal(signal os.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		p.t.Errorf("routecardtest: signal the server: %v", err)
	}
}

// Wait returns the exit code of a process that has been told to stop.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("routecardtest: the server does not stop:\n%s", goroutines(p))
	}
	return p.command.ProcessState.ExitCode()
}

// goroutines has the process say where each of its goroutines is, which ends it.
func goroutines(p *Process) string {
	if runtime.GOOS != "windows" {
		_ = p.command.Process.Signal(syscall.SIGQUIT)
		<-p.ended
	}
	return p.Stderr()
}

// Terminate ends the process with SIGTERM. It must finish what is under way and exit with 0.
func (p *Process) Terminate() {
	p.t.Helper()
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(); code != 0 {
		p.t.Errorf("the exit code after SIGTERM is %d, want 0:\n%s", code, p.stderr)
	}
}

// Exit is what a process leaves behind.
type Exit struct {
	Code           int
	Stdout, Stderr string
}

// Run runs the binary to its end.
func Run(t testing.TB, launch Launch) Exit {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := launch.command(t)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		t.Fatalf("routecardtest: %v", err)
	}
	overdue := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	_ = command.Wait()
	if !overdue.Stop() {
		t.Errorf("the process did not end by itself")
	}
	return Exit{Code: command.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}
