package postgrestest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestLocate(t *testing.T) {
	for _, tc := range []struct {
		name, server, ci string
		wantErr          error
		wantMessage      string
	}{
		{name: "declined", server: "none", wantErr: ErrDeclined},
		{name: "declined on a developer's machine", server: "none", ci: "false", wantErr: ErrDeclined},
		{name: "declined in CI", server: "none", ci: "true", wantErr: ErrDeclinedInCI},
		{name: "a server", server: "postgres://u:secret@db:5432/postgres?sslmode=require"},
		{name: "a server, long scheme", server: "postgresql://db/postgres"},
		{name: "not a URL", server: "host=db password=secret", wantMessage: "ROUTECARD_TEST_POSTGRES must be a postgres:// URL, or none"},
		{name: "not a PostgreSQL URL", server: "mysql://secret@db", wantMessage: "ROUTECARD_TEST_POSTGRES must be a postgres:// URL, or none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv(EnvServer, tc.server)
			t.Setenv("CI", tc.ci)
			got, err := Locate()
			switch {
			case tc.wantErr != nil || tc.wantMessage != "":
				if !errors.Is(err, tc.wantErr) && (err == nil || err.Error() != tc.wantMessage) {
					t.Errorf("got error %v", err)
				}
			case err != nil:
				t.Error(err)
			case got.URL.String() != tc.server || got.BinDir != "":
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestLocatePrefersPath(t *testing.T) {
	t.Setenv(EnvServer, "")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	onlyOne := filepath.Join(dir, "initdb")
	if err := os.WriteFile(onlyOne, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := Locate(); err == nil && got.BinDir == dir {
		t.Error("a directory without postgres was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "postgres"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := Locate()
	if err != nil || got.BinDir != dir {
		t.Errorf("got %+v, %v; want %s", got, err, dir)
	}

	links := t.TempDir()
	t.Setenv("PATH", links)
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.Symlink(filepath.Join(dir, name), filepath.Join(links, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = Locate(); err != nil || got.BinDir != dir {
		t.Errorf("behind links: got %+v, %v; want %s", got, err, dir)
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]float64{
		"/usr/lib/postgresql/15/bin":                          15,
		"/usr/lib/postgresql/9.6/bin":                         9.6,
		"/opt/homebrew/opt/postgresql@17/bin":                 17,
		"/usr/local/opt/postgresql/bin":                       0,
		"/Applications/Postgres.app/Contents/Versions/16/bin": 16,
	} {
		if got := versionOf(dir); got != want {
			t.Errorf("%s is version %v, want %v", dir, got, want)
		}
	}
}

func TestWithDatabase(t *testing.T) {
	t.Setenv(EnvServer, "postgres://u:p%40ss@db:5432/postgres?sslmode=require")
	source, err := Locate()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := withDatabase(source.URL, "x"), "postgres://u:p%40ss@db:5432/x?sslmode=require"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
