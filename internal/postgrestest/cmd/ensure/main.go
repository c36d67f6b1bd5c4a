// Ensure makes sure that the tests find a PostgreSQL, and says in one line which. It installs Debian's package where none
// is found and it may: as root, or with a sudo that asks for no password. `make test` runs it once, before the test
// binaries, which would get in each other's way.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
)

func main() {
	line, err := ensure()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(line)
}

func ensure() (string, error) {
	source, err := postgrestest.Locate()
	if errors.Is(err, postgrestest.ErrMissing) && mayInstall() {
		if err := install(); err != nil {
			return "", err
		}
		source, err = postgrestest.Locate()
	}
	switch {
	case errors.Is(err, postgrestest.ErrDeclined):
		return "POSTGRESQL IS NOT TESTED: " + err.Error(), nil
	case err != nil:
		return "", err
	case source.URL != nil:
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		version, err := postgrestest.Reachable(ctx, source.URL)
		return fmt.Sprintf("tests use PostgreSQL %s at %s", version, source.URL.Redacted()), err
	}
	version, err := exec.Command(filepath.Join(source.BinDir, "postgres"), "--version").Output()
	return fmt.Sprintf("tests use %s from %s", strings.TrimSpace(string(version)), source.BinDir), err
}

func mayInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && (os.Geteuid() == 0 || exec.Command("sudo", "-n", "true").Run() == nil)
}

// install installs Debian's package. Another installation that is under way is waited for.
func install() error {
	fmt.Println("PostgreSQL is missing: installing Debian's package")
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "postgresql"}} {
		command := []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"}
		if os.Geteuid() != 0 {
			command = slices.Insert(command, 0, "sudo", "-n")
		}
		command = append(command, args...)
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("PostgreSQL is missing, and %q failed: %w\n%s", strings.Join(command, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
