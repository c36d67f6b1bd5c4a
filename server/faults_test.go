package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/server"
)

// fault is a mistake that the test inserts into the responses of the real server, with the checks that must find it.
type fault struct {
	name    string
	request string
	headers []string
	// spoil changes an answer.
	spoil func(answer *httptest.ResponseRecorder)
	// caughtBy are the names of exactly the checks that report it.
	caughtBy []string
}

const (
	createExample = "POST /api/jobs " + exampleJob
	scrapWithAll  = `POST /api/serials/{sn1}/scrap {"reason":"damaged","explanation":"x","userId":"y"}`
)

// faults lists mistakes that a change of the server could make, each with the checks that find it.
var faults = []fault{
	{"none", createExample, nil, func(*httptest.ResponseRecorder) {}, nil},
	{"none in a list", "GET /api/jobs?include=progress", nil, func(*httptest.ResponseRecorder) {}, nil},
	{"none in an error", "POST /api/jobs {}", nil, func(*httptest.ResponseRecorder) {}, nil},

	{"a required property renamed", createExample, nil, replace(`"name":`, `"title":`), []string{"schema: required", "undeclared property"}},
	{"an optional property renamed", createExample, nil, replace(`"jiraTicketKey":`, `"jiraTicket":`), []string{"undeclared property"}},
	{"a property in another case", createExample, nil, replace(`"jiraTicketKey":`, `"JiraTicketKey":`), []string{"undeclared property"}},
	{"a property that nobody declared", createExample, nil, replace(`{"id"`, `{"version":1,"id"`), []string{"undeclared property"}},
	{"one deep inside", "GET /api/jobs/{job}", nil, replace(`"order":0`, `"order":0,"rowid":1`), []string{"undeclared property"}},
	{"a required one left out deep inside", "GET /api/jobs/{job}", nil, replace(`"order":0,`, ``), []string{"schema: required"}},

	{"a number as a string", createExample, nil, replace(`"goalQuantity":50`, `"goalQuantity":"50"`), []string{"schema: type"}},
	{"a fraction for an integer", createExample, nil, replace(`"goalQuantity":50`, `"goalQuantity":50.5`), []string{"schema: type"}},
	{"a number that the schema excludes", createExample, nil, replace(`"goalQuantity":50`, `"goalQuantity":0`), []string{"schema: minimum"}},
	{"a string as a number", createExample, nil, replace(`"JOB-2024-001"`, `2024001`), []string{"schema: type"}},
	{"an array as a string", createExample, nil, replace(`["Q1-2024","rush"]`, `"Q1-2024,rush"`), []string{"schema: type"}},
	{"a boolean as a string", "GET /api/serials/{sn1}", nil, replace(`"forceCompleted":false`, `"forceCompleted":"false"`), []string{"schema: type"}},
	{"a list in an envelope", "GET /api/jobs", nil, func(answer *httptest.ResponseRecorder) {
		answer.Body = bytes.NewBufferString(`{"items":` + answer.Body.String() + "}")
	}, []string{"schema: type", "undeclared property"}},

	{"a time without milliseconds", createExample, nil, replace(`.123Z"`, `Z"`), []string{"schema: format"}},
	{"a time with microseconds", createExample, nil, replace(`.123Z"`, `.123456Z"`), []string{"schema: format"}},
	{"a time with an offset", createExample, nil, replace(`.123Z"`, `.123+01:00"`), []string{"schema: format"}},
	{"a time that is none", createExample, nil, replace(`"2024-01-15T`, `"2024-13-35T`), []string{"schema: format"}},

	{"null for what is absent", `POST /api/jobs {"name":"x","goalQuantity":1}`, nil, replace(`{"id"`, `{"jiraTicketKey":null,"id"`), []string{"null", "schema: nullable"}},
	{"null for an empty list", "GET /api/jobs?q=no-such-job", nil, replace("[]", "null"), []string{"null", "schema: nullable"}},

	{"a wrong status of a unit", "GET /api/serials/{sn1}", nil, replace(`"status":"in_progress","force`, `"status":"active","force`), []string{"schema: enum"}},
	{"a wrong reason", scrapWithAll, nil, replace(`"damaged"`, `"broken"`), []string{"schema: enum"}},

	{"a lost Location", createExample, nil, drop("Location"), []string{"missing header"}},
	{"a Location where nothing is", createExample, nil, set("Location", "/jobs/1"), []string{"header"}},
	{"a lost ETag", "GET /api/jobs/{job}", nil, drop("ETag"), []string{"missing header"}},
	{"a lost X-Request-Id", "GET /api/jobs", nil, drop("X-Request-Id"), []string{"missing header"}},
	{"a header that is not declared here", "GET /api/jobs/{job}", nil, set("Location", "/api/jobs/job_1"), []string{"header"}},
	{"a header with another value than it may have", createExample, nil, set("Idempotency-Replayed", "yes"), []string{"header"}},
	{"503 that does not say when to come again", "GET /api/jobs", nil, status(503, `{"statusCode":503,"message":"x"}`), []string{"missing header"}},
	{"401 that does not say how", "GET /api/jobs", nil, status(401, `{"statusCode":401,"message":"x"}`), []string{"missing header"}},

	{"another status of success", createExample, nil, func(answer *httptest.ResponseRecorder) { answer.Code = 200 }, []string{"status"}},
	{"an error that is not declared", "GET /api/jobs/{job}", nil, status(418, `{"statusCode":418,"message":"x"}`), []string{"status"}},
	{"an error that repeats another status", "POST /api/jobs {}", nil, replace(`"statusCode":400`, `"statusCode":422`), []string{"status"}},
	{"an error of another shape", "POST /api/jobs {}", nil, status(400, `{"error":"name is required"}`), []string{"schema: required", "undeclared property"}},
	{"an error as text", "POST /api/jobs {}", nil, func(answer *httptest.ResponseRecorder) {
		status(400, "name is required")(answer)
		set("Content-Type", "text/plain")(answer)
	}, []string{"media type"}},
	{"an unknown route as text", "GET /api/nothing", nil, set("Content-Type", "text/plain"), []string{"media type"}},
	{"a charset", createExample, nil, set("Content-Type", "application/json; charset=utf-8"), []string{"media type"}},

	{"half a body", createExample, nil, replace(`"createdAt"`, "\x00"), []string{"json"}},
	{"two bodies", createExample, nil, func(answer *httptest.ResponseRecorder) { answer.Body.WriteString("{}") }, []string{"json"}},
	{"an empty body", createExample, nil, func(answer *httptest.ResponseRecorder) { answer.Body.Reset() }, []string{"json"}},

	{"an event under another id", "GET /api/events", []string{"Accept: text/event-stream"}, replace("id: ", "id: 1"), []string{"stream"}},
	{"an event under another type", "GET /api/events", []string{"Accept: text/event-stream"}, replace("event: job", "event: order"), []string{"stream"}},
	{"an event whose time has no milliseconds", "GET /api/events", []string{"Accept: text/event-stream"}, replace(`.123Z"`, `Z"`), []string{"schema: format"}},
}

