package contracttest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// Transport returns a RoundTripper that checks every response against the contract. It fails the test for each violation, and
// records the response in [Seen] if there is none. It checks a live stream event by event while the test reads it.
func Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	c := &checkingTransport{t: t, next: next}
	t.Cleanup(func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.over = true
	})
	return c
}

// checkingTransport is the RoundTripper of Transport.
type checkingTransport struct {
	t    testing.TB
	next http.RoundTripper

	mutex sync.Mutex
	// over reports whether the test has ended. A test that has ended must not be failed by a stream that is still read.
	over bool
}

// RoundTrip implements http.RoundTripper.
func (c *checkingTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(request)
	if err != nil {
		return response, err
	}
	operation := Routecard().Find(request.Method, request.URL.EscapedPath())
	if operation != nil && response.StatusCode == http.StatusOK && strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		Seen.Record(operation, response.StatusCode, response.Header)
		response.Body = &streamBody{ReadCloser: response.Body, transport: c, request: request, stream: &streamChecker{schema: operation.event()}}
		return response, nil
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
		return response, nil // the caller gets the error when it reads the body
	}
	answer := Answer{Status: response.StatusCode, Header: response.Header, Body: body}
	c.report(request, answer, Judge(request, answer))
	return response, nil
}

// Judge returns all violations of the contract in a response. It records the response in [Seen] if there are none.
func Judge(request *http.Request, answer Answer) []Finding {
	operation := Routecard().Find(request.Method, request.URL.EscapedPath())
	switch {
	case operation != nil:
		found := operation.Check(answer)
		if len(found) == 0 {
			Seen.Record(operation, answer.Status, answer.Header)
			if answer.Status >= http.StatusBadRequest {
				Seen.recordError(operation, answer)
			}
		}
		return found
	case answer.Status >= http.StatusBadRequest && request.Method != http.MethodHead && request.Method != http.MethodOptions:
		return Routecard().CheckError(answer)
	default:
		return nil
	}
}

// report fails the test if there are findings, unless the test has ended.
func (c *checkingTransport) report(request *http.Request, answer Answer, found []Finding) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(found) == 0 || c.over {
		return
	}
	c.t.Errorf("the response to %s %s violates the contract:\n%s\n%d %.2000s",
		request.Method, request.URL, Describe(found), answer.Status, answer.Body)
}

// Describe returns one line for each finding.
func Describe(found []Finding) string {
	lines := make([]string, len(found))
	for i, finding := range found {
		lines[i] = "  - " + finding.String()
	}
	return strings.Join(lines, "\n")
}

// streamBody is the body of a live stream. It checks the events that the test reads.
type streamBody struct {
	io.ReadCloser
	transport *checkingTransport
	request   *http.Request
	stream    *streamChecker
}

func (b *streamBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.stream.write(into[:n])
	found := b.stream.found
	b.stream.found = nil
	b.transport.report(b.request, Answer{Status: http.StatusOK, Body: into[:n]}, found)
	return n, err
}
