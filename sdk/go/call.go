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

// maxErrorBytes limits how much of an error response is read. Routecard's own errors are small, but a proxy's page may be
// large.
const maxErrorBytes = 1 << 20

const (
	headerIdempotencyKey = "Idempotency-Key"
	headerIfMatch        = "If-Match"
	headerRequestID      = "X-Request-Id"
)

// CallOption changes one call, or reads a header of its response.
type CallOption func(*call)

// call holds the options of one call.
type call struct {
	ifMatch, key, accept               string
	etag, cursor, feedEpoch, requestID *string
}

// IfMatch makes an update or deletion only if the resource still has the version etag. Otherwise the call returns an error
// for which [IsChanged] is true. On other operations the call fails without sending a request.
func IfMatch(etag string) CallOption {
	return func(c *call) { c.ifMatch = etag }
}

// ReadETag sets etag to the version of the resource in the response, for [IfMatch].
func ReadETag(etag *string) CallOption {
	return func(c *call) { c.etag = etag }
}

// ReadCursor sets cursor to the start of the next page of a list, and to "" on the last page. Pass it to the next call as
// Cursor; for [Client.ListJiraTickets] as PageToken, and for [Client.ListEvents] as After, or as Before with the order desc,
// where it is a decimal number.
func ReadCursor(cursor *string) CallOption {
	return func(c *call) { c.cursor = cursor }
}

// ReadFeedEpoch sets epoch to the epoch of the feed in the response to [Client.ListEvents]. The epoch changes when the database
// is restored from a backup; numbers of events are comparable within one epoch only.
func ReadFeedEpoch(epoch *string) CallOption {
	return func(c *call) { c.feedEpoch = epoch }
}

// ReadRequestID sets id to the id of the request in the response and in the server's log. An [Error] has it in any case.
func ReadRequestID(id *string) CallOption {
	return func(c *call) { c.requestID = id }
}

// IdempotencyKey replaces the random key of a POST. For 24 hours, requests with the same key and the same body have one
// effect, so a program that stores the key with its own record of the work can repeat the call after a crash. On other
// operations the call fails without sending a request.
func IdempotencyKey(key string) CallOption {
	return func(c *call) { c.key = key }
}

// response is a 2xx response, read to its end.
type response struct {
	header http.Header
	body   []byte
}

// do sends a request, with retries as [Retry] describes. If the last response is not a 2xx, the error is an *Error.
func (c *Client) do(ctx context.Context, req *http.Request, options []CallOption) (response, error) {
	var call call
	for _, option := range options {
		option(&call)
	}
	if err := c.setHeaders(req, call); err != nil {
		return response{}, err
	}
	res, err := c.send(ctx, req)
	if err != nil {
		return response{}, err
	}
	if call.etag != nil {
		*call.etag = res.header.Get("ETag")
	}
	if call.requestID != nil {
		*call.requestID = res.header.Get(headerRequestID)
	}
	if call.feedEpoch != nil {
		*call.feedEpoch = res.header.Get(headerFeedEpoch)
	}
	if call.cursor != nil {
		next := nextQuery(res.header)
		begin := "after"
		if next.Get("order") == string(ListEventsParamsOrderDesc) {
			begin = "before"
		}
		*call.cursor = cmp.Or(next.Get("cursor"), next.Get("pageToken"), next.Get(begin))
	}
	return res, nil
}

// setHeaders sets the headers of all attempts. A POST is safe to repeat because all its attempts have the same key.
func (c *Client) setHeaders(req *http.Request, call call) error {
	req.Header.Set("Accept", cmp.Or(call.accept, "application/json"))
	c.authorize(req)
	if req.Method == http.MethodPost {
		if call.key == "" {
			call.key = rand.Text()
		}
		req.Header.Set(headerIdempotencyKey, call.key)
	} else if call.key != "" {
		return errors.New("IdempotencyKey works only on operations that use POST")
	}
	if call.ifMatch != "" {
		switch req.Method {
		case http.MethodPut, http.MethodPatch, http.MethodDelete:
			req.Header.Set(headerIfMatch, call.ifMatch)
		default: // the server would ignore the header, and the caller would rely on it
			return errors.New("IfMatch works only on updates and deletions")
		}
	}
	return nil
}

func (c *Client) authorize(req *http.Request) {
	if c.apiKey != "" {
		req.Header.Set("Authorization", "Bearer "+c.apiKey)
	}
}

// attempt sends the request once and reads the whole response, so that a connection that breaks halfway through the body
// counts as a failed attempt.
func (c *Client) attempt(ctx context.Context, req *http.Request) (response, error) {
	res, err := c.open(ctx, req)
	if err != nil {
		return response{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return response{}, fmt.Errorf("%s %s: reading the response: %w", req.Method, req.URL.Redacted(), err)
	}
	return response{header: res.Header, body: body}, nil
}

// open sends a copy of the request and returns a 2xx response, whose body the caller closes. For any other response it
// returns an *Error.
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
		return nil, fmt.Errorf("%s %s: reading the response: %w", req.Method, req.URL.Redacted(), err)
	}
	return nil, toError(res, body)
}

// decode decodes the body of a response as T. It takes the results of get, post, and so on, and returns err if that is not nil.
func decode[T any](res response, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(res.body, &value); err != nil {
		return value, fmt.Errorf("the response does not match the contract, is this a Routecard server? %w", err)
	}
	return value, nil
}
