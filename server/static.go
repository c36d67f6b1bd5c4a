package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// staticFile is a response that changes only with the program: a file of the pages or of the explorer, or the contract.
type staticFile struct {
	contentType string
	plain       []byte
	// etag returns the beginning of the content's hash, and compressed the content compressed with gzip. The first call of each
	// computes it, so that a start does not wait for what nobody may ask for.
	etag       func() string
	compressed func() []byte
}

func newStaticFile(contentType string, content []byte) staticFile {
	return staticFile{
		contentType: contentType,
		plain:       content,
		etag: sync.OnceValue(func() string {
			sum := sha256.Sum256(content)
			return hex.EncodeToString(sum[:8])
		}),
		compressed: sync.OnceValue(func() []byte { return gzipped(content) }),
	}
}

// send responds with the content, or with 304 if the client has it. The header Vary is set where other responses are compressed.
func (f staticFile) send(c *gin.Context) {
	content, etag := f.plain, `"`+f.etag()+`"`
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		content, etag = f.compressed(), `"`+f.etag()+`-gzip"`
		c.Header("Content-Encoding", "gzip")
	}
	// The files change with the binary, so a browser must ask whether they have changed.
	c.Header("Cache-Control", "no-cache")
	c.Header("ETag", etag)
	c.Header("Content-Type", f.contentType)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(content))
}

// gzipped compresses content as much as gzip can, because the result is sent many times.
func gzipped(content []byte) []byte {
	var compressed bytes.Buffer
	// The level exists, and writing to memory cannot fail.
	writer, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	_, _ = writer.Write(content)
	_ = writer.Close()
	return compressed.Bytes()
}
