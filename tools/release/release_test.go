package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// repository is the root of the repository, from the folder of this package.
const repository = "../.."

// TestRelease builds a release for this machine twice, compares the two, installs the Debian package over a database of version
// 0.1.0, reads the RPM package, and runs the image.
func TestRelease(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Fatal("the packages are tested on Linux")
	}
	host := "linux/" + runtime.GOARCH
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	b, err := newBuild(repository, first)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{first, second} {
		if err := release(repository, out, []string{host}); err != nil {
			t.Fatal(err)
		}
	}
	for _, suffix := range []string{".tar.gz", ".deb", ".rpm", ".oci.tar", ".cdx.json"} {
		name := b.name(target{system: "linux", processor: runtime.GOARCH}, suffix)
		if !bytes.Equal(read(t, filepath.Join(first, name)), read(t, filepath.Join(second, name))) {
			t.Errorf("two builds of %s differ", name)
		}
	}
	if !bytes.Equal(read(t, filepath.Join(first, "SHA256SUMS")), read(t, filepath.Join(second, "SHA256SUMS"))) {
		t.Error("the checksums of two builds differ")
	}
	run(t, first, "sha256sum", "--check", "--strict", "SHA256SUMS")
	file := func(suffix string) string {
		return filepath.Join(first, b.name(target{system: "linux", processor: runtime.GOARCH}, suffix))
	}
	t.Run("software", func(t *testing.T) {
		for _, want := range []string{`"bomFormat": "CycloneDX"`, `"name": "github.com/gin-gonic/gin"`, `"name": "std"`} {
			if !strings.Contains(string(read(t, file(".cdx.json"))), want) {
				t.Errorf("the list of the software lacks %s", want)
			}
		}
	})
	t.Run("package", func(t *testing.T) { testPackage(t, b, file(".deb")) })
	t.Run("rpm", func(t *testing.T) { testRPM(t, b, file(".rpm")) })
	t.Run("image", func(t *testing.T) { testImage(t, b, file(".oci.tar")) })
}

// testPackage installs the Debian package into an empty root in which version 0.1.0 has left a database.
func testPackage(t *testing.T, b build, deb string) {
	root := t.TempDir()
	data := filepath.Join(root, dataFolder)
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", dataFolder} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	database := filepath.Join(data, "routecard.db")
	for name, content := range map[string][]byte{
		filepath.Join(root, "var/lib/dpkg/status"): nil,
		database: read(t, filepath.Join(repository, "internal/e2e/testdata/0.1.0/routecard.db")),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dpkg := func(args ...string) {
		t.Helper()
		run(t, root, "dpkg", append([]string{"--root=" + root, "--force-not-root", "--force-script-chrootless", "--log=" + filepath.Join(root, "log")}, args...)...)
	}
	dpkg("--install", deb)
	program := filepath.Join(root, "usr/bin/routecard")
	if got, want := run(t, root, program, "version"), "routecard "+b.version+" (commit "+b.commit+", "; !strings.HasPrefix(got, want) {
		t.Errorf("the program says %q, want %q", got, want)
	}
	unit := string(read(t, filepath.Join(root, "usr/lib/systemd/system/routecard.service")))
	if !strings.Contains(unit, "\nExecStart=/usr/bin/routecard serve\n") || !strings.Contains(unit, "\nEnvironmentFile=-/etc/routecard/routecard.env\n") {
		t.Errorf("the unit starts something else:\n%s", unit)
	}
	serve := func() {
		t.Helper()
		var env []string
		for line := range strings.Lines(string(read(t, filepath.Join(root, "etc/routecard/routecard.env")))) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				env = append(env, strings.ReplaceAll(line, dataFolder, data))
			}
		}
		testServer(t, program, data, env, 1)
	}
	serve()
	if len(backupsIn(t, data)) == 0 {
		t.Error("the server has made no backup")
	}
	// The second installation is an upgrade, which must keep the settings and the data.
	settings := filepath.Join(root, "etc/routecard/routecard.env")
	changed := append(read(t, settings), "ROUTECARD_LOG_LEVEL=debug\n"...)
	if err := os.WriteFile(settings, changed, 0o640); err != nil {
		t.Fatal(err)
	}
	dpkg("--install", deb)
	if !bytes.Equal(read(t, settings), changed) {
		t.Error("an upgrade has changed the settings")
	}
	serve()
	run(t, data, program, "check", "--database", database)
	dpkg("--remove", "routecard")
	if _, err := os.Stat(program); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the program is still there: %v", err)
	}
	read(t, database)
	read(t, settings)
	dpkg("--purge", "routecard")
	for _, left := range []string{data, filepath.Dir(settings)} {
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there after a purge: %v", left, err)
		}
	}
}

