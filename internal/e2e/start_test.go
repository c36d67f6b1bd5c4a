package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	help, serve := runCommand(t, "--help"), runCommand(t, "serve", "--help")
	for _, r := range []result{help, serve} {
		wantEqual(t, "the exit code", r.code, 0)
		wantEqual(t, "standard error", r.stderr, "")
		for line := range strings.Lines(r.stdout) {
			if len(line) > 81 || strings.Contains(line, "${") {
				t.Errorf("a line of the help is %q", line)
			}
		}
	}
	for _, part := range []string{"Usage: routecard", "serve", "Tracks production jobs", "/docs"} {
		if !strings.Contains(help.stdout, part) {
			t.Errorf("the help lacks %q:\n%s", part, help.stdout)
		}
	}
	for _, part := range []string{"--addr", "$ROUTECARD_ADDR", "localhost:3000", "--database", "$ROUTECARD_DATABASE", "routecard.db"} {
		if !strings.Contains(serve.stdout, part) {
			t.Errorf("the help of serve lacks %q:\n%s", part, serve.stdout)
		}
	}
}

// TestDefaults starts the server without settings other than a port: the database is routecard.db in the working directory.
func TestDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := program{dir: dir}.start(t)
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantEqual(t, "the status of /readyz", p.do(t, "GET", "/readyz", "").Status, http.StatusOK)
	if _, err := os.Stat(filepath.Join(dir, "routecard.db")); err != nil {
		t.Error(err)
	}
	p.terminate()
}

// TestFlagsAndEnvironment sets the same settings by flags and by variables. A flag takes precedence.
func TestFlagsAndEnvironment(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		byVariables := program{
			env: []string{"ROUTECARD_DATABASE=" + database, "ROUTECARD_ADDR=localhost:0", "ROUTECARD_LOG_LEVEL=debug"},
		}.start(t)
		wantEqual(t, "the status of a creation", byVariables.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
		byVariables.terminate()
		if log := byVariables.stderr.String(); !strings.Contains(log, `"operation":"createJob"`) {
			t.Errorf("the log lacks the request:\n%s", log)
		}

		address := freeAddress(t)
		byFlags := program{
			args: []string{"--database", database, "--addr", address},
			env:  []string{"ROUTECARD_DATABASE=/nowhere/a.db", "ROUTECARD_ADDR=nowhere:1"},
		}.start(t)
		wantEqual(t, "the URL", byFlags.url, "http://"+address)
		wantEqual(t, "the number of jobs", len(listJobs(t, byFlags)), 1)
		byFlags.terminate()
	})
}

// TestStartFailures checks that a server that can't start prints one error message.
func TestStartFailures(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	unused, dir := freeAddress(t), t.TempDir()
	served := routecardtest.SQLitePath(t)
	startServer(t, "--database", served)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"port in use": {
			[]string{"--addr", taken.Addr().String()},
			"cannot listen on " + taken.Addr().String() + ": address already in use",
		},
		"PostgreSQL unreachable": {
			[]string{"--database", "postgres://jo:secret@" + unused + "/jobs"},
			"cannot open the PostgreSQL database jobs at " + unused + ": the server does not answer",
		},
		"invalid URL": {
			[]string{"--database", "postgres://jo:secret@host:port/jobs"},
			"the database URL is not understood: expected postgres://user:password@host:port/database",
		},
		"missing directory": {
			[]string{"--database", filepath.Join(dir, "missing", "a.db")},
			"cannot open the database " + filepath.Join(dir, "missing", "a.db") + ": no such file or directory",
		},
		"database is a directory": {
			[]string{"--database", dir},
			"cannot open the database " + dir + ": it is a directory",
		},
		"database in use": {
			[]string{"--database", served},
			"the database " + served + " is in use by another Routecard server",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFailure(t, runCommand(t, append([]string{"--addr", "127.0.0.1:0"}, c.args...)...), c.want)
		})
	}
}

