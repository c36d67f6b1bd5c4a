package server

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// compressFrom is the length, in bytes, of the smallest response that is compressed.
const compressFrom = 1<<10 + 1

// compress compresses the responses of the handler for clients that accept gzip. Live streams are not compressed: an event must
// not wait in a buffer. A compressed response has the same ETag: the tag is the version of a resource, for If-Match, and not that of
// a representation.
func compress(handler http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(compressFrom),
		// It keeps no memory between two writes. Any other level keeps about 1 MB for each client that reads a list slowly.
		gzhttp.CompressionLevel(gzip.StatelessCompression),
		gzhttp.EnableZstd(false),
		gzhttp.SetContentType(false),
	)
	if err != nil {
		return nil, err
	}
	compressed := wrap(handler)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case acceptsEventStream(r):
			handler.ServeHTTP(w, r)
		case r.Method == http.MethodHead:
			// The library leaves responses to HEAD alone, and they must have the headers of GET.
			get := r.WithContext(r.Context())
			get.Method = http.MethodGet
			wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { handler.ServeHTTP(w, r) })).ServeHTTP(w, get)
		default:
			compressed.ServeHTTP(w, r)
		}
	}), nil
}
