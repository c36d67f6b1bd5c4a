package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/server"
)

// statusForHost requests a path with exactly this Host header; "-" sends none.
func statusForHost(t *testing.T, s *routecardtest.Server, path, host string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if host == "-" {
		fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", path)
	} else {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("for the host %q: %v", host, err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// hosts are Host headers, and whether each names this machine only.
var hosts = map[string]bool{
	"localhost": true, "localhost:3000": true, "LOCALHOST:1": true, "LocalHost": true,
	"127.0.0.1": true, "127.0.0.1:3000": true, "127.1.2.3:65535": true,
	"[::1]": true, "[::1]:3000": true, "[0:0:0:0:0:0:0:1]:3000": true, "[::ffff:127.0.0.1]:3000": true,

	"": false, "-": false, ":3000": false,
	"example.com": false, "example.com:3000": false, "shop.local": false, "routecard": false,
	"localhost.example.com": false, "localhost.example.com:3000": false, "notlocalhost": false, "localhost,example.com": false,
	"127.0.0.1.example.com": false, "127.0.0.1.nip.io:3000": false, "127.0.0.256": false, "127.0.0": false,
	"0.0.0.0": false, "0.0.0.0:3000": false, "[::]": false, "[::]:3000": false,
	"10.0.0.5:3000": false, "192.168.1.5": false, "128.0.0.1": false, "1.127.0.0": false,
	"[fe80::1]": false, "[::2]": false, "[::ffff:10.0.0.1]": false, "[2001:db8::1]:3000": false,
	// Some resolvers map these forms to 127.0.0.1. No browser sends them in this form.
	"2130706433": false, "0x7f000001": false, "0177.0.0.1": false,
}

// TestHosts sends requests to an open server with each form of Host header that a page of another site could cause.
func TestHosts(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	for host, local := range hosts {
		want := http.StatusForbidden
		if local {
			want = http.StatusOK
		}
		for _, path := range []string{"/api/jobs", "/docs", "/openapi.json", "/metrics", "/healthz"} {
			wantEqual(t, fmt.Sprintf("the status of %s for the host %q", path, host), statusForHost(t, s, path, host), want)
		}
	}
	asked, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/api/jobs", strings.NewReader(exampleJob))
	if err != nil {
		t.Fatal(err)
	}
	asked.Host = "rebound.example:3000"
	asked.Header.Set("Content-Type", "application/json")
	wantError(t, exchange(t, asked), gen.Error{
		StatusCode: 403, Message: "Without API keys this server answers to localhost only, not to rebound.example:3000",
	})
	wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{})
}

// TestHostsOfAServerWithKeys checks that a server with keys, and an insecure server, accept any host name.
func TestHostsOfAServerWithKeys(t *testing.T) {
	t.Parallel()
	closed := routecardtest.New(t, routecardtest.SQLite(t))
	if _, err := closed.Store.CreateKey(t.Context(), "erp", models.RoleRead); err != nil {
		t.Fatal(err)
	}
	insecure := routecardtest.New(t, routecardtest.SQLite(t), func(o *server.Options) { o.Insecure = true })
	for host := range hosts {
		if host == "localhost,example.com" {
			continue
		}
		wantEqual(t, "the status with keys for "+host, statusForHost(t, closed, "/api/jobs", host), 401)
		wantEqual(t, "the status of /docs with keys for "+host, statusForHost(t, closed, "/docs", host), 200)
		wantEqual(t, "the status when insecure for "+host, statusForHost(t, insecure, "/api/jobs", host), 200)
	}
}

// forwardingHeaders are headers that proxies set.
var forwardingHeaders = []string{
	"Forwarded: for=10.0.0.5", "Via: 1.1 proxy", "X-Forwarded-For: 10.0.0.5", "X-Forwarded-Host: shop.example",
	"X-Forwarded-Proto: https", "X-Forwarded-Port: 443", "X-Forwarded-Server: proxy", "x-forwarded-prefix: /routecard",
}

// TestForwardedRequests sends requests with the headers of proxies to an open server, which refuses each of them, to a server
// with keys, and to an insecure one.
func TestForwardedRequests(t *testing.T) {
	t.Parallel()
	open := routecardtest.New(t, routecardtest.SQLite(t))
	closed := routecardtest.New(t, routecardtest.SQLite(t))
	key := bearer(createKeys(t, closed)["write"])
	insecure := routecardtest.New(t, routecardtest.SQLite(t), func(o *server.Options) { o.Insecure = true })
	for _, header := range forwardingHeaders {
		name, _, _ := strings.Cut(header, ":")
		refused := gen.Error{
			StatusCode: 403,
			Message: "Without API keys this server refuses requests that a proxy has forwarded (this one has the header " +
				http.CanonicalHeaderKey(name) + ")",
		}
		wantError(t, open.Do(t, "POST", "/api/jobs", exampleJob, header), refused)
		for _, path := range []string{"/api/jobs", "/api/events", "/docs", "/metrics"} {
			wantEqual(t, "the status of "+path+" with "+header, open.Do(t, "GET", path, "", header).Status, 403)
		}
		wantEqual(t, "the status with a key and "+header, closed.Do(t, "POST", "/api/jobs", exampleJob, key, header).Status, 201)
		wantEqual(t, "the status without a key and "+header, closed.Do(t, "GET", "/api/jobs", "", header).Status, 401)
		wantEqual(t, "the status when insecure with "+header, insecure.Do(t, "POST", "/api/jobs", exampleJob, header).Status, 201)
	}
	wantEqual(t, "the list", listNames(t, open, "/api/jobs"), []string{})
	two := open.Do(t, "GET", "/api/jobs", "", "X-Forwarded-For: 10.0.0.5", "Via: 1.1 proxy")
	if !strings.Contains(two.Body, "header Via)") {
		t.Errorf("with two headers the message is %s", two.Body)
	}
	wantEqual(t, "the status with a header that is no proxy's", open.Do(t, "GET", "/api/jobs", "", "X-Forwarded: x").Status, 200)
}

// TestReverseProxy puts a proxy that rewrites Host in front of an open server.
func TestReverseProxy(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.SetXForwarded()
	}})
	t.Cleanup(proxy.Close)
	asked, err := http.NewRequestWithContext(t.Context(), "POST", proxy.URL+"/api/jobs", strings.NewReader(exampleJob))
	if err != nil {
		t.Fatal(err)
	}
	asked.Host = "shop.example"
	asked.Header.Set("Content-Type", "application/json")
	wantEqual(t, "the status", exchange(t, asked).Status, 403)
	wantEqual(t, "the list", listNames(t, s, "/api/jobs"), []string{})
}

