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

// requestTimeout bounds each request, so that a server that hangs does not hang the kit.
const requestTimeout = 30 * time.Second

// Target is the server that is looked at.
type Target struct {
	// URL is where it serves, without a slash at the end.
	URL string
	// Key is an API key that may write; empty for a server that asks for none.
	Key string
	// JiraWrites allows what changes tickets in the server's Jira.
	JiraWrites bool
}

// Result is what came of one case.
type Result struct {
	Operation, Case string
	// Skipped is why the case was left out, empty for one that was run.
	Skipped string
	// Err is what is wrong, with the request as a line for a shell; nil for a case that passed.
	Err error
}

// Runner runs cases against one server.
type Runner struct {
	target Target
	client *http.Client
	given  map[string][]Step
	// has are the conditions that hold for the server.
	has map[string]bool
	// shared are variables of every case.
	shared variables
}

// conditions are what a case may ask of a server, with the sentence for when it has it not.
var conditions = map[string]string{
	"keys":        "the server asks for no API key",
	"jira":        "the server has no Jira with an open ticket",
	"no jira":     "the server has a Jira",
	"jira writes": "writing to Jira was not allowed (JIRA_WRITES=1)",
}

// NewRunner looks at the server. It fails when that does not answer, or not to the key.
func NewRunner(ctx context.Context, target Target) (*Runner, error) {
	given, err := loadGiven()
	if err != nil {
		return nil, err
	}
	r := &Runner{
		target: target,
		client: &http.Client{
			Timeout: requestTimeout,
			// A redirect is an answer like any other, and none that the contract has.
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

// probe finds out which conditions hold.
func (r *Runner) probe(ctx context.Context) error {
	stranger := &Runner{target: Target{URL: r.target.URL}, client: r.client}
	for _, asked := range []*Runner{stranger, r} {
		answer, _, err := asked.do(ctx, &Step{Send: "GET /api/jobs?limit=1"}, nil)
		switch {
		case err != nil:
			return fmt.Errorf("there is no server at %s: %w", r.target.URL, err)
		case answer.Status == http.StatusUnauthorized && asked == stranger:
			r.has["keys"] = true
		case answer.Status == http.StatusUnauthorized && r.target.Key == "":
			return errors.New("the server asks for an API key: give it one that may write (KEY=…)")
		case answer.Status == http.StatusUnauthorized:
			return errors.New("the server does not know the API key")
		case answer.Status != http.StatusOK && asked == r:
			return fmt.Errorf("GET %s/api/jobs?limit=1 answered %d, which no Routecard does", r.target.URL, answer.Status)
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
	// What a case searches for or names must not be that of another, nor of an earlier run.
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

// judge tests an answer by the case, and by the contract as a whole.
func judge(step *Step, answer contracttest.Answer) error {
	if err := step.expect(answer); err != nil {
		return err
	}
	method, target, _ := strings.Cut(step.Send, " ")
	target, _, _ = strings.Cut(target, "?")
	operation := contracttest.Routecard().Find(method, target)
	if operation == nil {
		return fmt.Errorf("the contract has no %s %s", method, target)
	}
	if found := operation.Check(answer); len(found) > 0 {
		return fmt.Errorf("the answer breaks the contract:\n%s", contracttest.Describe(found))
	}
	return nil
}

// splitLine takes "POST /api/jobs {…}" apart.
func splitLine(line string) (send, body string) {
	method, rest, _ := strings.Cut(line, " ")
	target, body, _ := strings.Cut(rest, " ")
	return method + " " + target, body
}

// do puts variables into a step and sends it. It also returns it as a line for a shell.
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
	// The key is nobody's business who reads the line.
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
	content, err := io.ReadAll(response.Body)
	return contracttest.Answer{Status: response.StatusCode, Header: response.Header, Body: content}, line, err
}
