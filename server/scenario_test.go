package server_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// scenario is one request and the expected response.
type scenario struct {
	name   string
	method string
	// path may contain {job}: the id of a job that is created for this scenario alone, from exampleJob.
	path string
	// headers are "Name: value", see routecardtest.Server.Do.
	headers []string
	body    string

	wantStatus int
	// wantBody is JSON that the response must contain: an object may have additional fields, and everything else must be equal.
	wantBody string
	// wantAbsent are fields that the response must not have.
	wantAbsent []string
	// wantMessage is the message of an error that is not a validation error. The response has no other fields than the status and
	// the message.
	wantMessage string
	// wantErrors are all messages of a validation error in their order; each begins with its field. The message of the response is
	// the first of them.
	wantErrors []string
	// wantHeaders are "Name: value"; the methods of Allow in the order of the alphabet.
	wantHeaders []string
}

const exampleJob = `{"name":"JOB-2024-001","goalQuantity":50,"jiraTicketKey":"PI-42",` +
	`"jiraTicketSummary":"Build 50 aluminum housings","jiraPartNumber":"ALU-HOUSING-7075","jiraPriority":"High",` +
	`"jiraEpicLink":"PI-10","jiraLabels":["Q1-2024","rush"]}`

// run runs each scenario on both databases. The scenarios on one database share a server, so none may depend on being the only one.
func run(t *testing.T, scenarios []scenario) {
	t.Helper()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, scenario := range scenarios {
			t.Run(scenario.name, func(t *testing.T) {
				t.Parallel()
				scenario.run(t, s)
			})
		}
	})
}

func (c *scenario) run(t *testing.T, s *routecardtest.Server) {
	t.Helper()
	path := c.path
	if strings.Contains(path, "{job}") {
		path = strings.ReplaceAll(path, "{job}", createJob(t, s, exampleJob).ID)
	}
	answer := s.Do(t, c.method, path, c.body, c.headers...)
	if answer.Status != c.wantStatus {
		t.Fatalf("the status is %d, want %d: %.500s", answer.Status, c.wantStatus, answer.Body)
	}
	if answer.Header.Get("X-Request-Id") == "" {
		t.Error("the answer has no X-Request-Id")
	}
	for _, header := range c.wantHeaders {
		name, value, _ := strings.Cut(header, ": ")
		got := answer.Header.Get(name)
		if name == "Allow" {
			got = sorted(got) // methods are a set
		}
		if got != value {
			t.Errorf("the header %s is %q, want %q", name, got, value)
		}
	}
	if c.wantStatus >= 400 {
		c.checkError(t, answer)
		return
	}
	if c.wantBody != "" {
		wantJSON(t, answer.Body, c.wantBody)
	}
	if c.wantAbsent != nil {
		fields := routecardtest.Decode[map[string]any](t, answer)
		for _, name := range c.wantAbsent {
			if value, found := fields[name]; found {
				t.Errorf("the answer has %s: %v", name, value)
			}
		}
	}
}

func sorted(list string) string {
	items := strings.Split(list, ", ")
	slices.Sort(items)
	return strings.Join(items, ", ")
}

func (c *scenario) checkError(t *testing.T, answer routecardtest.Answer) {
	t.Helper()
	want := gen.Error{StatusCode: c.wantStatus, Message: c.wantMessage}
	if c.wantErrors != nil {
		want.Message = c.wantErrors[0]
		fields := []gen.FieldError{}
		for _, message := range c.wantErrors {
			field, _, _ := strings.Cut(message, " ")
			fields = append(fields, gen.FieldError{Field: field, Message: message})
		}
		want.Errors = &fields
	}
	wantError(t, answer, want)
}

// wantError checks that the response is exactly this error.
func wantError(t *testing.T, answer routecardtest.Answer, want gen.Error) {
	t.Helper()
	if answer.Status != want.StatusCode {
		t.Errorf("the status is %d, want %d", answer.Status, want.StatusCode)
	}
	if got := answer.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("the Content-Type is %q", got)
	}
	wanted, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(answer.Body) != string(wanted) {
		t.Errorf("the answer is\n%.2000s\nwant\n%s", answer.Body, wanted)
	}
}

// wantJSON checks that one JSON text contains another: objects may have additional fields, and everything else must be equal.
func wantJSON(t *testing.T, got, want string) {
	t.Helper()
	if err := holds(decodeNumbers(t, got), decodeNumbers(t, want), "the answer"); err != nil {
		t.Errorf("%v\nin %.2000s", err, got)
	}
}

// decodeNumbers keeps the digits of numbers.
func decodeNumbers(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%.500s is no JSON: %v", text, err)
	}
	return value
}

func holds(got, want any, where string) error {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %v, want an object", where, got)
		}
		for name := range want {
			if _, found := object[name]; !found {
				return fmt.Errorf("%s has no %s", where, name)
			}
			if err := holds(object[name], want[name], where+"."+name); err != nil {
				return err
			}
		}
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return fmt.Errorf("%s is %v, want %v", where, got, want)
		}
		for i := range want {
			if err := holds(items[i], want[i], fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	default:
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%s is %v, want %v", where, got, want)
		}
	}
	return nil
}

// createJob creates a job from the body of a request.
func createJob(t *testing.T, s *routecardtest.Server, body string) gen.Job {
	t.Helper()
	answer := s.Do(t, "POST", "/api/jobs", body)
	if answer.Status != 201 {
		t.Fatalf("the job was not created: %d %s", answer.Status, answer.Body)
	}
	return routecardtest.Decode[gen.Job](t, answer)
}

// createJobs creates jobs with these names, one after the other.
func createJobs(t *testing.T, s *routecardtest.Server, names ...string) {
	t.Helper()
	for _, name := range names {
		body, err := json.Marshal(gen.JobCreate{Name: name, GoalQuantity: 1})
		if err != nil {
			t.Fatal(err)
		}
		createJob(t, s, string(body))
	}
}

// listNames gets the names of a list.
func listNames(t *testing.T, s *routecardtest.Server, path string) []string {
	t.Helper()
	answer := s.Do(t, "GET", path, "")
	if answer.Status != 200 {
		t.Fatalf("GET %s answered %d: %s", path, answer.Status, answer.Body)
	}
	names := []string{}
	for _, job := range routecardtest.Decode[[]gen.Job](t, answer) {
		names = append(names, job.Name)
	}
	return names
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// reversed returns the newest first.
func reversed(names []string) []string {
	names = slices.Clone(names)
	slices.Reverse(names)
	return names
}
