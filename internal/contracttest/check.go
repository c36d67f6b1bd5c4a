package contracttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The checks, by the names that findings have. What a schema refuses is "schema: " and the keyword that did.
const (
	// CheckStatus fails for a status that the contract does not declare for the operation.
	CheckStatus = "status"
	// CheckMissingHeader fails without a header that the answer must have.
	CheckMissingHeader = "missing header"
	// CheckHeader fails for a header whose value is not what the contract says, or that it does not declare here.
	CheckHeader = "header"
	// CheckMedia fails for a Content-Type that the contract does not declare for the status.
	CheckMedia = "media type"
	// CheckJSON fails for a body that is not exactly one JSON value, and for one where there should be none.
	CheckJSON = "json"
	// CheckUndeclared fails for a property that the contract does not declare.
	CheckUndeclared = "undeclared property"
	// CheckNull fails for null: what is absent is left out.
	CheckNull = "null"
	// CheckSchema begins the name of a check by a keyword: "schema: required".
	CheckSchema = "schema: "
	// CheckStream fails for an event of a live stream whose lines do not belong together.
	CheckStream = "stream"
)

// Answer is what is judged.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Finding is one way in which an answer breaks the contract.
type Finding struct {
	// Check is which check found it.
	Check string
	// Detail says what is wrong and where.
	Detail string
}

func (f Finding) String() string { return f.Check + ": " + f.Detail }

type findings []Finding

func (f *findings) add(check, format string, args ...any) {
	*f = append(*f, Finding{Check: check, Detail: fmt.Sprintf(format, args...)})
}

// Check returns every way in which the answer breaks the contract.
func (o *Operation) Check(answer Answer) []Finding {
	var found findings
	declared := o.spec.Responses.Status(answer.Status)
	if declared == nil {
		found.add(CheckStatus, "%s does not declare %d", o.ID, answer.Status)
		if answer.Status >= http.StatusBadRequest {
			// It may still be an error like any other.
			found = append(found, o.contract.CheckError(answer)...)
		}
		return found
	}
	o.checkHeaders(declared.Value, answer, &found)
	if len(declared.Value.Content) == 0 {
		if len(answer.Body) > 0 {
			found.add(CheckJSON, "there is a body")
		}
		return found
	}
	name := answer.Header.Get("Content-Type")
	media := declared.Value.Content[name]
	switch {
	case media == nil:
		found.add(CheckMedia, "%s does not declare %q for %d", o.ID, name, answer.Status)
	case name == "application/json":
		checkJSON(media.Schema.Value, answer.Body, &found)
		if answer.Status >= http.StatusBadRequest {
			checkErrorStatus(answer, &found)
		}
	case name == "text/event-stream":
		stream := newStream(o.event())
		stream.write(answer.Body)
		found = append(found, stream.found...)
	}
	return found
}

// CheckError judges an error that is no operation's, such as that of an unknown route.
func (c *Contract) CheckError(answer Answer) []Finding {
	var found findings
	if name := answer.Header.Get("Content-Type"); name != "application/json" {
		found.add(CheckMedia, "an error is application/json, not %q", name)
		return found
	}
	checkJSON(c.errorSchema(), answer.Body, &found)
	checkErrorStatus(answer, &found)
	return found
}

// checkErrorStatus holds the status that the body repeats against the real one.
func checkErrorStatus(answer Answer, found *findings) {
	var body struct{ StatusCode *int }
	if json.Unmarshal(answer.Body, &body) == nil && body.StatusCode != nil && *body.StatusCode != answer.Status {
		found.add(CheckStatus, "the body of a %d says %d", answer.Status, *body.StatusCode)
	}
}

