package contracttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// Answer is a response, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Finding is one violation of the contract.
type Finding struct {
	// Check is the name of the check that found it:
	//
	//   - "status": the contract does not declare the status for the operation, or the body of an error repeats another one
	//   - "missing header": a required header is missing
	//   - "header": a header has an invalid value, or the contract does not declare it for this response
	//   - "media type": the contract does not declare the Content-Type for the status
	//   - "json": the body is not exactly one JSON value, or there is a body where the contract declares none
	//   - "undeclared property": the contract does not declare a property
	//   - "null": a value is null; absent values must be left out
	//   - "schema: " and a keyword, such as "schema: required": the body violates the schema
	//   - "stream": the id and event lines of an event do not match its data
	Check string
	// Detail says what is wrong, and where in the response.
	Detail string
}

func (f Finding) String() string { return f.Check + ": " + f.Detail }

type findings []Finding

func (f *findings) add(check, format string, args ...any) {
	*f = append(*f, Finding{Check: check, Detail: fmt.Sprintf(format, args...)})
}

// Check returns all violations of the contract in a response to the operation.
func (o *Operation) Check(answer Answer) []Finding {
	var found findings
	declared := o.spec.Responses.Status(answer.Status)
	if declared == nil {
		found.add("status", "%s does not declare %d", o.ID, answer.Status)
		if answer.Status >= http.StatusBadRequest {
			// It must still look like every other error.
			found = append(found, o.contract.CheckError(answer)...)
		}
		return found
	}
	o.checkHeaders(declared.Value, answer, &found)
	if len(declared.Value.Content) == 0 {
		if len(answer.Body) > 0 {
			found.add("json", "there is a body, but the contract declares none")
		}
		return found
	}
	name := answer.Header.Get("Content-Type")
	media := declared.Value.Content[name]
	switch {
	case media == nil:
		found.add("media type", "%s does not declare %q for %d", o.ID, name, answer.Status)
	case name == "application/json":
		checkJSON(media.Schema.Value, answer.Body, &found)
		if answer.Status >= http.StatusBadRequest {
			checkErrorStatus(answer, &found)
		}
	case name == "text/event-stream":
		stream := &streamChecker{schema: o.event()}
		stream.write(answer.Body)
		found = append(found, stream.found...)
	}
	return found
}

// CheckError checks an error response that belongs to no operation, such as that of an unknown route.
func (c *Contract) CheckError(answer Answer) []Finding {
	var found findings
	if name := answer.Header.Get("Content-Type"); name != "application/json" {
		found.add("media type", "an error is application/json, not %q", name)
		return found
	}
	checkJSON(c.errorSchema(), answer.Body, &found)
	checkErrorStatus(answer, &found)
	return found
}

// checkErrorStatus compares the status in the body of an error with the status of the response.
func checkErrorStatus(answer Answer, found *findings) {
	var body struct{ StatusCode *int }
	if json.Unmarshal(answer.Body, &body) == nil && body.StatusCode != nil && *body.StatusCode != answer.Status {
		found.add("status", "the body of a %d says %d", answer.Status, *body.StatusCode)
	}
}

// checkHeaders checks the declared headers, and that no header of another response is sent.
func (o *Operation) checkHeaders(declared *openapi3.Response, answer Answer, found *findings) {
	if answer.Header.Get("X-Request-Id") == "" {
		found.add("missing header", "X-Request-Id, which every response must have")
	}
	for name, header := range declared.Headers {
		value := answer.Header.Get(name)
		switch {
		case value != "":
			o.checkHeader(name, value, header.Value.Schema.Value, found)
		case header.Value.Required, answer.Status >= http.StatusBadRequest:
			// The headers of errors are never optional, because clients need them to handle the error.
			found.add("missing header", "%s", name)
		}
	}
	for name := range o.contract.headerNames {
		if answer.Header.Get(name) != "" && declared.Headers[name] == nil && name != "X-Request-Id" {
			found.add("header", "%s does not declare %s for %d", o.ID, name, answer.Status)
		}
	}
}

