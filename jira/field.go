package jira

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
)

// maxQuantity is the largest quantity that counts: what every JSON client can hold exactly.
const maxQuantity = 9007199254740991

// maxNesting is how deep a field's value is searched for a text.
const maxNesting = 4

// textOf reads a field leniently, because a custom field may be of any type: a text or number is itself; of an object the
// first of the members named counts, of an array the first element that has a text; rich text becomes plain. null, true, false
// and anything without a text are "". White space around the text and NUL characters, which PostgreSQL can't store, go.
func textOf(value json.RawMessage, members ...string) string {
	return textAt(value, members, 0)
}

func textAt(value json.RawMessage, members []string, depth int) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 || depth > maxNesting {
		return ""
	}
	switch first := value[0]; {
	case first == '"':
		var s string
		if json.Unmarshal(value, &s) != nil {
			return ""
		}
		return strings.TrimSpace(strings.ReplaceAll(s, "\x00", ""))
	case first == '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(value, &object) != nil {
			return ""
		}
		if textOf(object["type"]) == "doc" {
			return strings.TrimSpace(strings.Join(documentLines(value), "\n"))
		}
		for _, member := range members {
			if s := textAt(object[member], members, depth+1); s != "" {
				return s
			}
		}
	case first == '[':
		var array []json.RawMessage
		if json.Unmarshal(value, &array) != nil {
			return ""
		}
		for _, element := range array {
			if s := textAt(element, members, depth+1); s != "" {
				return s
			}
		}
	case first == '-' || first >= '0' && first <= '9':
		// Jira's number fields answer 7075.0; nobody means the fraction.
		if n := wholeNumber(string(value)); n != nil {
			return n.String()
		}
		return string(value)
	}
	return ""
}

// textsOf reads an array of texts, in order, without the empty ones. What is no array is nil.
func textsOf(value json.RawMessage) []string {
	var array []json.RawMessage
	if json.Unmarshal(value, &array) != nil || array == nil {
		return nil
	}
	texts := make([]string, 0, len(array))
	for _, element := range array {
		if s := textOf(element, "value", "name"); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// quantityOf reads a quantity: a positive whole number up to maxQuantity, as a number or as a text, or 0 for none.
func quantityOf(value json.RawMessage) int64 {
	n := wholeNumber(textOf(value, "value", "name"))
	if n == nil || n.Sign() <= 0 || n.Cmp(big.NewInt(maxQuantity)) > 0 {
		return 0
	}
	return n.Int64()
}

// decimal has few exponent digits, because 1e999999999 takes gigabytes to write out.
var decimal = regexp.MustCompile(`^[+-]?[0-9]{1,64}(\.[0-9]{0,64})?([eE][+-]?[0-9]{1,3})?$`)

// wholeNumber reads 50, 50.0 or 5e1 exactly; nil is anything else.
func wholeNumber(s string) *big.Int {
	if !decimal.MatchString(s) {
		return nil
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok || !n.IsInt() {
		return nil
	}
	return n.Num()
}

// partNumberPattern is 6 or 7 digits, a dash, 3 digits, and perhaps a dash and 2 digits, with no digit next to it.
var partNumberPattern = regexp.MustCompile(`(?:^|[^0-9])([0-9]{6,7}-[0-9]{3}(?:-[0-9]{2})?)(?:$|[^0-9])`)

// partNumberIn returns the first part number in a text, or "".
func partNumberIn(text string) string {
	if found := partNumberPattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}