// testRPM reads the RPM package with RPM's own program, which can install it only into a root with a shell.
func testRPM(t *testing.T, b build, file string) {
	if got := run(t, ".", "rpm", "--checksig", file); !strings.HasSuffix(got, ": digests OK\n") {
		t.Errorf("rpm --checksig says %s", got)
	}
	const format = "%{NAME} %{VERSION} %{BUILDHOST} %{BUILDTIME}\n[%{FILENAMES} %{FILEMODES:perms} %{FILEFLAGS:fflags}\n]"
	got := run(t, ".", "rpm", "--query", "--package", "--queryformat", format, file)
	want := fmt.Sprintf(`routecard %s localhost %d
/etc/routecard/routecard.env -rw-r----- cn
/usr/bin/routecard -rwxr-xr-x%[3]s
/usr/lib/systemd/system/routecard.service -rw-r--r--%[3]s
/usr/share/bash-completion/completions/routecard -rw-r--r--%[3]s
/usr/share/doc/routecard/copyright -rw-r--r--%[3]s
/usr/share/fish/vendor_completions.d/routecard.fish -rw-r--r--%[3]s
/usr/share/man/man1/routecard.1 -rw-r--r--%[3]s
/usr/share/zsh/site-functions/_routecard -rw-r--r--%[3]s
`, b.version, b.at.Unix(), " ")
	if got != want {
		t.Errorf("the package has\n%swant\n%s", got, want)
	}
	for _, script := range []string{"postinstall", "preremove", "postremove"} {
		source := strings.TrimSpace(string(read(t, filepath.Join(repository, "deploy/package", script))))
		if !strings.Contains(run(t, ".", "rpm", "--query", "--package", "--scripts", file), source) {
			t.Errorf("the package lacks the script %s", script)
		}
	}
}

func backupsIn(t *testing.T, data string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(data, "backups", "routecard-*.db"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// testImage unpacks the image and runs its program with the image's settings.
func testImage(t *testing.T, b build, archive string) {
	layout, root := t.TempDir(), t.TempDir()
	unpack(t, bytes.NewReader(read(t, archive)), layout)
	type descriptor struct {
		MediaType, Digest string
		Annotations       map[string]string
	}
	blob := func(digest string) []byte {
		return read(t, filepath.Join(layout, "blobs", strings.ReplaceAll(digest, ":", "/")))
	}
	var index struct{ Manifests []descriptor }
	decode(t, read(t, filepath.Join(layout, "index.json")), &index)
	if len(index.Manifests) != 1 || index.Manifests[0].MediaType != "application/vnd.oci.image.manifest.v1+json" ||
		index.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != b.version {
		t.Fatalf("the index is %+v", index)
	}
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	decode(t, blob(index.Manifests[0].Digest), &manifest)
	var image struct {
		OS, Architecture string
		Config           struct {
			User            string
			Env, Entrypoint []string
			Volumes         map[string]struct{}
		}
	}
	decode(t, blob(manifest.Config.Digest), &image)
	_, volume := image.Config.Volumes[dataFolder]
	if image.OS != "linux" || image.Architecture != runtime.GOARCH || image.Config.User != "65532:65532" || !volume {
		t.Errorf("the image is %+v", image)
	}
	for _, layer := range manifest.Layers {
		plain, err := gzip.NewReader(bytes.NewReader(blob(layer.Digest)))
		if err != nil {
			t.Fatal(err)
		}
		unpack(t, plain, root)
	}
	var env []string
	for _, variable := range image.Config.Env {
		if !strings.HasPrefix(variable, "ROUTECARD_ADDR=") { // all addresses, for which an API key is needed
			env = append(env, strings.ReplaceAll(variable, dataFolder, filepath.Join(root, dataFolder)))
		}
	}
	testServer(t, filepath.Join(root, image.Config.Entrypoint[0]), filepath.Join(root, dataFolder), env, 0)
}

// testServer starts a server, looks for the number of jobs, and stops the server.
func testServer(t *testing.T, program, folder string, env []string, jobs int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	var log bytes.Buffer
	command := exec.Command(program, "serve", "--addr", address)
	command.Dir, command.Env, command.Stderr = folder, env, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	var found []struct{ Name string }
	for {
		select {
		case err := <-exited:
			t.Fatalf("the server has ended: %v\n%s", err, &log)
		case <-time.After(50 * time.Millisecond):
		}
		response, err := http.Get("http://" + address + "/api/jobs")
		if err != nil {
			continue
		}
		content, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		decode(t, content, &found)
		break
	}
	if len(found) != jobs {
		t.Errorf("there are %d jobs, want %d", len(found), jobs)
	}
	// The first backup is due at once.
	for jobs > 0 && len(backupsIn(t, folder)) == 0 {
		time.Sleep(50 * time.Millisecond)
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-exited; err != nil {
		t.Errorf("the server ends with %v\n%s", err, &log)
	}
}

// unpack unpacks an archive into a folder.
func unpack(t *testing.T, archive io.Reader, folder string) {
	t.Helper()
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(folder, filepath.FromSlash(header.Name))
		if header.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(name, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, os.FileMode(header.Mode)); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func decode(t *testing.T, content []byte, target any) {
	t.Helper()
	if err := json.Unmarshal(content, target); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
}

// run runs a program, which must succeed, and returns what it prints.
func run(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = folder
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output)
}
