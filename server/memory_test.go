package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// TestManySlowBodies has clients announce large bodies and not send them. Another large body is answered with 503 after a
// wait, because all of them together would take too much memory. Small requests and reads are served.
func TestManySlowBodies(t *testing.T) {
	t.Parallel()
	s := routecardtest.New(t, routecardtest.SQLite(t))
	for i := range 64 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		length := "Content-Length: 1048576\r\n\r\n"
		if i%2 == 0 {
			length = "Transfer-Encoding: chunked\r\n\r\n"
		}
		if _, err := io.WriteString(conn, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"+length); err != nil {
			t.Fatal(err)
		}
		// The server asks for the body when the request has its share.
		if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))); err != nil {
			t.Fatal(err)
		}
	}
	large := fmt.Sprintf(`{"name":"JOB-2024-001","goalQuantity":50,"_":%q}`, strings.Repeat("x", 100_000))
	refused := s.Do(t, "POST", "/api/jobs", large)
	wantEqual(t, "the status of a large body", refused.Status, http.StatusServiceUnavailable)
	wantEqual(t, "Retry-After", refused.Header.Get("Retry-After"), "1")
	wantEqual(t, "the status of a small body", s.Do(t, "POST", "/api/jobs", `{"name":"JOB-2024-001","goalQuantity":50}`).Status, http.StatusCreated)
	wantEqual(t, "the status of a list", s.Do(t, "GET", "/api/jobs", "").Status, http.StatusOK)
}
