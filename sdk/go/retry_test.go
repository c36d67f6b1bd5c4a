package routecard_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	routecard "github.com/routecard/routecard/sdk/go"
)

// maxRequests is more than the number of requests that any test makes to a script.
const maxRequests = 100

// script is a server that handles each request with the next of its steps, and all further ones with the last step. It fails
// the test and closes the connection after maxRequests requests, so that a client that never stops does not hang the test.
type script struct {
	*httptest.Server
	mu       sync.Mutex
	steps    []http.HandlerFunc
	requests []*http.Request
	bodies   []string
}

func newScript(t *testing.T, steps ...http.HandlerFunc) *script {
	t.Helper()
	s := &script{steps: steps}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		step := s.steps[min(len(s.requests), len(s.steps)-1)]
		s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
		tooMany := len(s.requests) > maxRequests
		s.mu.Unlock()
		if tooMany {
			t.Errorf("more than %d requests, the last one is %s %s", maxRequests, r.Method, r.URL)
			step = cuts
		}
		step(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// urls returns the path and query of each request so far.
func (s *script) urls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	urls := make([]string, len(s.requests))
	for i, r := range s.requests {
		urls[i] = r.RequestURI
	}
	return urls
}

// seen returns the value of one header in each request so far.
func (s *script) seen(header string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := make([]string, len(s.requests))
	for i, r := range s.requests {
		values[i] = r.Header.Get(header)
	}
	return values
}

// answers returns a step that sends a JSON response. Headers are names and values in turn.
func answers(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for pair := range slices.Chunk(headers, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

// cuts closes the connection without a response.
func cuts(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// cutsHalfway closes the connection in the middle of a response.
func cutsHalfway(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusCreated)
	w.Write([]byte(`{"id":"job_`))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

const jobBody = `{"id":"job_1","name":"JOB-2024-001","goalQuantity":50,"createdAt":"2024-01-15T10:30:00.000Z","updatedAt":"2024-01-15T10:30:00.000Z"}`

func errorBody(message string) string { return `{"statusCode":0,"message":"` + message + `"}` }

// quick is a policy with waits that are too short to notice.
var quick = routecard.Retry{Attempts: 4, Base: time.Millisecond, Max: 5 * time.Millisecond}

func newClient(t *testing.T, url string, options ...routecard.Option) *routecard.Client {
	t.Helper()
	c, err := routecard.New(url, append([]routecard.Option{routecard.WithRetry(quick)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPostIsRepeatedWithOneKey(t *testing.T) {
	t.Parallel()
	server := newScript(t, cuts, cutsHalfway,
		answers(http.StatusServiceUnavailable, errorBody("busy"), "Retry-After", "1"),
		answers(http.StatusCreated, jobBody, "ETag", `"1"`))
	c := newClient(t, server.URL)

	begun := time.Now()
	var etag string
	job, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50}, routecard.ReadETag(&etag))
	if err != nil {
		t.Fatal(err)
	}
	if job.ID != "job_1" || etag != `"1"` {
		t.Errorf("got %+v with version %s", job, etag)
	}
	if waited := time.Since(begun); waited < time.Second {
		t.Errorf("waited %s although the server asked for 1 s", waited)
	}
	keys := server.seen("Idempotency-Key")
	if len(keys) != 4 || len(slices.Compact(keys)) != 1 || len(keys[0]) < 20 {
		t.Errorf("keys: %q", keys)
	}
	if len(slices.Compact(server.bodies)) != 1 || !strings.Contains(server.bodies[0], `"name":"JOB-2024-001"`) {
		t.Errorf("bodies: %q", server.bodies)
	}
}

func TestEachCallHasItsOwnKey(t *testing.T) {
	t.Parallel()
	server := newScript(t, answers(http.StatusCreated, jobBody))
	c := newClient(t, server.URL)
	for _, options := range [][]routecard.CallOption{nil, nil, {routecard.IdempotencyKey("order-4711")}} {
		if _, err := c.CreateJob(t.Context(), routecard.JobCreate{Name: "x", GoalQuantity: 1}, options...); err != nil {
			t.Fatal(err)
		}
	}
	keys := server.seen("Idempotency-Key")
	if keys[0] == "" || keys[0] == keys[1] || keys[2] != "order-4711" {
		t.Errorf("keys: %q", keys)
	}
}

func TestWhichRequestsAreRepeated(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *routecard.Client) error{
		"GET": func(ctx context.Context, c *routecard.Client) error {
			_, err := c.GetJob(ctx, "job_1")
			return err
		},
		"PUT": func(ctx context.Context, c *routecard.Client) error {
			_, err := c.UpdateJob(ctx, "job_1", routecard.JobUpdate{}, routecard.IfMatch(`"1"`))
			return err
		},
		"PATCH": func(ctx context.Context, c *routecard.Client) error {
			_, err := c.UpdateStep(ctx, "step_1", routecard.StepUpdate{}, routecard.IfMatch(`"1"`))
			return err
		},
		"DELETE": func(ctx context.Context, c *routecard.Client) error { return c.DeleteJob(ctx, "job_1") },
		"POST": func(ctx context.Context, c *routecard.Client) error {
			_, err := c.CreateJob(ctx, routecard.JobCreate{})
			return err
		},
	}
	all := slices.Sorted(maps.Keys(calls))
	for status, repeated := range map[int][]string{
		http.StatusBadRequest:          nil,
		http.StatusUnauthorized:        nil,
		http.StatusNotFound:            nil,
		http.StatusConflict:            nil,
		http.StatusPreconditionFailed:  nil,
		http.StatusUnprocessableEntity: nil,
		http.StatusInternalServerError: {"POST"},
		http.StatusTooManyRequests:     all,
		http.StatusBadGateway:          all,
		http.StatusServiceUnavailable:  all,
		http.StatusGatewayTimeout:      all,
	} {
		for method, send := range calls {
			attempts := 1
			if slices.Contains(repeated, method) {
				attempts = quick.Attempts
			}
			server := newScript(t, answers(status, errorBody("no")))
			err := send(t.Context(), newClient(t, server.URL))
			var failure *routecard.Error
			if !errors.As(err, &failure) || failure.StatusCode != status || failure.Attempts != attempts {
				t.Errorf("%s %d: %#v", method, status, err)
			}
			if sent := server.urls(); len(sent) != attempts {
				t.Errorf("%s %d: sent %d times, want %d", method, status, len(sent), attempts)
			}
		}
	}
}

// TestOutcomeUnknown has the last attempts of a change fail in ways that do and do not say whether the change was made.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	unknown := answers(http.StatusInternalServerError, `{"statusCode":500,"message":"The outcome is unknown","outcome":"unknown"}`)
	internal := answers(http.StatusInternalServerError, errorBody("Internal Server Error"))
	busy := answers(http.StatusServiceUnavailable, errorBody("busy"))
	conflict := answers(http.StatusConflict, errorBody("the unit is scrapped"))
	page := answers(http.StatusBadGateway, "<html>Bad Gateway</html>")
	for _, test := range []struct {
		name         string
		steps        []http.HandlerFunc
		post, delete bool
		postAttempts int
	}{
		{"the server does not know", []http.HandlerFunc{unknown}, true, true, 4},
		{"the connection breaks", []http.HandlerFunc{cuts}, true, true, 4},
		{"the response breaks", []http.HandlerFunc{cutsHalfway}, true, true, 4},
		{"a proxy answers", []http.HandlerFunc{page}, true, true, 4},
		{"the connection breaks, and then the server is busy", []http.HandlerFunc{cuts, busy}, true, true, 4},
		{"the server does not know, and then refuses", []http.HandlerFunc{unknown, conflict}, false, true, 2},
		{"the connection breaks, and then the server refuses", []http.HandlerFunc{cuts, conflict}, false, true, 2},
		{"the server fails", []http.HandlerFunc{internal}, false, false, 4},
		{"the server is busy", []http.HandlerFunc{busy}, false, false, 4},
		{"the server refuses", []http.HandlerFunc{conflict}, false, false, 1},
	} {
		server := newScript(t, test.steps...)
		_, err := newClient(t, server.URL).CreateJob(t.Context(), routecard.JobCreate{})
		if got := errors.Is(err, routecard.ErrOutcomeUnknown); err == nil || got != test.post {
			t.Errorf("%s, POST: %v, unknown is %v", test.name, err, got)
		}
		if sent := len(server.urls()); sent != test.postAttempts {
			t.Errorf("%s: POST was sent %d times, want %d", test.name, sent, test.postAttempts)
		}
		err = newClient(t, newScript(t, test.steps...).URL).DeleteJob(t.Context(), "job_1")
		if got := errors.Is(err, routecard.ErrOutcomeUnknown); err == nil || got != test.delete {
			t.Errorf("%s, DELETE: %v, unknown is %v", test.name, err, got)
		}
		_, err = newClient(t, newScript(t, test.steps...).URL).GetJob(t.Context(), "job_1")
		if got := errors.Is(err, routecard.ErrOutcomeUnknown); err == nil || got {
			t.Errorf("%s, GET: %v, unknown is %v", test.name, err, got)
		}
	}
}

// TestOutcomeUnknownIsNotRepeatedWithoutAKey checks that a request without an idempotency key is sent once when the server does
// not know its outcome.
func TestOutcomeUnknownIsNotRepeatedWithoutAKey(t *testing.T) {
	t.Parallel()
	server := newScript(t, answers(http.StatusInternalServerError, `{"statusCode":500,"message":"no","outcome":"unknown"}`))
	err := newClient(t, server.URL).DeleteJob(t.Context(), "job_1")
	if sent := len(server.urls()); sent != 1 || !errors.Is(err, routecard.ErrOutcomeUnknown) {
		t.Errorf("sent %d times: %v", sent, err)
	}
}

// TestNotSent checks that the outcome of a request that was never sent is known.
func TestNotSent(t *testing.T) {
	t.Parallel()
	server := newScript(t, cuts)
	server.Close()
	_, err := newClient(t, server.URL).CreateJob(t.Context(), routecard.JobCreate{})
	if err == nil || errors.Is(err, routecard.ErrOutcomeUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestServerUnreachable(t *testing.T) {
	t.Parallel()
	server := newScript(t, cuts)
	server.Close()
	_, err := newClient(t, server.URL).GetJob(t.Context(), "job_1")
	var failure *routecard.Error
	if err == nil || errors.As(err, &failure) {
		t.Errorf("got %v", err)
	}
}

func TestRetryEndsWithTheContext(t *testing.T) {
	t.Parallel()
	busy := answers(http.StatusServiceUnavailable, errorBody("busy"), "Retry-After", "20")

	t.Run("the deadline comes first", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		_, err := newClient(t, newScript(t, busy).URL).GetJob(ctx, "job_1")
		var failure *routecard.Error
		if !errors.As(err, &failure) || time.Since(begun) > 5*time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
	})
	t.Run("cancelled while waiting", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		server := newScript(t, func(w http.ResponseWriter, r *http.Request) {
			time.AfterFunc(50*time.Millisecond, cancel)
			busy(w, r)
		})
		_, err := newClient(t, server.URL).GetJob(ctx, "job_1")
		var failure *routecard.Error
		if !errors.Is(err, context.Canceled) || !errors.As(err, &failure) {
			t.Errorf("got %v", err)
		}
	})
}

// TestRetryAfter checks both forms of the header. A wait that is longer than MaxWait ends the call after one attempt.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	hour := time.Now().Add(time.Hour)
	for value, attempts := range map[string]int{
		"3600":                             1,
		hour.UTC().Format(http.TimeFormat): 1,
		hour.UTC().Format(time.ANSIC):      1,
		"0":                                quick.Attempts,
		"Mon, 15 Jan 2024 10:30:00 GMT":    quick.Attempts, // in the past
		"soon":                             quick.Attempts,
	} {
		_, err := newClient(t, newScript(t, answers(http.StatusTooManyRequests, errorBody("busy"), "Retry-After", value)).URL).GetJob(t.Context(), "job_1")
		var failure *routecard.Error
		if !errors.As(err, &failure) || failure.Attempts != attempts {
			t.Errorf("Retry-After %q: %#v, want %d attempts", value, err, attempts)
		}
	}
}