func (o *Operation) checkHeader(name, text string, schema *openapi3.Schema, found *findings) {
	var value any = text
	if schema.Type.Is("integer") {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			found.add("header", "%s is not an integer: %q", name, text)
			return
		}
		value = float64(number)
	}
	if err := schema.VisitJSON(value); err != nil {
		found.add("header", "%s is %q: %v", name, text, err)
	}
	path, _, _ := strings.Cut(text, "?")
	if name == "Location" && o.contract.Find(http.MethodGet, path) == nil {
		found.add("header", "Location is %q, which no GET operation matches", text)
	}
}

func init() {
	// The contract promises UTC and 3 decimals. It does so in words, because a pattern next to the format breaks code generators.
	openapi3.DefineStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(value string) error {
		if at, err := time.Parse(time.RFC3339, value); err != nil || at.Format("2006-01-02T15:04:05.000Z") != value {
			return fmt.Errorf("%q is not a time in UTC with 3 decimals", value)
		}
		return nil
	}))
}

// checkJSON checks a JSON text against a schema, and against the rules for all responses: no null and no undeclared property.
func checkJSON(schema *openapi3.Schema, text []byte, found *findings) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		found.add("json", "%v", err)
		return
	}
	err := schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors(), openapi3.EnableFormatValidation())
	addSchemaErrors(err, found)
	checkNulls(value, "", found)
	checkDeclared(schema, value, "", found)
}

// addSchemaErrors adds a finding for each leaf in the library's tree of errors.
func addSchemaErrors(err error, found *findings) {
	var several openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case err == nil:
	case errors.As(err, &several):
		for _, err := range several {
			addSchemaErrors(err, found)
		}
	case errors.As(err, &one):
		if one.Origin != nil {
			// For example an error of allOf, whose reason is the error below it.
			var deeper *openapi3.SchemaError
			var deeperSeveral openapi3.MultiError
			if errors.As(one.Origin, &deeper) || errors.As(one.Origin, &deeperSeveral) {
				addSchemaErrors(one.Origin, found)
				return
			}
		}
		found.add("schema: "+one.SchemaField, "%s: %s", strings.Join(one.JSONPointer(), "."), one.Reason)
	default:
		found.add("schema: "+"other", "%v", err)
	}
}

func checkNulls(value any, where string, found *findings) {
	switch value := value.(type) {
	case nil:
		found.add("null", "%s: absent values must be left out", where)
	case []any:
		for i, item := range value {
			checkNulls(item, below(where, strconv.Itoa(i)), found)
		}
	case map[string]any:
		for name, field := range value {
			checkNulls(field, below(where, name), found)
		}
	}
}

// checkDeclared finds properties that the schema does not declare. The schemas allow additional properties so that older
// clients accept newer responses, but a server must not send any.
func checkDeclared(schema *openapi3.Schema, value any, where string, found *findings) {
	switch value := value.(type) {
	case []any:
		if schema.Items == nil {
			return
		}
		for i, item := range value {
			checkDeclared(schema.Items.Value, item, below(where, strconv.Itoa(i)), found)
		}
	case map[string]any:
		known, free := properties(schema, value)
		for name, field := range value {
			switch {
			case known[name] != nil:
				checkDeclared(known[name], field, below(where, name), found)
			case !free:
				found.add("undeclared property", "%s", below(where, name))
			}
		}
	}
}

// properties returns the properties that a schema declares for an object, including those of its allOf, oneOf, and anyOf. Of a
// oneOf with a discriminator only the schema counts that the object names. free reports whether the schema declares that it has
// additional properties.
func properties(schema *openapi3.Schema, object map[string]any) (known map[string]*openapi3.Schema, free bool) {
	known = map[string]*openapi3.Schema{}
	free = schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has
	for name, property := range schema.Properties {
		known[name] = property.Value
	}
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		if d := schema.Discriminator; d != nil && slices.Contains(schema.OneOf, part) {
			if named, _ := object[d.PropertyName].(string); d.Mapping[named].Ref != part.Ref {
				continue
			}
		}
		more, moreFree := properties(part.Value, object)
		maps.Copy(known, more)
		free = free || moreFree
	}
	return known, free
}

func below(where, name string) string {
	return strings.TrimPrefix(where+"."+name, ".")
}
