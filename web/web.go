// Package web embeds the pages, as `make web` has built them. Their source is in web/src; package server serves them.
package web

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files returns the built pages: index.html, and the files that it loads.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) //nolint:forbidigo // The name is a constant.
	}
	return files
}
