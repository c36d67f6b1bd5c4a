package routecard

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxErrorBytes bounds what is read of an error's body: Routecard's are small, a proxy's page may not be.
const maxErrorBytes = 1 << 20

const (
	headerIdempotencyKey = "Idempotency-Key"
	headerIfMatch        = "If-Match"
)

// CallOption changes one call, or reads more of its answer than the body.
type CallOption func(*call)

// call is what the options of one call ask for.
type call struct {
	ifMatch, key string
	etag, cursor *string
}

// IfMatch makes a change only if the thing still has the version etag; otherwise the error is one for which [IsChanged]
// is true. It is for updates and deletions: on other operations the call fails without being sent.
func IfMatch(etag string) CallOption {
	return func(c *call) { c.ifMatch = etag }
}

// ReadETag sets etag to the version of the thing that is read, created or changed, for [IfMatch].
func ReadETag(etag *string) CallOption {
	return func(c *call) { c.etag = etag }
}

// ReadCursor sets cursor to where the next page of a list begins, for the parameter of the same list that says so (Cursor,
// PageToken, or After in digits), and to "" on the last page.
func ReadCursor(cursor *string) CallOption {
	return func(c *call) { c.cursor = cursor }
}

// IdempotencyKey replaces the random key that a POST is sent with. A program that keeps the key beside its own record of
// the work can ask again after a crash: the same key with the same body has one effect, for 24 hours.
func IdempotencyKey(key string) CallOption {
	return func(c *call) { c.key = key }
}

// answer is what came back with a 2xx.
type answer struct {
	header http.Header
	body   []byte
}

// do returns a function that takes what a generated request constructor returns, so that an operation fits on one line. The
// function sends the request, again where that is safe, and fails with an *Error when the last answer is no 2xx.
func (c *Client) do(ctx context.Context, options []CallOption) func(*http.Request, error) (answer, error) {
	return func(req *http.Request, err error) (answer, error) {
		if err != nil {
			return answer{}, err
		}
		var call call
		for _, option := range options {
			option(&call)
		}
		if err := c.prepare(req, call); err != nil {
			return answer{}, err
		}
		got, err := c.send(ctx, req)
		if err != nil {
			return answer{}, err
		}
		if call.etag != nil {
			*call.etag = got.header.Get("ETag")
		}
		if call.cursor != nil {
			next := nextQuery(got.header)
			*call.cursor = cmp.Or(next.Get("cursor"), next.Get("pageToken"), next.Get("after"))
		}
		return got, nil
	}
}

// prepare sets the headers that all attempts have in common: one key for all of them is what makes a POST safe to repeat.
func (c *Client) prepare(req *http.Request, call call) error {
	req.Header.Set("Accept", "application/json")
	c.authorize(req)
	if req.Method == http.MethodPost {
		if call.key == "" {
			call.key = rand.Text()
		}
		req.Header.Set(headerIdempotencyKey, call.key)
	} else if call.key != "" {
		return errors.New("IdempotencyKey is for operations that are a POST")
	}
	if call.ifMatch != "" {
		switch req.Method {
		case http.MethodPut, http.MethodPatch, http.MethodDelete:
			req.Header.Set(headerIfMatch, call.ifMatch)
		default: // the server would ignore it, and the caller believe to be protected
			return errors.New("IfMatch is for updates and deletions")
		}
	}
	return nil
}

func (c *Client) authorize(req *http.Request) {
	if c.apiKey != "" {
		req.Header.Set("Authorization", "Bearer "+c.apiKey)
	}
}

// attempt sends a copy of the request and reads the whole answer, so that a connection that is cut halfway is a failure of
// the attempt and not of the caller's.
func (c *Client) attempt(ctx context.Context, req *http.Request) (answer, error) {
	res, err := c.open(ctx, req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: reading the answer: %w", req.Method, req.URL.Redacted(), err)
	}
	return answer{header: res.Header, body: body}, nil
}

// open sends a copy of the request. The caller closes the body of a 2xx; anything else is an *Error.
func (c *Client) open(ctx context.Context, req *http.Request) (*http.Response, error) {
	attempt := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		attempt.Body = body
	}
	res, err := c.http.Do(attempt)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 2 {
		return res, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBytes))
	if err != nil {
		return nil, fmt.Errorf("%s %s: reading the answer: %w", req.Method, req.URL.Redacted(), err)
	}
	return nil, toError(res, body)
}

// decode reads the body of an answer as the contract's type for it.
func decode[T any](got answer, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(got.body, &value); err != nil {
		return value, fmt.Errorf("answer is not what the contract says, is this a Routecard? %w", err)
	}
	return value, nil
}
