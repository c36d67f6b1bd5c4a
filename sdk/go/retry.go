package routecard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Retry says how often and how fast a request is repeated. A request is repeated when there was no response, or when the
// status is 429, 502, 503, or 504. That is safe for each method:
//
//   - GET changes nothing.
//   - PUT, PATCH, and DELETE have the same effect however often they are sent.
//   - POST has an Idempotency-Key, the same for all attempts, so that the server recognizes a repeated request. For the same reason
//     a POST is also repeated after a 500, which does not say whether the change was made.
//
// A request whose outcome is still unknown after the last attempt fails with [ErrOutcomeUnknown].
//
// The wait doubles with each attempt and is partly random, so that many clients do not come back at the same moment. A
// Retry-After header can make it longer. If ctx would end before the next attempt, or the server asks for more than MaxWait,
// the call returns the last error at once.
type Retry struct {
	// Attempts is the maximum number of attempts, including the first one. Defaults to 5. 1 means no retries.
	Attempts int
	// Base is the maximum wait before the second attempt. Defaults to 200 ms.
	Base time.Duration
	// Max is where the wait stops doubling. Defaults to 5 s.
	Max time.Duration
	// MaxWait is the longest wait that a Retry-After header may ask for. Defaults to 30 s.
	MaxWait time.Duration
}

func (r Retry) withDefaults() Retry {
	if r.Attempts < 1 {
		r.Attempts = 5
	}
	if r.Base <= 0 {
		r.Base = 200 * time.Millisecond
	}
	if r.Max <= 0 {
		r.Max = 5 * time.Second
	}
	if r.MaxWait <= 0 {
		r.MaxWait = 30 * time.Second
	}
	return r
}

// delay returns the wait after failure n, counted from 1. One half of it is random.
func (r Retry) delay(n int) time.Duration {
	wait := r.Max
	if shift := n - 1; shift < 30 && r.Base<<shift > 0 {
		wait = min(r.Base<<shift, r.Max)
	}
	return wait/2 + rand.N(wait/2+1)
}

// send makes attempts until one succeeds, one fails in a way that a retry would not change, or none are left. Its error is
// ErrOutcomeUnknown when one of the attempts may have made the change.
func (c *Client) send(ctx context.Context, req *http.Request) (res response, err error) {
	unknown := false
	defer func() {
		if err != nil && unknown {
			err = unknownOutcomeError{err}
		}
	}()
	for n := 1; ; n++ {
		res, err := c.attempt(ctx, req)
		if err == nil {
			return res, nil
		}
		failure, responded := errors.AsType[*Error](err)
		if responded {
			failure.Attempts = n
		}
		// The server would have recognized an earlier attempt that made the change by its key.
		answered := responded && req.Method == http.MethodPost &&
			failure.StatusCode < http.StatusInternalServerError && !isTransient(failure.StatusCode)
		unknown = isOutcomeUnknown(req, err) || unknown && !answered
		if n >= c.retry.Attempts || !mayRetry(ctx, req, err) {
			return response{}, err
		}
		if responded && failure.retryAfter > c.retry.MaxWait || !sleep(ctx, c.wait(n, err)) {
			return response{}, withCause(ctx, err)
		}
	}
}

// mayRetry reports whether repeating the request is safe and may succeed.
func mayRetry(ctx context.Context, req *http.Request, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	failure, responded := errors.AsType[*Error](err)
	if !responded {
		return true
	}
	return isTransient(failure.StatusCode) ||
		failure.StatusCode == http.StatusInternalServerError && req.Header.Get(headerIdempotencyKey) != ""
}

// isTransient reports whether the same request may succeed a little later, by its status.
func isTransient(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// wait returns how long to wait after failure n: the delay of the policy, or longer if the server asks for it.
func (c *Client) wait(n int, err error) time.Duration {
	wait := c.retry.delay(n)
	if failure, responded := errors.AsType[*Error](err); responded {
		wait = max(wait, failure.retryAfter)
	}
	return wait
}

// sleep waits and returns true. It returns false as soon as the context ends, or at once if the deadline comes first.
func sleep(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// withCause adds the cause of the context to err if the context has ended.
func withCause(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w, after: %w", context.Cause(ctx), err)
}

// retryAfter returns the wait that the Retry-After header asks for, which is in seconds or an HTTP date. It returns 0 without
// a valid header, and for a date in the past.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
