package server_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/server"
)

// world is a server with resources for every operation: a job with two paths, units on the first of them, a second
// job that is linked to a ticket, and a Jira.
type world struct {
	*routecardtest.Server
	jira *jiratest.Server
	// options are the options of the server.
	options server.Options

	// ids has what requests name in braces: {job}, {path}, {free} (a path without units), {A} to {C} (steps of the path),
	// {sn1} to {sn9}, {linked} (a job with a ticket), {empty} (one without paths), {template}, {unknown}.
	ids map[string]string
}

// linkedTicket is the ticket of {linked}; freeTicket and the others in Jira have no job.
const (
	linkedTicket = "PI-42"
	freeTicket   = "PI-43"
)

// withJira starts a server that is configured for a fake Jira.
func withJira(t *testing.T, database string) *world {
	t.Helper()
	fake := jiratest.New(t, jira.Cloud)
	for _, key := range []string{linkedTicket, freeTicket, "PI-44", "PI-45"} {
		fake.AddIssue(key, jiratest.Fields{"summary": "Build 50 aluminum housings", "labels": []string{"rush"}})
	}
	client, err := jira.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{jira: fake, options: server.Options{Jira: client}}
	w.Server = routecardtest.New(t, database, func(options *server.Options) { options.Jira = client })
	return w
}

// populate creates new resources, so that earlier changes by the test do not matter.
func (w *world) populate(t *testing.T) {
	t.Helper()
	w.ids = map[string]string{"unknown": "job_01h455vb4pex5vsknk084sn02q"}
	for _, name := range []string{"job", "empty", "linked"} {
		w.ids[name] = keep[gen.Job](t, w, `POST /api/jobs {"name":"JOB-2024-001","goalQuantity":50}`).ID
	}
	w.must(t, `POST /api/jira/link {"ticketKey":"PI-42","jobId":"{linked}","allowDuplicate":true}`)
	const path = `POST /api/paths {"jobId":"{job}","name":"Main Route","goalQuantity":30,"advancementMode":"flexible",
		"steps":[{"name":"A","location":"Bay 3"},{"name":"B"},{"name":"C"}]}`
	main := keep[gen.Path](t, w, path)
	w.ids["path"] = main.ID
	for _, step := range main.Steps {
		w.ids[step.Name] = step.ID
	}
	w.ids["template"] = keep[gen.Template](t, w, `POST /api/templates {"name":"Housing route","steps":[{"name":"A"}]}`).ID
	w.ids["free"] = keep[gen.Path](t, w, path).ID
	for i, serial := range keep[[]gen.Serial](t, w, `POST /api/serials {"pathId":"{path}","quantity":9}`) {
		w.ids["sn"+string(rune('1'+i))] = serial.ID
	}
}

// keep sends a request that must succeed and decodes its response.
func keep[T any](t *testing.T, w *world, request string) T {
	t.Helper()
	return routecardtest.Decode[T](t, w.must(t, request))
}

func (w *world) must(t *testing.T, request string) routecardtest.Answer {
	t.Helper()
	method, path, body := split(w.fill(request))
	answer := w.Do(t, method, path, body, "Content-Type: "+bodyType(method, path))
	if answer.Status >= 300 {
		t.Fatalf("%s answered %d: %s", w.fill(request), answer.Status, answer.Body)
	}
	return answer
}

func (w *world) fill(text string) string {
	pairs := make([]string, 0, 2*len(w.ids))
	for name, id := range w.ids {
		pairs = append(pairs, "{"+name+"}", id)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// split splits a request such as "POST /api/jobs {…}" into method, path, and body.
func split(request string) (method, path, body string) {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ = strings.Cut(rest, " ")
	return method, path, body
}

// bodyType returns the media type of the body of a request: JSON, or a file where the operation takes one.
func bodyType(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	if operation := contracttest.Routecard().Find(method, path); operation != nil && operation.File != "" {
		return operation.File
	}
	return "application/json"
}

// front is another server of the same store, with its own address.
type front struct {
	url    string
	client *http.Client
}

// behind starts a server over the store of s. Its requests pass through wrap, if that is given.
func behind(t *testing.T, s *routecardtest.Server, options server.Options, wrap func(http.Handler) http.Handler) *front {
	t.Helper()
	options.Logger = slog.New(slog.DiscardHandler)
	handler, err := server.New(s.Store, options)
	if err != nil {
		t.Fatal(err)
	}
	if wrap != nil {
		handler = wrap(handler)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(listener.Close)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &front{url: listener.URL, client: &http.Client{Transport: contracttest.Transport(t, transport)}}
}

// do sends a request with any body, and returns the status. Headers are "Name: value".
func (f *front) do(t *testing.T, method, path string, body io.Reader, headers ...string) int {
	t.Helper()
	answer, err := f.try(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.Status
}

func (f *front) try(ctx context.Context, method, path string, body io.Reader, headers ...string) (contracttest.Answer, error) {
	var none contracttest.Answer
	request, err := http.NewRequestWithContext(ctx, method, f.url+path, body)
	if err != nil {
		return none, err
	}
	request.Header.Set("Content-Type", bodyType(method, path))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(name, value)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return none, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return contracttest.Answer{Status: response.StatusCode, Header: response.Header, Body: content}, err
}

// errorOf decodes a response as an error.
func errorOf(answer contracttest.Answer) gen.Error {
	var read gen.Error
	_ = json.Unmarshal(answer.Body, &read)
	return read
}
