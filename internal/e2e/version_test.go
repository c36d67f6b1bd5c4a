package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestVersion checks that each place that names the version names the same one.
func TestVersion(t *testing.T) {
	t.Parallel()
	want := regexp.MustCompile(`^routecard (\d+\.\d+\.\d+) \(commit \S+, ` + regexp.QuoteMeta(runtime.Version()) + `, SQLite (3\.\d+\.\d+)\)\n$`)
	printed := runCommand(t, "version")
	found := want.FindStringSubmatch(printed.stdout)
	if printed.code != 0 || found == nil {
		t.Fatalf("version: exit code %d, printed %q %q", printed.code, printed.stdout, printed.stderr)
	}
	wantEqual(t, "what --version prints", runCommand(t, "--version"), printed)

	p := startServer(t)
	health := p.do(t, "GET", "/healthz", "")
	wantEqual(t, "the status of /healthz", health.Status, http.StatusOK)
	var alive struct{ Status, Version string }
	if err := json.Unmarshal([]byte(health.Body), &alive); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the status in /healthz", alive.Status, "ok")
	wantEqual(t, "the version in /healthz", alive.Version, found[1])
	wantEqual(t, "the metric", metric(t, p, `routecard_build_info{`), 1)
	wantEqual(t, "the metric of the version", strings.Contains(p.do(t, "GET", "/metrics", "").Body, `version="`+found[1]+`"`), true)
	for _, attribute := range []string{`"version":"` + found[1] + `"`, `"sqlite":"` + found[2] + `"`, `"go":"` + runtime.Version() + `"`} {
		wantEqual(t, "whether the log has "+attribute, strings.Contains(p.stderr.String(), attribute), true)
	}
}
