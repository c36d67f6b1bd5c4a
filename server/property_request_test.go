package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"

	"github.com/routecard/routecard/internal/contracttest"
)

// drawnRequest is a drawn request to an operation.
type drawnRequest struct {
	Operation *contracttest.Operation
	// Path has the path parameters by name.
	Path map[string]string
	// Query and Header have the other parameters.
	Query  url.Values
	Header http.Header
	// Value is the decoded body; nil if the operation has none.
	Value map[string]any
	// Body is the encoded body.
	Body []byte
	// Wrong is the invalid field or parameter; empty for a valid request.
	Wrong string
}

// Valid draws a valid request.
func (g *Generator) Valid(t *rapid.T, operation *contracttest.Operation) *drawnRequest {
	r := &drawnRequest{Operation: operation, Path: map[string]string{}, Query: url.Values{}, Header: http.Header{}}
	for _, parameter := range operation.Parameters {
		schema := parameter.Schema.Value
		switch parameter.In {
		case "path":
			r.Path[parameter.Name] = g.known(t, parameter.Name)
			if rapid.IntRange(0, 4).Draw(t, parameter.Name+" known?") == 4 {
				// An empty text, or one with a slash, would make another path.
				r.Path[parameter.Name] = rapid.StringN(1, 40, -1).Filter(func(text string) bool {
					return !strings.Contains(text, "/")
				}).Draw(t, parameter.Name)
			}
		case "query":
			if parameter.Required || rapid.Bool().Draw(t, parameter.Name+"?") {
				r.Query[parameter.Name] = g.parameter(t, parameter.Name, schema)
			}
		case "header":
			if rapid.IntRange(0, 3).Draw(t, parameter.Name+"?") == 3 {
				if value := headerText(g.parameter(t, parameter.Name, schema)[0]); value != "" || schema.MinLength == 0 {
					r.Header.Set(parameter.Name, value)
				}
			}
		}
	}
	if operation.Body != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Value = g.object(t, operation.Body)
		r.encode()
		if operation.EmptyBody && len(r.Value) == 0 && rapid.Bool().Draw(t, "no body?") {
			r.Body = nil
		}
	}
	if operation.File != "" {
		r.Header.Set("Content-Type", operation.File)
		notes := strings.NewReplacer(`"`, `""`, "\x00", "").Replace(rapid.String().Draw(t, "notes"))
		r.Body = []byte("name,quantity,notes\r\nJOB-2024-001,50,\"" + notes + "\"\r\n")
		// A column that is mapped must be in the file.
		r.Query.Del("map")
	}
	return r
}

// Invalid draws a request with one mistake. It returns nil if the operation has nothing that can be wrong.
func (g *Generator) Invalid(t *rapid.T, operation *contracttest.Operation) *drawnRequest {
	r := g.Valid(t, operation)
	places := r.mistakes()
	if operation.Body != nil {
		places = append(places, mistakesIn(operation.Body, r.Value, "")...)
		// Mostly wrong fields, because there are more kinds of them.
		if rapid.IntRange(0, 9).Draw(t, "wrong form?") == 9 {
			r.spoilJSON(t)
			return r
		}
	}
	if len(places) == 0 {
		return nil
	}
	chosen := rapid.SampledFrom(places).Draw(t, "mistake")
	chosen.make()
	r.Wrong = chosen.field
	if operation.Body != nil {
		r.encode()
	}
	return r
}

func (r *drawnRequest) encode() {
	body, err := json.Marshal(r.Value)
	if err != nil {
		panic(err) // drawn values can always be encoded
	}
	r.Body = body
}

// spoilJSON replaces the body with something that is not exactly one JSON object.
func (r *drawnRequest) spoilJSON(t *rapid.T) {
	r.Wrong = "the body"
	r.encode()
	whole := string(r.Body)
	spoiled := map[string]string{
		"half":              whole[:max(1, len(whole)/2)],
		"two":               whole + whole,
		"a comma":           strings.TrimSuffix(whole, "}") + ",}",
		"in an array":       "[" + whole + "]",
		"null":              "null",
		"a string":          strconv.Quote("x"),
		"not UTF-8":         "{\"\xff\":1}",
		"a lone surrogate":  `{"\ud800":1}`,
		"a leading zero":    `{"x":01}`,
		"a byte order mark": "\ufeff" + whole,
		"deeply nested":     strings.Repeat("[", 20_000),
	}
	kind := rapid.SampledFrom(slices.Sorted(maps.Keys(spoiled))).Draw(t, "form")
	r.Body = []byte(spoiled[kind])
}

