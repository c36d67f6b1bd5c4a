package contract

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
)

// MaxBody is the maximum length of a JSON request body in bytes.
const MaxBody = 1 << 20

const jsonType = "application/json"

// Error says why a request is refused. Message is a sentence for the client.
type Error struct {
	// Status is the HTTP status of the response.
	Status  int
	Message string
	// Fields lists every invalid parameter or every invalid field of the body, in the contract's order. It is empty when
	// the request as a whole is refused.
	Fields []FieldError
}

func (e *Error) Error() string { return e.Message }

// FieldError is one invalid parameter or field. Message is a whole sentence that begins with the field's name.
type FieldError struct {
	Field   string
	Message string
}

// Check checks a request in this order: query and headers, Content-Type, size of the body, body. It does not check path
// parameters: an id of the wrong form belongs to no resource, so the handler responds with 404.
//
// Check returns the body as it was sent and as decoded by the schema; both are nil if the operation takes no body, and a file is
// not decoded. See [Operation.Decode].
//
// The error is an *Error.
func (o *Operation) Check(w http.ResponseWriter, r *http.Request) (raw []byte, body map[string]any, err error) {
	if err := o.checkParameters(r); err != nil {
		return nil, nil, err
	}
	if !o.TakesBody() {
		return nil, nil, nil
	}
	if raw, err = o.readBody(w, r); err != nil {
		return nil, nil, err
	}
	if o.TakesFile() {
		return raw, nil, nil
	}
	if body, err = o.Decode(raw); err != nil {
		return nil, nil, err
	}
	return raw, body, nil
}

func (o *Operation) checkParameters(r *http.Request) error {
	var errs fieldErrors
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		errs.add(&fieldPath{name: "query"}, "must be percent-encoded correctly")
		return errs.err()
	}
	for i := range o.parameters {
		p := &o.parameters[i]
		switch p.In {
		case "query":
			if values, sent := query[p.Name]; sent {
				p.check(values, &errs)
			} else if p.Required {
				errs.add(&fieldPath{name: p.Name}, "is required")
			}
		case "header":
			if values := r.Header.Values(p.Name); len(values) > 0 {
				p.check(values, &errs)
			}
		}
	}
	return errs.err()
}

// readBody reads the body of a request whose Content-Type and size are allowed.
func (o *Operation) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A web page of another origin can send a form or plain text without a CORS preflight request, but not these types.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !slices.Contains(o.mediaTypes, media) {
		return nil, &Error{
			Status: http.StatusUnsupportedMediaType, Message: "Content-Type must be " + strings.Join(o.mediaTypes, " or "),
		}
	}
	tooLarge := &Error{
		Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("request body must be at most %d MiB", o.MaxBody>>20),
	}
	if r.ContentLength > o.MaxBody {
		// The body stays unread, so the connection can't be used for another request.
		w.Header().Set("Connection", "close")
		return nil, tooLarge
	}
	var raw bytes.Buffer
	raw.Grow(int(max(r.ContentLength, 0)) + bytes.MinRead)
	if _, err := raw.ReadFrom(http.MaxBytesReader(w, r.Body, o.MaxBody)); err != nil {
		var over *http.MaxBytesError
		switch {
		case errors.As(err, &over):
			return nil, tooLarge
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, &Error{Status: http.StatusRequestTimeout, Message: "the request body took too long to arrive"}
		default:
			return nil, &Error{Status: http.StatusBadRequest, Message: "the request body did not arrive whole"}
		}
	}
	return raw.Bytes(), nil
}

// Decode checks a JSON body by the schema of the operation and returns it decoded, without fields that the schema doesn't know and
// without nulls, except where the schema allows them. Whole numbers are int64 however they are written, other numbers are
// json.Number. The error is an *Error.
func (o *Operation) Decode(raw []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(raw)) == 0 && o.EmptyBody {
		raw = []byte("{}")
	}
	if !isJSON(raw) {
		return nil, &Error{Status: http.StatusBadRequest, Message: "request body must be valid JSON"}
	}
	text := bytes.TrimSpace(raw)
	if text[0] != '{' {
		return nil, &Error{Status: http.StatusBadRequest, Message: "request body must be a JSON object"}
	}
	var errs fieldErrors
	body := o.body.decodeObject(text, nil, &errs)
	return body, errs.err()
}

// fieldErrors collects what is wrong with a request.
type fieldErrors []FieldError

func (f *fieldErrors) add(path *fieldPath, format string, args ...any) {
	field := path.String()
	*f = append(*f, FieldError{Field: field, Message: field + " " + fmt.Sprintf(format, args...)})
}

// err returns an *Error with all fields, or nil if there are none.
func (f *fieldErrors) err() error {
	if len(*f) == 0 {
		return nil
	}
	return &Error{Status: http.StatusBadRequest, Message: (*f)[0].Message, Fields: *f}
}
