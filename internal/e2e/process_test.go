package e2e

import (
	"bytes"
	"crypto/tls"
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

	"github.com/routecard/routecard/internal/routecardtest"
)

var (
	// binaryDir is a directory that TestMain creates and removes.
	binaryDir string
	errBuild  error
	buildOnce sync.Once
)

// binary returns the path of the program. The first call builds it, from the packages that Go has compiled for the tests.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(binaryDir, "routecard")
	buildOnce.Do(func() {
		command := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-tags", "nomsgpack", "-o", path, "github.com/routecard/routecard")
		output, err := command.CombinedOutput()
		if err != nil {
			errBuild = errors.New(string(output))
			return
		}
		// Some tests run the program as another user.
		errBuild = os.Chmod(binaryDir, 0o755)
	})
	if errBuild != nil {
		t.Fatalf("build the program: %v", errBuild)
	}
	return path
}

// program says how to run the program.
type program struct {
	args []string
	// env is added to the environment of the test, from which variables that begin with ROUTECARD_ are removed.
	env []string
	// dir is the working directory. Defaults to a new, empty directory.
	dir string
	// attributes sets the user of the process, for example.
	attributes *syscall.SysProcAttr
}

func (r program) command(t *testing.T) *exec.Cmd {
	t.Helper()
	command := exec.Command(binary(t), r.args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ROUTECARD_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, r.env...)
	command.Dir = r.dir
	if r.dir == "" {
		command.Dir = t.TempDir()
	}
	command.SysProcAttr = r.attributes
	return command
}

// process is a running server.
type process struct {
	// url has no slash at the end.
	url string
	pid int

	t       *testing.T
	command *exec.Cmd
	stdout  *routecardtest.Log
	stderr  *routecardtest.Log
	http    *http.Client
	exited  chan struct{}
}

// startServer starts a server with the arguments; see [program.start].
func startServer(t *testing.T, args ...string) *process {
	t.Helper()
	return program{args: args}.start(t)
}

// start starts a server and returns when the server answers requests. The server listens on a free port of 127.0.0.1
// unless an argument or a variable says otherwise, and is killed at the end of the test.
func (r program) start(t *testing.T) *process {
	t.Helper()
	r.env = append([]string{"ROUTECARD_ADDR=127.0.0.1:0"}, r.env...)
	return startProcess(t, r.command(t))
}

// startProcess is start for a command that runs the program.
func startProcess(t *testing.T, command *exec.Cmd) *process {
	t.Helper()
	p := &process{
		t: t, command: command, stdout: &routecardtest.Log{}, stderr: &routecardtest.Log{},
		http: routecardtest.HTTPClient(t), exited: make(chan struct{}),
	}
	p.command.Stdout, p.command.Stderr = p.stdout, p.stderr
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = p.command.Process.Pid
	go func() {
		_ = p.command.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("process %d logged:\n%s", p.pid, p.stderr)
		}
	})
	await(t, "the server to start", func() bool {
		if p.hasExited() {
			t.Fatalf("the server did not start:\n%s", p.stderr)
		}
		p.url = servingURL(p.stderr.String())
		return p.url != "" && p.healthy()
	})
	return p
}

// servingURL returns the URL in the log line "serving", in either format, or an empty string if there is no such line yet.
func servingURL(log string) string {
	for line := range strings.Lines(log) {
		if _, attributes, found := strings.Cut(line, " msg=serving url="); found {
			url, _, _ := strings.Cut(attributes, " ")
			return url
		}
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

// probe asks whether a server answers, whatever its certificate.
var probe = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}

func (p *process) healthy() bool {
	response, err := probe.Get(p.url + "/healthz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// do sends a request and checks the response against the contract. See [routecardtest.Do] for headers and body.
func (p *process) do(t *testing.T, method, path, body string, headers ...string) routecardtest.Answer {
	t.Helper()
	return routecardtest.Do(t, p.http, method, p.url+path, body, headers...)
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// kill kills the process with SIGKILL and returns when the process has exited. It may be called more than once.
func (p *process) kill() {
	p.t.Helper()
	_ = p.command.Process.Kill() // fails if the process has exited
	<-p.exited
}

// signal sends a signal and doesn't wait for its effect.
func (p *process) signal(signal os.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		p.t.Errorf("signal the server: %v", err)
	}
}

// wait waits until the process has exited and returns its exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(timeout):
		p.t.Fatalf("the server does not stop:\n%s", p.dumpGoroutines())
	}
	return p.command.ProcessState.ExitCode()
}

// dumpGoroutines makes the process write the stack of each goroutine and exit. It returns standard error.
func (p *process) dumpGoroutines() string {
	if runtime.GOOS != "windows" {
		_ = p.command.Process.Signal(syscall.SIGQUIT)
		<-p.exited
	}
	return p.stderr.String()
}

// terminate stops the server with SIGTERM and checks that it exits with 0.
func (p *process) terminate() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		p.t.Errorf("the exit code after SIGTERM is %d, want 0:\n%s", code, p.stderr)
	}
}

// result is what a process has written, and its exit code.
type result struct {
	code           int
	stdout, stderr string
}

// runCommand runs a command, such as "check", until it exits.
func runCommand(t *testing.T, args ...string) result {
	t.Helper()
	return program{args: args}.run(t)
}

// run runs the program until it exits.
func (r program) run(t *testing.T) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := r.command(t)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	overdue := time.AfterFunc(timeout, func() { _ = command.Process.Kill() })
	_ = command.Wait()
	if !overdue.Stop() {
		t.Error("the process did not exit")
	}
	return result{code: command.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// wantFailure checks that a command has exited with 1 and has printed one error message and nothing else.
func wantFailure(t *testing.T, r result, message string) {
	t.Helper()
	wantEqual(t, "the exit code", r.code, 1)
	wantEqual(t, "standard error", r.stderr, "routecard: "+message+"\n")
	wantEqual(t, "standard output", r.stdout, "")
}

// wantFailureAfterLog is wantFailure for commands that may log before they fail, because they open a database.
func wantFailureAfterLog(t *testing.T, r result, message string) {
	t.Helper()
	wantEqual(t, "the exit code", r.code, 1)
	if !strings.HasSuffix("\n"+r.stderr, "\nroutecard: "+message+"\n") {
		t.Errorf("standard error is %q, want %q at its end", r.stderr, "routecard: "+message)
	}
	wantEqual(t, "standard output", r.stdout, "")
}
