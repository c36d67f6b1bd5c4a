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

// patientWriter writes a response in pieces and gives the client slowReader for each piece after the first, so that the
// server closes the connection of a client that stops reading, and not of one that reads a long response slowly. The first
// piece has the write timeout of the HTTP server.
type patientWriter struct {
	http.ResponseWriter
	written int
}

// waitForSlowReaders returns a handler that writes all responses with a patientWriter.
func waitForSlowReaders(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&patientWriter{ResponseWriter: w}, r)
	})
}

// Write implements [http.ResponseWriter].
func (p *patientWriter) Write(text []byte) (written int, err error) {
	for part := range slices.Chunk(text, piece) {
		// A small response, which most are, does not pay for a timer.
		if p.written += len(part); p.written > piece {
			p.extendDeadline()
		}
		n, err := p.ResponseWriter.Write(part)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Flush implements [http.Flusher]. It extends the deadline, because a stream may flush its first bytes long after its
// request.
func (p *patientWriter) Flush() {
	p.extendDeadline()
	_ = http.NewResponseController(p.ResponseWriter).Flush() // the next write returns the same error
}

func (p *patientWriter) extendDeadline() {
	deadline := time.Now().Add(slowReader) //nolint:forbidigo // The network's clock is the real one.
	// A response that is rendered to memory has no deadline.
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(deadline)
}

// Unwrap returns the writer below, for [http.ResponseController].
func (p *patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
