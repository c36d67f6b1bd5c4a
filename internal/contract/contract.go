// Package contract checks HTTP requests against openapi.yaml and decodes their bodies by its schemas. Load reads the
// contract, [Contract.Operation] finds the operation of a request, and [Operation.Check] checks the request.
//
// The package knows no HTTP router, no handlers and no store. It does not check responses, path parameters, or whether the
// client is allowed to call the operation.
package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Contract is the part of an OpenAPI document that requests are checked against.
type Contract struct {
	operations map[string]*Operation
}

// Operation is one operation of the contract: a method on a path.
type Operation struct {
	// ID is the operationId, for example createJob.
	ID string
	// Method is the HTTP method in upper case.
	Method string
	// Path is the path template in the contract, for example /api/jobs/{jobId}.
	Path string
	// Role is the role that an API key needs, from x-role. Defaults to read for GET and to write for other methods.
	Role string
	// EmptyBody reports whether an empty body means an empty object: if the contract does not require a body, or has
	// x-empty-body.
	EmptyBody bool
	// MaxBody is the maximum length of the request body in bytes: [MaxBody], or the maxLength of a file.
	MaxBody int64

	body *schema
	// mediaTypes are the media types of the request body, sorted. There are none if the operation takes no body.
	mediaTypes []string
	parameters []parameter
}

// TakesBody reports whether the operation declares a request body.
func (o *Operation) TakesBody() bool { return o.mediaTypes != nil }

// TakesFile reports whether the operation declares a request body that is a file and not JSON. Check does not look into it.
func (o *Operation) TakesFile() bool { return o.TakesBody() && o.body == nil }

type parameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
	// Required is checked for parameters of the query only.
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

// document is the part of an OpenAPI 3.0 document that Load reads.
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
		Required  bool `json:"required"`
		EmptyBody bool `json:"x-empty-body"`
		Content   map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

// Load reads an OpenAPI 3.0 document in JSON. It returns an error if a reference has no target, if a pattern is not a
// regular expression, and if a schema of a request combines others (allOf, oneOf, anyOf).
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
			contract.operations[operation.Method+" "+path] = operation
		}
	}
	return contract, nil
}

// Operation returns the operation with the given method and path template (/api/jobs/{jobId}), or nil if there is none.
// The operation of HEAD is that of GET.
func (c *Contract) Operation(method, path string) *Operation {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return c.operations[method+" "+path]
}

// Operations returns all operations in no particular order.
func (c *Contract) Operations() []*Operation { return slices.Collect(maps.Values(c.operations)) }

func roleOfMethod(method string) string {
	if method == http.MethodGet {
		return "read"
	}
	return "write"
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
	operation := &Operation{ID: object.OperationID, Role: object.Role, MaxBody: MaxBody}
	for _, declared := range slices.Concat(shared, object.Parameters) {
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
		operation.EmptyBody = object.RequestBody.EmptyBody || !object.RequestBody.Required
		for mediaType, content := range object.RequestBody.Content {
			body, err := r.schema(content.Schema)
			if err != nil {
				return nil, err
			}
			operation.mediaTypes = append(operation.mediaTypes, mediaType)
			if mediaType == jsonType {
				operation.body = body
			} else if body.MaxLength != nil {
				operation.MaxBody = int64(*body.MaxLength)
			}
		}
		slices.Sort(operation.mediaTypes)
	}
	return operation, nil
}

// schema returns the schema that a reference leads to, with its own references resolved.
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
