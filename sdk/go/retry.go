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

// Retry says how often and how fast a request is sent again. That happens when no answer came, or one that says to come
// back (429, 502, 503, 504), and only where doing it twice is the same as doing it once:
//
//   - GET changes nothing.
//   - PUT, PATCH and DELETE say what is to be, not what to add.
//   - POST carries an Idempotency-Key, the same on all attempts, by which the server recognises it. For the same reason a
//     POST is also repeated after a 500, which leaves open whether the change was made.
//
// The wait doubles from attempt to attempt, with jitter so that clients do not come back all at once. A Retry-After header
// makes it longer. When the context would end before the next attempt, or the server asks for more than MaxWait, the last
// failure is returned at once.
type Retry struct {
	// Attempts is how often a request is sent at the most, the first time included; 5 unless given, and 1 means never again.
	Attempts int
	// Base is the longest wait before the second attempt; 200 ms unless given.
	Base time.Duration
	// Max bounds the doubling; 5 s unless given.
	Max time.Duration
	// MaxWait bounds what a Retry-After header may ask for; 30 s unless given.
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

// delay is the wait after failure number n, counted from 1: half of it fixed, half by chance.
func (r Retry) delay(n int) time.Duration {
	wait := r.Max
	if shift := n - 1; shift < 30 && r.Base<<shift > 0 {
		wait = min(r.Base<<shift, r.Max)
	}
	return wait/2 + rand.N(wait/2+1)
}

// send makes attempts until one succeeds, fails for good, or is the last.
func (c *Client) send(ctx context.Context, req *http.Request) (answer, error) {
	for n := 1; ; n++ {
		got, err := c.attempt(ctx, req)
		if err == nil {
			return got, nil
		}
		failure, answered := errors.AsType[*Error](err)
		if answered {
			failure.Attempts = n
		}
		if n >= c.retry.Attempts || !c.mayRetry(ctx, req, err) {
			return answer{}, err
		}
		if answered && failure.retryAfter > c.retry.MaxWait || !sleep(ctx, c.wait(n, err)) {
			return answer{}, gaveUp(ctx, err)
		}
	}
}

// mayRetry tells whether sending the request once more is safe and may help.
func (c *Client) mayRetry(ctx context.Context, req *http.Request, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	failure, answered := errors.AsType[*Error](err)
	if !answered {
		return true // all our requests can be repeated
	}
	return isTransient(failure.StatusCode) ||
		failure.StatusCode == http.StatusInternalServerError && req.Header.Get(headerIdempotencyKey) != ""
}

// isTransient tells whether a status means "not now": the same request may succeed a little later.
func isTransient(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// wait is how long to wait after failure number n: as the policy says, or longer when the server asks for it.
func (c *Client) wait(n int, err error) time.Duration {
	wait := c.retry.delay(n)
	if failure, answered := errors.AsType[*Error](err); answered {
		wait = max(wait, failure.retryAfter)
	}
	return wait
}

// sleep returns false, at once, when the context ends before the wait does.
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

// gaveUp is the last failure and, where that is why there was no further attempt, the end of the context.
func gaveUp(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w, after: %w", context.Cause(ctx), err)
}

// retryAfter is what the header of that name asks to wait, in seconds or until a date; 0 when it says nothing.
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
