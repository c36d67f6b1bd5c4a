package server

import (
	"embed"
	"mime"
	"net/http"
	"path"

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
	file := func(name string) gin.HandlerFunc {
		return func(c *gin.Context) {
			content, err := docsFiles.ReadFile("docs/" + name)
			if err != nil {
				s.fail(c, err)
				return
			}
			c.Header("Content-Security-Policy", docsPolicy)
			c.Header("Referrer-Policy", "no-referrer")
			// The files change with the binary, so a browser must ask whether they have changed.
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, mime.TypeByExtension(path.Ext(name)), content)
		}
	}
	routes.GET("/docs", file("index.html"))
	for _, name := range []string{"docs.js", "docs.css", "favicon.png", "swagger-ui.css", "swagger-ui-bundle.js"} {
		routes.GET("/docs/"+name, file(name))
	}
}
