package main_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/store"
)

// jiraSettings are the settings that reach a fake Jira, by the names that flags and variables share.
func jiraSettings(fake *jiratest.Server) map[string]string {
	config := fake.Config()
	settings := map[string]string{"url": config.URL, "token": config.Token, "project": config.Project}
	if config.User != "" {
		settings["user"] = config.User
	}
	return settings
}

func asFlags(settings map[string]string) []string {
	var flags []string
	for name, value := range settings {
		flags = append(flags, "--jira-"+name+"="+value)
	}
	return flags
}

func asEnvironment(settings map[string]string) []string {
	var environment []string
	for name, value := range settings {
		environment = append(environment, "ROUTECARD_JIRA_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
	}
	return environment
}

// TestJiraFlags gives every setting both ways, and none but those that are needed.
func TestJiraFlags(t *testing.T) {
	t.Parallel()
	for _, deployment := range []string{jira.Cloud, jira.DataCenter} {
		fake := jiratest.New(t, deployment)
		fake.AddIssue("PI-42", jiratest.Fields{
			"customfield_10908": "P-1", "customfield_10900": 11, "customfield_10014": "PI-1",
			"customfield_1": "P-2", "customfield_2": 22, "customfield_3": "PI-2",
		})
		fake.AddIssue("XY-1", nil)
		needed := jiraSettings(fake)
		all := jiraSettings(fake)
		all["project"], all["deployment"] = "XY", deployment
		all["part-number-field"], all["quantity-field"], all["epic-field"] = "customfield_1", "customfield_2", "customfield_3"
		for name, c := range map[string]struct {
			launch                routecardtest.Launch
			part, epic, listed    string
			quantity              int64
			wantServerInfoRequest int
		}{
			"needed flags":     {routecardtest.Launch{Args: asFlags(needed)}, "P-1", "PI-1", "PI-42", 11, 1},
			"needed variables": {routecardtest.Launch{Env: asEnvironment(needed)}, "P-1", "PI-1", "PI-42", 11, 1},
			"all flags":        {routecardtest.Launch{Args: asFlags(all)}, "P-2", "PI-2", "XY-1", 22, 0},
			"all variables":    {routecardtest.Launch{Env: asEnvironment(all)}, "P-2", "PI-2", "XY-1", 22, 0},
		} {
			t.Run(deployment+" "+name, func(t *testing.T) {
				asked := fake.Count("", "serverInfo")
				p := routecardtest.Start(t, c.launch)
				tickets := routecardtest.Decode[[]gen.JiraTicket](t, p.Do(t, "GET", "/api/jira/tickets", ""))
				wantEqual(t, "the number of tickets", len(tickets), 1)
				wantEqual(t, "the ticket", tickets[0].Key, c.listed)
				answer := p.Do(t, "POST", "/api/jira/link", `{"ticketKey":"PI-42"}`)
				wantEqual(t, "the status of the link", answer.Status, http.StatusCreated)
				job := routecardtest.Decode[gen.Job](t, answer)
				wantEqual(t, "the quantity", job.GoalQuantity, c.quantity)
				wantEqual(t, "the part number", *job.JiraPartNumber, c.part)
				wantEqual(t, "the epic", *job.JiraEpicLink, c.epic)
				wantEqual(t, "how often Jira was asked what it is", fake.Count("", "serverInfo")-asked, c.wantServerInfoRequest)
				p.Terminate()
			})
		}
	}
}

// TestJiraIsOffWithoutAURL has a token and a user that nobody is to get.
func TestJiraIsOffWithoutAURL(t *testing.T) {
	t.Parallel()
	p := routecardtest.Start(t, routecardtest.Launch{
		Env: asEnvironment(map[string]string{"user": jiratest.User, "token": jiratest.Token}),
	})
	answer := p.Do(t, "GET", "/api/jira/tickets", "")
	wantEqual(t, "the status", answer.Status, http.StatusConflict)
	wantEqual(t, "the message", routecardtest.Decode[gen.Error](t, answer).Message, "Jira is not configured")
	p.Terminate()
	wantNoToken(t, p.Stdout()+p.Stderr())
}

// TestJiraDoesNotKeepTheServerFromStarting has one that is down: jobs must go on.
func TestJiraDoesNotKeepTheServerFromStarting(t *testing.T) {
	t.Parallel()
	p := routecardtest.Start(t, routecardtest.Launch{
		Env: asEnvironment(map[string]string{"url": "http://" + freeAddress(t), "token": jiratest.Token}),
	})
	wantEqual(t, "the status of a creation", p.Do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantEqual(t, "the status of /readyz", p.Do(t, "GET", "/readyz", "").Status, http.StatusOK)
	wantEqual(t, "the status of a list of tickets", p.Do(t, "GET", "/api/jira/tickets", "").Status, http.StatusBadGateway)
	p.Terminate()
}

// TestFailedStartsWithJira checks that each is one sentence, and that none of them, nor the help, shows the token.
func TestFailedStartsWithJira(t *testing.T) {
	t.Parallel()
	const address = "https://example.atlassian.net"
	const badURL = "jira: the URL must start with http:// or https:// and name a host, like https://example.atlassian.net"
	for name, c := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"no token": {
			map[string]string{"token": ""},
			"jira: a token is needed: an API token together with its user, or a personal access token",
		},
		"no scheme":  {map[string]string{"url": "example.atlassian.net"}, badURL},
		"no host":    {map[string]string{"url": "https://"}, badURL},
		"not a URL":  {map[string]string{"url": "https://" + jiratest.Token + "%zz"}, badURL},
		"a password": {map[string]string{"url": "https://me:" + jiratest.Token + "@example.com"}, "jira: the URL must not contain a user name or a password"},
		"a query":    {map[string]string{"url": address + "?token=" + jiratest.Token}, "jira: the URL must not contain a query or a fragment"},
		"a user with a colon": {
			map[string]string{"user": "me:" + jiratest.Token}, "jira: the user must not contain a colon or control characters",
		},
		"a token of two lines": {map[string]string{"token": jiratest.Token + "\nx"}, "jira: the token must not contain control characters"},
		"a project of words":   {map[string]string{"project": "My Project"}, "jira: the project must be a project key, like PI"},
		"a field by its name": {
			map[string]string{"quantity-field": "Quantity of parts"}, "jira: a field must be given by its id, like customfield_10908",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"url": address, "user": jiratest.User, "token": jiratest.Token}
			maps.Copy(settings, c.changes)
			for _, launch := range []routecardtest.Launch{{Args: asFlags(settings)}, {Env: asEnvironment(settings)}} {
				exit := routecardtest.Run(t, launch)
				wantEqual(t, "the exit code", exit.Code, 1)
				wantEqual(t, "standard error", exit.Stderr, "routecard: "+c.want+"\n")
				wantEqual(t, "standard output", exit.Stdout, "")
			}
		})
	}
	for _, args := range [][]string{
		{"--help"}, {"serve", "--help"}, {"--jira-deployment=server"}, {"--no-such-flag"}, {"no-such-command"}, {"--log-level=loud"},
	} {
		settings := map[string]string{"url": address, "token": jiratest.Token}
		exit := routecardtest.Run(t, routecardtest.Launch{Args: args, Env: asEnvironment(settings)})
		wantNoToken(t, exit.Stdout+exit.Stderr)
		if exit.Stdout+exit.Stderr == "" {
			t.Errorf("%v printed nothing", args)
		}
	}
}

