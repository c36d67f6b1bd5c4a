package contract

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// isJSON reports whether text is exactly one JSON value in UTF-8, nested at most 10,000 levels deep, whose strings are
// valid Unicode. The other functions of this file require such a text.
func isJSON(text []byte) bool {
	return utf8.Valid(text) && json.Valid(text) && !hasLoneSurrogate(text)
}

// hasLoneSurrogate reports whether a string in the JSON text escapes only one half of a UTF-16 surrogate pair. Decoding
// replaces that half by U+FFFD, so the string could not be stored exactly as sent.
func hasLoneSurrogate(text []byte) bool {
	for afterHigh := false; ; {
		i := bytes.IndexByte(text, '\\')
		if afterHigh && i != 0 {
			return true
		}
		if i < 0 {
			return false
		}
		text = text[i:]
		unit, length := rune(0), 2
		if text[1] == 'u' {
			unit, length = codeUnit(text[2:6]), 6
		}
		if isLow := 0xDC00 <= unit && unit <= 0xDFFF; isLow != afterHigh {
			return true
		}
		afterHigh = 0xD800 <= unit && unit <= 0xDBFF
		text = text[length:]
	}
}

// nextValue splits the rest of a JSON array or object after the next value, without decoding it. The keys of an object are
// values too. It returns nil at the end of the array or object.
func nextValue(rest []byte) (value, after []byte) {
	for {
		switch rest[0] {
		case ' ', '\t', '\r', '\n', ',', ':':
			rest = rest[1:]
		case '}', ']':
			return nil, nil
		default:
			end := valueEnd(rest)
			return rest[:end], rest[end:]
		}
	}
}

// valueEnd returns the length of the JSON value at the start of text.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			// A number, true, false or null ends before the next separator.
			if depth > 0 || i+1 < len(text) && strings.IndexByte(" \t\r\n,]}", text[i+1]) < 0 {
				continue
			}
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}

// unquote decodes a JSON string.
func unquote(quoted []byte) string {
	var buffer [64]byte
	return string(appendUnquoted(buffer[:0], quoted))
}

// appendUnquoted appends the text of a JSON string to b. Unlike json.Unmarshal it allocates only if b is too short, so an
// object with many escaped keys needs no memory for them.
func appendUnquoted(b, quoted []byte) []byte {
	const escapes, chars = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	rest := quoted[1 : len(quoted)-1]
	for {
		before, escape, found := bytes.Cut(rest, []byte{'\\'})
		b = append(b, before...)
		if !found {
			return b
		}
		if escape[0] != 'u' {
			b = append(b, chars[strings.IndexByte(escapes, escape[0])])
			rest = escape[1:]
			continue
		}
		char, length := codeUnit(escape[1:5]), 5
		if utf16.IsSurrogate(char) {
			// isJSON has made sure that the other half of the pair follows.
			char, length = utf16.DecodeRune(char, codeUnit(escape[7:11])), 11
		}
		b = utf8.AppendRune(b, char)
		rest = escape[length:]
	}
}

// codeUnit returns the UTF-16 code unit that four hexadecimal digits stand for.
func codeUnit(digits []byte) rune {
	unit, _ := strconv.ParseUint(string(digits), 16, 16)
	return rune(unit)
}
