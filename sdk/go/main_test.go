package routecard_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// repository is the root of the repository, from the folder of this package.
const repository = "../.."

// program is the server's program.
var program string

// TestMain builds the server's program from the repository. The tests start it in a process of its own: this module must not
// require the server's module, or every program with this client would inherit what the server needs.
func TestMain(m *testing.M) {
	if _, err := os.Stat(filepath.Join(repository, "openapi.yaml")); err != nil {
		fmt.Println("The tests of the client need the repository, because they start its server.")
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "routecard")
	must(err)
	program = filepath.Join(dir, "routecard.exe") // Windows runs no program without .exe
	build := exec.Command("go", "build", "-C", repository, "-buildvcs=false", "-tags", "nomsgpack", "-o", program, ".")
	if output, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, output))
	}
	code := m.Run()
	must(os.RemoveAll(dir))
	os.Exit(code)
}

// must panics with err, because an example has no other way to fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// testServer is a server in a process of its own, behind a proxy whose URL stays the same when the server is started again.
type testServer struct {
	dir, database string
	front         *httptest.Server
	address       atomic.Pointer[url.URL]
	process       *exec.Cmd
}

// newServer starts a server with an empty database. The proxy refuses requests after maxRequests, so that a client that never
// stops does not hang the test.
func newServer() *testServer {
	dir, err := os.MkdirTemp("", "routecard")
	must(err)
	s := &testServer{dir: dir, database: filepath.Join(dir, "routecard.db")}
	s.start()
	var requests atomic.Int64
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(s.address.Load()) },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // streams that a test breaks off
	}
	s.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > maxRequests {
			http.Error(w, "a client does not stop sending requests", http.StatusBadRequest)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	return s
}

// start starts the process and waits until it serves.
func (s *testServer) start() {
	s.process = exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--database", s.database, "--insecure", "--log-format", "json")
	stderr, err := s.process.StderrPipe()
	must(err)
	must(s.process.Start())
	var text strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		var line struct {
			Message string `json:"msg"`
			URL     string `json:"url"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Message != "serving" {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, stderr) }() // the server must be able to go on logging
		address, err := url.Parse(line.URL)
		must(err)
		s.address.Store(address)
		return
	}
	panic("the server did not start:\n" + text.String())
}

// kill ends the process.
func (s *testServer) kill() {
	must(s.process.Process.Kill())
	_ = s.process.Wait() // says that it was killed
}

// newEpoch begins a new epoch of the feed, as restoring a backup does, and starts the server again.
func (s *testServer) newEpoch() error {
	s.kill()
	output, err := exec.Command(program, "new-epoch", "--database", s.database).CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(string(output)))
	}
	s.start()
	return nil
}

func (s *testServer) close() {
	s.front.CloseClientConnections()
	s.kill()
	s.front.Close()
	must(os.RemoveAll(s.dir))
}

// open starts a server with an empty database and returns a client for it.
func open(options ...routecard.Option) (c *routecard.Client, stop func()) {
	s := newServer()
	c, err := routecard.New(s.front.URL, options...)
	must(err)
	return c, s.close
}
