package routecard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"

	"github.com/routecard/routecard/gen/client"
)

// streamIdle is how long a stream may be silent: the server writes a comment every 15 seconds, and two may get lost.
const streamIdle = 45 * time.Second

// ListEvents reads the events after params.After, oldest first: all of them to this moment, or one page with a limit.
func (c *Client) ListEvents(ctx context.Context, params *ListEventsParams, options ...CallOption) ([]Event, error) {
	return decode[[]Event](c.do(ctx, options)(client.NewListEventsRequest(c.server, params)))
}

// AllEvents iterates over the events after params.After to this moment, oldest first, page by page.
func (c *Client) AllEvents(ctx context.Context, params *ListEventsParams, options ...CallOption) iter.Seq2[Event, error] {
	return all[Event](ctx, c, options)(client.NewListEventsRequest(c.server, params))
}

// Events iterates over the events after params.After, oldest first, and then over each new one as it happens. It does not
// end by itself: break out of the loop, or end the context, whose error is then the last thing that the loop sees.
//
// When the connection breaks, or is silent for 45 seconds, the stream goes on over a new one after the last event that the
// loop has seen, so that each is seen exactly once. While the server cannot be reached this goes on for ever, more and more
// slowly; only if it could not be reached even once does it end, after the attempts of [Retry]. Any other error ends it.
// To go on later, in another process, keep Seq of the last event and pass it as After. A Limit is ignored.
func (c *Client) Events(ctx context.Context, params *ListEventsParams) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var asked ListEventsParams
		if params != nil {
			asked = *params
		}
		asked.Limit = nil
		req, err := client.NewListEventsRequest(c.server, &asked)
		if err != nil {
			yield(Event{}, err)
			return
		}
		req.Header.Set("Accept", "text/event-stream")
		c.authorize(req)
		f := follower{client: c, req: req, yield: yield}
		if err := f.follow(ctx); err != nil {
			yield(Event{}, err)
		}
	}
}

// follower is one loop over the event stream, through all its connections.
type follower struct {
	client *Client
	req    *http.Request
	yield  func(Event, error) bool
	// reached tells that the server has opened a stream at least once.
	reached bool
	// failures counts the attempts since something was last heard.
	failures int
	// pause is the least wait before a new connection, as the server has asked.
	pause time.Duration
}

var errStopped = errors.New("the loop was left")

// follow reads connection after connection. It returns nil when the loop was left.
func (f *follower) follow(ctx context.Context) error {
	for {
		err := f.read(ctx)
		f.failures++
		switch {
		case errors.Is(err, errStopped):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !goesOn(err), !f.reached && f.failures >= f.client.retry.Attempts:
			return err
		}
		if !sleep(ctx, max(f.client.wait(f.failures, err), f.pause)) {
			return gaveUp(ctx, err)
		}
	}
}

// fatalError is a stream that another connection would not mend.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// goesOn tells whether a new connection may do better. Opening a stream changes nothing, so that every failure on the
// server's side is worth another try: it may be a database that changes its primary.
func goesOn(err error) bool {
	if failure, ok := errors.AsType[*Error](err); ok {
		return isTransient(failure.StatusCode) || failure.StatusCode >= http.StatusInternalServerError
	}
	_, fatal := errors.AsType[fatalError](err)
	return !fatal
}

// read hands on the events of one connection, until it ends.
func (f *follower) read(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := fmt.Errorf("event stream: nothing was heard for %s", f.client.idle)
	watch := time.AfterFunc(f.client.idle, func() { cancel(silence) })
	defer watch.Stop()

	res, err := f.client.open(ctx, f.req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "text/event-stream" {
		return fatalError{fmt.Errorf("event stream: the answer is %q, is this a Routecard?", kind)}
	}
	f.reached = true

	frames := newFrameReader(&heard{in: res.Body, follower: f, watch: watch}, maxFrameBytes)
	for {
		frame, err := frames.next()
		f.pause = frames.retry
		if frames.lastID != "" {
			f.req.Header.Set("Last-Event-ID", frames.lastID)
		}
		switch {
		case errors.Is(err, errFrameTooLong):
			return fatalError{err}
		case err != nil:
			return fmt.Errorf("event stream: %w", err)
		}
		var event Event
		if err := json.Unmarshal(frame.data, &event); err != nil {
			return fatalError{fmt.Errorf("event stream: %w", err)}
		}
		if !f.yield(event, nil) {
			return errStopped
		}
	}
}

// heard reads a stream and notes each sign of life, comments included. The time that the loop takes for an event is not
// silence: the clock only runs while the connection is waited for.
type heard struct {
	in       io.Reader
	follower *follower
	watch    *time.Timer
}

func (h *heard) Read(p []byte) (int, error) {
	h.watch.Reset(h.follower.client.idle)
	n, err := h.in.Read(p)
	h.watch.Stop()
	if n > 0 {
		h.follower.failures = 0
	}
	return n, err
}
