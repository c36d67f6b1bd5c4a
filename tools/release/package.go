package main

import (
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // format
)

// writePackage writes a Debian or an RPM package, which installs the program as a service.
func (b build) writePackage(t target, format string) error {
	deploy := func(name string) string { return filepath.Join(b.root, "deploy", filepath.FromSlash(name)) }
	content := func(source, destination string, mode os.FileMode) *files.Content {
		return &files.Content{
			Source: source, Destination: destination,
			FileInfo: &files.ContentFileInfo{Mode: mode, Owner: "root", Group: "root", MTime: b.at},
		}
	}
	zsh := "/usr/share/zsh/vendor-completions"
	if format == "rpm" {
		zsh = "/usr/share/zsh/site-functions"
	}
	settings := content(deploy("systemd/routecard.env"), "/etc/routecard/routecard.env", 0o640)
	settings.Type = files.TypeConfigNoReplace
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "routecard", Arch: t.processor, Platform: "linux", Version: b.version, Release: "1", MTime: b.at,
		Section: "misc", Priority: "optional", Maintainer: "The Routecard authors <routecard@users.noreply.github.com>",
		Description: "Tracks production jobs on a shop floor\n A server with an HTTP API and pages, with SQLite or PostgreSQL.",
		Homepage:    "https://github.com/routecard/routecard", License: "Apache-2.0", DisableGlobbing: true,
		Overridables: nfpm.Overridables{
			// By default it is the name of the machine, so two machines would build different bytes.
			RPM: nfpm.RPM{BuildHost: "localhost"},
			Contents: files.Contents{
				content(t.program, "/usr/bin/routecard", 0o755),
				content(deploy("systemd/routecard.service"), "/usr/lib/systemd/system/routecard.service", 0o644),
				settings,
				content(deploy("man/routecard.1"), "/usr/share/man/man1/routecard.1", 0o644),
				content(deploy("completions/routecard"), "/usr/share/bash-completion/completions/routecard", 0o644),
				content(deploy("completions/_routecard"), zsh+"/_routecard", 0o644),
				content(deploy("completions/routecard.fish"), "/usr/share/fish/vendor_completions.d/routecard.fish", 0o644),
				content(filepath.Join(b.root, "LICENSE"), "/usr/share/doc/routecard/copyright", 0o644),
			},
			Scripts: nfpm.Scripts{
				PostInstall: deploy("package/postinstall"), PreRemove: deploy("package/preremove"), PostRemove: deploy("package/postremove"),
			},
		},
	})
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(b.out, b.name(t, "."+format)))
	if err != nil {
		return err
	}
	if err := packager.Package(info, file); err != nil {
		return err
	}
	return file.Close()
}
