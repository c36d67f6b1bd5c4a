package server_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// mistake is one change that makes a request invalid.
type mistake struct {
	// field is the property or parameter that the error must name.
	field string
	kind  string
	// make makes the mistake in the request.
	make func()
}

// String is the text that rapid prints for a drawn mistake.
func (m mistake) String() string { return m.field + ": " + m.kind }

// mistakesIn returns all mistakes that can be made in an object, always in the same order.
func mistakesIn(schema *openapi3.Schema, object map[string]any, where string) []mistake {
	var all []mistake
	for _, name := range names(schema) {
		property := schema.Properties[name].Value
		field := below(where, name)
		put := func(kind string, value any) {
			all = append(all, mistake{field, kind, func() { object[name] = value }})
		}
		if slices.Contains(schema.Required, name) {
			put("null", nil)
			all = append(all, mistake{field, "missing", func() { delete(object, name) }})
		}
		wrongValues(property, put)
		items, isArray := object[name].([]any)
		if !isArray {
			continue
		}
		for i := range items {
			all = append(all, mistakesInItem(property.Items.Value, items, i, field)...)
		}
		if property.UniqueItems && len(items) > 0 {
			twice := append(slices.Clone(items), items[0])
			all = append(all, mistake{below(field, strconv.Itoa(len(items))), "twice", func() { object[name] = twice }})
		}
	}
	return all
}

func mistakesInItem(schema *openapi3.Schema, items []any, i int, where string) []mistake {
	field := below(where, strconv.Itoa(i))
	var all []mistake
	put := func(kind string, value any) {
		all = append(all, mistake{field, kind, func() { items[i] = value }})
	}
	put("null", nil)
	wrongValues(schema, put)
	if object, ok := items[i].(map[string]any); ok {
		all = append(all, mistakesIn(schema, object, field)...)
	}
	return all
}

// wrongValues calls put with at least one invalid value for each keyword of the schema.
func wrongValues(schema *openapi3.Schema, put func(kind string, value any)) {
	// Not a map: rapid can repeat a failure only if the order never changes.
	for _, other := range []struct {
		kind  string
		value any
	}{
		{"string", "x"}, {"integer", json.Number("1")}, {"boolean", true}, {"array", []any{}}, {"object", map[string]any{}},
	} {
		if !schema.Type.Is(other.kind) {
			put("a value of type "+other.kind, other.value)
		}
	}
	switch {
	case schema.Type.Is("string"):
		wrongStrings(schema, put)
	case schema.Type.Is("integer"):
		put("fraction", json.Number("1.5"))
		put("nearly whole", json.Number("1.0000000000000000001"))
		if schema.Min != nil {
			least := int64(*schema.Min)
			if !schema.ExclusiveMin.IsTrue() {
				least--
			}
			put("too small", json.Number(strconv.FormatInt(least, 10)))
			put("far too small", json.Number("-1e400"))
		}
		if schema.Max != nil {
			put("too large", json.Number(strconv.FormatInt(int64(*schema.Max)+1, 10)))
			put("far too large", json.Number("1e400"))
		}
	case schema.Type.Is("array"):
		if schema.MinItems > 0 {
			put("too few", []any{})
		}
		if schema.MaxItems != nil && *schema.MaxItems <= 1000 {
			put("too many", slices.Repeat([]any{map[string]any{}}, int(*schema.MaxItems)+1))
		}
	}
}

func wrongStrings(schema *openapi3.Schema, put func(kind string, value any)) {
	put("NUL", "a\x00b")
	if len(schema.Enum) > 0 {
		put("not in the enum", "no such value")
		put("not in the enum, for its case", strings.ToUpper(schema.Enum[0].(string)))
		return
	}
	if schema.MinLength > 0 {
		put("empty", "")
	}
	if schema.MaxLength != nil {
		put("too long", strings.Repeat("x", int(*schema.MaxLength)+1))
	}
	if schema.Pattern != "" {
		put("white space", " \t\n")
		if schema.Pattern != `\S` {
			put("against the pattern", "ä b")
		}
	}
}

func below(where, name string) string {
	return strings.TrimPrefix(where+"."+name, ".")
}
