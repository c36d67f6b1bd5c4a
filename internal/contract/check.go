package contract

import (
	"encoding/json"
	"fmt"
	"math"
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
		if whole, ok := p.schema.check(value, &place{at, p.name}, found).(int64); ok {
			object[p.name] = whole
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

// checkNumber tests a number by its digits: the sign first, then its size, then whether it is whole. It returns an int64
// where the contract asks for an integer and the number is one.
func (s *schema) checkNumber(number json.Number, at *place, found *failures) any {
	if whole, err := strconv.ParseInt(string(number), 10, 64); err == nil {
		s.checkRange(float64(whole), at, found)
		if s.Maximum != nil && whole > *s.Maximum {
			found.add(at, "must be at most %d", *s.Maximum)
		}
		return whole
	}
	// Beyond float64's range it is an infinity, whose sign says which end was passed.
	approximate, _ := strconv.ParseFloat(string(number), 64)
	if approximate == 0 && strings.ContainsAny(significand(string(number)), "123456789") {
		// Nearer to zero than float64 can tell, but not zero.
		approximate = math.Copysign(math.SmallestNonzeroFloat64, approximate)
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
	whole, ok := wholeNumber(string(number))
	if !ok {
		found.add(at, "must be an integer")
		return number
	}
	return whole
}

// significand is a JSON number without its exponent.
func significand(number string) string {
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		return number[:i]
	}
	return number
}

// wholeNumber reads a JSON number that is whole and within 64 bits, however it is written: 5e1, 50.0. It goes by the
// digits: float64 would take 9007199254740990.5 for whole, and math/big is busy for seconds with a million digits.
func wholeNumber(number string) (whole int64, ok bool) {
	digits := significand(number)
	exponent := 0
	if len(digits) < len(number) {
		// One too large for an int comes as the largest, and is as good.
		exponent, _ = strconv.Atoi(number[len(digits)+1:])
	}
	digits, negative := strings.CutPrefix(digits, "-")
	before, after, _ := strings.Cut(digits, ".")
	digits = strings.TrimLeft(before+after, "0")
	// The point stands after so many digits.
	point := exponent + len(digits) - len(after)
	digits = strings.TrimRight(digits, "0")
	switch {
	case digits == "":
		return 0, true
	case point < len(digits) || point > 19:
		return 0, false
	}
	whole, err := strconv.ParseInt(digits+strings.Repeat("0", point-len(digits)), 10, 64)
	if negative {
		whole = -whole
	}
	return whole, err == nil
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