// checkHeaders tests what the contract declares, and that nothing it knows is sent where it does not declare it.
func (o *Operation) checkHeaders(declared *openapi3.Response, answer Answer, found *findings) {
	if answer.Header.Get("X-Request-Id") == "" {
		found.add(CheckMissingHeader, "X-Request-Id, which every answer carries")
	}
	for name, header := range declared.Headers {
		value := answer.Header.Get(name)
		switch {
		case value != "":
			o.checkHeader(name, value, header.Value.Schema.Value, found)
		case header.Value.Required, answer.Status >= http.StatusBadRequest:
			// The headers of errors are never optional: they say what to do about the error.
			found.add(CheckMissingHeader, "%s", name)
		}
	}
	for name := range o.contract.headerNames() {
		if answer.Header.Get(name) != "" && declared.Headers[name] == nil {
			found.add(CheckHeader, "%s does not declare %s for %d", o.ID, name, answer.Status)
		}
	}
}

func (o *Operation) checkHeader(name, text string, schema *openapi3.Schema, found *findings) {
	var value any = text
	if schema.Type.Is("integer") {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			found.add(CheckHeader, "%s is no integer: %q", name, text)
			return
		}
		value = float64(number)
	}
	if err := schema.VisitJSON(value); err != nil {
		found.add(CheckHeader, "%s is %q: %v", name, text, err)
	}
	path, _, _ := strings.Cut(text, "?")
	if name == "Location" && o.contract.Find(http.MethodGet, path) == nil {
		found.add(CheckHeader, "Location is %q, where nothing can be read", text)
	}
}

// headerNames are all headers that the contract declares anywhere.
func (c *Contract) headerNames() map[string]bool {
	names := map[string]bool{}
	for _, operation := range c.Operations {
		for _, response := range operation.spec.Responses.Map() {
			for name := range response.Value.Headers {
				names[name] = true
			}
		}
	}
	return names
}

// checkJSON tests a text against a schema, and by the rules that hold for every answer whatever its schema says.
func checkJSON(schema *openapi3.Schema, text []byte, found *findings) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		found.add(CheckJSON, "%v", err)
		return
	}
	err := schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors(), openapi3.EnableFormatValidation())
	addSchemaErrors(err, found)
	checkNulls(value, "", found)
	checkDeclared(schema, value, "", found)
}

// addSchemaErrors takes the library's tree of errors apart.
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
			// allOf, for example: the reason is further down.
			var deeper *openapi3.SchemaError
			var deeperSeveral openapi3.MultiError
			if errors.As(one.Origin, &deeper) || errors.As(one.Origin, &deeperSeveral) {
				addSchemaErrors(one.Origin, found)
				return
			}
		}
		found.add(CheckSchema+one.SchemaField, "%s: %s", strings.Join(one.JSONPointer(), "."), one.Reason)
	default:
		found.add(CheckSchema+"other", "%v", err)
	}
}

func checkNulls(value any, where string, found *findings) {
	switch value := value.(type) {
	case nil:
		found.add(CheckNull, "%s: what is absent is left out", where)
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

// checkDeclared looks for what the schema does not name. Schemas allow more properties, so that a client made from an
// older contract takes them; the server must not make use of that.
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
		known, free := properties(schema)
		for name, field := range value {
			switch {
			case known[name] != nil:
				checkDeclared(known[name], field, below(where, name), found)
			case !free:
				found.add(CheckUndeclared, "%s", below(where, name))
			}
		}
	}
}

// properties are what a schema names, alone or by what it is made of. A free one says that others may be there.
func properties(schema *openapi3.Schema) (known map[string]*openapi3.Schema, free bool) {
	known = map[string]*openapi3.Schema{}
	free = schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has
	for name, property := range schema.Properties {
		known[name] = property.Value
	}
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		more, moreFree := properties(part.Value)
		maps.Copy(known, more)
		free = free || moreFree
	}
	return known, free
}

func below(where, name string) string {
	if where == "" {
		return name
	}
	return where + "." + name
}

// isStream tells whether a header announces a live stream.
func isStream(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && media == "text/event-stream"
}
