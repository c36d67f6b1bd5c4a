package contract

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// check checks the values of a query parameter or header, which is given at least once.
func (p *parameter) check(values []string, errs *fieldErrors) {
	path := &fieldPath{name: p.Name}
	for _, value := range values {
		if !utf8.ValidString(value) {
			errs.add(path, "must be valid UTF-8")
			return
		}
	}
	switch {
	case p.Schema.Type == "array":
		array, err := json.Marshal(values)
		if err != nil {
			errs.add(path, "must be an array")
			return
		}
		p.Schema.decodeArray(array, path, errs)
	case len(values) > 1:
		errs.add(path, "must be given once")
	case p.Schema.Type == "integer":
		p.checkInteger(values[0], path, errs)
	case p.Schema.Type == "boolean":
		if values[0] != "true" && values[0] != "false" {
			errs.add(path, "must be a boolean")
		}
	default:
		p.Schema.checkString(values[0], path, false, errs)
	}
}

// checkInteger accepts digits only: forms such as 5e1 are for JSON.
func (p *parameter) checkInteger(text string, path *fieldPath, errs *fieldErrors) {
	// For a number beyond 64 bits ParseInt returns the closest int64, which breaks the same limit.
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		fraction, err := strconv.ParseFloat(text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(fraction) || math.IsInf(fraction, 0) && err == nil {
			errs.add(path, "must be a number")
		} else {
			errs.add(path, "must be an integer")
		}
		return
	}
	p.Schema.checkWhole(number, path, errs)
}
