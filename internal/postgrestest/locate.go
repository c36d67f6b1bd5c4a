package postgrestest

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// EnvServer names the environment variable that says which PostgreSQL the tests use: a postgres:// URL of a server on
// which they may create databases, "none" to skip the tests that need one, or empty to use the binaries on this machine.
const EnvServer = "ROUTECARD_TEST_POSTGRES"

var (
	// ErrDeclined is returned when ROUTECARD_TEST_POSTGRES is "none": tests that need PostgreSQL are skipped.
	ErrDeclined = errors.New(EnvServer + "=none")

	// ErrDeclinedInCI is returned when ROUTECARD_TEST_POSTGRES is "none" and CI is "true": a green CI means that
	// PostgreSQL was tested.
	ErrDeclinedInCI = errors.New(EnvServer + "=none is not allowed with CI=true")

	// ErrMissing is returned when no server is named and no binaries are found.
	ErrMissing = errors.New("PostgreSQL is missing: install it (`make test` does on Debian as root; on macOS `brew install postgresql`), " +
		"or set " + EnvServer + " to the URL of a server, or to none to skip the tests that need one")
)

// Source is where PostgreSQL comes from. Exactly one field is set.
type Source struct {
	URL    *url.URL // a running server
	BinDir string   // the directory of the binaries initdb and postgres
}

// Locate finds PostgreSQL without starting or installing anything.
func Locate() (Source, error) {
	switch server := os.Getenv(EnvServer); {
	case server == "none" && os.Getenv("CI") == "true":
		return Source{}, ErrDeclinedInCI
	case server == "none":
		return Source{}, ErrDeclined
	case server != "":
		u, err := url.Parse(server)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			// The value is not shown, because it may contain a password.
			return Source{}, fmt.Errorf("%s must be a postgres:// URL, or none", EnvServer)
		}
		return Source{URL: u}, nil
	}
	dir, err := binaries()
	return Source{BinDir: dir}, err
}

// binaries returns the directory with PostgreSQL's server binaries, or ErrMissing.
func binaries() (string, error) {
	for _, dir := range binDirs() {
		if holdsServer(dir) {
			return followed(dir), nil
		}
	}
	return "", ErrMissing
}

func holdsServer(dir string) bool {
	return isExecutable(filepath.Join(dir, "initdb")) && isExecutable(filepath.Join(dir, "postgres"))
}

// followed resolves symbolic links: it returns the directory of the binaries that dir links to. That directory has the rest of
// PostgreSQL's programs, too.
func followed(dir string) string {
	if target, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres")); err == nil && holdsServer(filepath.Dir(target)) {
		return filepath.Dir(target)
	}
	return dir
}

// binDirs lists where the binaries may be, best first. Debian keeps them out of PATH, one directory for each version.
func binDirs() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",            // Debian, Ubuntu
		"/usr/pgsql-*/bin",                     // Red Hat, from PostgreSQL's own packages
		"/opt/homebrew/opt/postgresql*/bin",    // Homebrew on Apple silicon
		"/usr/local/opt/postgresql*/bin",       // Homebrew on Intel
		"/Applications/Postgres.app/*/*/*/bin", // Postgres.app
	} {
		found, _ := filepath.Glob(pattern) // fails on a malformed pattern only
		slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(versionOf(b), versionOf(a)) })
		dirs = append(dirs, found...)
	}
	return dirs
}

var lastNumber = regexp.MustCompile(`(\d+(?:\.\d+)?)\D*$`)

// versionOf returns the last number in a path ("/usr/lib/postgresql/15/bin": 15), and 0 where there is none.
func versionOf(dir string) float64 {
	match := lastNumber.FindStringSubmatch(dir)
	if match == nil {
		return 0
	}
	version, _ := strconv.ParseFloat(match[1], 64) // the expression admits numbers only
	return version
}

func isExecutable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil
}
