package store_test

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
)

// postgresName returns the name of a URL's database in error messages.
func postgresName(t *testing.T, database string) string {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("PostgreSQL database %s at %s", strings.TrimPrefix(parsed.Path, "/"), parsed.Host)
}

// TestPostgresRefuses checks that each failure is one sentence that says what to do about it, without the password.
func TestPostgresRefuses(t *testing.T) {
	t.Parallel()
	working := postgrestest.Database(t)
	with := func(change func(u *url.URL)) string {
		parsed, err := url.Parse(working)
		if err != nil {
			t.Fatal(err)
		}
		change(parsed)
		return parsed.String()
	}
	// A port without a server: it was free a moment ago.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := listener.Addr().String()
	_ = listener.Close()

	const malformed = "the database URL is not understood: expected postgres://user:password@host:port/database"
	for database, want := range map[string]string{
		"postgres://jo:secret@" + free + "/jobs":                     "cannot open the PostgreSQL database jobs at " + free + ": the server does not answer",
		"postgres://jo:secret@" + free + "/jobs?sslmode=x":           malformed,
		"postgres://jo:secret@localhost:port/jobs":                   malformed,
		"postgres://jo:se%zzcret@localhost/jobs":                     malformed,
		"postgres://jo:secret@localhost/jobs?connect_timeout=secret": malformed,
	} {
		refuse(t, database, want)
	}
	absent := with(func(u *url.URL) { u.Path = "/absent" })
	refuse(t, absent, "cannot open the "+postgresName(t, absent)+`: database "absent" does not exist`)
}

// TestPostgresRunsAsRoutecard checks the application name that PostgreSQL shows to an administrator.
func TestPostgresRunsAsRoutecard(t *testing.T) {
	t.Parallel()
	s := open(t, postgrestest.Database(t))
	var name string
	if err := anyPool(s).QueryRowContext(t.Context(), "SHOW application_name").Scan(&name); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "application_name", name, "routecard")
}
