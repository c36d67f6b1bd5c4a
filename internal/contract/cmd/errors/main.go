// Command errors generates docs/reference/errors.md from the error examples of the contract: the value of an example is the
// response, its summary says when the server sends it, and its description says what to do.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// general is the end of the page: the errors that no example can show.
//
//go:embed general.md
var general string

const begin = `<!-- Generated from openapi.yaml by internal/contract/cmd/errors. Change the examples there, and run "make generate". -->

# Errors

Every error is a JSON object with the status and a message:

` + "```json" + `
{"statusCode": 404, "message": "Job not found: job_01hzzzzzzzzzzzzzzzzzzzzzzz"}
` + "```" + `

The message is a sentence for a person. It names the thing and says what is wrong with it. Steps are counted from 1 in messages.
Programs decide by the status. When several fields are wrong, ` + "`errors`" + ` lists all of them, and the message is the first one.

After an error nothing has changed. The exception is a 500 with ` + "`\"outcome\": \"unknown\"`" + `: the change may have been made.

The tables list the messages that the server can send, with the ids and names of the examples in the contract.
`

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: errors CONTRACT.json TO.md")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// contract is the part of an OpenAPI document that has error examples.
type contract struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Responses map[string]response
		Examples  map[string]example
	}
}

type operation struct {
	OperationID string
	Responses   map[string]response
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Examples map[string]struct {
			Ref string `json:"$ref"`
		}
	}
}

type example struct {
	Summary, Description string
	Value                json.RawMessage
}

func generate(from, to string) error {
	source, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var document contract
	if err := json.Unmarshal(source, &document); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	users, operations, err := document.users()
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	// Examples with the same texts are one row.
	rows := map[int]map[string][]string{}
	for name, operations := range users {
		shown := document.Components.Examples[name]
		var body struct {
			StatusCode int
			Message    string
		}
		if err := json.Unmarshal(shown.Value, &body); err != nil || body.StatusCode == 0 {
			return fmt.Errorf("%s: the example %s is not an error", from, name)
		}
		if shown.Description == "" {
			return fmt.Errorf("%s: the example %s has no description, which says what to do", from, name)
		}
		if rows[body.StatusCode] == nil {
			rows[body.StatusCode] = map[string][]string{}
		}
		row := fmt.Sprintf("| %s | %s | %s |", body.Message, shown.Summary, shown.Description)
		rows[body.StatusCode][row] = append(rows[body.StatusCode][row], operations...)
	}
	var out bytes.Buffer
	out.WriteString(begin)
	for _, status := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&out, "\n## %d %s\n\n| Message | When | What to do | Operations |\n| --- | --- | --- | --- |\n", status, http.StatusText(status))
		for _, row := range slices.Sorted(maps.Keys(rows[status])) {
			fmt.Fprintf(&out, "%s %s |\n", row, list(rows[status][row], operations))
		}
	}
	out.WriteString("\n" + general)
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// users returns the operations that show each error example, and the number of all operations.
func (c *contract) users() (users map[string][]string, operations int, err error) {
	users = map[string][]string{}
	for _, item := range c.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var o operation
			if err := json.Unmarshal(raw, &o); err != nil {
				return nil, 0, err
			}
			operations++
			for status, declared := range o.Responses {
				if code, err := strconv.Atoi(status); err != nil || code < http.StatusBadRequest {
					continue
				}
				if name, ok := strings.CutPrefix(declared.Ref, "#/components/responses/"); ok {
					declared = c.Components.Responses[name]
				}
				for _, shown := range declared.Content["application/json"].Examples {
					name := strings.TrimPrefix(shown.Ref, "#/components/examples/")
					users[name] = append(users[name], o.OperationID)
				}
			}
		}
	}
	return users, operations, nil
}

// list returns the names of operations, or a word for many.
func list(names []string, operations int) string {
	switch {
	case len(names) == operations:
		return "all"
	case len(names) > 10:
		return fmt.Sprintf("%d operations", len(names))
	}
	slices.Sort(names)
	return "`" + strings.Join(names, "`, `") + "`"
}