// exchange sends a request without the check against the contract, and reads the response.
func exchange(t *testing.T, asked *http.Request) routecardtest.Answer {
	t.Helper()
	response, err := http.DefaultClient.Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body strings.Builder
	if _, err := bufio.NewReader(response.Body).WriteTo(&body); err != nil {
		t.Fatal(err)
	}
	return routecardtest.Answer{Status: response.StatusCode, Header: response.Header, Body: body.String()}
}

// corsHeaders returns the CORS headers of a response.
func corsHeaders(answer routecardtest.Answer) []string {
	found := []string{}
	for name := range answer.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			found = append(found, name)
		}
	}
	return found
}

var preflight = []string{
	"Access-Control-Request-Method: POST",
	"Access-Control-Request-Headers: authorization,content-type,idempotency-key,if-match,last-event-id",
}

// TestNoCORSByDefault checks that pages of other origins may neither send requests nor read responses.
func TestNoCORSByDefault(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, origin := range []string{"https://example.com", "http://localhost:8080", "null", s.URL} {
			for _, request := range [][3]string{
				{"GET", "/api/jobs", ""},
				{"OPTIONS", "/api/jobs", ""},
				{"GET", "/docs", ""},
				{"GET", "/openapi.json", ""},
				{"GET", "/api/nothing", ""},
				{"POST", "/api/jobs", `{}`},
			} {
				answer := s.Do(t, request[0], request[1], request[2], append(preflight, "Origin: "+origin)...)
				wantEqual(t, request[0]+" "+request[1]+" for "+origin, corsHeaders(answer), []string{})
			}
		}
	})
}

