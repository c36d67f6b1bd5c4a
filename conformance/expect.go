package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/routecard/routecard/internal/contracttest"
)

// variables has the values that steps have kept, by name.
type variables map[string]string

var reference = regexp.MustCompile(`\$\{(\w+)\}`)

// fill replaces each ${name} in a text. It returns an error for a name that no step has kept.
func (v variables) fill(text string) (string, error) {
	var missing string
	filled := reference.ReplaceAllStringFunc(text, func(found string) string {
		value, known := v[found[2:len(found)-1]]
		if !known {
			missing = found
		}
		return value
	})
	if missing != "" {
		return "", fmt.Errorf("nothing was kept as %s", missing)
	}
	return filled, nil
}

// fillStep replaces variables in all texts of a step, and converts Body and Answer from YAML values to JSON values.
func (v variables) fillStep(step Step) (Step, error) {
	var failed []error
	text := func(text string) string {
		filled, err := v.fill(text)
		failed = append(failed, err)
		return filled
	}
	texts := func(of map[string]string) map[string]string {
		filled := map[string]string{}
		for name, value := range of {
			filled[name] = text(value)
		}
		return filled
	}
	value := func(value any) any {
		if value == nil {
			return nil
		}
		plain, err := json.Marshal(value)
		failed = append(failed, err)
		decoded, err := decodeJSON([]byte(text(string(plain))))
		failed = append(failed, err)
		return decoded
	}
	step.Send, step.Text, step.Message = text(step.Send), text(step.Text), text(step.Message)
	step.Headers, step.Answered, step.Differs = texts(step.Headers), texts(step.Answered), texts(step.Differs)
	step.Body, step.Answer = value(step.Body), value(step.Answer)
	sentences := make([]string, len(step.Errors))
	for i, sentence := range step.Errors {
		sentences[i] = text(sentence)
	}
	step.Errors = sentences
	return step, errors.Join(failed...)
}

// decodeJSON decodes JSON with numbers as json.Number, so that no digits are lost.
func decodeJSON(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// expect returns an error if the response differs from what the step expects.
func (s *Step) expect(answer contracttest.Answer) error {
	if answer.Status != s.Status {
		return fmt.Errorf("the status is %d, want %d", answer.Status, s.Status)
	}
	for name, want := range s.Answered {
		if err := matches(answer.Header.Get(name), want, "the header "+name); err != nil {
			return err
		}
	}
	var body any
	if len(answer.Body) > 0 {
		var err error
		if body, err = decodeJSON(answer.Body); err != nil {
			return fmt.Errorf("the body is not JSON: %w", err)
		}
	}
	if err := s.expectError(body); err != nil {
		return err
	}
	if s.Answer != nil {
		if err := contains(body, s.Answer, "the body"); err != nil {
			return err
		}
	}
	object, _ := body.(map[string]any)
	for _, name := range s.Absent {
		if value, found := object[name]; found {
			return fmt.Errorf("the body has %s: %v", name, value)
		}
	}
	return s.differ(answer)
}

// expectError compares the messages of an error, which are part of the contract.
func (s *Step) expectError(body any) error {
	message := s.Message
	if len(s.Errors) > 0 {
		message = s.Errors[0]
	}
	if message == "" {
		return nil
	}
	object, _ := body.(map[string]any)
	text, _ := object["message"].(string)
	if err := matches(text, message, "the message"); err != nil {
		return err
	}
	var sentences []string
	fields, _ := object["errors"].([]any)
	for _, field := range fields {
		failure, _ := field.(map[string]any)
		sentence, _ := failure["message"].(string)
		sentences = append(sentences, sentence)
	}
	if len(s.Errors) > 0 && !slices.Equal(sentences, s.Errors) {
		return fmt.Errorf("the failures are %q, want %q", sentences, s.Errors)
	}
	return nil
}

// contains returns an error unless got contains want, see Step.Answer. where names got in the error.
func contains(got, want any, where string) error {
	switch want := want.(type) {
	case map[string]any:
		object, isObject := got.(map[string]any)
		if !isObject {
			return fmt.Errorf("%s is %v, want an object", where, got)
		}
		for name := range want {
			value, found := object[name]
			if !found {
				return fmt.Errorf("%s has no %s", where, name)
			}
			if err := contains(value, want[name], where+"."+name); err != nil {
				return err
			}
		}
		return nil
	case []any:
		items, isList := got.([]any)
		if !isList || len(items) != len(want) {
			return fmt.Errorf("%s is %v, want %d items", where, got, len(want))
		}
		for i := range want {
			if err := contains(items[i], want[i], where+"."+strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return nil
	case string:
		text, isText := got.(string)
		if !isText {
			return fmt.Errorf("%s is %v, want a string", where, got)
		}
		return matches(text, want, where)
	default:
		if got != want {
			return fmt.Errorf("%s is %v, want %v", where, got, want)
		}
		return nil
	}
}

// matches returns an error unless got is equal to want, or matches want if that is a regular expression with ~ in front.
func matches(got, want, where string) error {
	if expression, isExpression := strings.CutPrefix(want, "~"); isExpression {
		pattern, err := regexp.Compile(expression)
		if err != nil {
			return err
		}
		if !pattern.MatchString(got) {
			return fmt.Errorf("%s is %q, which %s does not match", where, got, expression)
		}
		return nil
	}
	if got != want {
		return fmt.Errorf("%s is %q, want %q", where, got, want)
	}
	return nil
}

// differ returns an error if a part of the response that Differs names is equal to its text.
func (s *Step) differ(answer contracttest.Answer) error {
	for where, other := range s.Differs {
		value, err := part(answer, where)
		if err != nil {
			return err
		}
		if value == other {
			return fmt.Errorf("%s is %q as before, want another value", where, value)
		}
	}
	return nil
}

// keep stores the parts of a response that Keep names.
func (s *Step) keep(answer contracttest.Answer, v variables) (err error) {
	for name, where := range s.Keep {
		if v[name], err = part(answer, where); err != nil {
			return err
		}
	}
	return nil
}

// nextPage matches a Link header. A server behind a proxy may have a prefix in front of the path, which the target's URL has too.
var nextPage = regexp.MustCompile(`^<[^>]*?(/api/[^>]*)>; rel="next"$`)

// part returns a part of a response, see Step.Keep. It returns an error for a part that is missing or empty.
func part(answer contracttest.Answer, where string) (string, error) {
	var found string
	if header, isHeader := strings.CutPrefix(where, "header "); isHeader {
		found = answer.Header.Get(header)
	} else if where == "next page" {
		if match := nextPage.FindStringSubmatch(answer.Header.Get("Link")); match != nil {
			found = match[1]
		}
	} else {
		value, err := decodeJSON(answer.Body)
		if err != nil {
			return "", err
		}
		for name := range strings.SplitSeq(where, ".") {
			value = member(value, name)
		}
		if value != nil {
			found = fmt.Sprint(value)
		}
	}
	if found == "" {
		return "", fmt.Errorf("the answer has no %s", where)
	}
	return found, nil
}

// member returns a property of an object or an item of a list, or nil.
func member(value any, name string) any {
	switch value := value.(type) {
	case map[string]any:
		return value[name]
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(value) {
			return value[i]
		}
	}
	return nil
}

// setHeaders sets Content-Type to JSON and then the given headers. An empty value removes a header.
func setHeaders(header http.Header, given map[string]string) {
	header.Set("Content-Type", "application/json")
	for name, value := range given {
		if value == "" {
			header.Del(name)
			continue
		}
		header.Set(name, value)
	}
}
