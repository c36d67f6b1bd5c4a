package server

import (
	"errors"
	"io/fs"
	"mime"
	"path"

	"github.com/gin-gonic/gin"
)

// pagesPolicy allows the pages to load their own files and to call this server, and nothing else.
const pagesPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// pageRoutes are the pages. All of them are index.html, whose script shows the page of the path.
var pageRoutes = []string{"/", "/jobs/new", "/jobs/:id", "/units/:id", "/floor", "/board", "/labels", "/insights", "/settings"}

// servePages adds the pages. They need no API key, because they get all data from the API. The files are read once; during
// development they are read for each request, so that a new build is visible at once.
func (s *Server) servePages(routes gin.IRouter, files fs.FS, development bool) error {
	pages, err := loadPages(files)
	if err != nil {
		return err
	}
	serve := func(c *gin.Context, name string) {
		current := pages
		if development {
			read, err := loadPages(files)
			if err != nil {
				s.fail(c, err)
				return
			}
			current = read
		}
		file, ok := current[name]
		if !ok {
			s.noRoute(c)
			return
		}
		c.Header("Content-Security-Policy", pagesPolicy)
		c.Header("Referrer-Policy", "no-referrer")
		file.send(c)
	}
	for _, route := range pageRoutes {
		routes.GET(route, func(c *gin.Context) { serve(c, "index.html") })
	}
	routes.GET("/assets/:file", func(c *gin.Context) { serve(c, c.Param("file")) })
	// A service worker serves the paths below its own.
	routes.GET("/service-worker.js", func(c *gin.Context) { serve(c, "service-worker.js") })
	return nil
}

func loadPages(files fs.FS) (map[string]staticFile, error) {
	names, err := fs.Glob(files, "*.*")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]staticFile, len(names))
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		pages[name] = newStaticFile(mime.TypeByExtension(path.Ext(name)), content)
	}
	if _, ok := pages["index.html"]; !ok {
		return nil, errors.New("the folder of the pages has no index.html")
	}
	return pages, nil
}
