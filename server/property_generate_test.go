package server_test

// The property test draws valid and invalid requests from the schemas of the contract: property_generate_test.go draws valid
// values, property_mutate_test.go makes mistakes in them, and property_request_test.go builds the requests.

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// Generator draws values that are valid for a schema.
type Generator struct {
	// Known has values by the name of the property or parameter that takes them, such as ids of existing resources. They are
	// drawn more often than other values; otherwise nearly every response would be "not found".
	Known map[string][]string
}

// value draws a value for the schema of the property name, decoded as JSON with numbers as json.Number.
//
// Smaller choices give plainer values, so that rapid shrinks a failing request to one whose only unusual part is the cause. It
// also uses two rules that the contract states in words: optional properties may be null, and unknown properties are ignored.
func (g *Generator) value(t *rapid.T, name string, schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is("object"):
		return g.object(t, schema)
	case schema.Type.Is("array"):
		return g.array(t, name, schema)
	case schema.Type.Is("boolean"):
		return rapid.Bool().Draw(t, name)
	case schema.Type.Is("integer"):
		return json.Number(integerText(t, g.integer(t, name, schema)))
	case schema.Type.Is("string"):
		return g.text(t, name, schema)
	default:
		panic(fmt.Sprintf("draw: no values of type %v, which %s has", schema.Type, name))
	}
}

func (g *Generator) object(t *rapid.T, schema *openapi3.Schema) map[string]any {
	object := map[string]any{}
	for _, name := range names(schema) {
		property := schema.Properties[name].Value
		if !slices.Contains(schema.Required, name) {
			switch rapid.IntRange(0, 9).Draw(t, name+"?") {
			case 0, 1, 2, 3:
				continue
			case 4:
				object[name] = nil
				continue
			}
		}
		object[name] = g.value(t, name, property)
	}
	if rapid.IntRange(0, 9).Draw(t, "unknown properties?") == 9 {
		for _, name := range names(schema) {
			// Property names are case-sensitive, so this property is unknown.
			object[strings.ToUpper(name)] = json.Number("0")
		}
		object["createdAt"] = false
		object["\u0000"] = []any{nil, map[string]any{}}
	}
	return object
}

// names returns the names of the properties, sorted: rapid can repeat a failure only if the order never changes.
func names(schema *openapi3.Schema) []string {
	return slices.Sorted(maps.Keys(schema.Properties))
}

func (g *Generator) array(t *rapid.T, name string, schema *openapi3.Schema) []any {
	least := int(schema.MinItems)
	most := least + 3
	if schema.MaxItems != nil {
		most = min(most, int(*schema.MaxItems))
	}
	items := []any{}
	for range rapid.IntRange(least, most).Draw(t, name+" items") {
		item := g.value(t, name, schema.Items.Value)
		if schema.UniqueItems && slices.Contains(items, item) {
			continue
		}
		items = append(items, item)
	}
	return items
}

// integer draws from the whole range of the schema, with a preference for small numbers and for both ends of the range.
func (g *Generator) integer(t *rapid.T, name string, schema *openapi3.Schema) int64 {
	if known := g.Known[name]; len(known) > 0 && rapid.IntRange(0, 9).Draw(t, name+" known?") < 7 {
		number, err := strconv.ParseInt(rapid.SampledFrom(known).Draw(t, name), 10, 64)
		if err != nil {
			panic(err) // Known has a value that is not a number
		}
		return number
	}
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	if schema.Min != nil {
		least = int64(*schema.Min)
		if schema.ExclusiveMin.IsTrue() {
			least++
		}
	}
	if schema.Max != nil {
		most = int64(*schema.Max)
	}
	small := min(most, least+100)
	switch rapid.IntRange(0, 9).Draw(t, name+" range") {
	case 8:
		return rapid.Int64Range(least, most).Draw(t, name)
	case 9:
		return rapid.SampledFrom([]int64{least, most}).Draw(t, name)
	default:
		return rapid.Int64Range(least, small).Draw(t, name)
	}
}

// integerText writes an integer in one of the ways that JSON allows.
func integerText(t *rapid.T, number int64) string {
	digits := strconv.FormatInt(number, 10)
	switch rapid.IntRange(0, 9).Draw(t, "spelling") {
	case 7:
		return digits + ".0"
	case 8:
		return digits + "e0"
	case 9:
		if number != 0 { // JSON has no leading zeros
			digits += "00"
		}
		return digits + "E-2"
	default:
		return digits
	}
}

// text draws a string for the schema.
func (g *Generator) text(t *rapid.T, name string, schema *openapi3.Schema) string {
	if len(schema.Enum) > 0 {
		text, _ := rapid.SampledFrom(schema.Enum).Draw(t, name).(string)
		return text
	}
	if known := g.Known[name]; len(known) > 0 && rapid.IntRange(0, 9).Draw(t, name+" known?") < 9 {
		return rapid.SampledFrom(known).Draw(t, name)
	}
	most := 30
	if schema.MaxLength != nil {
		most = min(most, int(*schema.MaxLength))
	}
	if (schema.Pattern == "" || schema.Pattern == `\S`) && schema.MaxLength != nil && *schema.MaxLength <= 10_000 &&
		rapid.IntRange(0, 30).Draw(t, name+" longest?") == 30 {
		return strings.Repeat("ж", int(*schema.MaxLength))
	}
	switch schema.Pattern {
	case "":
		return rapid.StringOfN(character, int(schema.MinLength), most, -1).Draw(t, name)
	case `\S`:
		// The server keeps white space around a string, so the generator draws it.
		return rapid.StringOfN(character, 0, most-1, -1).Draw(t, name) +
			rapid.SampledFrom([]string{"x", "0", "é", "語", "'", `"`, "%", "\\"}).Draw(t, name+" visible")
	default:
		return rapid.StringMatching(schema.Pattern).Filter(func(text string) bool {
			return len(text) >= int(schema.MinLength) && (schema.MaxLength == nil || len(text) <= int(*schema.MaxLength))
		}).Draw(t, name)
	}
}

// character draws any character but U+0000, which strings must not contain, with a preference for characters that often need
// escaping.
var character = rapid.OneOf(
	rapid.RuneFrom([]rune("aZ0 _%'\"\\/<>&;{}\u00a0\u2028\u202e\ufeff\t\n")),
	rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S, unicode.M, unicode.Z, unicode.Cc),
).Filter(func(r rune) bool { return r != 0 })

// Validate returns an error unless the value is valid for the schema, independently of the server. A null of an optional property
// counts as absent, as the introduction of the contract says.
func Validate(schema *openapi3.Schema, value any) error {
	plain, err := json.Marshal(withoutNulls(schema, value))
	if err != nil {
		return err
	}
	var decoded any
	if err := json.Unmarshal(plain, &decoded); err != nil {
		return err
	}
	return schema.VisitJSON(decoded, openapi3.VisitAsRequest())
}

func withoutNulls(schema *openapi3.Schema, value any) any {
	switch value := value.(type) {
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = withoutNulls(schema.Items.Value, item)
		}
		return items
	case map[string]any:
		object := map[string]any{}
		for name, field := range value {
			property := schema.Properties[name]
			switch {
			case property == nil:
			case field == nil && !slices.Contains(schema.Required, name) && !property.Value.Nullable:
			default:
				object[name] = withoutNulls(property.Value, field)
			}
		}
		return object
	default:
		return value
	}
}
