package e2e

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

// jiraSettings returns the settings for the fake Jira. Their names are those of the flags without "--jira-".
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

func asVariables(settings map[string]string) []string {
	var variables []string
	for name, value := range settings {
		variables = append(variables, "ROUTECARD_JIRA_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
	}
	return variables
}

// TestJiraSettings sets the required settings, and then all settings, by flags and by variables.
func TestJiraSettings(t *testing.T) {
	t.Parallel()
	for _, deployment := range []string{jira.Cloud, jira.DataCenter} {
		fake := jiratest.New(t, deployment)
		fake.AddIssue("PI-42", jiratest.Fields{
			"customfield_10908": "P-1", "customfield_10900": 11, "customfield_10014": "PI-1",
			"customfield_1": "P-2", "customfield_2": 22, "customfield_3": "PI-2",
		})
		fake.AddIssue("XY-1", nil)
		required := jiraSettings(fake)
		all := jiraSettings(fake)
		all["project"], all["deployment"] = "XY", deployment
		all["part-number-field"], all["quantity-field"], all["epic-field"] = "customfield_1", "customfield_2", "customfield_3"
		for name, c := range map[string]struct {
			program            program
			part, epic, listed string
			quantity           int64
			serverInfoRequests int
		}{
			"required flags":     {program{args: asFlags(required)}, "P-1", "PI-1", "PI-42", 11, 1},
			"required variables": {program{env: asVariables(required)}, "P-1", "PI-1", "PI-42", 11, 1},
			"all flags":          {program{args: asFlags(all)}, "P-2", "PI-2", "XY-1", 22, 0},
			"all variables":      {program{env: asVariables(all)}, "P-2", "PI-2", "XY-1", 22, 0},
		} {
			t.Run(deployment+" "+name, func(t *testing.T) {
				before := fake.Count("", "serverInfo")
				p := c.program.start(t)
				tickets := get[[]gen.JiraTicket](t, p, "/api/jira/tickets")
				wantEqual(t, "the number of tickets", len(tickets), 1)
				wantEqual(t, "the ticket", tickets[0].Key, c.listed)
				response := p.do(t, "POST", "/api/jira/link", `{"ticketKey":"PI-42"}`)
				wantEqual(t, "the status of the link", response.Status, http.StatusCreated)
				job := routecardtest.Decode[gen.Job](t, response)
				wantEqual(t, "the quantity", job.GoalQuantity, c.quantity)
				wantEqual(t, "the part number", *job.JiraPartNumber, c.part)
				wantEqual(t, "the epic", *job.JiraEpicLink, c.epic)
				wantEqual(t, "the number of serverInfo requests", fake.Count("", "serverInfo")-before, c.serverInfoRequests)
				p.terminate()
			})
		}
	}
}

// TestJiraOffWithoutURL sets a token and a user, but no URL.
func TestJiraOffWithoutURL(t *testing.T) {
	t.Parallel()
	p := program{env: asVariables(map[string]string{"user": jiratest.User, "token": jiratest.Token})}.start(t)
	response := p.do(t, "GET", "/api/jira/tickets", "")
	wantEqual(t, "the status", response.Status, http.StatusConflict)
	wantEqual(t, "the message", routecardtest.Decode[gen.Error](t, response).Message, "Jira is not configured")
	p.terminate()
	wantNoToken(t, p.stdout.String()+p.stderr.String())
}

// TestStartWithoutJira starts the server while Jira is down. Everything that does not need Jira works.
func TestStartWithoutJira(t *testing.T) {
	t.Parallel()
	p := program{env: asVariables(map[string]string{"url": "http://" + freeAddress(t), "token": jiratest.Token})}.start(t)
	wantEqual(t, "the status of a creation", p.do(t, "POST", "/api/jobs", exampleJob).Status, http.StatusCreated)
	wantEqual(t, "the status of /readyz", p.do(t, "GET", "/readyz", "").Status, http.StatusOK)
	wantEqual(t, "the status of a list of tickets", p.do(t, "GET", "/api/jira/tickets", "").Status, http.StatusBadGateway)
	p.terminate()
}

// TestInvalidJiraSettings checks that the server prints one error message for each, and that neither the messages nor the
// help show the token.
func TestInvalidJiraSettings(t *testing.T) {
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
			wantFailure(t, program{args: asFlags(settings)}.run(t), c.want)
			wantFailure(t, program{env: asVariables(settings)}.run(t), c.want)
		})
	}
	for _, args := range [][]string{
		{"--help"}, {"serve", "--help"}, {"--jira-deployment=server"}, {"--no-such-flag"}, {"no-such-command"}, {"--log-level=loud"},
	} {
		settings := map[string]string{"url": address, "token": jiratest.Token}
		r := program{args: args, env: asVariables(settings)}.run(t)
		wantNoToken(t, r.stdout+r.stderr)
		if r.stdout+r.stderr == "" {
			t.Errorf("%v printed nothing", args)
		}
	}
}

// tokenForms returns the forms in which an output could contain the token: as it is, in hexadecimal, and in base64, alone or
// within a longer text, where it can begin at three positions of a group.
func tokenForms() []string {
	forms := []string{
		jiratest.Token, hex.EncodeToString([]byte(jiratest.Token)),
		base64.StdEncoding.EncodeToString([]byte(jiratest.User + ":" + jiratest.Token)),
	}
	for skipped := range 3 {
		rest := []byte(jiratest.Token)[skipped:]
		whole := rest[:len(rest)/3*3] // the characters for the remaining bytes depend on the text after the token
		forms = append(forms, base64.StdEncoding.EncodeToString(whole), base64.URLEncoding.EncodeToString(whole))
	}
	return forms
}

