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

// runAll runs every case against the server, each as a test of its own.
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

// TestEveryOperationHasCases also checks that each case is about its operation, and that no two have one name.
func TestEveryOperationHasCases(t *testing.T) {
	t.Parallel()
	files := load(t)
	var ids []string
	for _, operation := range contracttest.Routecard().Operations {
		ids = append(ids, operation.ID)
	}
	slices.Sort(ids)
	if got := conformance.Operations(files); !slices.Equal(got, ids) {
		t.Errorf("there are files for\n%q\nand operations\n%q", got, ids)
	}
	for _, file := range files {
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
					t.Errorf("%s: %q does not say which status it wants of %s", file.Operation, c.Name, step.Send)
				}
			}
			if !asked {
				t.Errorf("%s: %q never asks for it", file.Operation, c.Name)
			}
		}
	}
}

// TestCases runs the kit against this server: with a Jira on both databases, then as a server that asks for keys and has
// no Jira. Between the two of them nothing is left out.
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
		key, err := s.Store.CreateKey(t.Context(), "kit", models.RoleWrite)
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

// TestBrokenServers puts something between the kit and the server, as a proxy that is not what it should be would.
func TestBrokenServers(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
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
				t.Error("the kit is content")
			}
			if !strings.Contains(out.String(), broken.want) || !strings.Contains(out.String(), "curl -i -X ") {
				t.Errorf("the report does not say %q, and how to see it:\n%s", broken.want, out.String())
			}
		})
	}
}

// TestWhoDoesNotAnswer checks what the kit says when it can't begin.
func TestWhoDoesNotAnswer(t *testing.T) {
	t.Parallel()
	keyed := routecardtest.New(t, routecardtest.SQLite(t))
	if _, err := keyed.Store.CreateKey(t.Context(), "kit", models.RoleWrite); err != nil {
		t.Fatal(err)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	for want, target := range map[string]conformance.Target{
		"there is no server at ":                {URL: gone.URL},
		"answered 404, which no Routecard does": {URL: stranger.URL},
		"the server asks for an API key":        {URL: keyed.URL},
		"the server does not know the API key":  {URL: keyed.URL, Key: "rck_wrong"},
	} {
		if _, err := conformance.NewRunner(t.Context(), target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the kit says %v, want %q", err, want)
		}
	}
}
