package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// imageUser is the user and group of the program in a container. The host has no such user.
const imageUser = 65532

// dataFolder is where the program keeps its data, in a container and on a machine.
const dataFolder = "/var/lib/routecard"

// writeImage writes an OCI image as an archive of an OCI layout. The image has the program, a folder for its data, and nothing
// else.
func (b build) writeImage(t target) error {
	program, err := os.ReadFile(t.program)
	if err != nil {
		return err
	}
	files, err := b.tar([]entry{
		{name: "tmp/", mode: 0o1777},
		{name: "usr/", mode: 0o755},
		{name: "usr/bin/", mode: 0o755},
		{name: "usr/bin/routecard", mode: 0o755, content: program},
		{name: "var/", mode: 0o755},
		{name: "var/lib/", mode: 0o755},
		{name: dataFolder[1:] + "/", mode: 0o700, owner: imageUser},
	})
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return err
	}
	image, err := mutate.Append(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), mutate.Addendum{
		Layer: layer, History: v1.History{Created: v1.Time{Time: b.at}, CreatedBy: "make release"},
	})
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = t.system, t.processor, v1.Time{Time: b.at}
	config.Config = v1.Config{
		User: "65532:65532", WorkingDir: dataFolder, Entrypoint: []string{"/usr/bin/routecard"}, Cmd: []string{"serve"},
		Env:          []string{"ROUTECARD_ADDR=0.0.0.0:3000", "ROUTECARD_DATABASE=" + dataFolder + "/routecard.db"},
		ExposedPorts: map[string]struct{}{"3000/tcp": {}}, Volumes: map[string]struct{}{dataFolder: {}},
		Labels: map[string]string{
			"org.opencontainers.image.title": "Routecard", "org.opencontainers.image.version": b.version,
			"org.opencontainers.image.revision": b.commit, "org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.source": "https://github.com/routecard/routecard",
		},
	}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "routecard-image")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	written, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	name := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": b.version})
	if err := written.AppendImage(image, name, layout.WithPlatform(v1.Platform{OS: t.system, Architecture: t.processor})); err != nil {
		return err
	}
	return b.packFolder(folder, filepath.Join(b.out, b.name(t, ".oci.tar")))
}

// packFolder writes an archive with the files of a folder, in the order of their names.
func (b build) packFolder(folder, file string) error {
	var entries []entry
	err := filepath.WalkDir(folder, func(path string, found os.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if found.IsDir() {
			entries = append(entries, entry{name: filepath.ToSlash(name) + "/", mode: 0o755})
			return nil
		}
		content, err := os.ReadFile(path)
		entries = append(entries, entry{name: filepath.ToSlash(name), mode: 0o644, content: content})
		return err
	})
	if err != nil {
		return err
	}
	packed, err := b.tar(entries)
	if err != nil {
		return err
	}
	return os.WriteFile(file, packed, 0o644)
}