// tokenForms are the token in every form in which it could be carried off: as it is, in hexadecimal, and as a part of
// anything in base64, where it can begin at three places of a group.
func tokenForms() []string {
	forms := []string{
		jiratest.Token, hex.EncodeToString([]byte(jiratest.Token)),
		base64.StdEncoding.EncodeToString([]byte(jiratest.User + ":" + jiratest.Token)),
	}
	for skipped := range 3 {
		rest := []byte(jiratest.Token)[skipped:]
		whole := rest[:len(rest)/3*3] // what follows would change the last characters
		forms = append(forms, base64.StdEncoding.EncodeToString(whole), base64.URLEncoding.EncodeToString(whole))
	}
	return forms
}

// wantNoToken searches an output.
func wantNoToken(t *testing.T, output string) {
	t.Helper()
	lower := strings.ToLower(output)
	for _, form := range tokenForms() {
		if at := strings.Index(lower, strings.ToLower(form)); at >= 0 {
			t.Errorf("the token shows: …%s…", output[max(0, at-300):min(len(output), at+100)])
		}
	}
}

func TestTokenFormsAreFound(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "a", "ab", "user:"} {
		text := before + jiratest.Token + "z"
		for _, encoded := range []string{
			text, fmt.Sprintf("%X", text), base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
		} {
			found := false
			for _, form := range tokenForms() {
				found = found || strings.Contains(strings.ToLower(encoded), strings.ToLower(form))
			}
			if !found {
				t.Errorf("the token is not found in %s", encoded)
			}
		}
	}
}

// tellTale is a fault that repeats the credentials as they were sent, and the token.
func tellTale(fault func(says string) jiratest.Fault) jiratest.Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
		fault(r.Header.Get("Authorization")+" is not right, nor is "+jiratest.Token)(w, r, fake)
	}
}

