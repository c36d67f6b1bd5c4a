//go:build litestream

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// litestream is a Litestream that copies one database to a folder all the time.
type litestream struct {
	t                                          *testing.T
	program, config, socket, database, replica string
	command                                    *exec.Cmd
	log                                        *routecardtest.Log
}

// newLitestream builds Litestream and writes its configuration.
func newLitestream(t *testing.T, database string) *litestream {
	t.Helper()
	dir := t.TempDir()
	l := &litestream{
		t: t, program: filepath.Join(dir, "litestream"), config: filepath.Join(dir, "litestream.yml"),
		socket: filepath.Join(dir, "socket"), database: database, replica: filepath.Join(dir, "replica"),
	}
	build := exec.Command("go", "build", "-C", "../../tools/litestream", "-buildvcs=false", "-o", l.program, "github.com/benbjohnson/litestream/cmd/litestream")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build Litestream: %v\n%s", err, output)
	}
	config := fmt.Sprintf("socket: {enabled: true, path: %q}\ndbs: [{path: %q, replica: {type: file, path: %q}}]\n", l.socket, database, l.replica)
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

// start starts the copying and returns when a first copy is complete.
func (l *litestream) start() {
	l.t.Helper()
	l.log = &routecardtest.Log{}
	l.command = exec.Command(l.program, "replicate", "-config", l.config)
	l.command.Stdout, l.command.Stderr = l.log, l.log
	if err := l.command.Start(); err != nil {
		l.t.Fatal(err)
	}
	running, log := l.command, l.log
	exited := make(chan struct{})
	go func() {
		_ = running.Wait()
		close(exited)
	}()
	l.t.Cleanup(func() {
		_ = running.Process.Kill()
		<-exited
		if l.t.Failed() {
			l.t.Logf("Litestream logged:\n%s", log)
		}
	})
	await(l.t, "Litestream to start", func() bool { return l.run("sync", "-wait", "-socket", l.socket, l.database) == nil })
}

// kill kills Litestream with SIGKILL.
func (l *litestream) kill() {
	l.t.Helper()
	if err := l.command.Process.Kill(); err != nil {
		l.t.Fatal(err)
	}
	await(l.t, "Litestream to end", func() bool { return errors.Is(l.command.Process.Signal(os.Interrupt), os.ErrProcessDone) })
}

// forget deletes the replica and what Litestream keeps beside the database, so that it begins again with a whole copy.
func (l *litestream) forget() {
	l.t.Helper()
	state := filepath.Join(filepath.Dir(l.database), "."+filepath.Base(l.database)+"-litestream")
	if _, err := os.Stat(state); err != nil {
		l.t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(state), os.RemoveAll(l.replica)); err != nil {
		l.t.Fatal(err)
	}
}

func (l *litestream) run(args ...string) error {
	output, err := exec.Command(l.program, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("litestream %s: %w\n%s", args[0], err, output)
	}
	return err
}

// sync returns when the copy has everything that was committed before the call.
func (l *litestream) sync() {
	l.t.Helper()
	if err := l.run("sync", "-wait", "-socket", l.socket, l.database); err != nil {
		l.t.Fatal(err)
	}
}

// restore writes the copy to a new file and checks it.
func (l *litestream) restore() (file string) {
	l.t.Helper()
	file = filepath.Join(l.t.TempDir(), "restored.db")
	if err := l.run("restore", "-o", file, "file://"+l.replica); err != nil {
		l.t.Fatal(err)
	}
	wantSound(l.t, file)
	return file
}

// TestLitestream has Litestream copy the database of a server all the time, as docs/guides/backup-and-restore.md says, while
// clients create jobs. Litestream and the server are killed, as when the machine fails. The restored copy has every job that
// was acknowledged before the last sync. Litestream goes on after a kill, and copies a restored database into a new replica.
func TestLitestream(t *testing.T) {
	database := routecardtest.SQLitePath(t)
	l := newLitestream(t, database)
	server := startServer(t, "--database", database)
	l.start()
	creators := newJobCreators(t)
	var synced jobSet
	// work has clients create jobs, some of them after the last requested sync, and kills everything.
	work := func() {
		t.Helper()
		creators.start(server.url, 8)
		creators.await(1500)
		synced = creators.jobs()
		l.sync()
		creators.await(500)
		l.kill()
		server.kill()
		creators.stop()
	}
	work()
	server = startServer(t, "--database", database)
	creators.jobs().wantAll(t, server, creators.sent)
	l.start()
	work()

	epoch := func(p *process) string { return p.do(t, "GET", "/api/events", "").Header.Get("Routecard-Feed-Epoch") }
	server = startServer(t, "--database", database)
	before := epoch(server)
	server.terminate()
	wantEqual(t, "the exit code of restore", runCommand(t, "restore", l.restore(), "--database", database).code, 0)
	server = startServer(t, "--database", database)
	if after := epoch(server); after == before {
		t.Errorf("the epoch of the restored database is still %s", after)
	}
	synced.wantAll(t, server, creators.sent)
	restored := len(listJobs(t, server))
	t.Logf("%d jobs were acknowledged, %d of them before the last requested sync; the copy has %d", creators.count(), len(synced), restored)

	l.forget()
	l.start()
	later := newJobCreators(t)
	later.start(server.url, 8)
	later.await(500)
	later.stop()
	l.sync()
	server.terminate()
	server = startServer(t, "--database", l.restore())
	later.jobs().wantAll(t, server, restored+later.sent)
	synced.wantAll(t, server, restored+later.sent)
}
