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
)

// streamIdle is how long a stream may be silent. The server writes a comment every 15 seconds, so two may get lost.
const streamIdle = 45 * time.Second

// ListEvents returns the events after params.After, oldest first: all events up to now, or one page if params.Limit is set. With
// params.Order desc the newest comes first, or the one before params.Before.
func (c *Client) ListEvents(ctx context.Context, params *ListEventsParams, options ...CallOption) ([]Event, error) {
	return decode[[]Event](c.get(ctx, options, params, "events"))
}

// AllEvents iterates over the events after params.After up to now, page by page, in the order of ListEvents.
func (c *Client) AllEvents(ctx context.Context, params *ListEventsParams, options ...CallOption) iter.Seq2[Event, error] {
	return all[Event](ctx, c, options, params, "events")
}

// Events iterates over the events after params.After, oldest first, and then over each new event as it happens. The loop ends
// when the caller breaks out of it, or when ctx ends; in that case the last error is the cause of ctx. params.Limit is
// ignored.
//
// When the connection breaks or is silent for 45 seconds, Events opens a new connection after the last event that it has
// yielded, so that it yields each event exactly once. It does so without limit, with growing pauses. Only if it has never
// reached the server does it give up after the attempts of [Retry]. Any other error ends the loop.
//
// When the database was restored from a backup, Events yields [ErrFeedRestored] without an event. If the caller stays in the
// loop, Events starts over with the first event.
//
// To continue in another process, keep Seq of the last event and pass it as After. Also keep the epoch of [ReadFeedEpoch]: if
// the feed has another epoch by then, start over without After.
func (c *Client) Events(ctx context.Context, params *ListEventsParams) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var query ListEventsParams
		if params != nil {
			query = *params
		}
		query.Limit = nil
		req, err := c.newRequest(ctx, http.MethodGet, &query, nil, []string{"events"})
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

// ErrFeedRestored is yielded by [Client.Events] when the database was restored from a backup since the previous connection:
// events that were yielded before may no longer exist, and their numbers are used again. The next events are those of the
// restored database, from the first event, so the caller must first discard everything that it has built from the earlier events.
var ErrFeedRestored = errors.New("event stream: the database was restored from a backup, so the feed starts over")

// headerFeedEpoch names the epoch to which the numbers of events belong.
const headerFeedEpoch = "Routecard-Feed-Epoch"

// follower is the state of one loop over the event stream, across all its connections.
type follower struct {
	client *Client
	req    *http.Request
	yield  func(Event, error) bool
	// reached reports whether the server has opened a stream at least once.
	reached bool
	// epoch is the epoch of the feed, "" before the first stream and with a server that sends none.
	epoch string
	// failures counts the connections that have ended since data was last received.
	failures int
	// minWait is the wait before a new connection that the stream's retry field asks for.
	minWait time.Duration
}

var errLoopLeft = errors.New("the caller left the loop")

// follow reads one connection after the other. It returns nil when the caller has left the loop.
func (f *follower) follow(ctx context.Context) error {
	for {
		err := f.read(ctx)
		if errors.Is(err, ErrFeedRestored) {
			if !f.yield(Event{}, err) {
				return nil
			}
			f.startOver()
			continue
		}
		f.failures++
		switch {
		case errors.Is(err, errLoopLeft):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !mayReconnect(err), !f.reached && f.failures >= f.client.retry.Attempts:
			return err
		}
		if !sleep(ctx, max(f.client.wait(f.failures, err), f.minWait)) {
			return withCause(ctx, err)
		}
	}
}

// startOver makes the next connection begin with the first event.
func (f *follower) startOver() {
	f.req.Header.Del("Last-Event-ID")
	query := f.req.URL.Query()
	query.Del("after")
	f.req.URL.RawQuery = query.Encode()
}

// fatalError is an error of a stream that would occur again on a new connection.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// mayReconnect reports whether a new connection may succeed after err. Opening a stream changes nothing on the server, so it
// is repeated after every 5xx, for example while a database fails over.
func mayReconnect(err error) bool {
	if failure, ok := errors.AsType[*Error](err); ok {
		return isTransient(failure.StatusCode) || failure.StatusCode >= http.StatusInternalServerError
	}
	_, fatal := errors.AsType[fatalError](err)
	return !fatal
}

// read opens a connection and yields its events. It always returns an error: the reason why the connection ended.
func (f *follower) read(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timeout := fmt.Errorf("event stream: no data received for %s", f.client.idle)
	timer := time.AfterFunc(f.client.idle, func() { cancel(timeout) })
	defer timer.Stop()

	res, err := f.client.open(ctx, f.req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "text/event-stream" {
		return fatalError{fmt.Errorf("event stream: the content type is %q, is this a Routecard server?", kind)}
	}
	f.reached = true
	if epoch := res.Header.Get(headerFeedEpoch); epoch != "" {
		before := f.epoch
		f.epoch = epoch
		if before != "" && before != epoch {
			return ErrFeedRestored
		}
	}

	messages := newMessageReader(&idleReader{in: res.Body, follower: f, timer: timer}, maxMessageBytes)
	for {
		message, err := messages.next()
		f.minWait = messages.retry
		if messages.lastID != "" {
			f.req.Header.Set("Last-Event-ID", messages.lastID)
		}
		switch {
		case errors.Is(err, errMessageTooLong):
			return fatalError{err}
		case err != nil:
			return fmt.Errorf("event stream: %w", err)
		}
		var event Event
		if err := json.Unmarshal(message.data, &event); err != nil {
			return fatalError{fmt.Errorf("event stream: %w", err)}
		}
		if !f.yield(event, nil) {
			return errLoopLeft
		}
	}
}

// idleReader reads a stream and restarts the idle timer for each read. The timer does not run between reads, so that a slow
// loop body does not count as silence.
type idleReader struct {
	in       io.Reader
	follower *follower
	timer    *time.Timer
}

func (r *idleReader) Read(p []byte) (int, error) {
	r.timer.Reset(r.follower.client.idle)
	n, err := r.in.Read(p)
	r.timer.Stop()
	if n > 0 {
		r.follower.failures = 0
	}
	return n, err
}