// tellTales are the ways in which Jira, or what stands before it, can fail and tell.
var tellTales = []jiratest.Fault{
	tellTale(func(says string) jiratest.Fault { return jiratest.Status(400, says) }),
	tellTale(func(says string) jiratest.Fault { return jiratest.Status(401, says) }),
	tellTale(func(says string) jiratest.Fault { return jiratest.Status(403, says) }),
	tellTale(func(says string) jiratest.Fault { return jiratest.Status(404, says) }),
	tellTale(func(says string) jiratest.Fault { return jiratest.Status(429, says) }),
	tellTale(func(says string) jiratest.Fault { return jiratest.Status(500, says) }),
	tellTale(func(says string) jiratest.Fault {
		return jiratest.Body(400, "application/json", `{"errors":{"`+jiratest.Token+`":"`+says+`"}}`)
	}),
	tellTale(func(says string) jiratest.Fault {
		return jiratest.Body(403, "application/json", `{"message":"`+says+`"}`)
	}),
	tellTale(func(says string) jiratest.Fault { return jiratest.Body(200, "application/json", `"`+says+`"`) }),
	tellTale(func(says string) jiratest.Fault { return jiratest.Body(200, says, says) }),
	jiratest.Redirect(302, "https://example.com/"+jiratest.Token+"?token="+jiratest.Token),
	jiratest.HTML(200), jiratest.HTML(401), jiratest.Hangup, jiratest.CutOff,
}

// TestTheTokenNeverShows does everything that a server does with Jira, rightly and wrongly, with a Jira that repeats the
// token, and then looks for it in all that anybody can get to see.
func TestTheTokenNeverShows(t *testing.T) {
	t.Parallel()
	for _, deployment := range []string{jira.Cloud, jira.DataCenter} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			routecardtest.EachDatabase(t, func(t *testing.T, database string) {
				fake := jiratest.New(t, deployment)
				fake.AddIssue("PI-42", jiratest.Fields{"summary": "Build 50 aluminum housings"})
				p := routecardtest.Start(t, routecardtest.Launch{
					Args: []string{"--log-level", "debug", "--database", database}, Env: asEnvironment(jiraSettings(fake)),
				})
				var output strings.Builder
				do := func(method, path, body string, headers ...string) routecardtest.Answer {
					answer := p.Do(t, method, path, body, headers...)
					fmt.Fprintln(&output, answer.Status, answer.Header, answer.Body)
					return answer
				}
				job := routecardtest.Decode[gen.Job](t, do("POST", "/api/jira/link", `{"ticketKey":"PI-42"}`, "Idempotency-Key: link")).ID
				free := routecardtest.Decode[gen.Job](t, do("POST", "/api/jobs", exampleJob)).ID
				everything := func() {
					do("GET", "/api/jira/tickets", "")
					do("GET", "/api/jira/tickets/PI-42", "")
					do("GET", "/api/jira/tickets/PI-404", "")
					do("POST", "/api/jira/link", `{"ticketKey":"PI-42"}`)
					do("POST", "/api/jira/link", `{"ticketKey":"PI-42","allowDuplicate":true,"jobId":"`+free+`"}`)
					do("POST", "/api/jira/push", `{"jobId":"`+job+`"}`, "Idempotency-Key: push")
					do("POST", "/api/jira/push", `{}`)
				}
				for _, fault := range tellTales {
					fake.Always("", "", fault)
					everything()
					fake.Heal()
				}
				everything()
				for _, path := range []string{
					"/metrics", "/healthz", "/readyz", "/openapi.json", "/docs", "/api/jobs", "/api/events", "/api/none", "/debug/vars", "/debug/pprof/cmdline",
				} {
					do("GET", path, "")
				}
				kept := stored(t, database)
				p.Terminate()

				for what, text := range map[string]string{
					"an answer": output.String(), "standard output": p.Stdout(), "standard error": p.Stderr(),
					"the database": kept, "the database after the end": stored(t, database),
				} {
					t.Run(what, func(t *testing.T) { wantNoToken(t, text) })
				}
				// That all of this has happened, or nothing would have been there to be found.
				for _, part := range []string{"[hidden]", "answered 403", "a redirect", `"operation":"pushJobToJira"`} {
					if !strings.Contains(p.Stderr(), part) {
						t.Errorf("the log lacks %q", part)
					}
				}
				if !strings.Contains(kept, "PI-42") {
					t.Error("the database lacks the ticket")
				}
				for _, request := range fake.Requests() {
					if !request.Authorized {
						t.Errorf("%s %s came without the token", request.Method, request.Path)
					}
				}
			})
		})
	}
}

// stored is all that a database holds: of SQLite its files, of PostgreSQL every row.
func stored(t *testing.T, database string) string {
	t.Helper()
	var content strings.Builder
	if !store.IsPostgres(database) {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(database), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			content.Write(text)
		}
		return content.String()
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var tables []string
	if err := conn.QueryRow(t.Context(), "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var rows string
		query := "SELECT coalesce(string_agg(r::text, ' '), '') FROM " + pgx.Identifier{table}.Sanitize() + " AS r"
		if err := conn.QueryRow(t.Context(), query).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		content.WriteString(rows)
	}
	return content.String()
}