// replace replaces texts of the body. It fails if one of them is missing.
func replace(pairs ...string) func(*httptest.ResponseRecorder) {
	return func(answer *httptest.ResponseRecorder) {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(answer.Body.String(), pairs[i]) {
				panic(fmt.Sprintf("%q is not in %s", pairs[i], answer.Body))
			}
		}
		changed := strings.NewReplacer(pairs...).Replace(answer.Body.String())
		answer.Body = bytes.NewBufferString(changed)
	}
}

func drop(header string) func(*httptest.ResponseRecorder) {
	return func(answer *httptest.ResponseRecorder) { answer.Header().Del(header) }
}

func set(header, value string) func(*httptest.ResponseRecorder) {
	return func(answer *httptest.ResponseRecorder) { answer.Header().Set(header, value) }
}

// status replaces the response by one with another status, without the old headers.
func status(code int, body string) func(*httptest.ResponseRecorder) {
	return func(answer *httptest.ResponseRecorder) {
		answer.Code, answer.Body = code, bytes.NewBufferString(body)
		for _, name := range []string{"ETag", "Location", "Link"} {
			answer.Header().Del(name)
		}
	}
}

// streamRecorder records an answer, and stops the server when a live stream has sent an event: the stream would not end.
type streamRecorder struct {
	*httptest.ResponseRecorder
	stop func()
}