// TestOpenServerListensOnLoopbackOnly checks that a server listens on addresses that other machines can reach only if
// there is a key, or with --insecure.
func TestOpenServerListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
			wantFailureAfterLog(t, runCommand(t, "--database", database, "--addr", address),
				"refusing to listen on "+address+" while the API is open: create a key first "+
					"(routecard keys create --name NAME --role write), or give --insecure")
		}
		start := func(args ...string) *process {
			t.Helper()
			return startServer(t, append([]string{"--database", database}, args...)...)
		}
		for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
			start("--addr", address).terminate()
		}
		insecure := start("--addr", "0.0.0.0:0", "--insecure")
		wantEqual(t, "the status of an insecure server", statusForHost(t, insecure, "example.com"), 200)
		insecure.terminate()
		open := start("--addr", "127.0.0.1:0")
		wantEqual(t, "the status of an open server", statusForHost(t, open, "localhost"), 200)
		wantEqual(t, "the status of an open server for another host name", statusForHost(t, open, "example.com"), 403)
		open.terminate()
		wantEqual(t, "the exit code of keys create", keys(t, database, "create", "--name", "erp", "--role", "read").code, 0)
		withKey := start("--addr", "0.0.0.0:0")
		wantEqual(t, "the status of a server with a key", statusForHost(t, withKey, "example.com"), 401)
		withKey.terminate()
	})
}

// TestOpenServerForEveryOrigin checks that a server lets the pages of every origin call it only if there is a key, or with
// --insecure.
func TestOpenServerForEveryOrigin(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		every := []string{"--database", database, "--addr", "127.0.0.1:0", "--cors-origin", "*"}
		const refusal = "refusing to let the pages of every origin (--cors-origin '*') call the API while the API is open: " +
			"create a key first (routecard keys create --name NAME --role write), or give --insecure"
		wantFailureAfterLog(t, runCommand(t, every...), refusal)
		wantFailureAfterLog(t, runCommand(t, append(every, "--cors-origin", "https://planner.example")...), refusal)
		startServer(t, append(every, "--insecure")...).terminate()
		startServer(t, "--database", database, "--cors-origin", "https://planner.example").terminate()

		wantEqual(t, "the exit code of keys create", keys(t, database, "create", "--name", "erp", "--role", "read").code, 0)
		wantEqual(t, "the exit code of keys revoke", keys(t, database, "revoke", "--name", "erp").code, 0)
		startServer(t, every...).terminate() // closed, although the only key is revoked
	})
}

// statusForHost requests the list of jobs with the given Host header, without a key, and returns the status.
func statusForHost(t *testing.T, p *process, host string) int {
	t.Helper()
	address, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1:"+address.Port()+"/api/jobs", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// TestInvalidCORSOrigins starts servers with origins that no browser sends.
func TestInvalidCORSOrigins(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"planner.example", "https://planner.example/", "https://*.example", "ftp://planner.example", "/.*/", "https://"} {
		wantFailureAfterLog(t, runCommand(t, "--addr", "127.0.0.1:0", "--cors-origin", origin),
			fmt.Sprintf("a CORS origin is written like https://planner.example or http://localhost:5173, not %q", origin))
	}
}

// TestLogFormat starts the server with its log at a pipe, in each format.
func TestLogFormat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setting program
		want    string
	}{
		"without a setting": {program{}, `"level":"INFO","msg":"stopping"}`},
		"auto":              {program{args: []string{"--log-format", "auto"}}, `"level":"INFO","msg":"stopping"}`},
		"json":              {program{args: []string{"--log-format", "json"}}, `"level":"INFO","msg":"stopping"}`},
		"text":              {program{args: []string{"--log-format", "text"}}, `level=INFO msg=stopping`},
		"text by variable":  {program{env: []string{"ROUTECARD_LOG_FORMAT=text"}}, `level=INFO msg=stopping`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.setting.start(t)
			p.terminate()
			if log := p.stderr.String(); !strings.Contains(log, c.want) {
				t.Errorf("the log has no line with %s:\n%s", c.want, log)
			}
		})
	}
}

// TestLoggedDurations checks that each duration in the log is a number of milliseconds.
func TestLoggedDurations(t *testing.T) {
	t.Parallel()
	p := startServer(t, "--log-level", "debug")
	p.do(t, "POST", "/api/jobs", exampleJob)
	p.terminate()
	found := map[string]bool{}
	for line := range strings.Lines(p.stderr.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if _, ok := entry["duration"]; ok {
			t.Errorf("a duration has no unit: %s", line)
		}
		// A request or a migration takes less than the whole test, and would be at least a million times longer in nanoseconds.
		if took, ok := entry["durationMs"].(float64); ok && took < float64(timeout.Milliseconds()) {
			found[entry["msg"].(string)] = true
		}
	}
	for _, message := range []string{"request", "migrated the database"} {
		if !found[message] {
			t.Errorf("no line %q has durationMs:\n%s", message, p.stderr)
		}
	}
}
