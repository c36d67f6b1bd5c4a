package jira

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
)

// maxQuantity is the largest quantity: the largest integer that every JSON client can hold exactly.
const maxQuantity = 9007199254740991

// maxNesting is how many levels of a field's value are searched for a text.
const maxNesting = 4

// textOf returns the text in a field. A custom field may be of any type: a text or a number is returned as it is, an object
// counts by the first of the given members that has a text, an array by its first element that has a text, and rich text as
// plain text. Everything else is "". textOf removes white space around the text, and NUL characters, which PostgreSQL can't
// store.
func textOf(value json.RawMessage, members ...string) string {
	return nestedText(value, members, 0)
}

func nestedText(value json.RawMessage, members []string, depth int) string {
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
			if s := nestedText(object[member], members, depth+1); s != "" {
				return s
			}
		}
	case first == '[':
		var array []json.RawMessage
		if json.Unmarshal(value, &array) != nil {
			return ""
		}
		for _, element := range array {
			if s := nestedText(element, members, depth+1); s != "" {
				return s
			}
		}
	case first == '-' || first >= '0' && first <= '9':
		// Jira writes whole numbers with a fraction, 7075.0.
		if n := wholeNumber(string(value)); n != nil {
			return n.String()
		}
		return string(value)
	}
	return ""
}

// textsOf returns the texts in an array, in order, without empty ones. It returns nil when value is not an array.
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

// quantityOf returns the positive whole number in a field, up to maxQuantity, or 0 when there is none.
func quantityOf(value json.RawMessage) int64 {
	n := wholeNumber(textOf(value, "value", "name"))
	if n == nil || n.Sign() <= 0 || n.Cmp(big.NewInt(maxQuantity)) > 0 {
		return 0
	}
	return n.Int64()
}

// decimalPattern allows few digits in the exponent, because 1e999999999 would take gigabytes of memory.
var decimalPattern = regexp.MustCompile(`^[+-]?[0-9]{1,64}(\.[0-9]{0,64})?([eE][+-]?[0-9]{1,3})?$`)

// wholeNumber returns the value of 50, 50.0, or 5e1 exactly, and nil for a text that is not a whole number.
func wholeNumber(s string) *big.Int {
	if !decimalPattern.MatchString(s) {
		return nil
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok || !n.IsInt() {
		return nil
	}
	return n.Num()
}

// epicOf returns the issue key in the epic field, or the key of the parent when the parent is an epic, because newer projects
// in Jira Cloud have only a parent. It ignores a field with another text: on that site the field's id means something else.
func epicOf(field, parent json.RawMessage) string {
	if key := textOf(field, "key", "value", "name"); issueKeyPattern.MatchString(key) {
		return key
	}
	var p struct {
		Key    json.RawMessage `json:"key"`
		Fields struct {
			IssueType struct {
				Name           json.RawMessage `json:"name"`
				HierarchyLevel json.RawMessage `json:"hierarchyLevel"`
			} `json:"issuetype"`
		} `json:"fields"`
	}
	if len(parent) == 0 || json.Unmarshal(parent, &p) != nil {
		return ""
	}
	issueType := p.Fields.IssueType
	isEpic := textOf(issueType.HierarchyLevel) == "1" || strings.EqualFold(textOf(issueType.Name), "Epic")
	if key := textOf(p.Key); isEpic && issueKeyPattern.MatchString(key) {
		return key
	}
	return ""
}

// partNumberPattern matches 6 or 7 digits, a dash, 3 digits, and optionally a dash and 2 digits, with no digit next to it.
var partNumberPattern = regexp.MustCompile(`(?:^|[^0-9])([0-9]{6,7}-[0-9]{3}(?:-[0-9]{2})?)(?:$|[^0-9])`)

// partNumberIn returns the first part number in a text, or "".
func partNumberIn(text string) string {
	if found := partNumberPattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}
