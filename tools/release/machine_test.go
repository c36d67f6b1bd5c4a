//go:build machine

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMachine installs the Debian package on a machine of its own, whose process 1 is systemd: it upgrades the package, kills the
// service and Litestream, removes the package, and purges it. testdata/machine.sh does this. It needs root, debootstrap, and
// systemd-nspawn, and takes a Debian or an Ubuntu from the network, the one that it runs on.
func TestMachine(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("systemd-nspawn needs root")
	}
	root := filepath.Join(t.TempDir(), "machine")
	release := string(read(t, "/etc/os-release"))
	codename := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)$`).FindStringSubmatch(release)
	if codename == nil {
		t.Fatalf("not a Debian or an Ubuntu:\n%s", release)
	}
	run(t, ".", "debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,curl", codename[1], root)

	place := func(name, content string, mode os.FileMode) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	b, err := newBuild(repository, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	deb := func(version string) string {
		t.Helper()
		b.version = version
		host := target{"linux", runtime.GOARCH, filepath.Join(t.TempDir(), "routecard")}
		if err := b.publish(host); err != nil {
			t.Fatal(err)
		}
		return string(read(t, filepath.Join(b.out, b.name(host, ".deb"))))
	}
	place("root/new.deb", deb(b.version), 0o644)
	place("root/old.deb", deb("0.0.1"), 0o644)
	place("root/old.db", string(read(t, filepath.Join(repository, "internal/e2e/testdata/0.1.0/routecard.db"))), 0o644)
	run(t, filepath.Join(repository, "tools/litestream"), "env", "CGO_ENABLED=0", "go", "build", "-buildvcs=false",
		"-o", filepath.Join(root, "usr/bin/litestream"), "github.com/benbjohnson/litestream/cmd/litestream")
	guide := string(read(t, filepath.Join(repository, "docs/guides/backup-and-restore.md")))
	place("root/litestream.yml", block(t, guide, "/etc/litestream.yml"), 0o644)
	place("root/routecard-litestream.service", block(t, guide, "/etc/systemd/system/routecard-litestream.service"), 0o644)
	place("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n", 0o644)

	const log = "var/log/routecard-machine.log"
	place("usr/local/bin/machine.sh", string(read(t, "testdata/machine.sh")), 0o755)
	place("etc/systemd/system/machine.service", `[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/usr/local/bin/machine.sh
StandardOutput=file:/`+log+`
StandardError=inherit
ExecStopPost=systemctl --no-block poweroff
TimeoutStartSec=480
[Install]
WantedBy=graphical.target
`, 0o644)
	run(t, ".", "systemctl", "--root="+root, "enable", "machine.service")

	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	machine := exec.CommandContext(ctx, "systemd-nspawn", "--directory="+root, "--private-network", "--register=no", "--keep-unit", "--boot")
	machine.Cancel = func() error { return machine.Process.Signal(os.Interrupt) }
	machine.WaitDelay = time.Minute
	machine.Env = os.Environ()
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil {
		machine.Env = append(machine.Env, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0")
	}
	console, err := machine.CombinedOutput()
	if err != nil {
		t.Errorf("systemd-nspawn: %v\n%s", err, console)
	}
	said := string(read(t, filepath.Join(root, log)))
	if strings.Contains(said, "FAULT: ") || !strings.HasSuffix(said, "\nDONE\n") {
		t.Errorf("the machine says:\n%s", said)
	}
	t.Log(said)
}

// block returns the block of a guide that follows the name of its file.
func block(t *testing.T, guide, file string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)`" + regexp.QuoteMeta(file) + "`.*?\n( *)```\\w+\n(.*?\n) *```\n").FindStringSubmatch(guide)
	if found == nil {
		t.Fatalf("the guide has no %s", file)
	}
	return regexp.MustCompile("(?m)^"+found[1]).ReplaceAllString(found[2], "")
}