func (r streamRecorder) Write(text []byte) (int, error) {
	if bytes.HasPrefix(text, []byte("id: ")) {
		r.stop()
	}
	return r.ResponseRecorder.Write(text)
}

// TestFaultsAreCaught inserts each fault between the real server and the client that all tests use, and checks that the client
// fails its test.
func TestFaultsAreCaught(t *testing.T) {
	t.Parallel()
	w := withJira(t, routecardtest.SQLite(t))
	w.populate(t)
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			stopping := make(chan struct{})
			stop := sync.OnceFunc(func() { close(stopping) })
			handler, err := server.New(w.Store, server.Options{Logger: slog.New(slog.DiscardHandler), Stopping: stopping})
			if err != nil {
				t.Fatal(err)
			}
			spoiled := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := httptest.NewRecorder()
				r.Header.Del("Accept-Encoding") // a fault is made in plain text
				handler.ServeHTTP(streamRecorder{answer, stop}, r)
				fault.spoil(answer)
				maps.Copy(w.Header(), answer.Header())
				w.WriteHeader(answer.Code)
				_, _ = w.Write(answer.Body.Bytes())
			}))
			defer spoiled.Close()
			failing := &spy{TB: t}
			at := &front{url: spoiled.URL, client: &http.Client{Transport: contracttest.Transport(failing, http.DefaultTransport)}}
			method, path, body := split(w.fill(fault.request))
			if _, err := at.try(t.Context(), method, path, strings.NewReader(body), fault.headers...); err != nil {
				t.Fatal(err)
			}
			if caught := failing.checks(); !slices.Equal(caught, fault.caughtBy) {
				t.Errorf("caught by %q, want %q:\n%s", caught, fault.caughtBy, failing.text())
			}
		})
	}
}

// TestBodyWithoutContent checks a response that net/http would not send.
func TestBodyWithoutContent(t *testing.T) {
	t.Parallel()
	answer := contracttest.Answer{Status: 204, Header: http.Header{"X-Request-Id": {"1"}}, Body: []byte("{}")}
	found := contracttest.Routecard().Operation("deleteJob").Check(answer)
	if len(found) != 1 || found[0].Check != "json" {
		t.Errorf("found %v", found)
	}
}

// spy is a testing.TB that records the failures that checks report.
type spy struct {
	testing.TB
	mutex  sync.Mutex
	failed []string
}

func (s *spy) Errorf(format string, args ...any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.failed = append(s.failed, fmt.Sprintf(format, args...))
}

func (s *spy) text() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return strings.Join(s.failed, "\n")
}

var findingLine = regexp.MustCompile(`(?m)^  - (schema: \w+|[^:]+):`)

// checks are the names of the checks that failed the test, each once.
func (s *spy) checks() []string {
	var names []string
	for _, match := range findingLine.FindAllStringSubmatch(s.text(), -1) {
		names = append(names, match[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestCoverageMissesNothing checks the record of responses: it names each response that was not seen, and a response that breaks
// the contract does not count as seen.
func TestCoverageMissesNothing(t *testing.T) {
	t.Parallel()
	contract := contracttest.Routecard()
	var seen contracttest.Coverage
	all := len(seen.Missing(contract))
	operation := contract.Operation("listEvents")
	seen.Record(operation, 200, http.Header{"Content-Type": {"application/json"}})
	missing := seen.Missing(contract)
	wantEqual(t, "the number of answers that are missing", len(missing), all-1)
	if !slices.Contains(missing, "listEvents has never answered 200 text/event-stream") {
		t.Errorf("the stream counts as seen: %q", missing)
	}
	if report := seen.Report(contract); !regexp.MustCompile(`listEvents +200 +application/json +1\n`).MatchString(report) {
		t.Errorf("the report lacks the list of events:\n%s", report)
	}
}

// TestCurl checks that a failing case is printed as a curl command that sends the same request.
func TestCurl(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(map[string]string{"name": "it's\n\"x\" ж\x7f"})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://localhost:3000/api/jobs?q=a%20b", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("If-Match", "")
	wantEqual(t, "the line", contracttest.Curl(request, body), `curl -i -X POST 'http://localhost:3000/api/jobs?q=a%20b'`+
		` -H 'Content-Type: application/json' -H 'If-Match;' --data-binary $'{"name":"it\'s\\n\\"x\\" \xd0\xb6\x7f"}'`)
}
