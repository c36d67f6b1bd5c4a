package e2e

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

// keys runs `routecard keys`.
func keys(t *testing.T, database string, args ...string) result {
	t.Helper()
	return runCommand(t, append(append([]string{"keys"}, args...), "--database", database)...)
}

// TestKeys creates, uses, lists, and revokes keys while a server uses the database.
func TestKeys(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		p := startServer(t, "--database", database, "--log-level", "debug")
		wantEqual(t, "the status without any keys", p.do(t, "GET", "/api/jobs", "").Status, 200)

		created := keys(t, database, "create", "--name", "erp", "--role", "write")
		wantEqual(t, "the exit code of create", created.code, 0)
		if !regexp.MustCompile(`^rck_[A-Z2-7]{26}\n$`).MatchString(created.stdout) {
			t.Fatalf("standard output is %q, want the key alone", created.stdout)
		}
		key := strings.TrimSpace(created.stdout)
		wantEqual(t, "standard error of create", created.stderr, "This key is shown once. Requests send it as: Authorization: Bearer KEY\n")
		wantStatusWithin10Seconds(t, p, "", 401)
		wantEqual(t, "the status with the key", p.do(t, "POST", "/api/jobs", exampleJob, "Authorization: Bearer "+key).Status, 201)

		wantFailure(t, keys(t, database, "create", "--name", "erp", "--role", "read"),
			"there is a key named erp already; names are not given twice, so that events stay clear")

		wantEqual(t, "the exit code of revoke", keys(t, database, "revoke", "--name", "erp").code, 0)
		wantStatusWithin10Seconds(t, p, key, 401)
		wantEqual(t, "standard error of a second revoke", keys(t, database, "revoke", "--name", "erp").stderr, "routecard: Key not found: erp\n")

		reader := keys(t, database, "create", "--name", "board", "--role", "read")
		wantEqual(t, "the exit code of the next create", reader.code, 0)
		list := keys(t, database, "list")
		wantEqual(t, "the exit code of list", list.code, 0)
		// A timestamp has 24 characters.
		if !regexp.MustCompile(`^NAME +ROLE +CREATED +REVOKED\nerp +write +\S{24} +\S{24}\nboard +read +\S{24} +-\n$`).MatchString(list.stdout) {
			t.Errorf("the list is\n%s", list.stdout)
		}
		wantStatusWithin10Seconds(t, p, strings.TrimSpace(reader.stdout), 200)
		p.terminate()

		for _, secret := range []string{key, store.HashKey(key), strings.TrimSpace(reader.stdout)} {
			if strings.Contains(list.stdout, secret) {
				t.Error("the list shows a key or its hash")
			}
			if strings.Contains(p.stderr.String(), secret) {
				t.Error("the log shows a key or its hash")
			}
		}
		files, err := filepath.Glob(database + "*") // finds no files of PostgreSQL; TestKeysAreNotStored covers that
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), key) {
				t.Errorf("%s contains the key", filepath.Base(file))
			}
		}
	})
}

// wantStatusWithin10Seconds waits until the server answers requests that send the key with the given status. The
// documentation promises that a change of the keys takes effect within 10 seconds.
func wantStatusWithin10Seconds(t *testing.T, p *process, key string, want int) {
	t.Helper()
	var headers []string
	if key != "" {
		headers = []string{"Authorization: Bearer " + key}
	}
	status := 0
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if status = p.do(t, "GET", "/api/jobs", "", headers...).Status; status == want {
			return
		}
	}
	t.Fatalf("the status is %d after 10 seconds, want %d", status, want)
}

// TestKeysRefusals checks that each refusal prints one error message and creates no key.
func TestKeysRefusals(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	const badName = "a name is 1 to 255 characters long, without blanks around it and without control characters"
	for _, c := range []struct {
		want string
		args []string
	}{
		{"there is no database " + database, []string{"list"}},
		{"there is no database " + database, []string{"revoke", "--name", "erp"}},
		{badName, []string{"create", "--name", "", "--role", "read"}},
		{badName, []string{"create", "--name", " erp", "--role", "read"}},
		{badName, []string{"create", "--name", "a\nb", "--role", "read"}},
		{badName, []string{"create", "--name", strings.Repeat("x", 256), "--role", "read"}},
	} {
		wantFailureAfterLog(t, keys(t, database, c.args...), c.want)
	}
	// For these the command line parser prints more than one line.
	for _, args := range [][]string{
		{"create", "--name", "erp"},
		{"create", "--role", "read"},
		{"create", "--name", "erp", "--role", "admin"},
		{"revoke"},
	} {
		if r := keys(t, database, args...); r.code == 0 || r.stdout != "" {
			t.Errorf("keys %s: exit code %d, standard output %q", strings.Join(args, " "), r.code, r.stdout)
		}
	}
	list := keys(t, database, "list")
	if !slices.Equal(strings.Fields(list.stdout), []string{"NAME", "ROLE", "CREATED", "REVOKED"}) {
		t.Errorf("the list is\n%s", list.stdout)
	}
}
