package routecardtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answer is a response whose body has been read.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request to the server; see [Do].
func (s *Server) Do(t testing.TB, method, path, body string, headers ...string) Answer {
	t.Helper()
	return Do(t, s.http, method, s.URL+path, body, headers...)
}

// Do sends a request exactly as given, which may be one that the generated client can't send. Each header is
// "Name: value". The Content-Type of a body is application/json unless a header sets another; "Content-Type:" omits it.
func Do(t testing.TB, client *http.Client, method, url, body string, headers ...string) Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ":")
		request.Header.Del(name)
		if value = strings.TrimPrefix(value, " "); value != "" || name != "Content-Type" {
			request.Header.Set(name, value)
		}
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: read the body: %v", method, url, err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: string(content)}
}

// Decode decodes the body of a response, which must be JSON.
func Decode[T any](t testing.TB, answer Answer) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(answer.Body), &value); err != nil {
		t.Fatalf("the body is %s: %v", answer.Body, err)
	}
	return value
}
