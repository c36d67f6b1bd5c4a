package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// smallDisk is a folder with room for 24 MB. ok is false where nobody may mount one.
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

// TestFullDisk fills the disk under a server, kills the server, starts it again with no room, and makes room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, ok := smallDisk(t)
	if !ok {
		t.Log("only root may mount a small disk; TestSQLiteThatTakesNoMore shows the same by SQLite's own limit")
		return
	}
	ballast := filepath.Join(dir, "ballast")
	// When it goes there is room for the log to be taken into the file, of which it is a multiple by then.
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	launch := routecardtest.Launch{Args: []string{"--database", filepath.Join(dir, "routecard.db")}}
	p := routecardtest.Start(t, launch)
	acknowledged := map[string]bool{}
	create := func(n int) routecardtest.Answer {
		t.Helper()
		answer := p.Do(t, "POST", "/api/jobs", fmt.Sprintf(`{"name":"%d%s","goalQuantity":1}`, n, strings.Repeat("x", 9000)))
		if answer.Status == http.StatusCreated {
			acknowledged[routecardtest.Decode[gen.Job](t, answer).ID] = true
		}
		return answer
	}
	fillUp := func() {
		t.Helper()
		for n, refused := 0, 0; refused < 20; n++ {
			if n == 5000 {
				t.Fatal("the disk takes everything")
			}
			if answer := create(n); answer.Status != http.StatusCreated {
				refused++
				wantEqual(t, "the status", answer.Status, 500)
				wantEqual(t, "the answer", strings.TrimSpace(answer.Body), `{"statusCode":500,"message":"Internal Server Error"}`)
			}
		}
		wantOnly(t, p, acknowledged)
	}
	fillUp()
	wantEqual(t, "the status of /readyz", p.Do(t, "GET", "/readyz", "").Status, 200)

	p.Kill()
	p = routecardtest.Start(t, launch)
	wantOnly(t, p, acknowledged)
	fillUp()

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		wantEqual(t, "the status with room again", create(n).Status, 201)
	}
	wantOnly(t, p, acknowledged)
	p.Terminate()
	exit := routecardtest.Run(t, routecardtest.Launch{Args: append([]string{"check"}, launch.Args...)})
	wantEqual(t, "the exit code of check", exit.Code, 0)
	p = routecardtest.Start(t, launch)
	wantOnly(t, p, acknowledged)
	p.Terminate()
}
