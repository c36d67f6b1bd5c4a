// Command ensure makes sure that the tests find PostgreSQL, and prints in one line which one they use. If there is none, it
// installs Debian's package, provided that it runs as root or that sudo asks for no password. `make test` runs it once before the
// test binaries, because two of them cannot install the package at the same time.
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

// install installs Debian's package. It waits for another installation that is running.
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
