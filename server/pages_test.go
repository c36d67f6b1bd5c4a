package server_test

import (
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// TestPages requests every page and the files that it loads, as a browser does.
func TestPages(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, path := range []string{
			"/", "/jobs/new", "/jobs/job_01h455vb4pex5vsknk084sn02q", "/units/SN-00001", "/floor", "/board", "/labels", "/insights", "/settings",
		} {
			got := s.Do(t, "GET", path, "")
			wantEqual(t, "the status of "+path, got.Status, 200)
			wantEqual(t, "the type of "+path, got.Header.Get("Content-Type"), "text/html; charset=utf-8")
			wantEqual(t, "the policy of "+path, got.Header.Get("Content-Security-Policy"),
				"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
			wantEqual(t, "the status of HEAD "+path, s.Do(t, "HEAD", path, "").Status, 200)
			refused := s.Do(t, "POST", path, "")
			wantEqual(t, "the status of POST "+path, refused.Status, 405)
			wantEqual(t, "the Allow of "+path, refused.Header.Get("Allow"), "GET, HEAD")
		}
		for path, contentType := range map[string]string{
			"/service-worker.js": "text/javascript; charset=utf-8",
			"/assets/app.js":     "text/javascript; charset=utf-8", "/assets/app.css": "text/css; charset=utf-8", "/assets/icon.svg": "image/svg+xml",
		} {
			plain := s.Do(t, "GET", path, "", "Accept-Encoding: identity")
			wantEqual(t, "the status of "+path, plain.Status, 200)
			wantEqual(t, "the type of "+path, plain.Header.Get("Content-Type"), contentType)
			compressed := s.Do(t, "GET", path, "", "Accept-Encoding: gzip")
			wantEqual(t, "the encoding of "+path, compressed.Header.Get("Content-Encoding"), "gzip")
			if len(compressed.Body) >= len(plain.Body) {
				t.Errorf("%s has %d bytes compressed, and %d without", path, len(compressed.Body), len(plain.Body))
			}
			for _, known := range []routecardtest.Answer{plain, compressed} {
				again := s.Do(t, "GET", path, "", "Accept-Encoding: "+encodingOf(known), "If-None-Match: "+known.Header.Get("ETag"))
				wantEqual(t, "the status of "+path+" that the browser has", again.Status, 304)
			}
		}
		for _, path := range []string{"/assets/nothing.js", "/assets/", "/jobs", "/jobs/new/more", "/units/"} {
			got := s.Do(t, "GET", path, "")
			wantEqual(t, "the status of "+path, got.Status, 404)
			wantEqual(t, "the type of "+path, got.Header.Get("Content-Type"), "application/json")
		}
	})
}

func encodingOf(response routecardtest.Answer) string {
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" {
		return encoding
	}
	return "identity"
}
