package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// TestJiraTokenFromFile gives the token by a file and by a systemd credential.
func TestJiraTokenFromFile(t *testing.T) {
	t.Parallel()
	fake := jiratest.New(t, jira.Cloud)
	fake.AddIssue("PI-42", nil)
	settings := jiraSettings(fake)
	credentials := t.TempDir()
	token, empty := filepath.Join(credentials, "jira-token"), filepath.Join(t.TempDir(), "empty")
	for file, content := range map[string]string{token: settings["token"] + "\n", empty: "\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	delete(settings, "token")
	for _, with := range []program{
		{args: append(asFlags(settings), "--jira-token-file", token)},
		{args: asFlags(settings), env: []string{"ROUTECARD_JIRA_TOKEN_FILE=" + token}},
		{args: asFlags(settings), env: []string{"CREDENTIALS_DIRECTORY=" + credentials}},
	} {
		p := with.start(t)
		wantEqual(t, "the number of tickets", len(get[[]gen.JiraTicket](t, p, "/api/jira/tickets")), 1)
	}
	missing := filepath.Join(credentials, "missing")
	for _, test := range []struct {
		args    []string
		message string
	}{
		{[]string{"--jira-token-file", missing}, "cannot read the Jira token in " + missing + ": no such file or directory"},
		{[]string{"--jira-token-file", empty}, "the file " + empty + " has no Jira token: it is empty"},
		{[]string{"--jira-token-file", token, "--jira-token", "x"}, "--jira-token and --jira-token-file cannot be given together"},
	} {
		args := append([]string{"serve", "--addr", "127.0.0.1:0"}, asFlags(settings)...)
		wantFailureAfterLog(t, runCommand(t, append(args, test.args...)...), test.message)
	}
}

// TestBashCompletion completes commands and flags with the script that the packages install.
func TestBashCompletion(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatalf("bash is missing: %v", err)
	}
	for line, want := range map[string]string{
		"routecard ke":              "keys",
		"routecard keys c":          "create",
		"routecard keys create --r": "--role",
		"routecard --tls-s":         "--tls-self-signed",
		"routecard serve --tls-s":   "--tls-self-signed",
		"routecard copy --tls-s":    "",
	} {
		script := `source ../../deploy/completions/routecard; COMP_WORDS=(` + line + `); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _routecard; echo "${COMPREPLY[*]}"`
		output, err := exec.Command(bash, "-c", script).CombinedOutput()
		if err != nil {
			t.Fatalf("bash: %v\n%s", err, output)
		}
		wantEqual(t, "the completion of "+line, strings.TrimSpace(string(output)), want)
	}
}
