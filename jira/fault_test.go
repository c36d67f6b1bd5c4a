package jira_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// TestFaults runs every operation with every fault, on both deployments.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault jiratest.Fault
		want  error
		cause string // part of the error's text
	}{
		"500":                   {jiratest.Status(500, "Internal error"), jira.ErrUnavailable, "returned 500: Internal error"},
		"502 in HTML":           {jiratest.HTML(502), jira.ErrUnavailable, "returned 502"},
		"429 without a wait":    {jiratest.Status(429), jira.ErrUnavailable, "returned 429"},
		"503 without a wait":    {jiratest.Status(503), jira.ErrUnavailable, "returned 503"},
		"429 for too long":      {jiratest.RetryAfter(429, "3600"), jira.ErrUnavailable, "returned 429: Try again later."},
		"503 every time":        {jiratest.RetryAfter(503, "0"), jira.ErrUnavailable, "returned 503"},
		"closed at once":        {jiratest.Hangup, jira.ErrUnavailable, "EOF"},
		"closed in the middle":  {jiratest.CutOff, jira.ErrUnavailable, "unexpected EOF"},
		"HTML":                  {jiratest.HTML(200), jira.ErrUnavailable, "without the expected JSON"},
		"not JSON":              {jiratest.Body(200, "application/json", "OK"), jira.ErrUnavailable, "without the expected JSON"},
		"two values":            {jiratest.Body(200, "application/json", "{} {}"), jira.ErrUnavailable, "without the expected JSON"},
		"a JSON array":          {jiratest.Body(200, "application/json", "[]"), jira.ErrUnavailable, "without the expected JSON"},
		"an empty object":       {jiratest.Body(200, "application/json", "{}"), jira.ErrUnavailable, "returned no"},
		"JSON null":             {jiratest.Body(200, "application/json", "null"), jira.ErrUnavailable, "returned no"},
		"nothing":               {jiratest.Body(200, "application/json", ""), jira.ErrUnavailable, "returned no"},
		"200 MB, announced":     {jiratest.Large(200<<20, true), jira.ErrUnavailable, "too large"},
		"200 MB":                {jiratest.Large(200<<20, false), jira.ErrUnavailable, "too large"},
		"400":                   {jiratest.Status(400, "No."), jira.ErrRefused, "returned 400: No."},
		"401":                   {jiratest.Status(401), jira.ErrRefused, "returned 401"},
		"401 in HTML":           {jiratest.HTML(401), jira.ErrRefused, "returned 401"},
		"403":                   {jiratest.Status(403, "You may not."), jira.ErrRefused, "returned 403: You may not."},
		"405":                   {jiratest.Status(405), jira.ErrRefused, "returned 405"},
		"410":                   {jiratest.Status(410), jira.ErrRefused, "returned 410"},
		"error by field":        {jiratest.Body(400, "application/json", `{"errorMessages":[],"errors":{"b":"2","a":"1"}}`), jira.ErrRefused, "returned 400: a: 1"},
		"errors of odd shape":   {jiratest.Body(400, "application/json", `{"errorMessages":["No."],"errors":[]}`), jira.ErrRefused, "returned 400: No."},
		"error in another form": {jiratest.Body(403, "application/json", `{"message":"Blocked","status-code":403}`), jira.ErrRefused, "returned 403: Blocked"},
		"error over two lines":  {jiratest.Status(400, "a\nb\x1b[31m"), jira.ErrRefused, "returned 400: a b [31m"},
		"a long error":          {jiratest.Status(400, strings.Repeat("é", 100_000)), jira.ErrRefused, "returned 400"},
		"304":                   {jiratest.Body(304, "", ""), jira.ErrRefused, "returned 304"},
		"a broken redirect":     {jiratest.Redirect(302, "ht tp://%zz"), jira.ErrRefused, "a redirect"},
		"404 of a proxy":        {jiratest.HTML(404), nil, "returned 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment)
				b.fake.Always("", "", tc.fault)
				for operation, run := range operations {
					want := tc.want
					if want == nil { // a valid response to a search, but not to a request for a ticket
						want = map[bool]error{true: jira.ErrRefused, false: jira.ErrUnavailable}[operation == "Tickets"]
					}
					err := run(t.Context(), b.client)
					wantKind(t, err, want)
					if err != nil && !strings.Contains(err.Error(), tc.cause) {
						t.Errorf("%s: %v, without %q", operation, err, tc.cause)
					}
					if err != nil && len(err.Error()) > 1000 {
						t.Errorf("%s: the error has %d bytes", operation, len(err.Error()))
					}
				}
				for _, r := range b.fake.Requests() {
					// The server can send as much as the buffers of the connection hold. The client reads no more.
					if r.Sent > 32<<20 {
						t.Errorf("%s %s: %d bytes were taken", r.Method, r.Path, r.Sent)
					}
				}
			})
		})
	}
}

