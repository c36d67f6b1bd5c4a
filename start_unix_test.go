//go:build unix

package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// nobody is a user without rights, as whom the server is started when the tests run as root, who may write everywhere.
const nobody = 65534

// unprivileged is how to start a process that has no rights beyond its own files'.
func unprivileged() *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// TestUnwritableDatabase starts the server as a user who may not write where the database is to be.
func TestUnwritableDatabase(t *testing.T) {
	t.Parallel()
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
			Args: []string{"--addr", "127.0.0.1:0", "--database", path}, Dir: "/", System: unprivileged(),
		})
		wantEqual(t, "the exit code", exit.Code, 1)
		wantEqual(t, "standard error", exit.Stderr, "routecard: cannot open the database "+path+": permission denied\n")
	}
}

// TestFileBecomesReadOnly takes the right to write away from the file that is being served. What the server still answers
// must be true, and whatever was acknowledged is there when the right is given back, also after a kill in between.
func TestFileBecomesReadOnly(t *testing.T) {
	t.Parallel()
	// Not t.TempDir(): its parent is closed to others.
	dir, err := os.MkdirTemp("", "readonly") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	database := filepath.Join(dir, "routecard.db")
	launch := routecardtest.Launch{Args: []string{"--database", database}, Dir: "/", System: unprivileged()}
	p := routecardtest.Start(t, launch)
	acknowledged := map[string]bool{}
	create := func() int {
		t.Helper()
		answer := p.Do(t, "POST", "/api/jobs", exampleJob)
		if answer.Status == http.StatusCreated {
			acknowledged[routecardtest.Decode[gen.Job](t, answer).ID] = true
		} else {
			wantEqual(t, "the answer", strings.TrimSpace(answer.Body), `{"statusCode":500,"message":"Internal Server Error"}`)
		}
		return answer.Status
	}
	protect := func(file, folder os.FileMode) {
		t.Helper()
		files, err := filepath.Glob(database + "*")
		if err != nil || len(files) < 3 { // with its log and its lock
			t.Fatalf("the files are %v, %v", files, err)
		}
		for _, name := range files {
			if err := os.Chmod(name, file); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir, folder); err != nil {
			t.Fatal(err)
		}
	}
	wantEqual(t, "the status before", create(), http.StatusCreated)

	protect(0o444, 0o555)
	for range 20 {
		create() // an open file may still be written to, as on Linux
	}
	wantOnly(t, p, acknowledged)
	p.Kill()
	exit := routecardtest.Run(t, routecardtest.Launch{Args: append(launch.Args, "--addr", "127.0.0.1:0"), Dir: "/", System: unprivileged()})
	wantEqual(t, "the exit code", exit.Code, 1)
	wantEqual(t, "standard error", exit.Stderr, "routecard: cannot open the database "+database+": permission denied\n")

	protect(0o644, 0o777)
	p = routecardtest.Start(t, launch)
	wantOnly(t, p, acknowledged)
	wantEqual(t, "the status after", create(), http.StatusCreated)
	wantOnly(t, p, acknowledged)
}