// parameter draws the values of a query parameter or header.
func (g *Generator) parameter(t *rapid.T, name string, schema *openapi3.Schema) []string {
	if !schema.Type.Is("array") {
		return []string{g.parameterItem(t, name, schema)}
	}
	var all []string
	for range rapid.IntRange(1, 3).Draw(t, name+" items") {
		all = append(all, g.parameterItem(t, name, schema.Items.Value))
	}
	return all
}

func (g *Generator) parameterItem(t *rapid.T, name string, schema *openapi3.Schema) string {
	if schema.Type.Is("integer") {
		return strconv.FormatInt(g.integer(t, name, schema), 10)
	}
	if schema.Type.Is("boolean") {
		return strconv.FormatBool(rapid.Bool().Draw(t, name))
	}
	return g.text(t, name, schema)
}

// known draws one of the known values of a path parameter, or returns "none" if there are none.
func (g *Generator) known(t *rapid.T, name string) string {
	if len(g.Known[name]) == 0 {
		return "none"
	}
	return rapid.SampledFrom(g.Known[name]).Draw(t, name)
}

// headerText removes the characters that a header cannot contain.
func headerText(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text))
}

// rawQuery is the key in Query whose value is added to the URL without encoding.
const rawQuery = "\x00"

// mistakes returns the mistakes that can be made in the query and the headers.
func (r *drawnRequest) mistakes() []mistake {
	all := []mistake{{"query", "not encoded", func() { r.Query[rawQuery] = []string{"%zz"} }}}
	for _, parameter := range r.Operation.Parameters {
		name, schema := parameter.Name, parameter.Schema.Value
		put := func(kind string, values ...string) {
			all = append(all, mistake{name, kind, func() {
				if parameter.In == "header" {
					r.Header[http.CanonicalHeaderKey(name)] = values
					return
				}
				r.Query[name] = values
			}})
		}
		switch {
		case parameter.In == "path":
			// Every path parameter is valid: an unknown id is answered with 404.
		case schema.Type.Is("array"):
			all = append(all, arrayMistakes(r, parameter)...)
		case schema.Type.Is("integer"):
			for _, wrong := range []string{"", "x", "1.5", "1e1", "0x10", "-1", "99999999999999999999", "١"} {
				if parameter.In == "query" || headerText(wrong) == wrong && wrong != "" {
					put(strconv.Quote(wrong), wrong)
				}
			}
			put("too large", strconv.FormatInt(int64(*schema.Max)+1, 10))
			put("twice", "1", "1")
		default:
			if len(schema.Enum) > 0 {
				put("not in the enum", "no-such-value")
			}
			if schema.MaxLength != nil {
				put("too long", strings.Repeat("x", int(*schema.MaxLength)+1))
			}
			put("twice", "a", "a")
			if parameter.In == "query" {
				put("NUL", "a\x00")
				put("not UTF-8", "\xff")
			}
		}
	}
	return all
}

func arrayMistakes(r *drawnRequest, parameter *openapi3.Parameter) []mistake {
	name, schema := parameter.Name, parameter.Schema.Value
	many := make([]string, int(*schema.MaxItems)+1)
	return []mistake{
		{name, "too many", func() { r.Query[name] = many }},
		{name + ".1", "too long", func() {
			r.Query[name] = []string{"x", strings.Repeat("x", int(*schema.Items.Value.MaxLength)+1)}
		}},
		{name + ".0", "NUL", func() { r.Query[name] = []string{"\x00"} }},
	}
}

// HTTP returns the request to a server as an http.Request.
func (r *drawnRequest) HTTP(t *rapid.T, server string) *http.Request {
	path := r.Operation.Path
	for name, value := range r.Path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	query := url.Values{}
	raw := ""
	for name, values := range r.Query {
		if name == rawQuery {
			raw = "&" + values[0]
			continue
		}
		query[name] = values
	}
	text := query.Encode() + raw
	request, err := http.NewRequestWithContext(t.Context(), r.Operation.Method, server+path, strings.NewReader(string(r.Body)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	request.URL.RawQuery = strings.TrimPrefix(text, "&")
	request.Header = r.Header.Clone()
	return request
}

// String is the text that rapid prints for a drawn request.
func (r *drawnRequest) String() string {
	return fmt.Sprintf("%s %v %v %v %s", r.Operation.ID, r.Path, r.Query, r.Header, r.Body)
}
