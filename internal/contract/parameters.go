package contract

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// Parameters checks the query and the headers of a request. Path parameters are ids: one of the wrong form is an id of
// nothing, which the handler answers with 404.
func (o *Operation) Parameters(rawQuery string, header http.Header) []Failure {
	var found failures
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return []Failure{{Field: "query", Message: "query must be percent-encoded correctly"}}
	}
	for i := range o.parameters {
		p := &o.parameters[i]
		switch p.In {
		case "query":
			if values, sent := query[p.Name]; sent {
				p.check(values, &found)
			}
		case "header":
			if values := header.Values(p.Name); len(values) > 0 {
				p.check(values, &found)
			}
		}
	}
	return found
}

func (p *parameter) check(values []string, found *failures) {
	at := &place{name: p.Name}
	for _, value := range values {
		if !utf8.ValidString(value) {
			found.add(at, "must be valid UTF-8")
			return
		}
	}
	if p.Schema.Type == "array" {
		items := make([]any, len(values))
		for i, value := range values {
			items[i] = value
		}
		p.Schema.checkArray(items, at, found)
		return
	}
	if len(values) > 1 {
		found.add(at, "must be given once")
		return
	}
	switch p.Schema.Type {
	case "integer":
		p.checkInteger(values[0], at, found)
	case "boolean":
		if values[0] != "true" && values[0] != "false" {
			found.add(at, "must be a boolean")
		}
	default:
		p.Schema.checkString(values[0], at, false, found)
	}
}

// checkInteger takes plain digits only: forms such as 5e1 belong to JSON.
func (p *parameter) checkInteger(text string, at *place, found *failures) {
	// One beyond 64 bits comes as the last within them, and so fails for the end that it is past.
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		fraction, err := strconv.ParseFloat(text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(fraction) || math.IsInf(fraction, 0) && err == nil {
			found.add(at, "must be a number")
		} else {
			found.add(at, "must be an integer")
		}
		return
	}
	if !p.Schema.checkRange(float64(number), at, found) && p.Schema.Maximum != nil && number > *p.Schema.Maximum {
		found.add(at, "must be at most %d", *p.Schema.Maximum)
	}
}
