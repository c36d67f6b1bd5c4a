package routecardtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answer is a response that was read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request as it is written: what the generated client would never send, for example. Headers are
// "Name: value". A body goes as application/json unless a header says otherwise; "Content-Type:" sends none.
func (s *Server) Do(t testing.TB, method, path, body string, headers ...string) Answer {
	t.Helper()
	return do(t, s.http, method, s.URL+path, strings.NewReader(body), headers)
}

func do(t testing.TB, client *http.Client, method, url string, body *strings.Reader, headers []string) Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	if body.Len() > 0 {
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
		t.Fatalf("%s %s: read the answer: %v", method, url, err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: string(content)}
}

// Decode reads an answer's body, which must be JSON.
func Decode[T any](t testing.TB, answer Answer) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(answer.Body), &value); err != nil {
		t.Fatalf("the answer is %s: %v", answer.Body, err)
	}
	return value
}