// TestTooSlow runs every operation with a Jira that takes longer than the timeout, in each way.
func TestTooSlow(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]jiratest.Fault{
		"no answer":             jiratest.Slow(time.Minute),
		"byte by byte":          jiratest.Drip(time.Millisecond),
		"a wait of a minute":    jiratest.RetryAfter(503, "60"),
		"each request a little": jiratest.Slow(150 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment, timeout(200*time.Millisecond))
				b.fake.Always("", "", fault)
				run := operations["Ticket"]
				if name == "each request a little" {
					run = operations["PutComment"] // two requests: the timeout is of both together
				}
				wantKind(t, run(t.Context(), b.client), jira.ErrUnavailable)
			})
		})
	}
}

func TestTimeoutIsFoundInTheError(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud, timeout(50*time.Millisecond))
	b.fake.Always("", "", jiratest.Slow(time.Minute))
	_, err := b.client.Ticket(t.Context(), "PI-42")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Ticket: %v, want a DeadlineExceeded", err)
	}
}

// TestCanceled cancels the caller's context at each stage of a call.
func TestCanceled(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault jiratest.Fault // the context ends soon after it
		want  error
	}{
		"before the response":    {func(http.ResponseWriter, *http.Request, *jiratest.Server) {}, jira.ErrUnavailable},
		"in the body of a 200":   {unfinished(200), jira.ErrUnavailable},
		"in the body of a 403":   {unfinished(403), jira.ErrRefused},
		"in the body of a 500":   {unfinished(500), jira.ErrUnavailable},
		"in the wait of a retry": {jiratest.RetryAfter(429, "60"), jira.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				for _, setting := range []string{deployment, jira.Auto} {
					b := setup(t, deployment, timeout(time.Hour), func(cfg *jira.Config) { cfg.Deployment = setting })
					for operation, run := range operations {
						ctx, cancel := context.WithCancel(t.Context())
						b.fake.Heal()
						b.fake.Always("", "", func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
							time.AfterFunc(200*time.Millisecond, cancel)
							tc.fault(w, r, fake)
							if name != "in the wait of a retry" { // there the response is complete
								<-r.Context().Done()
							}
						})
						err := run(ctx, b.client)
						wantKind(t, err, tc.want)
						if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("%s: %v, want Canceled", operation, err)
						}
					}
				}
			})
		})
	}
}

