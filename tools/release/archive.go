package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
)

// entry is a file of an archive. A name that ends with a slash is a folder.
type entry struct {
	name    string
	mode    int64
	content []byte
	// owner is the number of the user and of the group.
	owner int
}

// writeArchive writes the archive for people who install by hand: the program, its license, and on Unix its manual page and
// completions.
func (b build) writeArchive(t target) error {
	folder := strings.TrimSuffix(b.name(t, ""), "/") + "/"
	files := map[string]string{filepath.Base(t.program): t.program, "LICENSE": "LICENSE", "CHANGELOG.md": "CHANGELOG.md"}
	order := []string{filepath.Base(t.program), "LICENSE", "CHANGELOG.md"}
	if t.system != "windows" {
		for _, name := range []string{"man/routecard.1", "completions/routecard", "completions/_routecard", "completions/routecard.fish"} {
			files[name] = "deploy/" + name
			order = append(order, name)
		}
	}
	var entries []entry
	for _, name := range order {
		source := files[name]
		if !filepath.IsAbs(source) {
			source = filepath.Join(b.root, filepath.FromSlash(source))
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		mode := int64(0o644)
		if files[name] == t.program {
			mode = 0o755
		}
		entries = append(entries, entry{name: folder + name, mode: mode, content: content})
	}
	if t.system == "windows" {
		packed, err := b.zip(entries)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(b.out, b.name(t, ".zip")), packed, 0o644)
	}
	plain, err := b.tar(entries)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	compressor := gzip.NewWriter(&packed)
	if _, err := compressor.Write(plain); err != nil {
		return err
	}
	if err := compressor.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.out, b.name(t, ".tar.gz")), packed.Bytes(), 0o644)
}

func (b build) tar(entries []entry) ([]byte, error) {
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	for _, e := range entries {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: b.at, Uid: e.owner, Gid: e.owner,
			Format: tar.FormatPAX,
		}
		if strings.HasSuffix(e.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(e.content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return packed.Bytes(), err
}

func (b build) zip(entries []entry) ([]byte, error) {
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	for _, e := range entries {
		file, err := writer.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: b.at})
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(e.content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return packed.Bytes(), err
}
