package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// keys runs `routecard keys …` on a database.
func keys(t *testing.T, database string, args ...string) routecardtest.Exit {
	t.Helper()
	return routecardtest.Run(t, routecardtest.Launch{Args: append(append([]string{"keys"}, args...), "--database", database)})
}

// TestKeysCommand tells the story of a key, beside a server that is running.
func TestKeysCommand(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database, "--log-level", "debug"}})
		wantEqual(t, "the status of an open server", p.Do(t, "GET", "/api/jobs", "").Status, 200)

		created := keys(t, database, "create", "--name", "erp", "--role", "write")
		wantEqual(t, "the exit code of create", created.Code, 0)
		if !regexp.MustCompile(`^rck_[A-Z2-7]{26}\n$`).MatchString(created.Stdout) {
			t.Fatalf("standard output is %q, want the key alone", created.Stdout)
		}
		key := strings.TrimSpace(created.Stdout)
		wantEqual(t, "standard error of create", created.Stderr, "This key is shown once. Requests send it as: Authorization: Bearer KEY\n")
		within10Seconds(t, p, "", 401)
		wantEqual(t, "the status with the key", p.Do(t, "POST", "/api/jobs", exampleJob, "Authorization: Bearer "+key).Status, 201)

		again := keys(t, database, "create", "--name", "erp", "--role", "read")
		wantEqual(t, "the exit code for a name that is taken", again.Code, 1)
		wantEqual(t, "standard error for a name that is taken", again.Stderr,
			"routecard: there is a key named erp already; names are not given twice, so that events stay clear\n")
		wantEqual(t, "standard output for a name that is taken", again.Stdout, "")

		revoked := keys(t, database, "revoke", "--name", "erp")
		wantEqual(t, "the exit code of revoke", revoked.Code, 0)
		within10Seconds(t, p, key, 401)
		wantEqual(t, "standard error of a second revoke", keys(t, database, "revoke", "--name", "erp").Stderr, "routecard: Key not found: erp\n")

		reader := keys(t, database, "create", "--name", "board", "--role", "read")
		wantEqual(t, "the exit code of the next create", reader.Code, 0)
		list := keys(t, database, "list")
		wantEqual(t, "the exit code of list", list.Code, 0)
		// A time is 24 characters.
		if !regexp.MustCompile(`^NAME +ROLE +CREATED +REVOKED\nerp +write +\S{24} +\S{24}\nboard +read +\S{24} +-\n$`).MatchString(list.Stdout) {
			t.Errorf("the list is\n%s", list.Stdout)
		}
		within10Seconds(t, p, strings.TrimSpace(reader.Stdout), 200)
		p.Terminate()

		for _, secret := range []string{key, store.HashKey(key), strings.TrimSpace(reader.Stdout)} {
			if strings.Contains(list.Stdout, secret) {
				t.Error("the list shows a key or its hash")
			}
			if strings.Contains(p.Stderr(), secret) {
				t.Error("the log shows a key or its hash")
			}
		}
		files, err := filepath.Glob(database + "*") // none of PostgreSQL's, see TestKeysStandNowhere
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), key) {
				t.Errorf("%s holds the key", filepath.Base(file))
			}
		}
	})
}

// within10Seconds waits until the server answers so, which is promised within 10 seconds of a change of the keys.
func within10Seconds(t *testing.T, p *routecardtest.Process, key string, want int) {
	t.Helper()
	var headers []string
	if key != "" {
		headers = []string{"Authorization: Bearer " + key}
	}
	status := 0
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if status = p.Do(t, "GET", "/api/jobs", "", headers...).Status; status == want {
			return
		}
	}
	t.Fatalf("the status is %d after 10 seconds, want %d", status, want)
}

// TestKeysCommandRefuses checks that each refusal is one sentence, and that nothing was made.
func TestKeysCommandRefuses(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLite(t)
	const wantName = "a name is 1 to 255 characters long, without blanks around it and without control characters"
	for _, c := range []struct {
		want string
		args []string
	}{
		{"there is no database " + database, []string{"list"}},
		{"there is no database " + database, []string{"revoke", "--name", "erp"}},
		{wantName, []string{"create", "--name", "", "--role", "read"}},
		{wantName, []string{"create", "--name", " erp", "--role", "read"}},
		{wantName, []string{"create", "--name", "a\nb", "--role", "read"}},
		{wantName, []string{"create", "--name", strings.Repeat("x", 256), "--role", "read"}},
	} {
		exit := keys(t, database, c.args...)
		wantEqual(t, "the exit code of "+strings.Join(c.args, " "), exit.Code, 1)
		wantEqual(t, "standard output", exit.Stdout, "")
		if lines := strings.Split(strings.TrimSpace(exit.Stderr), "\n"); lines[len(lines)-1] != "routecard: "+c.want {
			t.Errorf("standard error of %q is %q", c.args, exit.Stderr)
		}
	}
	// What the command line itself refuses it explains with more than a sentence.
	for _, args := range [][]string{
		{"create", "--name", "erp"},
		{"create", "--role", "read"},
		{"create", "--name", "erp", "--role", "admin"},
		{"revoke"},
	} {
		if exit := keys(t, database, args...); exit.Code == 0 || exit.Stdout != "" {
			t.Errorf("keys %s: exit code %d, standard output %q", strings.Join(args, " "), exit.Code, exit.Stdout)
		}
	}
	list := keys(t, database, "list")
	if !slices.Equal(strings.Fields(list.Stdout), []string{"NAME", "ROLE", "CREATED", "REVOKED"}) {
		t.Errorf("the list is\n%s", list.Stdout)
	}
}
