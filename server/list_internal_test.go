package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/store"
)

var errSecret = errors.New("secret cause")

// serveRoute serves one route of a test, with the middleware of the server.
func serveRoute(t *testing.T, handle gin.HandlerFunc) (url string, log *strings.Builder) {
	t.Helper()
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	log = &strings.Builder{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "routecard.db"), store.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &Server{store: db, contract: rules, log: logger, metrics: newMetrics(db, logger, func() string { return "" }), budgets: newBudgets()}
	engine := gin.New()
	engine.ContextWithFallback = true
	engine.Use(s.observe, s.recover, s.share)
	headRouter{engine}.GET("/list", func(c *gin.Context) {
		handle(c)
		for _, err := range c.Errors {
			s.fail(c, err.Err)
		}
	})
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	return server.URL + "/list", log
}

// serveList responds with a list of this many pages, each of one long text; then its reader fails.
func serveList(pages int, failure func() error) gin.HandlerFunc {
	return func(c *gin.Context) {
		read := 0
		l, err := newList(c, nil, nil, func(context.Context, string, int) (page[string], error) {
			if read == pages {
				return page[string]{}, failure()
			}
			read++
			return page[string]{items: []string{strings.Repeat("x", 64<<10)}, next: "more"}, nil
		})
		if err == nil {
			err = l.write(c.Writer)
		}
		if err != nil {
			_ = c.Error(err)
		}
	}
}

// TestListThatFailsLater breaks a list when part of it has been sent. The client must not be able to take the part for
// the whole: the connection is cut, and nothing is added.
func TestListThatFailsLater(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]func() error{
		"by an error": func() error { return errSecret },
		"by a panic":  func() error { panic(errSecret) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, log := serveRoute(t, serveList(3, failure))
			response, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("reading the answer ended with %v, want that it is cut off", err)
			}
			if response.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), `["xxx`) {
				t.Errorf("the answer begins with %d %.20s", response.StatusCode, body)
			}
			if strings.Contains(string(body), "statusCode") || strings.HasSuffix(strings.TrimSpace(string(body)), "]") {
				t.Errorf("the answer ends with %s", body[max(0, len(body)-100):])
			}
			if !strings.Contains(log.String(), "secret cause") {
				t.Errorf("the log lacks the cause: %s", log)
			}
		})
	}
}

// TestListThatFailsAtOnce breaks a list of which nothing has been sent: it has a status of its own.
func TestListThatFailsAtOnce(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]func() error{
		"by an error": func() error { return errSecret },
		"by a panic":  func() error { panic(errSecret) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := serveRoute(t, serveList(0, failure))
			response, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			const want = `{"statusCode":500,"message":"Internal Server Error"}`
			if response.StatusCode != http.StatusInternalServerError || strings.TrimSpace(string(body)) != want {
				t.Errorf("the answer is %d %s", response.StatusCode, body)
			}
		})
	}
}

// TestHeadReadsOnePage requests a list without a limit by HEAD and by GET, and counts the pages that are read.
func TestHeadReadsOnePage(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{http.MethodHead: 1, http.MethodGet: 3} {
		pages := 0
		url, _ := serveRoute(t, func(c *gin.Context) {
			l, err := newList(c, nil, nil, func(context.Context, string, int) (page[int], error) {
				pages++
				return page[int]{items: []int{pages}, next: []string{"", "1", "2", ""}[pages]}, nil
			})
			if err == nil {
				err = l.write(c.Writer)
			}
			if err != nil {
				t.Error(err)
			}
		})
		request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Error(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if pages != want {
			t.Errorf("%s reads %d pages, want %d", method, pages, want)
		}
	}
}
