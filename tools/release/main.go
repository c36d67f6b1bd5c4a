// Command release builds what is published for a version: archives with the program, Debian and RPM packages, an image for
// containers, a list of the contained software, and checksums. Two runs for the same commit give the same bytes. It needs Go
// and git. It is a separate module, so that Routecard does not depend on its dependencies.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	root := flag.String("root", "../..", "the repository")
	out := flag.String("out", "", "the folder for what is built (default: dist in the repository)")
	targets := flag.String("targets", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64", "systems and processors")
	flag.Parse()
	if err := release(*root, *out, strings.Split(*targets, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// build is what all parts of a release have in common.
type build struct {
	root, out, version, commit string
	// at is the time of the commit. All files have it.
	at time.Time
}

// target is a system and a processor, in Go's words, and the program that was built for them.
type target struct{ system, processor, program string }

func release(root, out string, names []string) error {
	b, err := newBuild(root, out)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(b.out); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "routecard-release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		system, processor, _ := strings.Cut(name, "/")
		t := target{system, processor, filepath.Join(work, system, processor, "routecard")}
		if system == "windows" {
			t.program += ".exe"
		}
		if err := b.publish(t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return b.writeChecksums()
}

// newBuild reads the version from the source, and the commit from git.
func newBuild(root, out string) (b build, err error) {
	if b.root, err = filepath.Abs(root); err != nil {
		return b, err
	}
	if b.out, err = filepath.Abs(out); out == "" || err != nil {
		b.out = filepath.Join(b.root, "dist")
	}
	source, err := os.ReadFile(filepath.Join(b.root, "internal", "version", "version.go"))
	if err != nil {
		return b, err
	}
	number := regexp.MustCompile(`number = "([0-9.]+)"`).FindSubmatch(source)
	if number == nil {
		return b, fmt.Errorf("internal/version/version.go has no version")
	}
	b.version = string(number[1])
	logged, err := b.run(nil, "git", "-c", "safe.directory=*", "log", "-1", "--format=%H %ct")
	if err != nil {
		return b, err
	}
	commit, seconds, _ := strings.Cut(strings.TrimSpace(logged), " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	b.commit, b.at = commit, time.Unix(unix, 0).UTC()
	return b, err
}

// run runs a program in the repository and returns what it prints.
func (b build) run(env []string, name string, args ...string) (string, error) {
	command := exec.Command(name, args...)
	command.Dir, command.Env, command.Stderr = b.root, append(os.Environ(), env...), os.Stderr
	output, err := command.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(output), err
}

// publish builds the program for a target, and all files that contain it.
func (b build) publish(t target) error {
	const variable = "github.com/routecard/routecard/internal/version.commit="
	if _, err := b.run([]string{"CGO_ENABLED=0", "GOFLAGS=", "GOOS=" + t.system, "GOARCH=" + t.processor}, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X "+variable+b.commit, "-tags", "nomsgpack", "-o", t.program, "."); err != nil {
		return err
	}
	if err := b.writeArchive(t); err != nil {
		return err
	}
	if err := b.writeSoftwareList(t); err != nil {
		return err
	}
	if t.system != "linux" {
		return nil
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := b.writePackage(t, format); err != nil {
			return err
		}
	}
	return b.writeImage(t)
}

// name returns the name of a file of the release, without its folder.
func (b build) name(t target, suffix string) string {
	return fmt.Sprintf("routecard_%s_%s_%s%s", b.version, t.system, t.processor, suffix)
}

// writeChecksums writes the SHA-256 of each file, as sha256sum prints them.
func (b build) writeChecksums() error {
	entries, err := os.ReadDir(b.out)
	if err != nil {
		return err
	}
	var lines []string
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(b.out, entry.Name()))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+entry.Name()+"\n")
	}
	slices.Sort(lines)
	return os.WriteFile(filepath.Join(b.out, "SHA256SUMS"), []byte(strings.Join(lines, "")), 0o644)
}