// TestCORS allows the pages of two origins, and checks that all others are refused.
func TestCORS(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		const planner, board = "https://planner.example", "http://localhost:5173"
		s := routecardtest.New(t, database, func(o *server.Options) { o.CORSOrigins = []string{planner, board} })
		for _, origin := range []string{planner, board} {
			answer := s.Do(t, "OPTIONS", "/api/jobs", "", append(preflight, "Origin: "+origin)...)
			wantEqual(t, "the status of the question", answer.Status, 204)
			wantEqual(t, "the origin", answer.Header.Get("Access-Control-Allow-Origin"), origin)
			allowed := strings.ToLower(answer.Header.Get("Access-Control-Allow-Headers"))
			for _, name := range []string{"authorization", "content-type", "idempotency-key", "if-match", "last-event-id"} {
				if !strings.Contains(allowed, name) {
					t.Errorf("%s may not be sent, only %s", name, allowed)
				}
			}
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				if !strings.Contains(answer.Header.Get("Access-Control-Allow-Methods"), method) {
					t.Errorf("%s is not allowed", method)
				}
			}
			// The API uses no cookies, so a browser must not send credentials.
			wantEqual(t, "credentials", answer.Header.Get("Access-Control-Allow-Credentials"), "")

			// An allowed page can read errors, too.
			for body, want := range map[string]int{exampleJob: 201, `{}`: 400} {
				answer := s.Do(t, "POST", "/api/jobs", body, "Origin: "+origin)
				wantEqual(t, "the status", answer.Status, want)
				wantEqual(t, "the origin", answer.Header.Get("Access-Control-Allow-Origin"), origin)
				for _, name := range []string{"Etag", "Link", "Location", "Idempotency-Replayed", "Retry-After", "X-Request-Id"} {
					if !strings.Contains(strings.ToLower(answer.Header.Get("Access-Control-Expose-Headers")), strings.ToLower(name)) {
						t.Errorf("%s may not be read", name)
					}
				}
			}
			if !strings.Contains(answer.Header.Get("Vary"), "Origin") {
				t.Error("a cache would give the answer to other origins")
			}
		}
		before := len(listNames(t, s, "/api/jobs"))
		for _, origin := range []string{"https://example.com", planner + ".example.com", "http://planner.example", "null", "https://planner.example:444"} {
			for _, method := range []string{"OPTIONS", "POST"} {
				answer := s.Do(t, method, "/api/jobs", exampleJob, append(preflight, "Origin: "+origin)...)
				wantError(t, answer, gen.Error{StatusCode: 403, Message: "Pages of " + origin + " may not call this server"})
				wantEqual(t, "the headers for "+origin, answer.Header.Get("Access-Control-Allow-Origin"), "")
			}
		}
		wantEqual(t, "the number of jobs", len(listNames(t, s, "/api/jobs")), before)
		// The server's own page sends its origin too.
		wantEqual(t, "the status for its own page", s.Do(t, "POST", "/api/jobs", exampleJob, "Origin: "+s.URL).Status, 201)
		// Clients other than browsers send no Origin.
		wantEqual(t, "the status without an origin", s.Do(t, "POST", "/api/jobs", exampleJob).Status, 201)
	})
}

// TestFilesAreNotSentAgain requests each file that changes only with the program twice.
func TestFilesAreNotSentAgain(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	for _, path := range []string{"/openapi.json", "/openapi.yaml", "/docs", "/docs/docs.js", "/docs/swagger-ui-bundle.js"} {
		for _, encoding := range []string{"identity", "gzip"} {
			first := s.Do(t, "GET", path, "", "Accept-Encoding: "+encoding)
			wantEqual(t, "the status of "+path, first.Status, 200)
			tag := first.Header.Get("ETag")
			again := s.Do(t, "GET", path, "", "Accept-Encoding: "+encoding, "If-None-Match: "+tag)
			wantEqual(t, "the status of "+path+" that the client has", again.Status, 304)
			wantEqual(t, "its body", again.Body, "")
			wantEqual(t, "its ETag", again.Header.Get("ETag"), tag)
			wantEqual(t, "its Vary", again.Header.Get("Vary"), "Accept-Encoding")
			wantEqual(t, "the status of another file than "+path, s.Do(t, "GET", path, "", "If-None-Match: \"x\"").Status, 200)
		}
	}
}

// TestSecurityHeaders checks the headers that protect the users of browsers.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	for _, path := range []string{"/docs", "/docs/docs.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/favicon.png"} {
		answer := s.Do(t, "GET", path, "")
		wantEqual(t, "the status of "+path, answer.Status, 200)
		policy := answer.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("the policy of %s lacks %s: %s", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
			t.Errorf("the policy of %s is too wide: %s", path, policy)
		}
		wantEqual(t, "Referrer-Policy of "+path, answer.Header.Get("Referrer-Policy"), "no-referrer")
	}
	for _, path := range []string{"/docs", "/api/jobs", "/api/nothing", "/openapi.json", "/metrics", "/healthz"} {
		wantEqual(t, "X-Content-Type-Options of "+path, s.Do(t, "GET", path, "").Header.Get("X-Content-Type-Options"), "nosniff")
	}
}
