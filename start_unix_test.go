//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// nobody is a user without rights, as whom the server is started when the tests run as root, who may write everywhere.
const nobody = 65534

// TestUnwritableDatabase starts the server as a user who may not write where the database is to be.
func TestUnwritableDatabase(t *testing.T) {
	t.Parallel()
	var system *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		system = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	// Not t.TempDir(): its parent is closed to others, and the sentence would be about that.
	dir, err := os.MkdirTemp("", "unwritable") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(filepath.Join(dir, "closed"), 0o700)
		_ = os.RemoveAll(dir)
	})
	place := func(name string, fileMode, dirMode os.FileMode) string {
		path := filepath.Join(dir, name, "routecard.db")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if fileMode != 0 {
			// A database that was served before, with its lock.
			for _, file := range []string{path, path + ".lock"} {
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(path+".lock", 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, fileMode); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(filepath.Dir(path), dirMode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		place("closed", 0, 0o000),
		place("read-only", 0, 0o555),
		place("read-only file", 0o444, 0o777),
		place("closed file", 0o200, 0o777),
	} {
		exit := routecardtest.Run(t, routecardtest.Launch{
			Args: []string{"--addr", "127.0.0.1:0", "--database", path}, Dir: "/", System: system,
		})
		wantEqual(t, "the exit code", exit.Code, 1)
		wantEqual(t, "standard error", exit.Stderr, "routecard: cannot open the database "+path+": permission denied\n")
	}
}
