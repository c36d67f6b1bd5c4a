package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// Failure is one field that breaks a rule, with the sentence for the user.
type Failure struct {
	Field   string
	Message string
}

var (
	// ErrNotJSON is returned for a body that is not one JSON value in UTF-8.
	ErrNotJSON = errors.New("request body must be valid JSON")
	// ErrNotObject is returned for a body that is JSON, but no object.
	ErrNotObject = errors.New("request body must be a JSON object")
)

// Body decodes a request body and checks it. The value is what the handler must be given: optional nulls are gone, and
// whole numbers are int64 however they were written. It returns ErrNotJSON, ErrNotObject, or the failures in the
// contract's order.
func (o *Operation) Body(raw []byte) (map[string]any, []Failure, error) {
	if len(bytes.TrimSpace(raw)) == 0 && !o.BodyRequired {
		raw = []byte("{}")
	}
	value, err := decode(raw)
	if err != nil {
		return nil, nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, nil, ErrNotObject
	}
	var found failures
	o.body.check(object, nil, &found)
	return object, found, nil
}

// decode reads exactly one JSON value. Numbers keep their digits, because float64 can't tell 2^53 from 2^53+1.
func decode(raw []byte) (any, error) {
	if !utf8.Valid(raw) || hasLoneSurrogate(raw) {
		return nil, ErrNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, ErrNotJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrNotJSON
	}
	return value, nil
}

// hasLoneSurrogate tells whether the JSON text escapes half of a UTF-16 pair. Such a string is not Unicode; the decoder
// would put U+FFFD in its place, and strings are stored exactly as sent or not at all.
func hasLoneSurrogate(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return false
		}
		raw = raw[i:]
		unit, ok := escapedUnit(raw)
		switch {
		case !ok:
			raw = raw[2:]
		case unit < 0xD800 || unit > 0xDFFF:
			raw = raw[6:]
		case unit > 0xDBFF:
			return true
		default:
			low, ok := escapedUnit(raw[6:])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			raw = raw[12:]
		}
	}
}

// escapedUnit reads \uXXXX at the start of the text.
func escapedUnit(text []byte) (unit uint32, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | uint32(c)
	}
	return unit, true
}
