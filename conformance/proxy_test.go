package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/internal/contracttest"
)

// planted changes the requests to a server and its responses, so that the server looks like one with a fault.
type planted struct {
	request  func(*http.Request)
	response func(*http.Response)
}

// plant starts a proxy in front of a server and returns the proxy's URL. Calls of planted are never concurrent.
func plant(t *testing.T, server string, planted planted) string {
	t.Helper()
	behind, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Header.Del("Accept-Encoding") // a body must be readable to be changed
			if planted.request != nil {
				mutex.Lock()
				defer mutex.Unlock()
				planted.request(r.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if planted.response != nil {
				mutex.Lock()
				defer mutex.Unlock()
				planted.response(r)
			}
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL
}

// operationOf returns the operationId of a request, or "" if it belongs to no operation.
func operationOf(r *http.Request) string {
	if operation := contracttest.Routecard().Find(r.Method, r.URL.EscapedPath()); operation != nil {
		return operation.ID
	}
	return ""
}

// sends changes the JSON bodies that are sent to one of the operations. It leaves texts that are not JSON objects.
func sends(operations string, change func(body map[string]any)) planted {
	return planted{request: func(r *http.Request) {
		if !isOneOf(operationOf(r), operations) {
			return
		}
		text := read(r.Body)
		var body map[string]any
		if decode(text, &body) == nil && body != nil {
			change(body)
			text = encode(body)
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	}}
}

// query changes the query of requests to one of the operations.
func query(operations string, change func(url.Values)) planted {
	return planted{request: func(r *http.Request) {
		if isOneOf(operationOf(r), operations) {
			values := r.URL.Query()
			change(values)
			r.URL.RawQuery = values.Encode()
		}
	}}
}

// withoutHeader removes a header from all requests.
func withoutHeader(name string) planted {
	return planted{request: func(r *http.Request) { r.Header.Del(name) }}
}

// answers changes the JSON body of each response that has one. change returns the new body.
func answers(change func(r *http.Response, body any) any) planted {
	return planted{response: func(r *http.Response) {
		if r.Header.Get("Content-Type") != "application/json" || r.Request.Method == http.MethodHead {
			return
		}
		text := read(r.Body)
		var body any
		if decode(text, &body) == nil {
			text = encode(change(r, body))
		}
		setBody(r, text)
	}}
}

// objects changes each object in the successful responses of the operations, those within other objects too.
func objects(operations string, change func(r *http.Response, object map[string]any)) planted {
	return answers(func(r *http.Response, body any) any {
		if r.StatusCode < http.StatusMultipleChoices && isOneOf(operationOf(r.Request), operations) {
			eachObject(body, func(object map[string]any) { change(r, object) })
		}
		return body
	})
}

// number changes each number with the given name in successful responses of the operations.
func number(operations, name string, change func(float64) float64) planted {
	return objects(operations, func(_ *http.Response, object map[string]any) {
		if text, isNumber := object[name].(json.Number); isNumber {
			value, err := text.Float64()
			if err == nil {
				object[name] = change(value)
			}
		}
	})
}

// rows changes the rows of lists that the operations return. change returns the new rows.
func rows(operations string, change func(r *http.Response, rows []any) []any) planted {
	return answers(func(r *http.Response, body any) any {
		if list, isList := body.([]any); isList && isOneOf(operationOf(r.Request), operations) {
			return change(r, list)
		}
		return body
	})
}

// isOneOf reports whether a name is one of those in a text with spaces between them.
func isOneOf(name, names string) bool {
	return name != "" && strings.Contains(" "+names+" ", " "+name+" ")
}

// eachObject calls visit with each object in a value, outer ones first.
func eachObject(value any, visit func(map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		visit(value)
		for _, part := range value {
			eachObject(part, visit)
		}
	case []any:
		for _, item := range value {
			eachObject(item, visit)
		}
	}
}

// text returns a property that is a string, or "".
func text(object any, name string) string {
	properties, _ := object.(map[string]any)
	value, _ := properties[name].(string)
	return value
}

func setBody(r *http.Response, text []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
}

// read reads a body to its end. It panics for an incomplete body, so that the response is incomplete, too.
func read(body io.ReadCloser) []byte {
	if body == nil {
		return nil
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return text
}

// decode decodes one JSON value without losing digits. It returns an error for a text that is not exactly one value.
func decode(text []byte, into any) error {
	if !json.Valid(text) {
		return errors.New("the body is not one JSON value")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// encode encodes what decode has decoded. It panics for a value that JSON cannot represent.
func encode(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return text.Bytes()
}
