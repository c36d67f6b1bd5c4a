// Package contracttest checks HTTP responses against the contract, with a library that shares no code with the server, and
// counts which of the declared responses the tests have seen. Package draw below it generates requests from the contract.
//
// Begin with [Transport], an http.RoundTripper that checks every response.
package contracttest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/routecard/routecard/gen"
)

// Contract is a parsed OpenAPI document.
type Contract struct {
	// Operations lists all operations, sorted by path and method.
	Operations []*Operation

	document *openapi3.T
	// headerNames are the names of all response headers.
	headerNames map[string]bool
}

// Operation is one method of one path.
type Operation struct {
	// ID is the operationId, for example createJob.
	ID string
	// Method is the HTTP method in upper case.
	Method string
	// Path is the path template, for example /api/jobs/{jobId}.
	Path string
	// Description is the text of the operation.
	Description string
	// Parameters lists the parameters of the path and the operation, with references resolved.
	Parameters []*openapi3.Parameter
	// Body is the schema of the request body; nil if the operation has none, or takes a file.
	Body *openapi3.Schema
	// File is the media type of a file that the operation takes: the last of its types in the order of the alphabet. It is empty if
	// the operation takes none.
	File string
	// EmptyBody reports whether an empty body is valid, although the contract says that a body is required.
	EmptyBody bool

	contract *Contract
	spec     *openapi3.Operation
	examples []Example
}

// Routecard returns the contract of this repository. It panics if the contract is not a valid OpenAPI document.
var Routecard = sync.OnceValue(func() *Contract { return Parse(gen.Contract) })

// Parse returns the contract in a text. It panics if the text is not a valid OpenAPI document.
func Parse(source []byte) *Contract {
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(source)
	if err == nil {
		// The linter and the story check the examples.
		err = document.Validate(loader.Context, openapi3.DisableExamplesValidation())
	}
	if err != nil {
		panic(fmt.Errorf("contracttest: %w", err))
	}
	contract := &Contract{document: document, headerNames: map[string]bool{}}
	for path, item := range document.Paths.Map() {
		for method, spec := range item.Operations() {
			operation := &Operation{ID: spec.OperationID, Method: method, Path: path, Description: spec.Description, contract: contract, spec: spec}
			for _, parameter := range append(slices.Clone(item.Parameters), spec.Parameters...) {
				operation.Parameters = append(operation.Parameters, parameter.Value)
			}
			if spec.RequestBody != nil {
				body := spec.RequestBody.Value
				operation.EmptyBody = body.Extensions["x-empty-body"] == true
				if content := body.Content["application/json"]; content != nil {
					operation.Body = content.Schema.Value
				} else {
					operation.File = slices.Max(slices.Collect(maps.Keys(body.Content)))
				}
			}
			for _, response := range spec.Responses.Map() {
				for name := range response.Value.Headers {
					contract.headerNames[name] = true
				}
			}
			operation.examples = operation.readExamples()
			contract.Operations = append(contract.Operations, operation)
		}
	}
	slices.SortFunc(contract.Operations, func(a, b *Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return contract
}

// Operation returns the operation with the given id, or nil.
func (c *Contract) Operation(id string) *Operation {
	i := slices.IndexFunc(c.Operations, func(o *Operation) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return c.Operations[i]
}

// Find returns the operation for a method and an escaped path, or nil.
func (c *Contract) Find(method, path string) *Operation {
	var found *Operation
	for _, operation := range c.Operations {
		if operation.Method != method || !operation.matches(path) {
			continue
		}
		// /api/serials/advance also matches /api/serials/{serialId}, but is an operation of its own.
		if found == nil || strings.Count(operation.Path, "{") < strings.Count(found.Path, "{") {
			found = operation
		}
	}
	return found
}

// matches reports whether the path template of the operation matches an escaped path.
func (o *Operation) matches(path string) bool {
	return slices.EqualFunc(strings.Split(o.Path, "/"), strings.Split(path, "/"), func(want, part string) bool {
		return want == part || strings.HasPrefix(want, "{") && part != ""
	})
}

// Statuses returns the declared statuses of the operation, sorted. It panics for a status that is not a number.
func (o *Operation) Statuses() []int {
	var all []int
	for text := range o.spec.Responses.Map() {
		status, err := strconv.Atoi(text)
		if err != nil {
			panic("contracttest: " + o.ID + " declares the status " + text + ", which is not a number")
		}
		all = append(all, status)
	}
	slices.Sort(all)
	return all
}

// mediaTypes returns the declared media types for a status, sorted. For a response without a body it returns one empty string.
func (o *Operation) mediaTypes(status int) []string {
	content := o.spec.Responses.Status(status).Value.Content
	if len(content) == 0 {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(content))
}

// event returns the schema of one event of a live stream: the item schema of the same operation's JSON response.
func (o *Operation) event() *openapi3.Schema {
	return o.spec.Responses.Status(http.StatusOK).Value.Content.Get("application/json").Schema.Value.Items.Value
}

// errorSchema returns the schema of every error.
func (c *Contract) errorSchema() *openapi3.Schema {
	return c.document.Components.Schemas["Error"].Value
}