// wantNoToken checks that an output does not contain the token in any form.
func wantNoToken(t *testing.T, output string) {
	t.Helper()
	lower := strings.ToLower(output)
	for _, form := range tokenForms() {
		if at := strings.Index(lower, strings.ToLower(form)); at >= 0 {
			t.Errorf("the output contains the token: …%s…", output[max(0, at-300):min(len(output), at+100)])
		}
	}
}

func TestTokenForms(t *testing.T) {
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

// echoToken returns a fault whose message contains the Authorization header of the request, and the token.
func echoToken(fault func(message string) jiratest.Fault) jiratest.Fault {
	return func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
		fault(r.Header.Get("Authorization")+" is not right, nor is "+jiratest.Token)(w, r, fake)
	}
}

// leakyFaults are faults of Jira, or of a proxy in front of it, whose responses contain the token if they can.
var leakyFaults = []jiratest.Fault{
	echoToken(func(message string) jiratest.Fault { return jiratest.Status(400, message) }),
	echoToken(func(message string) jiratest.Fault { return jiratest.Status(401, message) }),
	echoToken(func(message string) jiratest.Fault { return jiratest.Status(403, message) }),
	echoToken(func(message string) jiratest.Fault { return jiratest.Status(404, message) }),
	echoToken(func(message string) jiratest.Fault { return jiratest.Status(429, message) }),
	echoToken(func(message string) jiratest.Fault { return jiratest.Status(500, message) }),
	echoToken(func(message string) jiratest.Fault {
		return jiratest.Body(400, "application/json", `{"errors":{"`+jiratest.Token+`":"`+message+`"}}`)
	}),
	echoToken(func(message string) jiratest.Fault {
		return jiratest.Body(403, "application/json", `{"message":"`+message+`"}`)
	}),
	echoToken(func(message string) jiratest.Fault { return jiratest.Body(200, "application/json", `"`+message+`"`) }),
	echoToken(func(message string) jiratest.Fault { return jiratest.Body(200, message, message) }),
	jiratest.Redirect(302, "https://example.com/"+jiratest.Token+"?token="+jiratest.Token),
	jiratest.HTML(200), jiratest.HTML(401), jiratest.Hangup, jiratest.CutOff,
}

// TestJiraTokenIsNeverShown sends every request that uses Jira, valid and invalid, with a Jira whose responses contain the
// token. It then searches responses, logs, and the database for the token.
func TestJiraTokenIsNeverShown(t *testing.T) {
	t.Parallel()
	for _, deployment := range []string{jira.Cloud, jira.DataCenter} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			routecardtest.EachDatabase(t, func(t *testing.T, database string) {
				fake := jiratest.New(t, deployment)
				fake.AddIssue("PI-42", jiratest.Fields{"summary": "Build 50 aluminum housings"})
				p := program{
					args: []string{"--log-level", "debug", "--database", database}, env: asVariables(jiraSettings(fake)),
				}.start(t)
				var output strings.Builder
				do := func(method, path, body string, headers ...string) routecardtest.Answer {
					response := p.do(t, method, path, body, headers...)
					fmt.Fprintln(&output, response.Status, response.Header, response.Body)
					return response
				}
				job := routecardtest.Decode[gen.Job](t, do("POST", "/api/jira/link", `{"ticketKey":"PI-42"}`, "Idempotency-Key: link")).ID
				otherJob := routecardtest.Decode[gen.Job](t, do("POST", "/api/jobs", exampleJob)).ID
				useJira := func() {
					do("GET", "/api/jira/tickets", "")
					do("GET", "/api/jira/tickets/PI-42", "")
					do("GET", "/api/jira/tickets/PI-404", "")
					do("POST", "/api/jira/link", `{"ticketKey":"PI-42"}`)
					do("POST", "/api/jira/link", `{"ticketKey":"PI-42","allowDuplicate":true,"jobId":"`+otherJob+`"}`)
					do("POST", "/api/jira/push", `{"jobId":"`+job+`"}`, "Idempotency-Key: push")
					do("POST", "/api/jira/push", `{}`)
				}
				for _, fault := range leakyFaults {
					fake.Always("", "", fault)
					useJira()
					fake.Heal()
				}
				useJira()
				for _, path := range []string{
					"/metrics", "/healthz", "/readyz", "/openapi.json", "/docs", "/api/jobs", "/api/events", "/api/none", "/debug/vars", "/debug/pprof/cmdline",
				} {
					do("GET", path, "")
				}
				content := databaseContent(t, database)
				p.terminate()

				for name, text := range map[string]string{
					"responses": output.String(), "standard output": p.stdout.String(), "standard error": p.stderr.String(),
					"database": content, "database after the stop": databaseContent(t, database),
				} {
					t.Run(name, func(t *testing.T) { wantNoToken(t, text) })
				}
				// Without these the test would have searched nothing.
				for _, part := range []string{"[hidden]", "returned 403", "a redirect", `"operation":"pushJobToJira"`} {
					if !strings.Contains(p.stderr.String(), part) {
						t.Errorf("the log lacks %q", part)
					}
				}
				if !strings.Contains(content, "PI-42") {
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

// databaseContent returns the content of SQLite's files, or of all rows in PostgreSQL.
func databaseContent(t *testing.T, database string) string {
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
