package server

import (
	"embed"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// docsFiles are the explorer: Swagger UI 5.35.0 (swagger-ui-dist) and the page that starts it.
//
//go:embed docs/index.html docs/docs.js docs/docs.css docs/favicon.png docs/swagger-ui.css docs/swagger-ui-bundle.js
var docsFiles embed.FS

// docsPolicy allows the explorer to load its own files and to call this server, and nothing else. Swagger UI's icons are
// data: images.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// serveDocs adds the explorer, which needs no other host.
func (s *Server) serveDocs(routes gin.IRouter) {
	for _, name := range []string{"index.html", "docs.js", "docs.css", "favicon.png", "swagger-ui.css", "swagger-ui-bundle.js"} {
		// Loaded at the first request, because most servers never show the explorer, and it takes 2 MB.
		load := sync.OnceValues(func() (staticFile, error) {
			content, err := docsFiles.ReadFile("docs/" + name)
			return newStaticFile(mime.TypeByExtension(path.Ext(name)), content), err
		})
		routes.GET(strings.TrimSuffix("/docs/"+name, "/index.html"), func(c *gin.Context) {
			file, err := load()
			if err != nil {
				s.fail(c, err)
				return
			}
			c.Header("Content-Security-Policy", docsPolicy)
			c.Header("Referrer-Policy", "no-referrer")
			file.send(c)
		})
	}
}
