// Package contract checks requests against openapi.yaml: the schemas there decide, and one renderer turns the rule that
// failed into a sentence, for every operation alike. It knows neither HTTP handlers nor the store.
package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Contract is the part of an OpenAPI document that requests are checked against.
type Contract struct {
	operations map[string]*Operation
}

// Operation is one method on one route.
type Operation struct {
	// ID is the operationId, for example createJob.
	ID string
	// Method is the HTTP method in upper case.
	Method string
	// Path is the route as the contract writes it, for example /api/jobs/{jobId}.
	Path string
	// Role is what an API key needs to have, from x-role; without one, read for GET and write for all else.
	Role string
	// BodyRequired tells whether an empty body is refused. It is false too where the operation takes no body.
	BodyRequired bool

	body       *schema
	parameters []parameter
}

// TakesBody tells whether the operation declares a request body.
func (o *Operation) TakesBody() bool { return o.body != nil }

type parameter struct {
	Ref    string  `json:"$ref"`
	Name   string  `json:"name"`
	In     string  `json:"in"`
	Schema *schema `json:"schema"`
}

// document mirrors what is read of an OpenAPI 3.0 document.
type document struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas    map[string]*schema    `json:"schemas"`
		Parameters map[string]*parameter `json:"parameters"`
	} `json:"components"`
}

type operationObject struct {
	OperationID string      `json:"operationId"`
	Role        string      `json:"x-role"`
	Parameters  []parameter `json:"parameters"`
	RequestBody *struct {
		Required bool `json:"required"`
		Content  map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

// Load reads an OpenAPI 3.0 document in JSON. It fails on a reference that leads nowhere and on a pattern that is no
// regular expression.
func Load(source []byte) (*Contract, error) {
	var doc document
	if err := json.Unmarshal(source, &doc); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	resolver := resolver{doc: &doc, done: map[*schema]bool{}}
	contract := &Contract{operations: map[string]*Operation{}}
	for path, item := range doc.Paths {
		var shared []parameter
		if raw, ok := item["parameters"]; ok {
			if err := json.Unmarshal(raw, &shared); err != nil {
				return nil, fmt.Errorf("contract: parameters of %s: %w", path, err)
			}
		}
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			operation, err := resolver.operation(raw, shared)
			if err != nil {
				return nil, fmt.Errorf("contract: %s %s: %w", method, path, err)
			}
			operation.Method, operation.Path = strings.ToUpper(method), path
			operation.Role = cmp.Or(operation.Role, roleOfMethod(operation.Method))
			contract.operations[operation.Method+" "+ginPath(path)] = operation
		}
	}
	return contract, nil
}

// Operation finds an operation by its method and its route as Gin writes it (/api/jobs/:jobId); nil where there is none.
func (c *Contract) Operation(method, ginRoute string) *Operation {
	// A HEAD request is answered like a GET, see RFC 9110.
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return c.operations[method+" "+ginRoute]
}

// Operations lists all operations, in no particular order.
func (c *Contract) Operations() []*Operation {
	all := make([]*Operation, 0, len(c.operations))
	for _, operation := range c.operations {
		all = append(all, operation)
	}
	return all
}

func roleOfMethod(method string) string {
	if method == http.MethodGet {
		return "read"
	}
	return "write"
}

// ginPath turns /api/jobs/{jobId} into /api/jobs/:jobId.
func ginPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

type resolver struct {
	doc  *document
	done map[*schema]bool
}

func (r *resolver) operation(raw json.RawMessage, shared []parameter) (*Operation, error) {
	var object operationObject
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	operation := &Operation{ID: object.OperationID, Role: object.Role}
	for _, declared := range append(append([]parameter{}, shared...), object.Parameters...) {
		if name, ok := strings.CutPrefix(declared.Ref, "#/components/parameters/"); ok {
			target := r.doc.Components.Parameters[name]
			if target == nil {
				return nil, fmt.Errorf("no parameter %s", name)
			}
			declared = *target
		}
		resolved, err := r.schema(declared.Schema)
		if err != nil {
			return nil, err
		}
		declared.Schema = resolved
		operation.parameters = append(operation.parameters, declared)
	}
	if object.RequestBody != nil {
		body, err := r.schema(object.RequestBody.Content["application/json"].Schema)
		if err != nil {
			return nil, err
		}
		operation.body, operation.BodyRequired = body, object.RequestBody.Required
	}
	return operation, nil
}

// schema follows a reference and prepares what it leads to, once.
func (r *resolver) schema(s *schema) (*schema, error) {
	if s == nil {
		return nil, errors.New("a schema is missing")
	}
	if s.Ref != "" {
		target := r.doc.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if target == nil {
			return nil, fmt.Errorf("no schema %s", s.Ref)
		}
		return r.schema(target)
	}
	if r.done[s] {
		return s, nil
	}
	r.done[s] = true
	if err := s.prepare(); err != nil {
		return nil, err
	}
	for i := range s.Properties {
		resolved, err := r.schema(s.Properties[i].schema)
		if err != nil {
			return nil, err
		}
		s.Properties[i].schema = resolved
	}
	s.order()
	if s.Items != nil {
		resolved, err := r.schema(s.Items)
		if err != nil {
			return nil, err
		}
		s.Items = resolved
	}
	return s, nil
}
