package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/server"
)

// chromium is the path of the system's Chromium. If it is missing and the test runs as root on Debian, the test installs it.
var chromium = sync.OnceValues(func() (string, error) {
	find := func() (string, error) {
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, nil
			}
		}
		return "", exec.ErrNotFound
	}
	if path, err := find(); err == nil || os.Geteuid() != 0 {
		return path, err
	}
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "chromium"}} {
		install := exec.Command("apt-get", append([]string{"-qq", "-o", "DPkg::Lock::Timeout=300"}, args...)...)
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if err := install.Run(); err != nil {
			return "", err
		}
	}
	return find()
})

// visit opens a page in Chromium, which ends with the test.
func visit(t *testing.T, page string, flags ...string) *exec.Cmd {
	t.Helper()
	path, err := chromium()
	if err != nil {
		const missing = "Chromium is missing, by which this test opens a page of another origin: install Debian's package chromium, or Chrome"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip("NOT TESTED IN A BROWSER: " + missing)
	}
	// Not t.TempDir, which fails when the browser writes to it while it is removed.
	profile, err := os.MkdirTemp("", "routecard-chromium-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	flags = append(flags, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-extensions", "--no-proxy-server",
		"--user-data-dir="+filepath.Join(profile, "profile"), page)
	browser := exec.Command(path, flags...)
	browser.Stdout = &routecardtest.Log{}
	// A process group of its own, so that all its processes end together.
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	browser.Env = append(os.Environ(), "HOME="+profile)
	if err := browser.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-browser.Process.Pid, syscall.SIGKILL)
		_ = browser.Wait()
		for range 100 { // the last of them may still write
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	return browser
}

// elsewhere is a site of another origin. It returns its origin, and what its page reports.
func elsewhere(t *testing.T) (origin string, reports <-chan map[string]string) {
	t.Helper()
	page, err := os.ReadFile("testdata/elsewhere.html")
	if err != nil {
		t.Fatal(err)
	}
	reported := make(chan map[string]string, 1)
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(page)
	})
	routes.HandleFunc("POST /redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	})
	routes.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		var results map[string]string
		if err := json.NewDecoder(r.Body).Decode(&results); err != nil {
			t.Error(err)
		}
		reported <- results
	})
	site := httptest.NewServer(routes)
	t.Cleanup(site.Close)
	return strings.Replace(site.URL, "127.0.0.1", "localhost", 1), reported
}

// tryFromElsewhere has a page of another origin send every kind of request to the server.
func tryFromElsewhere(t *testing.T, origin string, reports <-chan map[string]string, target string) map[string]string {
	t.Helper()
	visit(t, origin+"/#"+url.QueryEscape(target), "--remote-debugging-port=0") // which keeps it open
	select {
	case results := <-reports:
		if len(results) < 26 {
			t.Errorf("the page reports %d attempts only", len(results))
		}
		return results
	case <-time.After(2 * time.Minute):
		t.Fatal("the page does not report")
		return nil
	}
}

// TestPageElsewhere opens a page of another origin in a browser on the machine where an open server runs.
func TestPageElsewhere(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	createJobs(t, s, "secret-name")
	origin, reports := elsewhere(t)
	results := tryFromElsewhere(t, origin, reports, s.URL)
	for attempt, result := range results {
		if strings.Contains(result, "secret-name") || strings.HasPrefix(result, "read") || strings.HasPrefix(result, "cors") {
			t.Errorf("%s could be read: %s", attempt, result)
		}
	}
	// Beacons may still be on their way when the page has ended. The server has refused those that have arrived, because of their
	// Content-Type.
	for begun := time.Now(); strings.Count(s.Log.String(), `"status":415`) < 12; time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("only %d attempts came to the server:\n%s", strings.Count(s.Log.String(), `"status":415`), s.Log)
		}
	}
	wantEqual(t, "the jobs", listNames(t, s, "/api/jobs"), []string{"secret-name"})
	wantEqual(t, "the number of events", countEvents(t, s), 1)
}

// TestPageOfAllowedOrigin opens the same page from an origin that --cors-origin allows. Its requests succeed, so it was the origin
// that the server refused.
func TestPageOfAllowedOrigin(t *testing.T) {
	t.Parallel()
	origin, reports := elsewhere(t)
	s := routecardtest.New(t, routecardtest.SQLite(t), func(o *server.Options) { o.CORSOrigins = []string{origin} })
	results := tryFromElsewhere(t, origin, reports, s.URL)
	if got := results["fetch cors json"]; !strings.HasPrefix(got, "cors 201 ") {
		t.Errorf("the page was told %q", got)
	}
	wantEqual(t, "reading the events", results["read the events"], "read")
	for _, name := range listNames(t, s, "/api/jobs") {
		wantEqual(t, "the name of a job", name, "forged")
	}
	for attempt, result := range results {
		t.Logf("%s: %.100s", attempt, result)
	}
}

// TestExplorerInBrowser opens /docs, under its own Content-Security-Policy.
func TestExplorerInBrowser(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	browser := visit(t, s.URL+"/docs", "--dump-dom", "--virtual-time-budget=20000")
	page, ok := browser.Stdout.(*routecardtest.Log)
	for begun := time.Now(); ok && !strings.Contains(page.String(), "</html>"); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatal("the browser does not show the page")
		}
	}
	for _, part := range []string{`class="btn authorize unlocked"`, `id="operations-Jobs-createJob"`, `id="operations-Events-listEvents"`} {
		if !strings.Contains(page.String(), part) {
			t.Errorf("the explorer lacks %s", part)
		}
	}
}
