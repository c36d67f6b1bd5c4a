// Package validator validates the requests and responses of a conformance run with libopenapi-validator. It is a separate module,
// so that Routecard does not depend on the library.
package validator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
)

// repository is the root of the repository, from the folder of this package.
const repository = "../.."

// TestConformanceRun runs the conformance cases against a server through a proxy, and has each request and each response validated
// against the contract. It runs them without and with an API key.
func TestConformanceRun(t *testing.T) {
	programs := t.TempDir()
	server, cases := filepath.Join(programs, "routecard"), filepath.Join(programs, "conformance")
	run(t, "go", "build", "-buildvcs=false", "-tags", "nomsgpack", "-o", server, ".")
	run(t, "go", "build", "-buildvcs=false", "-tags", "nomsgpack", "-o", cases, "./conformance/cmd/conformance")
	judge := newJudge(t)
	for _, withKey := range []bool{false, true} {
		database := filepath.Join(t.TempDir(), "routecard.db")
		key := ""
		if withKey {
			key = strings.TrimSpace(run(t, server, "keys", "create", "--database", database, "--name", "conformance", "--role", "write"))
		}
		target, err := url.Parse(start(t, server, database))
		if err != nil {
			t.Fatal(err)
		}
		front := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Header.Del("Accept-Encoding") // the body of the response must be readable
			},
			Transport: judge,
		})
		t.Cleanup(front.Close)
		command := exec.CommandContext(t.Context(), cases, front.URL)
		command.Env = append(os.Environ(), "ROUTECARD_KEY="+key)
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("the conformance run failed: %v\n%s", err, output)
		}
	}
	judge.report(t)
}

// known lists the requests about which the server and the validator may disagree, by the message of the server, or by that of the
// validator if the server accepts the request, with the reason. Each must occur.
var known = []struct{ message, reason string }{
	{`^eventIds must be as many as serialIds$`, "a schema cannot compare two fields"},
	{`^to must be later than from$`, "a schema cannot compare two parameters"},
	{` must not repeat `, "uniqueItems compares whole items, and the steps of a path differ in their names"},
	{`^occurredAt must (not be in the future|be at most 7 days ago)$`, "depends on the time"},
	{`^targetStepIndex must be at most 3$`, "depends on the path in the database"},
	{`^jobId does not match the path's job$`, "depends on the path in the database"},
	{`^cursor must be taken from the Link header of a page$`, "a cursor is opaque"},
	{`^order is for lists, not for a stream$`, "depends on the header Accept"},
	{`^(map\.0 must be a column|The file has no column|Nothing was imported)`, "depends on the content of a file"},
	{`^name must not contain NUL characters$`, "the contract says it once for all texts, in its description"},
	{`^dueDate must be a date like 2026-12-01$`, "the pattern does not know how long a month is"},
	{`The request body is empty`, "x-empty-body: the body may be empty, although the contract tells generators to send one"},
	{`got null, want `, "null counts as absent for every optional field, although the contract tells generators to leave it out"},
}

// judge passes requests on, and validates them and their responses.
type judge struct {
	validator validator.Validator

	mutex sync.Mutex
	// exchanges counts the requests, and refused those that the server and the validator refuse.
	exchanges, refused int
	// wrong describes the responses that are not valid, and the requests about which the server and the validator disagree.
	wrong []string
	// used counts the requests of each entry of known.
	used []int
}

func newJudge(t *testing.T) *judge {
	t.Helper()
	contract, err := os.ReadFile(filepath.Join(repository, "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(contract)
	if err != nil {
		t.Fatal(err)
	}
	v, failed := validator.NewValidator(document, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	return &judge{validator: v, used: make([]int, len(known))}
}

// RoundTrip implements http.RoundTripper.
func (j *judge) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.exchanges++
	j.judgeRequest(request, body, response.StatusCode, answer)
	if response.StatusCode != http.StatusMethodNotAllowed { // the contract describes no such response
		response.Body = io.NopCloser(bytes.NewReader(answer))
		if valid, found := j.validator.ValidateHttpResponse(request, response); !valid {
			j.add("The response to %s %s is not valid: %s\n%d %.500s", request.Method, request.URL, describe(found), response.StatusCode, answer)
		}
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	return response, nil
}

// judgeRequest checks that the validator refuses what the server refuses because of the contract, and nothing else.
func (j *judge) judgeRequest(request *http.Request, body []byte, status int, answer []byte) {
	again := request.Clone(request.Context())
	again.Body = http.NoBody
	if len(body) > 0 {
		again.Body = io.NopCloser(bytes.NewReader(body))
	}
	valid, found := j.validator.ValidateHttpRequestSync(again)
	refused := slices.Contains([]int{http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType}, status)
	if refused && !valid {
		j.refused++
	}
	if refused != valid {
		return
	}
	message := describe(found)
	if refused {
		var failure struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(answer, &failure) // the validator complains about an error that is not JSON
		message = failure.Message
	}
	i := slices.IndexFunc(known, func(k struct{ message, reason string }) bool {
		return regexp.MustCompile(k.message).MatchString(message)
	})
	if i >= 0 {
		j.used[i]++
		return
	}
	j.add("%s %s is valid: %t, but the server answers %d: %s\n%.500s", request.Method, request.URL, valid, status, message, body)
}

func (j *judge) add(format string, args ...any) {
	j.wrong = append(j.wrong, fmt.Sprintf(format, args...))
}

// report fails the test for each wrong exchange, and for each known disagreement that did not occur.
func (j *judge) report(t *testing.T) {
	t.Helper()
	for _, sentence := range j.wrong {
		t.Error(sentence)
	}
	for i, count := range j.used {
		if count == 0 {
			t.Errorf("server and validator never disagreed about %s (%s): remove the entry", known[i].message, known[i].reason)
		}
	}
	if j.exchanges < 1000 || j.refused < 100 {
		t.Errorf("only %d exchanges were validated, and %d invalid requests were found", j.exchanges, j.refused)
	}
	t.Logf("%d exchanges, %d invalid requests that both refused", j.exchanges, j.refused)
}

func describe(found []*validation.ValidationError) string {
	var sentences []string
	for _, failure := range found {
		sentences = append(sentences, failure.Message+": "+failure.Reason)
		for _, field := range failure.SchemaValidationErrors {
			sentences = append(sentences, field.FieldPath+" "+field.Reason)
		}
	}
	return strings.Join(sentences, "; ")
}

// start starts a server with a database and returns its URL. The server ends with the test.
func start(t *testing.T, program, database string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, "serve", "--addr", "127.0.0.1:0", "--database", database, "--insecure")
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Wait() }) // the context of the test has killed it
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct {
			Message string `json:"msg"`
			URL     string `json:"url"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "serving" {
			go func() { _, _ = io.Copy(io.Discard, log) }() // the server must be able to go on logging
			return line.URL
		}
	}
	t.Fatal("the server did not start")
	return ""
}

// run runs a program in the repository and returns its standard output.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = repository
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", program, strings.Join(arguments, " "), err)
	}
	return string(output)
}
