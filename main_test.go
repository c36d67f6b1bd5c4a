package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestMain(m *testing.M) { os.Exit(routecardtest.Main(m)) }

const exampleJob = `{"name":"JOB-2024-001","goalQuantity":50}`

// listJobs gets all jobs of a server.
func listJobs(t *testing.T, p *routecardtest.Process) []gen.Job {
	t.Helper()
	answer := p.Do(t, "GET", "/api/jobs", "")
	if answer.Status != http.StatusOK {
		t.Fatalf("GET /api/jobs answered %d: %s", answer.Status, answer.Body)
	}
	return routecardtest.Decode[[]gen.Job](t, answer)
}

// wantOnly checks that a server has all jobs that were acknowledged, and no others.
func wantOnly(t *testing.T, p *routecardtest.Process, acknowledged map[string]bool) {
	t.Helper()
	jobs := listJobs(t, p)
	wantEqual(t, "the number of jobs", len(jobs), len(acknowledged))
	for _, job := range jobs {
		if !acknowledged[job.ID] {
			t.Errorf("job %s was not acknowledged", job.ID)
		}
	}
}

func wantEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// await polls until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("after a minute still waiting for %s", what)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	help := routecardtest.Run(t, routecardtest.Launch{Args: []string{"--help"}})
	serve := routecardtest.Run(t, routecardtest.Launch{Args: []string{"serve", "--help"}})
	for _, exit := range []routecardtest.Exit{help, serve} {
		wantEqual(t, "the exit code", exit.Code, 0)
		wantEqual(t, "standard error", exit.Stderr, "")
		for line := range strings.Lines(exit.Stdout) {
			if len(line) > 81 || strings.Contains(line, "${") {
				t.Errorf("a line of the help is %q", line)
			}
		}
	}
	for _, part := range []string{"Usage: routecard", "serve", "Tracks production jobs", "/docs"} {
		if !strings.Contains(help.Stdout, part) {
			t.Errorf("the help lacks %q:\n%s", part, help.Stdout)
		}
	}
	for _, part := range []string{"--addr", "$ROUTECARD_ADDR", "localhost:3000", "--database", "$ROUTECARD_DATABASE", "routecard.db"} {
		if !strings.Contains(serve.Stdout, part) {
			t.Errorf("the help of serve lacks %q:\n%s", part, serve.Stdout)
		}
	}
}

// TestDefaults starts the server with nothing but a port: the database is routecard.db in the working directory.
func TestDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := routecardtest.Start(t, routecardtest.Launch{Dir: dir})
	wantEqual(t, "the status of a creation", p.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantEqual(t, "the status of /readyz", p.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
	if _, err := os.Stat(filepath.Join(dir, "routecard.db")); err != nil {
		t.Error(err)
	}
	p.Terminate()
}

// TestFlagsAndEnvironment has the same settings both ways; a flag wins.
func TestFlagsAndEnvironment(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		byEnvironment := routecardtest.Start(t, routecardtest.Launch{
			Env: []string{"ROUTECARD_DATABASE=" + database, "ROUTECARD_ADDR=localhost:0", "ROUTECARD_LOG_LEVEL=debug"},
		})
		wantEqual(t, "the status of a creation", byEnvironment.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
		byEnvironment.Terminate()
		if !strings.Contains(byEnvironment.Stderr(), `"operation":"createJob"`) {
			t.Errorf("the log lacks the request:\n%s", byEnvironment.Stderr())
		}

		address := freeAddress(t)
		byFlag := routecardtest.Start(t, routecardtest.Launch{
			Args: []string{"--database", database, "--addr", address},
			Env:  []string{"ROUTECARD_DATABASE=/nowhere/a.db", "ROUTECARD_ADDR=nowhere:1"},
		})
		wantEqual(t, "the URL", byFlag.URL, "http://"+address)
		wantEqual(t, "the number of jobs", len(listJobs(t, byFlag)), 1)
		byFlag.Terminate()
	})
}

// freeAddress is one at which nobody listens: nobody did a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestFailedStarts checks that each is one sentence for the person who starts the server.
func TestFailedStarts(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	absent, dir := freeAddress(t), t.TempDir()
	used := routecardtest.SQLite(t)
	routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", used}})
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a taken port": {
			[]string{"--addr", taken.Addr().String()},
			"cannot listen on " + taken.Addr().String() + ": address already in use",
		},
		"an unreachable PostgreSQL": {
			[]string{"--database", "postgres://jo:secret@" + absent + "/jobs"},
			"cannot open the PostgreSQL database jobs at " + absent + ": the server does not answer",
		},
		"a URL that is none": {
			[]string{"--database", "postgres://jo:secret@host:port/jobs"},
			"the database URL is not understood: expected postgres://user:password@host:port/database",
		},
		"a missing directory": {
			[]string{"--database", filepath.Join(dir, "missing", "a.db")},
			"cannot open the database " + filepath.Join(dir, "missing", "a.db") + ": no such file or directory",
		},
		"a directory": {
			[]string{"--database", dir},
			"cannot open the database " + dir + ": it is a directory",
		},
		"a database in use": {
			[]string{"--database", used},
			"the database " + used + " is in use by another Routecard server",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--addr", "127.0.0.1:0"}, c.args...)
			exit := routecardtest.Run(t, routecardtest.Launch{Args: args})
			wantEqual(t, "the exit code", exit.Code, 1)
			wantEqual(t, "standard error", exit.Stderr, "routecard: "+c.want+"\n")
			wantEqual(t, "standard output", exit.Stdout, "")
		})
	}
}

// TestStopFinishesWhatIsUnderWay stops the server in the middle of a request whose body is still arriving, and of a list
// that is still being read.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database}})
	// More than the connection holds: the server waits for the reader.
	summary := strings.Repeat("x", 10_000)
	for range 1200 {
		answer := p.Do(t, "POST", "/api/jobs", fmt.Sprintf(`{"name":"x","goalQuantity":1,"jiraTicketSummary":%q}`, summary))
		wantEqual(t, "the status of a creation", answer.Status, http.StatusCreated)
	}
	list, err := http.Get(p.URL + "/api/jobs")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Body.Close()
	address := strings.TrimPrefix(p.URL, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const body = `{"name":"slow","goalQuantity":1}`
	fmt.Fprintf(conn, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"Expect: 100-continue\r\n\r\n", len(body))
	// The server answers this much when it begins to read the body, so the request is under way.
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("the server is to go on reading, and answers %q %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, body[:10]); err != nil {
		t.Fatal(err)
	}

	p.Signal(syscall.SIGTERM)
	await(t, "the server to begin to stop", func() bool { return strings.Contains(p.Stderr(), `"msg":"stopping"`) })
	await(t, "new connections to be refused", func() bool {
		late, err := net.Dial("tcp", address)
		if err == nil {
			_ = late.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(conn, body[10:]); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the slow request was not answered: %v (whether the server has ended: %v)", err, p.Ended())
	}
	defer response.Body.Close()
	wantEqual(t, "the status of the slow request", response.StatusCode, http.StatusCreated)
	content, err := io.ReadAll(list.Body)
	if err != nil {
		t.Errorf("the list was cut off: %v", err)
	}
	jobs := routecardtest.Decode[[]gen.Job](t, routecardtest.Answer{Body: string(content)})
	if len(jobs) < 1200 {
		t.Errorf("the list has %d jobs", len(jobs))
	}
	wantEqual(t, "the exit code", p.Wait(), 0)

	again := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database}})
	wantEqual(t, "the newest job", listJobs(t, again)[0].Name, "slow")
}
