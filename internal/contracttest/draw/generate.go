// Package draw makes requests out of the schemas of the contract: such as it allows, and such as it does not.
package draw

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// Generator draws values that a schema allows.
type Generator struct {
	// Known has values that mean something to the server, by the name of the property or parameter that takes them: ids of
	// things that exist. They are drawn more often than not, or nearly every request would be about nothing.
	Known map[string][]string
}

// Value draws a value for the schema, decoded as JSON with numbers as json.Number. The name is that of the property.
//
// The smaller the choices, the plainer the value: a failing request is shrunk to one with nothing odd about it but what
// makes it fail. Beyond the schema it makes use of what the contract says in words: an optional property may be null, and
// properties that nobody knows are ignored.
func (g *Generator) Value(t *rapid.T, name string, schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is("object"):
		return g.object(t, schema)
	case schema.Type.Is("array"):
		return g.array(t, name, schema)
	case schema.Type.Is("boolean"):
		return rapid.Bool().Draw(t, name)
	case schema.Type.Is("integer"):
		return json.Number(spelled(t, g.integer(t, name, schema)))
	case schema.Type.Is("string"):
		return g.String(t, name, schema)
	default:
		panic(fmt.Sprintf("draw: nothing draws a %v for %s", schema.Type, name))
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
		object[name] = g.Value(t, name, property)
	}
	if rapid.IntRange(0, 9).Draw(t, "unknown properties?") == 9 {
		for _, name := range names(schema) {
			// Keys are case-sensitive: this one is of no property.
			object[strings.ToUpper(name)] = json.Number("0")
		}
		object["createdAt"] = false
		object["\u0000"] = []any{nil, map[string]any{}}
	}
	return object
}

// names are the properties in an order that does not change from run to run.
func names(schema *openapi3.Schema) []string {
	var all []string
	for name := range schema.Properties {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (g *Generator) array(t *rapid.T, name string, schema *openapi3.Schema) []any {
	least := int(schema.MinItems)
	most := least + 3
	if schema.MaxItems != nil {
		most = min(most, int(*schema.MaxItems))
	}
	items := []any{}
	for range rapid.IntRange(least, most).Draw(t, name+" items") {
		item := g.Value(t, name, schema.Items.Value)
		if schema.UniqueItems && slices.Contains(items, item) {
			continue
		}
		items = append(items, item)
	}
	return items
}

// integer draws from the whole range, small ones and the ends more often than the rest.
func (g *Generator) integer(t *rapid.T, name string, schema *openapi3.Schema) int64 {
	if known := g.Known[name]; len(known) > 0 && rapid.IntRange(0, 9).Draw(t, name+" known?") < 7 {
		number, err := strconv.ParseInt(rapid.SampledFrom(known).Draw(t, name), 10, 64)
		if err != nil {
			panic(err) // a mistake in Known
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

// spelled writes an integer in one of the ways that JSON has for it.
func spelled(t *rapid.T, number int64) string {
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

// String draws a text for the schema.
func (g *Generator) String(t *rapid.T, name string, schema *openapi3.Schema) string {
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
		// Padding stays, so it belongs to what is drawn.
		return rapid.StringOfN(character, 0, most-1, -1).Draw(t, name) +
			rapid.SampledFrom([]string{"x", "0", "é", "語", "'", `"`, "%", "\\"}).Draw(t, name+" visible")
	default:
		return rapid.StringMatching(schema.Pattern).Filter(func(text string) bool {
			return len(text) >= int(schema.MinLength) && (schema.MaxLength == nil || len(text) <= int(*schema.MaxLength))
		}).Draw(t, name)
	}
}

// character is any but U+0000, which no string may hold, and sometimes one that careless code trips over.
var character = rapid.OneOf(
	rapid.RuneFrom([]rune("aZ0 _%'\"\\/<>&;{}\u00a0\u2028\u202e\ufeff\t\n")),
	rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S, unicode.M, unicode.Z, unicode.Cc),
).Filter(func(r rune) bool { return r != 0 })

// IsValid tells whether the schema itself allows the value, with no word of the server's. Optional nulls count as absent,
// as the contract says in its introduction.
func IsValid(schema *openapi3.Schema, value any) bool {
	plain, err := json.Marshal(withoutNulls(schema, value))
	if err != nil {
		return false
	}
	var decoded any
	if err := json.Unmarshal(plain, &decoded); err != nil {
		return false
	}
	return schema.VisitJSON(decoded, openapi3.VisitAsRequest()) == nil
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
