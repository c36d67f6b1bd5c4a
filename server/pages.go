package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// pagesPolicy allows the pages to load their own files and to call this server, and nothing else.
const pagesPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// pageRoutes are the pages. All of them are index.html, whose script shows the page of the path.
var pageRoutes = []string{"/", "/jobs/new", "/jobs/:id", "/units/:id", "/floor", "/board", "/labels", "/insights", "/settings"}

// pageFile is a file of the pages.
type pageFile struct {
	contentType, etag string
	plain             []byte
	// compressed returns the file compressed with gzip. The first call compresses it.
	compressed func() []byte
}

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
		sendPage(c, file)
	}
	for _, route := range pageRoutes {
		routes.GET(route, func(c *gin.Context) { serve(c, "index.html") })
	}
	routes.GET("/assets/:file", func(c *gin.Context) { serve(c, c.Param("file")) })
	// A service worker serves the paths below its own.
	routes.GET("/service-worker.js", func(c *gin.Context) { serve(c, "service-worker.js") })
	return nil
}

func loadPages(files fs.FS) (map[string]pageFile, error) {
	names, err := fs.Glob(files, "*.*")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]pageFile, len(names))
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		pages[name] = pageFile{
			contentType: mime.TypeByExtension(path.Ext(name)),
			etag:        hex.EncodeToString(sum[:8]),
			plain:       content,
			compressed:  sync.OnceValue(func() []byte { return gzipped(content) }),
		}
	}
	if _, ok := pages["index.html"]; !ok {
		return nil, errors.New("the folder of the pages has no index.html")
	}
	return pages, nil
}

// gzipped compresses content as much as gzip can, because the result is sent many times.
func gzipped(content []byte) []byte {
	var compressed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		panic(err) //nolint:forbidigo // Only an unknown level fails.
	}
	// Writing to memory cannot fail.
	_, _ = writer.Write(content)
	_ = writer.Close()
	return compressed.Bytes()
}

// sendPage responds with a file, or with 304 if the browser has it.
func sendPage(c *gin.Context, file pageFile) {
	content, etag := file.plain, `"`+file.etag+`"`
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		content, etag = file.compressed(), `"`+file.etag+`-gzip"`
		c.Header("Content-Encoding", "gzip")
	}
	c.Header("Vary", "Accept-Encoding")
	c.Header("Content-Security-Policy", pagesPolicy)
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("X-Content-Type-Options", "nosniff")
	// The files change with the binary, so a browser must ask whether they have changed.
	c.Header("Cache-Control", "no-cache")
	c.Header("ETag", etag)
	c.Header("Content-Type", file.contentType)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(content))
}
