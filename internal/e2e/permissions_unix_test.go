//go:build unix

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// unprivileged returns the attributes of a process that may not write everywhere: if the tests run as root, it runs as
// the user nobody.
func unprivileged() *syscall.SysProcAttr {
	const nobody = 65534
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// sharedDir returns a new directory that every user may write to.
func sharedDir(t *testing.T) string {
	t.Helper()
	// The parent of t.TempDir() is closed to other users.
	dir, err := os.MkdirTemp("", "routecard") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	chmod(t, dir, 0o777)
	return dir
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestUnwritableDatabase starts the server as a user who may not write to the database.
func TestUnwritableDatabase(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	// newDatabase returns the path of a database in a directory with the given mode. Unless fileMode is 0, the file exists.
	newDatabase := func(name string, fileMode, dirMode os.FileMode) string {
		path := filepath.Join(dir, name, "routecard.db")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if fileMode != 0 {
			// A database that was served before also has a lock file.
			for _, file := range []string{path, path + ".lock"} {
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			chmod(t, path+".lock", 0o666)
			chmod(t, path, fileMode)
		}
		chmod(t, filepath.Dir(path), dirMode)
		return path
	}
	closed := newDatabase("closed", 0, 0o000)
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(closed), 0o700) }) // so that it can be deleted
	for _, path := range []string{
		closed,
		newDatabase("read-only", 0, 0o555),
		newDatabase("read-only file", 0o444, 0o777),
		newDatabase("closed file", 0o200, 0o777),
	} {
		server := program{args: []string{"--addr", "127.0.0.1:0", "--database", path}, dir: "/", attributes: unprivileged()}
		wantFailure(t, server.run(t), "cannot open the database "+path+": permission denied")
	}
}

// TestFileBecomesReadOnly makes the files of a running server read-only, and kills the server. What was acknowledged is
// there when the files are writable again, and the server never returned anything else.
func TestFileBecomesReadOnly(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	database := filepath.Join(dir, "routecard.db")
	server := program{args: []string{"--database", database, "--addr", "127.0.0.1:0"}, dir: "/", attributes: unprivileged()}
	p := server.start(t)
	acknowledged := jobSet{}
	setModes := func(fileMode, dirMode os.FileMode) {
		t.Helper()
		files, err := filepath.Glob(database + "*")
		if err != nil || len(files) < 3 { // the database, its write-ahead log, and its lock file
			t.Fatalf("the files are %v, %v", files, err)
		}
		for _, file := range files {
			chmod(t, file, fileMode)
		}
		chmod(t, dir, dirMode)
	}
	wantEqual(t, "the status before", acknowledged.create(t, p, exampleJob), http.StatusCreated)

	setModes(0o444, 0o555)
	for range 20 {
		acknowledged.create(t, p, exampleJob) // may succeed: on Linux an open file stays writable
	}
	acknowledged.wantOnly(t, p)
	p.kill()
	wantFailure(t, server.run(t), "cannot open the database "+database+": permission denied")

	setModes(0o644, 0o777)
	p = server.start(t)
	acknowledged.wantOnly(t, p)
	wantEqual(t, "the status after", acknowledged.create(t, p, exampleJob), http.StatusCreated)
	acknowledged.wantOnly(t, p)
}
