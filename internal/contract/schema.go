package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
)

// schema is the subset of an OpenAPI 3.0 schema that request bodies and parameters of the contract use. prepare refuses
// schemas that combine others (allOf, oneOf, anyOf). A rule between properties (not) is left to package models, which has a
// sentence for it; the tests of package server send what such a rule forbids. The time to decode a value grows with the depth of its schema, so a
// schema that contains itself needs a limit on depth first.
type schema struct {
	Ref              string          `json:"$ref"`
	Type             string          `json:"type"`
	Nullable         bool            `json:"nullable"`
	Required         []string        `json:"required"`
	Properties       properties      `json:"properties"`
	Items            *schema         `json:"items"`
	Enum             []string        `json:"enum"`
	Minimum          *float64        `json:"minimum"`
	ExclusiveMinimum bool            `json:"exclusiveMinimum"`
	Maximum          *int64          `json:"maximum"`
	MinLength        int             `json:"minLength"`
	MaxLength        *int            `json:"maxLength"`
	MinItems         int             `json:"minItems"`
	MaxItems         *int            `json:"maxItems"`
	UniqueItems      bool            `json:"uniqueItems"`
	Pattern          string          `json:"pattern"`
	AllOf            json.RawMessage `json:"allOf"`
	OneOf            json.RawMessage `json:"oneOf"`
	AnyOf            json.RawMessage `json:"anyOf"`
	// PatternMessage describes Pattern in the message "<field> must be <PatternMessage>".
	PatternMessage string `json:"x-pattern-message"`

	pattern *regexp.Regexp
}

type property struct {
	name     string
	schema   *schema
	required bool
}

// properties are in the order of the document.
type properties []property

// UnmarshalJSON reads a JSON object of schemas in order.
func (p *properties) UnmarshalJSON(source []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(source))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // A key is always a string.
		var s schema
		if err := decoder.Decode(&s); err != nil {
			return err
		}
		*p = append(*p, property{name: name, schema: &s})
	}
	return nil
}

// prepare compiles the pattern. It returns an error for a schema that can't be checked.
func (s *schema) prepare() error {
	if s.AllOf != nil || s.OneOf != nil || s.AnyOf != nil {
		return errors.New("allOf, oneOf and anyOf are not checked in requests")
	}
	if s.Type == "integer" && s.Minimum != nil && *s.Minimum == 1 {
		// For whole numbers, "greater than 0" is the same rule as "at least 1". Its message is not wrong for 0.5, which fails
		// because it has a fraction.
		s.Minimum, s.ExclusiveMinimum = new(float64), true
	}
	if s.Pattern != "" {
		pattern, err := regexp.Compile(s.Pattern)
		if err != nil {
			return err
		}
		s.pattern = pattern
	}
	return nil
}

// order sorts the properties into the order of error messages: the required ones in the order of `required`, then the
// others in the order of the document.
func (s *schema) order() {
	rank := func(p property) int {
		if i := slices.Index(s.Required, p.name); i >= 0 {
			return i
		}
		return len(s.Required)
	}
	for i := range s.Properties {
		s.Properties[i].required = slices.Contains(s.Required, s.Properties[i].name)
	}
	slices.SortStableFunc(s.Properties, func(a, b property) int { return rank(a) - rank(b) })
}
