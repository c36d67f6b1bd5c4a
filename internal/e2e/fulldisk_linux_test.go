package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of 24 MB and returns its directory. ok is false if the user may not mount.
func smallDisk(t *testing.T) (dir string, ok bool) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return "", false
	}
	if err != nil {
		t.Fatalf("mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir, true
}

// TestFullDisk fills the disk of a running server, kills the server, starts it again on the full disk, and frees space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, ok := smallDisk(t)
	if !ok {
		t.Log("only root may mount a small disk; TestSQLiteThatTakesNoMore tests the same with SQLite's own size limit")
		return
	}
	// Deleting this file frees enough space to copy the write-ahead log into the database.
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	database := filepath.Join(dir, "routecard.db")
	p := startServer(t, "--database", database)
	acknowledged := jobSet{}
	create := func(n int) (status int) {
		t.Helper()
		return acknowledged.create(t, p, fmt.Sprintf(`{"name":"%d%s","goalQuantity":1}`, n, strings.Repeat("x", 9000)))
	}
	fillDisk := func() {
		t.Helper()
		for n, failed := 0, 0; failed < 20; n++ {
			if n == 5000 {
				t.Fatal("the disk does not get full")
			}
			if create(n) != http.StatusCreated {
				failed++
			}
		}
		acknowledged.wantOnly(t, p)
	}
	fillDisk()
	wantEqual(t, "the status of /readyz", p.do(t, "GET", "/readyz", "").Status, http.StatusOK)

	p.kill()
	p = startServer(t, "--database", database)
	acknowledged.wantOnly(t, p)
	fillDisk()

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		wantEqual(t, "the status after space was freed", create(n), http.StatusCreated)
	}
	acknowledged.wantOnly(t, p)
	p.terminate()
	wantSound(t, database)
	p = startServer(t, "--database", database)
	acknowledged.wantOnly(t, p)
	p.terminate()
}
