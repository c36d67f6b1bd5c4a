package conformance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/routecard/routecard/internal/contracttest"
)

// requestTimeout limits each request, so that a server that hangs does not hang the run.
const requestTimeout = 30 * time.Second

// Target is the server to test.
type Target struct {
	// URL is the base URL, without a slash at its end.
	URL string
	// Key is an API key with the role write; empty for a server that requires none.
	Key string
	// JiraWrites enables cases that change tickets in the server's Jira.
	JiraWrites bool
}

// Result is the result of one case.
type Result struct {
	Operation, Case string
	// Skipped is the reason why the case was skipped; empty if it was run.
	Skipped string
	// Err says what is wrong and has the request as a curl command. It is nil for a case that passed.
	Err error
}

// Runner runs cases against one server.
type Runner struct {
	target Target
	client *http.Client
	given  map[string][]Step
	// has contains the conditions that the server meets.
	has map[string]bool
	// shared has variables for all cases.
	shared variables
}

// conditions maps each condition of Case.When to the reason for skipping a case when the server does not meet it.
var conditions = map[string]string{
	"keys":        "the server asks for no API key",
	"jira":        "the server has no Jira with an open ticket",
	"no jira":     "the server has a Jira",
	"jira writes": "writing to Jira was not allowed (JIRA_WRITES=1)",
}

