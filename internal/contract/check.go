package contract

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// place is where a value stands in the body. It is turned into text only when something failed there.
type place struct {
	parent *place
	name   string
}

func (p *place) String() string {
	if p.parent == nil {
		return p.name
	}
	return p.parent.String() + "." + p.name
}

type failures []Failure

func (f *failures) add(at *place, format string, args ...any) {
	field := at.String()
	*f = append(*f, Failure{Field: field, Message: field + " " + fmt.Sprintf(format, args...)})
}

// check tests the value, which is not null, and returns it as the handler is to see it.
func (s *schema) check(value any, at *place, found *failures) any {
	switch s.Type {
	case "object":
		object, ok := value.(map[string]any)
		if !ok {
			found.add(at, "must be an object")
			return value
		}
		s.checkObject(object, at, found)
		return object
	case "array":
		items, ok := value.([]any)
		if !ok {
			found.add(at, "must be an array")
			return value
		}
		s.checkArray(items, at, found)
		return items
	case "string":
		text, ok := value.(string)
		if !ok {
			found.add(at, "must be a string")
			return value
		}
		s.checkString(text, at, false, found)
		return text
	case "boolean":
		if _, ok := value.(bool); !ok {
			found.add(at, "must be a boolean")
		}
		return value
	default: // integer and number
		number, ok := value.(json.Number)
		if !ok {
			found.add(at, "must be a number")
			return value
		}
		return s.checkNumber(number, at, found)
	}
}

func (s *schema) checkObject(object map[string]any, at *place, found *failures) {
	for i := range s.Properties {
		p := &s.Properties[i]
		value, sent := object[p.name]
		if value == nil {
			switch {
			case p.required:
				found.add(&place{at, p.name}, "is required")
			case sent && !p.schema.Nullable:
				delete(object, p.name)
			}
			continue
		}
		if text, ok := value.(string); ok && p.schema.Type == "string" {
			p.schema.checkString(text, &place{at, p.name}, p.required, found)
			continue
		}
		switch checked := p.schema.check(value, &place{at, p.name}, found).(type) {
		case int64:
			object[p.name] = checked
		}
	}
}

func (s *schema) checkArray(items []any, at *place, found *failures) {
	if len(items) < s.MinItems {
		found.add(at, "must have at least %d item%s", s.MinItems, plural(s.MinItems))
	}
	if s.MaxItems != nil && len(items) > *s.MaxItems {
		// Each item might fail as well; a thousand sentences more would help nobody.
		found.add(at, "must have at most %d items", *s.MaxItems)
		return
	}
	for i, item := range items {
		where := &place{at, strconv.Itoa(i)}
		if item == nil {
			// An item can't be absent, so null is a value of the wrong type.
			found.add(where, "must be %s", withArticle(s.Items.Type))
			continue
		}
		if text, ok := item.(string); ok && s.Items.Type == "string" {
			s.Items.checkString(text, where, true, found)
			continue
		}
		items[i] = s.Items.check(item, where, found)
	}
	if s.UniqueItems {
		s.checkUnique(items, at, found)
	}
}

// checkUnique names the first string that stands in the array twice. Only arrays of strings ask for it.
func (s *schema) checkUnique(items []any, at *place, found *failures) {
	seen := make(map[string]struct{}, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			continue
		}
		if _, twice := seen[text]; twice {
			found.add(&place{at, strconv.Itoa(i)}, "must not repeat %s", text)
			return
		}
		seen[text] = struct{}{}
	}
}

// checkString tests a text. An optional one that may not be empty is told so in other words than a required one.
func (s *schema) checkString(text string, at *place, required bool, found *failures) {
	switch {
	case s.MinLength > 0 && strings.TrimSpace(text) == "":
		if required {
			found.add(at, "is required")
		} else {
			found.add(at, "cannot be empty")
		}
	case strings.IndexByte(text, 0) >= 0:
		found.add(at, "must not contain NUL characters")
	case s.MaxLength != nil && len(text) > *s.MaxLength && utf8.RuneCountInString(text) > *s.MaxLength:
		found.add(at, "must be at most %d characters long", *s.MaxLength)
	case s.Enum != nil && !slices.Contains(s.Enum, text):
		found.add(at, "must be one of: %s", strings.Join(s.Enum, ", "))
	case s.pattern != nil && !s.pattern.MatchString(text):
		found.add(at, "must be %s", s.PatternMessage)
	}
}

// checkNumber tests a number by its digits: the sign first, then whether it is whole, then its size. It returns an
// int64 where the contract asks for an integer and the number is one.
func (s *schema) checkNumber(number json.Number, at *place, found *failures) any {
	if whole, err := strconv.ParseInt(string(number), 10, 64); err == nil {
		s.checkRange(float64(whole), at, found)
		if s.Maximum != nil && whole > *s.Maximum {
			found.add(at, "must be at most %d", *s.Maximum)
		}
		return whole
	}
	approximate, err := number.Float64()
	if err != nil {
		// Out of float64's range: the sign of the infinity says which end was passed.
		if !s.checkRange(approximate, at, found) && s.Maximum != nil {
			found.add(at, "must be at most %d", *s.Maximum)
		}
		return number
	}
	if s.checkRange(approximate, at, found) {
		return number
	}
	if s.Maximum != nil && approximate > float64(*s.Maximum) {
		found.add(at, "must be at most %d", *s.Maximum)
		return number
	}
	if s.Type != "integer" {
		return number
	}
	// float64 holds this range of whole numbers exactly, but not its fractions: 9007199254740990.5 would pass for whole.
	exact, ok := new(big.Rat).SetString(string(number))
	if !ok || !exact.IsInt() {
		found.add(at, "must be an integer")
		return number
	}
	return exact.Num().Int64()
}

// checkRange tests the lower end and tells whether it failed.
func (s *schema) checkRange(number float64, at *place, found *failures) bool {
	switch {
	case s.Minimum == nil:
		return false
	case s.ExclusiveMinimum && number <= *s.Minimum:
		found.add(at, "must be greater than %v", *s.Minimum)
		return true
	case number < *s.Minimum:
		found.add(at, "must be at least %v", *s.Minimum)
		return true
	}
	return false
}

func withArticle(kind string) string {
	switch kind {
	case "integer":
		return "a number"
	case "array", "object":
		return "an " + kind
	default:
		return "a " + kind
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
