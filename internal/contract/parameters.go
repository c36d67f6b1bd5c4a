package contract

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// check checks the values of a query parameter or header, which is given at least once.
func (p *parameter) check(values []string, found *fieldErrors) {
	path := &fieldPath{name: p.Name}
	for _, value := range values {
		if !utf8.ValidString(value) {
			found.add(path, "must be valid UTF-8")
			return
		}
	}
	switch {
	case p.Schema.Type == "array":
		array, err := json.Marshal(values)
		if err != nil {
			found.add(path, "must be an array")
			return
		}
		p.Schema.decodeArray(array, path, found)
	case len(values) > 1:
		found.add(path, "must be given once")
	case p.Schema.Type == "integer":
		p.checkInteger(values[0], path, found)
	case p.Schema.Type == "boolean":
		if values[0] != "true" && values[0] != "false" {
			found.add(path, "must be a boolean")
		}
	default:
		p.Schema.checkString(values[0], path, false, found)
	}
}

// checkInteger accepts digits only: forms such as 5e1 are for JSON.
func (p *parameter) checkInteger(text string, path *fieldPath, found *fieldErrors) {
	// For a number beyond 64 bits ParseInt returns the closest int64, which breaks the same limit.
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		fraction, err := strconv.ParseFloat(text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(fraction) || math.IsInf(fraction, 0) && err == nil {
			found.add(path, "must be a number")
		} else {
			found.add(path, "must be an integer")
		}
		return
	}
	p.Schema.checkWhole(number, path, found)
}
