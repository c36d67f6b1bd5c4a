package server_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// rawResponse is a response as it was sent, without the decompression of Go's client.
type rawResponse struct {
	status  int
	header  http.Header
	chunked bool
	body    string
}

func sendRaw(t *testing.T, s *routecardtest.Server, method, path, acceptEncoding string) rawResponse {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", acceptEncoding)
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rawResponse{response.StatusCode, response.Header, response.ContentLength < 0, string(body)}
}

func decompress(t *testing.T, body string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestCompression gets responses of all kinds with and without gzip. Both have the same content, and HEAD has the same headers as
// GET.
func TestCompression(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A"+strings.Repeat(" B", 30), 1000)
		for _, path := range []string{
			"/api/serials", "/api/serials?limit=100", "/api/events", "/api/paths/" + f.path.ID, "/api/insights/throughput", "/openapi.json",
		} {
			plain, compressed := sendRaw(t, s, "GET", path, "identity"), sendRaw(t, s, "GET", path, "gzip, deflate, br, zstd")
			wantEqual(t, "the status of "+path, compressed.status, 200)
			wantEqual(t, "the encoding of "+path, compressed.header.Get("Content-Encoding"), "gzip")
			wantEqual(t, "the encoding without gzip of "+path, plain.header.Get("Content-Encoding"), "")
			for _, vary := range []string{plain.header.Get("Vary"), compressed.header.Get("Vary")} {
				wantEqual(t, "the Vary of "+path, vary, "Accept-Encoding")
			}
			wantEqual(t, "the content type of "+path, compressed.header.Get("Content-Type"), plain.header.Get("Content-Type"))
			if len(compressed.body) > len(plain.body)/2 {
				t.Errorf("%s has %d bytes, and %d compressed", path, len(plain.body), len(compressed.body))
			}
			if decompress(t, compressed.body) != plain.body {
				t.Errorf("%s has another content compressed", path)
			}
			head := sendRaw(t, s, "HEAD", path, "gzip")
			for _, changing := range []string{"X-Request-Id", "Date"} {
				head.header.Del(changing)
				compressed.header.Del(changing)
			}
			wantEqual(t, "the headers of HEAD "+path, head.header, compressed.header)
			wantEqual(t, "the body of HEAD "+path, head.body, "")
		}
		wantEqual(t, "whether the length of a streamed list is open", sendRaw(t, s, "GET", "/api/serials", "gzip").chunked, true)
		wantEqual(t, "the encoding for a client that refuses gzip",
			sendRaw(t, s, "GET", "/api/serials", "gzip;q=0, *").header.Get("Content-Encoding"), "")
	})
}

// TestCompressionBegins finds the smallest response that is compressed.
func TestCompressionBegins(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		get := func(nameLength int) (length int, encoding string) {
			job := createJob(t, s, fmt.Sprintf(`{"name":%q,"goalQuantity":10}`, strings.Repeat("x", nameLength)))
			plain, compressed := sendRaw(t, s, "GET", "/api/jobs/"+job.ID, "identity"), sendRaw(t, s, "GET", "/api/jobs/"+job.ID, "gzip")
			return len(plain.body), compressed.header.Get("Content-Encoding")
		}
		short, _ := get(1)
		length, encoding := get(1025 - short)
		wantEqual(t, "the length", length, 1024)
		wantEqual(t, "the encoding of 1024 bytes", encoding, "")
		length, encoding = get(1026 - short)
		wantEqual(t, "the length", length, 1025)
		wantEqual(t, "the encoding of 1025 bytes", encoding, "gzip")
	})
}

// TestETagOfACompressedResponse reads the same tag with and without compression, because the tag names the version.
func TestETagOfACompressedResponse(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		f := build(t, s, "strict A"+strings.Repeat(" B", 30), 0)
		path := "/api/paths/" + f.path.ID
		for _, encoding := range []string{"identity", "gzip"} {
			wantEqual(t, "the tag with "+encoding, sendRaw(t, s, "GET", path, encoding).header.Get("ETag"), `"1"`)
		}
	})
}

// TestStreamIsNotCompressed reads an event while the stream is open.
func TestStreamIsNotCompressed(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		request, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "text/event-stream")
		request.Header.Set("Accept-Encoding", "gzip")
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		wantEqual(t, "the encoding", response.Header.Get("Content-Encoding"), "")
		lines := bufio.NewReader(response.Body)
		for _, want := range []string{": connected\n", "\n", "id: 1\n", "event: job.created\n"} {
			if want == "id: 1\n" {
				createJob(t, s, `{"name":"JOB-2024-001","goalQuantity":10}`)
			}
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "the line", line, want)
		}
	})
}
