package contract

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fieldPath is the position of a value in a request. It becomes text only for an error.
type fieldPath struct {
	parent *fieldPath
	// name is the name of a property. An item of an array has none.
	name  string
	index int
}

func (p *fieldPath) String() string {
	name := p.name
	if name == "" {
		name = strconv.Itoa(p.index)
	}
	if p.parent == nil {
		return name
	}
	return p.parent.String() + "." + name
}

// decode decodes a JSON value and checks it. The message for an empty string depends on whether the value is required.
func (s *schema) decode(text []byte, path *fieldPath, required bool, errs *fieldErrors) any {
	first := text[0]
	switch s.Type {
	case "object":
		if first == '{' {
			return s.decodeObject(text, path, errs)
		}
		errs.add(path, "must be an object")
	case "array":
		if first == '[' {
			return s.decodeArray(text, path, errs)
		}
		errs.add(path, "must be an array")
	case "string":
		if first == '"' {
			value := unquote(text)
			s.checkString(value, path, required, errs)
			return value
		}
		errs.add(path, "must be a string")
	case "boolean":
		if first == 't' || first == 'f' {
			return first == 't'
		}
		errs.add(path, "must be a boolean")
	default: // integer and number
		if first == '-' || '0' <= first && first <= '9' {
			return s.decodeNumber(string(text), path, errs)
		}
		errs.add(path, "must be a number")
	}
	return nil
}

// decodeObject decodes the properties that the schema knows, and skips the others. Of two properties with the same name,
// the last one counts.
func (s *schema) decodeObject(text []byte, path *fieldPath, errs *fieldErrors) map[string]any {
	sent := make([][]byte, len(s.Properties))
	for key, rest := nextValue(text[1:]); key != nil; key, rest = nextValue(rest) {
		var value []byte
		value, rest = nextValue(rest)
		if known := s.property(key); known >= 0 {
			sent[known] = value
		}
	}
	object := map[string]any{}
	for i := range s.Properties {
		p := &s.Properties[i]
		switch {
		case len(sent[i]) > 0 && sent[i][0] != 'n': // Not absent and not null.
			object[p.name] = p.schema.decode(sent[i], &fieldPath{parent: path, name: p.name}, p.required, errs)
		case p.required:
			errs.add(&fieldPath{parent: path, name: p.name}, "is required")
		case sent[i] != nil && p.schema.Nullable:
			object[p.name] = nil
		}
	}
	return object
}

// property returns the index of the property with the given JSON string as its name, or -1.
func (s *schema) property(key []byte) int {
	var buffer [64]byte
	name := appendUnquoted(buffer[:0], key)
	return slices.IndexFunc(s.Properties, func(p property) bool { return p.name == string(name) })
}

func (s *schema) decodeArray(text []byte, path *fieldPath, errs *fieldErrors) []any {
	count := 0
	for item, rest := nextValue(text[1:]); item != nil; item, rest = nextValue(rest) {
		count++
	}
	if count < s.MinItems {
		errs.add(path, "must have at least %d item%s", s.MinItems, plural(s.MinItems))
	}
	if s.MaxItems != nil && count > *s.MaxItems {
		// Every item can be invalid; a list of thousands of errors would not help.
		errs.add(path, "must have at most %d items", *s.MaxItems)
		return nil
	}
	items := make([]any, 0, count)
	for item, rest := nextValue(text[1:]); item != nil; item, rest = nextValue(rest) {
		items = append(items, s.Items.decode(item, &fieldPath{parent: path, index: len(items)}, true, errs))
	}
	if s.UniqueItems {
		checkUnique(items, path, errs)
	}
	return items
}

// checkUnique reports the first string that is in the array twice. Only arrays of strings have unique items.
func checkUnique(items []any, path *fieldPath, errs *fieldErrors) {
	seen := make(map[string]struct{}, len(items))
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			continue
		}
		if _, repeated := seen[text]; repeated {
			errs.add(&fieldPath{parent: path, index: i}, "must not repeat %s", text)
			return
		}
		seen[text] = struct{}{}
	}
}

func (s *schema) checkString(text string, path *fieldPath, required bool, errs *fieldErrors) {
	switch {
	case s.MinLength > 0 && strings.TrimSpace(text) == "":
		if required {
			errs.add(path, "is required")
		} else {
			errs.add(path, "cannot be empty")
		}
	case strings.IndexByte(text, 0) >= 0:
		errs.add(path, "must not contain NUL characters")
	case s.MaxLength != nil && len(text) > *s.MaxLength && utf8.RuneCountInString(text) > *s.MaxLength:
		errs.add(path, "must be at most %d characters long", *s.MaxLength)
	case s.Enum != nil && !slices.Contains(s.Enum, text):
		errs.add(path, "must be one of: %s", strings.Join(s.Enum, ", "))
	case s.pattern != nil && !s.pattern.MatchString(text):
		errs.add(path, "must be %s", s.PatternMessage)
	}
}

// decodeNumber checks the sign of a number first, then its size, then whether it is whole. It returns an int64 if the
// number is whole, or else a json.Number.
func (s *schema) decodeNumber(text string, path *fieldPath, errs *fieldErrors) any {
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		s.checkWhole(whole, path, errs)
		return whole
	}
	// A number beyond float64 becomes an infinity with the right sign.
	approximate, _ := strconv.ParseFloat(text, 64)
	if approximate == 0 && strings.ContainsAny(significand(text), "123456789") {
		// Too close to zero for float64, but not zero.
		approximate = math.Copysign(math.SmallestNonzeroFloat64, approximate)
	}
	number := json.Number(text)
	if !s.checkMinimum(approximate, path, errs) {
		return number
	}
	if s.Maximum != nil && approximate > float64(*s.Maximum) {
		errs.add(path, "must be at most %d", *s.Maximum)
		return number
	}
	if s.Type != "integer" {
		return number
	}
	whole, ok := wholeNumber(text)
	if !ok {
		errs.add(path, "must be an integer")
		return number
	}
	return whole
}

// significand returns a JSON number without its exponent.
func significand(number string) string {
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		return number[:i]
	}
	return number
}

// wholeNumber converts a JSON number that is whole and fits into 64 bits, however it is written: 5e1, 50.0. It works on
// the digits, because float64 can't tell 9007199254740990.5 from a whole number and math/big takes seconds for a million
// digits.
func wholeNumber(number string) (whole int64, ok bool) {
	digits := significand(number)
	exponent := 0
	if len(digits) < len(number) {
		// An exponent beyond int becomes the largest or smallest int, which has the same effect.
		exponent, _ = strconv.Atoi(number[len(digits)+1:])
	}
	digits, negative := strings.CutPrefix(digits, "-")
	before, after, _ := strings.Cut(digits, ".")
	digits = strings.TrimLeft(before+after, "0")
	// The number of digits before the decimal point.
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

// checkWhole checks the minimum and the maximum.
func (s *schema) checkWhole(number int64, path *fieldPath, errs *fieldErrors) {
	if s.checkMinimum(float64(number), path, errs) && s.Maximum != nil && number > *s.Maximum {
		errs.add(path, "must be at most %d", *s.Maximum)
	}
}

// checkMinimum reports whether the number is large enough.
func (s *schema) checkMinimum(number float64, path *fieldPath, errs *fieldErrors) bool {
	switch {
	case s.Minimum == nil:
	case s.ExclusiveMinimum && number <= *s.Minimum:
		errs.add(path, "must be greater than %v", *s.Minimum)
		return false
	case number < *s.Minimum:
		errs.add(path, "must be at least %v", *s.Minimum)
		return false
	}
	return true
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