// unfinished sends a status and the beginning of a body.
func unfinished(status int) jiratest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *jiratest.Server) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"a":`))
		_ = http.NewResponseController(w).Flush()
	}
}

// TestCanceledWhileAnotherCallAsks cancels a call that waits until another call has detected the deployment.
func TestCanceledWhileAnotherCallAsks(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud, auto)
	asked, proceed := make(chan struct{}), make(chan struct{})
	b.fake.Next(func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
		close(asked)
		<-proceed
		fake.ServeHTTP(w, r)
	})
	first := make(chan error)
	go func() { first <- operations["Ticket"](t.Context(), b.client) }()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.client.Ticket(ctx, "PI-42")
	wantKind(t, err, jira.ErrUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Ticket: %v, want Canceled", err)
	}
	close(proceed)
	if err := <-first; err != nil {
		t.Errorf("the first call: %v", err)
	}
}

func TestWaitThatDoesNotFitTheCallersDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud, timeout(time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	b.fake.Always("", "", jiratest.RetryAfter(429, "1"))
	_, err := b.client.Ticket(ctx, "PI-42")
	wantKind(t, err, jira.ErrUnavailable)
	if n := len(b.fake.Requests()); n != 1 {
		t.Errorf("%d requests, want 1: the wait does not fit", n)
	}
}

func TestJiraUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client := newClient(t, jira.Config{URL: server.URL, Token: jiratest.Token})
	for name, run := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantKind(t, run(t.Context(), client), jira.ErrUnavailable)
		})
	}
}

// TestRetries counts requests: only 429 and 503 with a Retry-After are tried again, at most twice.
func TestRetries(t *testing.T) {
	t.Parallel()
	past := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC).Format(http.TimeFormat)
	for name, tc := range map[string]struct {
		faults   []jiratest.Fault
		want     error
		requests int
	}{
		"none needed":        {nil, nil, 1},
		"429 once":           {[]jiratest.Fault{jiratest.RetryAfter(429, "0")}, nil, 2},
		"503 twice":          {[]jiratest.Fault{jiratest.RetryAfter(503, "0"), jiratest.RetryAfter(503, "0")}, nil, 3},
		"429, then 503":      {[]jiratest.Fault{jiratest.RetryAfter(429, "0"), jiratest.RetryAfter(503, "0")}, nil, 3},
		"a second":           {[]jiratest.Fault{jiratest.RetryAfter(429, "1")}, nil, 2},
		"a date":             {[]jiratest.Fault{jiratest.RetryAfter(429, past)}, nil, 2},
		"three times":        {[]jiratest.Fault{jiratest.RetryAfter(429, "0"), jiratest.RetryAfter(429, "0"), jiratest.RetryAfter(429, "0")}, jira.ErrUnavailable, 3},
		"then another fault": {[]jiratest.Fault{jiratest.RetryAfter(429, "0"), jiratest.Status(403)}, jira.ErrRefused, 2},
		"too long a wait":    {[]jiratest.Fault{jiratest.RetryAfter(429, "3601")}, jira.ErrUnavailable, 1},
		"no wait named":      {[]jiratest.Fault{jiratest.Status(429)}, jira.ErrUnavailable, 1},
		"an odd wait":        {[]jiratest.Fault{jiratest.RetryAfter(429, "soon")}, jira.ErrUnavailable, 1},
		"a negative wait":    {[]jiratest.Fault{jiratest.RetryAfter(429, "-1")}, jira.ErrUnavailable, 1},
		"500 with a wait":    {[]jiratest.Fault{jiratest.RetryAfter(500, "0")}, jira.ErrUnavailable, 1},
		"403 with a wait":    {[]jiratest.Fault{jiratest.RetryAfter(403, "0")}, jira.ErrRefused, 1},
		"a lost connection":  {[]jiratest.Fault{jiratest.CutOff}, jira.ErrUnavailable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				// An hour, so that the test notices if the client waits although the pause is longer than the timeout.
				b := setup(t, deployment, timeout(time.Hour))
				b.fake.Next(tc.faults...)
				_, err := b.client.Ticket(t.Context(), "PI-42")
				wantKind(t, err, tc.want)
				if n := len(b.fake.Requests()); n != tc.requests {
					t.Errorf("%d requests, want %d", n, tc.requests)
				}
			})
		})
	}
}

func TestRetriesOfAWholeCall(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud)
	put(t, b, "10 of 50 done.", "")
	before := len(b.fake.Requests())
	again := jiratest.RetryAfter(429, "0")
	b.fake.Next(again, jiratest.Pass)       // the search, twice
	b.fake.Always("PUT", "/comment", again) // the update, twice
	_, err := b.client.PutComment(t.Context(), "PI-42", marker, "20 of 50 done.", "")
	wantKind(t, err, jira.ErrUnavailable)
	if n := len(b.fake.Requests()) - before; n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

// TestRedirects has Jira redirect to another server, which must not receive any request.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var strangers atomic.Int32
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	t.Cleanup(stranger.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		onBoth(t, func(t *testing.T, deployment string) {
			b := setup(t, deployment, func(cfg *jira.Config) { cfg.Deployment = jira.Auto })
			for _, to := range []string{stranger.URL, b.fake.URL + "/jira", ""} {
				b.fake.Heal()
				b.fake.Always("", "/serverInfo", jiratest.Pass)
				b.fake.Always("", "", jiratest.Redirect(status, to))
				for _, run := range operations {
					wantKind(t, run(t.Context(), b.client), jira.ErrRefused)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := strangers.Load(); n != 0 {
			t.Errorf("the other host got %d requests", n)
		}
	})
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jira.Config){
		"token": func(cfg *jira.Config) { cfg.Token = "another" },
		"user":  func(cfg *jira.Config) { cfg.User = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment, change)
				for _, run := range operations {
					wantKind(t, run(t.Context(), b.client), jira.ErrRefused)
				}
			})
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud)
	var connections atomic.Int32
	proxy := httptest.NewUnstartedServer(b.fake)
	proxy.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	proxy.Start()
	t.Cleanup(proxy.Close)
	cfg := b.fake.Config()
	cfg.URL = proxy.URL
	client := newClient(t, cfg)
	for range 5 {
		for _, run := range operations {
			if err := run(t.Context(), client); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := client.Ticket(t.Context(), "PI-404"); !errors.Is(err, jira.ErrTicketNotFound) {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections were opened, want 1", n)
	}
}