// NewRunner finds out which conditions the server meets. It returns an error if the server does not respond, is not a Routecard
// server, or rejects the key.
func NewRunner(ctx context.Context, target Target) (*Runner, error) {
	given, err := loadGiven()
	if err != nil {
		return nil, err
	}
	r := &Runner{
		target: target,
		client: &http.Client{
			Timeout: requestTimeout,
			// The contract has no redirects, so a redirect is returned as the response and fails the case.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		given:  given,
		has:    map[string]bool{},
		shared: variables{},
	}
	if err := r.probe(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// probe finds out which conditions the server meets.
func (r *Runner) probe(ctx context.Context) error {
	anonymous := &Runner{target: Target{URL: r.target.URL}, client: r.client}
	for _, runner := range []*Runner{anonymous, r} {
		answer, _, err := runner.do(ctx, &Step{Send: "GET /api/jobs?limit=1"}, nil)
		switch {
		case err != nil:
			return fmt.Errorf("there is no server at %s: %w", r.target.URL, err)
		case answer.Status == http.StatusUnauthorized && runner == anonymous:
			r.has["keys"] = true
		case answer.Status == http.StatusUnauthorized && r.target.Key == "":
			return errors.New("the server requires an API key: pass one with the role write (KEY=…)")
		case answer.Status == http.StatusUnauthorized:
			return errors.New("the server does not know the API key")
		case answer.Status != http.StatusOK && runner == r:
			return fmt.Errorf("GET %s/api/jobs?limit=1 answered %d, is this a Routecard server?", r.target.URL, answer.Status)
		}
	}
	answer, _, err := r.do(ctx, &Step{Send: "GET /api/jira/tickets?limit=1"}, nil)
	if err != nil {
		return err
	}
	r.has["no jira"] = answer.Status == http.StatusConflict
	var tickets []struct {
		Key string `json:"key"`
	}
	if answer.Status == http.StatusOK && json.Unmarshal(answer.Body, &tickets) == nil && len(tickets) > 0 {
		r.has["jira"] = true
		r.has["jira writes"] = r.target.JiraWrites
		r.shared["ticket"] = tickets[0].Key
	}
	return nil
}

// Run runs one case.
func (r *Runner) Run(ctx context.Context, operation string, c Case) Result {
	result := Result{Operation: operation, Case: c.Name}
	if reason, known := conditions[c.When]; c.When != "" && !r.has[c.When] {
		if result.Skipped = reason; !known {
			result.Err = fmt.Errorf("there is no condition %q", c.When)
		}
		return result
	}
	// Names and search texts must differ from those of other cases and earlier runs.
	v := maps.Clone(r.shared)
	v["unique"] = strings.ToLower(rand.Text()[:12])
	result.Err = r.run(ctx, c, v)
	return result
}

func (r *Runner) run(ctx context.Context, c Case, v variables) error {
	var before []Step
	for _, name := range c.Given {
		steps, known := r.given[name]
		if !known {
			return fmt.Errorf("cases/given.yaml has no %s", name)
		}
		before = append(before, steps...)
	}
	for _, line := range c.Before {
		send, body := splitLine(line)
		before = append(before, Step{Send: send, Text: body})
	}
	for _, step := range before {
		answer, line, err := r.do(ctx, &step, v)
		if err == nil && answer.Status >= http.StatusMultipleChoices {
			err = fmt.Errorf("the status is %d: %.500s", answer.Status, answer.Body)
		}
		if err == nil {
			err = step.keep(answer, v)
		}
		if err != nil {
			return fmt.Errorf("before the case began: %w\n%s", err, line)
		}
	}
	for _, step := range append([]Step{c.Step}, c.After...) {
		answer, line, err := r.do(ctx, &step, v)
		if err == nil {
			err = judge(&step, answer)
		}
		if err == nil {
			err = step.keep(answer, v)
		}
		if err != nil {
			return fmt.Errorf("%w\n%s\n%d %.1000s", err, line, answer.Status, answer.Body)
		}
	}
	return nil
}

// judge checks a response against the step and against the contract.
func judge(step *Step, answer contracttest.Answer) error {
	if err := step.expect(answer); err != nil {
		return err
	}
	method, target, _ := strings.Cut(step.Send, " ")
	target, _, _ = strings.Cut(target, "?")
	operation := contracttest.Routecard().Find(method, target)
	var found []contracttest.Finding
	switch {
	case operation != nil:
		found = operation.Check(answer)
	case method == http.MethodHead:
		// The contract describes it only by the GET of the same path, and it has no body to check.
	case answer.Status >= http.StatusBadRequest:
		found = contracttest.Routecard().CheckError(answer)
	default:
		return fmt.Errorf("the contract has no %s %s", method, target)
	}
	if len(found) > 0 {
		return fmt.Errorf("the response violates the contract:\n%s", contracttest.Describe(found))
	}
	return nil
}

// splitLine splits a line such as "POST /api/jobs {…}" into "POST /api/jobs" and the body.
func splitLine(line string) (send, body string) {
	method, rest, _ := strings.Cut(line, " ")
	target, body, _ := strings.Cut(rest, " ")
	return method + " " + target, body
}

// do replaces the variables in a step and sends it. It also returns the request as a curl command.
func (r *Runner) do(ctx context.Context, step *Step, v variables) (answer contracttest.Answer, line string, err error) {
	if *step, err = v.fillStep(*step); err != nil {
		return answer, step.Send, err
	}
	body := step.Text
	if step.Body != nil {
		text, err := json.Marshal(step.Body)
		if err != nil {
			return answer, step.Send, err
		}
		body = string(text)
	}
	method, target, _ := strings.Cut(step.Send, " ")
	request, err := http.NewRequestWithContext(ctx, method, r.target.URL+target, strings.NewReader(body))
	if err != nil {
		return answer, step.Send, err
	}
	if r.target.Key != "" {
		request.Header.Set("Authorization", "Bearer "+r.target.Key)
	}
	setHeaders(request.Header, step.Headers)
	// The command is printed, so it must not contain the key.
	shown := request.Clone(ctx)
	if shown.Header.Get("Authorization") != "" {
		shown.Header.Set("Authorization", "Bearer $KEY")
	}
	line = contracttest.Curl(shown, []byte(body))
	response, err := r.client.Do(request)
	if err != nil {
		return answer, line, err
	}
	defer response.Body.Close()
	answer = contracttest.Answer{Status: response.StatusCode, Header: response.Header}
	// A stream does not end.
	if answer.Header.Get("Content-Type") != "text/event-stream" {
		answer.Body, err = io.ReadAll(response.Body)
	}
	return answer, line, err
}
