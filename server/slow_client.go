package server

import (
	"net/http"
	"slices"
	"time"
)

const (
	// slowReader is how long a client may take to read a piece of a response before the server closes the connection.
	slowReader = 30 * time.Second
	// piece is the length of a piece in bytes.
	piece = 32 << 10
)

// slowClientWriter writes a response in pieces and gives the client slowReader for each piece after the first, so that the
// server closes the connection of a client that stops reading, and not of one that reads a long response slowly. The first
// piece has the write timeout of the HTTP server.
type slowClientWriter struct {
	http.ResponseWriter
	written int
}

// waitForSlowReaders returns a handler that writes all responses with a slowClientWriter.
func waitForSlowReaders(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&slowClientWriter{ResponseWriter: w}, r)
	})
}

// Write implements [http.ResponseWriter].
func (w *slowClientWriter) Write(text []byte) (written int, err error) {
	for part := range slices.Chunk(text, piece) {
		// A small response, which most are, does not pay for a timer.
		if w.written += len(part); w.written > piece {
			w.extendDeadline()
		}
		n, err := w.ResponseWriter.Write(part)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Flush implements [http.Flusher]. It extends the deadline, because a stream may flush its first bytes long after its
// request.
func (w *slowClientWriter) Flush() {
	w.extendDeadline()
	_ = http.NewResponseController(w.ResponseWriter).Flush() // the next write returns the same error
}

func (w *slowClientWriter) extendDeadline() {
	deadline := time.Now().Add(slowReader) //nolint:forbidigo // The network's clock is the real one.
	// A response that is rendered to memory has no deadline.
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(deadline)
}

// Unwrap returns the writer below, for [http.ResponseController].
func (w *slowClientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
