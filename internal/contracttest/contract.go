// Package contracttest judges answers by the contract, with a library that shares no code with the server, and remembers
// which answers were seen. Its package draw makes requests out of the contract.
//
// [Transport] is what most tests want: an http.RoundTripper that checks every answer that comes through it.
package contracttest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/routecard/routecard/gen"
)

// Contract is an OpenAPI document, as the judge reads it.
type Contract struct {
	// Operations are all operations, by route and method.
	Operations []*Operation

	document *openapi3.T
}

// Operation is one method on one route.
type Operation struct {
	// ID is the operationId, for example createJob.
	ID string
	// Method is the HTTP method in upper case.
	Method string
	// Path is the route as the contract writes it, for example /api/jobs/{jobId}.
	Path string
	// Parameters are those of the route and those of the operation, references followed.
	Parameters []*openapi3.Parameter
	// Body is the schema of the request body; nil for an operation that takes none.
	Body *openapi3.Schema
	// BodyRequired tells whether an empty body is refused.
	BodyRequired bool

	contract *Contract
	spec     *openapi3.Operation
}

// Routecard is the contract of this server.
var Routecard = sync.OnceValue(func() *Contract {
	contract, err := Load(gen.Contract)
	if err != nil {
		panic(err) // nothing can be tested then
	}
	return contract
})

// Load reads an OpenAPI document in JSON or YAML. It fails on one that breaks OpenAPI's own rules.
func Load(source []byte) (*Contract, error) {
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(source)
	if err != nil {
		return nil, fmt.Errorf("contracttest: %w", err)
	}
	if err := document.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("contracttest: %w", err)
	}
	contract := &Contract{document: document}
	for path, item := range document.Paths.Map() {
		for method, spec := range item.Operations() {
			operation := &Operation{ID: spec.OperationID, Method: method, Path: path, contract: contract, spec: spec}
			for _, parameter := range append(slices.Clone(item.Parameters), spec.Parameters...) {
				operation.Parameters = append(operation.Parameters, parameter.Value)
			}
			if spec.RequestBody != nil {
				body := spec.RequestBody.Value
				operation.Body, operation.BodyRequired = body.Content.Get("application/json").Schema.Value, body.Required
			}
			contract.Operations = append(contract.Operations, operation)
		}
	}
	slices.SortFunc(contract.Operations, func(a, b *Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return contract, nil
}

// Operation returns the operation of that id; nil where there is none.
func (c *Contract) Operation(id string) *Operation {
	i := slices.IndexFunc(c.Operations, func(o *Operation) bool { return o.ID == id })
	if i < 0 {
		return nil
	}
	return c.Operations[i]
}

// Find returns the operation that answers a method on an escaped path; nil where there is none.
func (c *Contract) Find(method, path string) *Operation {
	var found *Operation
	for _, operation := range c.Operations {
		if operation.Method != method || !operation.Matches(path) {
			continue
		}
		// /api/serials/advance is no unit called advance.
		if found == nil || strings.Count(operation.Path, "{") < strings.Count(found.Path, "{") {
			found = operation
		}
	}
	return found
}

// Matches tells whether an escaped path is one of the operation's.
func (o *Operation) Matches(path string) bool {
	return slices.EqualFunc(strings.Split(o.Path, "/"), strings.Split(path, "/"), func(want, part string) bool {
		return want == part || strings.HasPrefix(want, "{") && part != ""
	})
}

// Statuses are the statuses that the contract declares for the operation, in order.
func (o *Operation) Statuses() []int {
	var all []int
	for text := range o.spec.Responses.Map() {
		status, err := strconv.Atoi(text)
		if err != nil {
			panic("contracttest: " + o.ID + " declares the status " + text + ": a status is a number here")
		}
		all = append(all, status)
	}
	slices.Sort(all)
	return all
}

// Declares tells whether the operation may answer with the status.
func (o *Operation) Declares(status int) bool { return o.spec.Responses.Status(status) != nil }

// mediaTypes are those of the body that the status may come with; one empty one where there is no body.
func (o *Operation) mediaTypes(status int) []string {
	content := o.spec.Responses.Status(status).Value.Content
	if len(content) == 0 {
		return []string{""}
	}
	var all []string
	for media := range content {
		all = append(all, media)
	}
	slices.Sort(all)
	return all
}

// event is the schema of one event in a live stream: it is what the list of the same operation holds.
func (o *Operation) event() *openapi3.Schema {
	return o.spec.Responses.Status(http.StatusOK).Value.Content.Get("application/json").Schema.Value.Items.Value
}

// errorSchema is what every error looks like, also where no operation is asked.
func (c *Contract) errorSchema() *openapi3.Schema {
	return c.document.Components.Schemas["Error"].Value
}
