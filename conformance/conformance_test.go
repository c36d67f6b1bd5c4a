package conformance_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/conformance"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/server"
)

func load(t *testing.T) []conformance.File {
	t.Helper()
	files, err := conformance.Load()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func newRunner(t *testing.T, target conformance.Target) *conformance.Runner {
	t.Helper()
	runner, err := conformance.NewRunner(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return runner
}

// runAll runs each case as a subtest and returns all results.
func runAll(t *testing.T, target conformance.Target) (results []conformance.Result) {
	t.Helper()
	runner := newRunner(t, target)
	for _, file := range load(t) {
		for _, c := range file.Cases {
			t.Run(file.Operation+"/"+c.Name, func(t *testing.T) {
				result := runner.Run(t.Context(), file.Operation, c)
				if results = append(results, result); result.Err != nil {
					t.Error(result.Err)
				}
			})
		}
	}
	return results
}

// TestEveryOperationHasCases also checks that each case sends a request to its operation, states a status for each request, and
// has a name of its own.
func TestEveryOperationHasCases(t *testing.T) {
	t.Parallel()
	files := load(t)
	for _, operation := range contracttest.Routecard().Operations {
		if !slices.ContainsFunc(files, func(file conformance.File) bool { return file.Operation == operation.ID }) {
			t.Errorf("there is no file for %s", operation.ID)
		}
	}
	for _, file := range files {
		if contracttest.Routecard().Operation(file.Operation) == nil {
			t.Errorf("there is a file for %s, which is not an operation of the contract", file.Operation)
		}
		names := map[string]bool{}
		for _, c := range file.Cases {
			if names[c.Name] {
				t.Errorf("%s: there are two cases called %q", file.Operation, c.Name)
			}
			names[c.Name] = true
			asked := false
			for _, step := range append([]conformance.Step{c.Step}, c.After...) {
				method, target, _ := strings.Cut(step.Send, " ")
				target, _, _ = strings.Cut(target, "?")
				if operation := contracttest.Routecard().Find(method, target); operation != nil {
					asked = asked || operation.ID == file.Operation
				}
				if step.Status == 0 {
					t.Errorf("%s: %q has no expected status for %s", file.Operation, c.Name, step.Send)
				}
			}
			if !asked {
				t.Errorf("%s: %q does not send a request to the operation", file.Operation, c.Name)
			}
		}
	}
}

// TestCases runs all cases against this server: with Jira and without API keys on both databases, and without Jira and with an
// API key. Together these runs skip no case.
func TestCases(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := routecardtest.New(t, database, withJira(t))
		for _, result := range runAll(t, conformance.Target{URL: s.URL, JiraWrites: true}) {
			if result.Skipped != "" && result.Skipped != "the server has a Jira" && result.Skipped != "the server asks for no API key" {
				t.Errorf("%s: %s was skipped: %s", result.Operation, result.Case, result.Skipped)
			}
		}
	})
	t.Run("keys", func(t *testing.T) {
		t.Parallel()
		s := routecardtest.New(t, routecardtest.SQLite(t))
		key, err := s.Store.CreateKey(t.Context(), "conformance", models.RoleWrite)
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range runAll(t, conformance.Target{URL: s.URL, Key: key}) {
			if result.Skipped != "" && !strings.Contains(result.Skipped, "Jira") {
				t.Errorf("%s: %s was skipped: %s", result.Operation, result.Case, result.Skipped)
			}
		}
	})
}

func withJira(t *testing.T) func(*server.Options) {
	t.Helper()
	fake := jiratest.New(t, jira.Cloud)
	fake.AddIssue("PI-42", jiratest.Fields{"summary": "Build 50 aluminum housings"})
	client, err := jira.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	return func(options *server.Options) { options.Jira = client }
}

// TestBrokenServers puts a proxy in front of the server that makes responses wrong, and checks that the cases find that.
func TestBrokenServers(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t), func(options *server.Options) { options.Insecure = true })
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []struct {
		name      string
		change    func(*http.Response)
		operation string
		want      string
	}{
		{"a lost Location", func(r *http.Response) { r.Header.Del("Location") }, "createJob", `the header Location is ""`},
		{"a lost ETag", func(r *http.Response) {
			if r.Request.Method == http.MethodGet {
				r.Header.Del("ETag")
			}
		}, "getJob", "missing header: ETag"},
		{"another status", func(r *http.Response) {
			if r.StatusCode == http.StatusCreated {
				r.StatusCode = http.StatusOK
			}
		}, "createPath", "the status is 200, want 201"},
		{"an error page", func(r *http.Response) {
			if r.StatusCode == http.StatusNotFound {
				r.Header.Set("Content-Type", "text/html")
			}
		}, "getSerial", "media type"},
	} {
		t.Run(broken.name, func(t *testing.T) {
			t.Parallel()
			proxy := httputil.NewSingleHostReverseProxy(behind)
			proxy.ModifyResponse = func(r *http.Response) error {
				broken.change(r)
				return nil
			}
			front := httptest.NewServer(proxy)
			defer front.Close()
			runner := newRunner(t, conformance.Target{URL: front.URL})
			var results []conformance.Result
			for _, file := range load(t) {
				for _, c := range file.Cases {
					if file.Operation == broken.operation {
						results = append(results, runner.Run(t.Context(), file.Operation, c))
					}
				}
			}
			var out bytes.Buffer
			if conformance.Report(&out, results) {
				t.Error("no case failed")
			}
			if !strings.Contains(out.String(), broken.want) || !strings.Contains(out.String(), "curl -i -X ") {
				t.Errorf("the report lacks %q or the curl command:\n%s", broken.want, out.String())
			}
		})
	}
}

// TestNewRunnerErrors checks the errors for servers that cannot be tested.
func TestNewRunnerErrors(t *testing.T) {
	t.Parallel()
	keyed := routecardtest.New(t, routecardtest.SQLite(t))
	if _, err := keyed.Store.CreateKey(t.Context(), "conformance", models.RoleWrite); err != nil {
		t.Fatal(err)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for want, target := range map[string]conformance.Target{
		"there is no server at ":                    {URL: gone.URL},
		"answered 404, is this a Routecard server?": {URL: other.URL},
		"the server requires an API key":            {URL: keyed.URL},
		"the server does not know the API key":      {URL: keyed.URL, Key: "rck_wrong"},
	} {
		if _, err := conformance.NewRunner(t.Context(), target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}
