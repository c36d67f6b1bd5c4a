package contracttest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Transport returns a RoundTripper that checks every answer against the contract, fails the test for one that breaks it,
// and records in [Seen] what came. A live stream is checked event by event while the test reads it.
func Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	judge := &transport{t: t, next: next}
	t.Cleanup(func() {
		judge.mutex.Lock()
		defer judge.mutex.Unlock()
		judge.over = true
	})
	return judge
}

type transport struct {
	t    testing.TB
	next http.RoundTripper

	mutex sync.Mutex
	// over guards t: whoever still reads a stream when its test has ended must not report to it.
	over bool
}

// RoundTrip implements http.RoundTripper.
func (j *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := j.next.RoundTrip(request)
	if err != nil {
		return response, err
	}
	operation := Routecard().Find(request.Method, request.URL.EscapedPath())
	if operation != nil && response.StatusCode == http.StatusOK && isStream(response.Header) {
		Seen.Record(operation, response.StatusCode, response.Header)
		response.Body = &streamBody{ReadCloser: response.Body, judge: j, request: request, stream: newStream(operation.event())}
		return response, nil
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	// What was cut off stays so for the one who reads it.
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), endingReader{err}))
	if err != nil {
		return response, nil //nolint:nilerr // the reader of the body is told
	}
	answer := Answer{Status: response.StatusCode, Header: response.Header, Body: body}
	j.report(request, answer, Judge(request, answer))
	return response, nil
}

// Judge records an answer that was read to its end, and returns every way in which it breaks the contract.
func Judge(request *http.Request, answer Answer) []Finding {
	operation := Routecard().Find(request.Method, request.URL.EscapedPath())
	switch {
	case operation != nil:
		found := operation.Check(answer)
		if len(found) == 0 {
			Seen.Record(operation, answer.Status, answer.Header)
		}
		return found
	case answer.Status >= http.StatusBadRequest && request.Method != http.MethodHead && request.Method != http.MethodOptions:
		return Routecard().CheckError(answer)
	default:
		return nil
	}
}

// report fails the test for each finding.
func (j *transport) report(request *http.Request, answer Answer, found []Finding) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if len(found) == 0 || j.over {
		return
	}
	j.t.Errorf("the answer to %s %s breaks the contract:\n%s\n%d %.2000s",
		request.Method, request.URL, Describe(found), answer.Status, answer.Body)
}

// Describe lists findings, one a line.
func Describe(found []Finding) string {
	lines := make([]string, len(found))
	for i, finding := range found {
		lines[i] = "  - " + finding.String()
	}
	return strings.Join(lines, "\n")
}

// streamBody judges what passes through it.
type streamBody struct {
	io.ReadCloser
	judge   *transport
	request *http.Request
	stream  *stream
}

func (b *streamBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.stream.write(into[:n])
	found := b.stream.found
	b.stream.found = nil
	b.judge.report(b.request, Answer{Status: http.StatusOK, Body: into[:n]}, found)
	return n, err
}

// endingReader ends a body as the real one ended.
type endingReader struct{ err error }

func (r endingReader) Read([]byte) (int, error) {
	if r.err == nil {
		return 0, io.EOF
	}
	return 0, r.err
}
