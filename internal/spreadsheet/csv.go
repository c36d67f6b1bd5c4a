package spreadsheet

import (
	"bytes"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// CSV returns the rows of a CSV file. It detects the encoding (UTF-8, UTF-16, or Windows-1252) and the separator (comma, semicolon,
// or tab). A row may have any number of cells up to 1000. The last error, if any, is an *Error.
//
// Package encoding/csv would change the line breaks in cells, so that a text would not come back as it was exported.
func CSV(file []byte) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		text, err := decode(file)
		if err != nil {
			yield(Row{}, err)
			return
		}
		separator, rest := detectSeparator(text)
		var row Row
		for number := 1; rest != ""; number++ {
			row.Number = number
			if rest, err = readRow(&row, rest, separator); err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// decode returns the text of a file as UTF-8 without a byte order mark.
func decode(file []byte) (string, error) {
	const mark = "\xef\xbb\xbf"
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(file, []byte(mark)):
		if !utf8.Valid(file) {
			return "", errorf("The file begins like UTF-8, but is not valid UTF-8")
		}
		return string(file[len(mark):]), nil
	case bytes.HasPrefix(file, []byte{0xff, 0xfe}), bytes.HasPrefix(file, []byte{0xfe, 0xff}):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case len(file) >= 2 && file[0] != 0 && file[1] == 0:
		// The first character of a header is in ASCII, whose upper byte is zero.
		from = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case len(file) >= 2 && file[0] == 0 && file[1] != 0:
		from = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case utf8.Valid(file):
		return string(file), nil
	default:
		from = charmap.Windows1252
	}
	text, err := from.NewDecoder().Bytes(file)
	if err != nil {
		return "", errorf("The file is not a text in UTF-8, UTF-16, or Windows-1252")
	}
	return string(text), nil
}

// detectSeparator returns the separator, and the text without the line by which Excel names it (sep=;). Without such a line it is
// the character that occurs most often in the first row that is not empty.
func detectSeparator(text string) (separator byte, rest string) {
	if hint, after, found := strings.Cut(text, "\n"); found && len(hint) >= len("sep=;") && strings.EqualFold(hint[:4], "sep=") &&
		strings.TrimRight(hint[5:], "\r") == "" && strings.ContainsRune(",;\t", rune(hint[4])) {
		return hint[4], after
	}
	counts := map[byte]int{}
	quoted := false
	for i := range len(strings.TrimRight(text, "\r\n")) {
		switch char := text[i]; {
		case char == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(",;\t", char) >= 0:
			counts[char]++
		case !quoted && (char == '\n' || char == '\r') && strings.Trim(text[:i], ",;\t\r\n \"") != "":
			return mostFrequent(counts), text
		}
	}
	return mostFrequent(counts), text
}

func mostFrequent(counts map[byte]int) byte {
	most := byte(',')
	for _, separator := range []byte{';', '\t'} {
		if counts[separator] > counts[most] {
			most = separator
		}
	}
	return most
}

// readRow reads the row at the start of the text, which is not empty, into row.Cells, and returns the text after it.
func readRow(row *Row, text string, separator byte) (rest string, err error) {
	row.Cells = row.Cells[:0]
	ends := string([]byte{separator, '\r', '\n'})
	for {
		cell := ""
		if strings.HasPrefix(text, `"`) {
			var ok bool
			if cell, text, ok = cutQuoted(text); !ok {
				return "", errorf("Row %d: a double quote is not closed", row.Number)
			}
			if text != "" && strings.IndexByte(ends, text[0]) < 0 {
				return "", errorf("Row %d: text follows a cell in double quotes; a double quote inside a cell is written twice", row.Number)
			}
		} else {
			end := strings.IndexAny(text, ends)
			if end < 0 {
				end = len(text)
			}
			cell, text = text[:end], text[end:]
		}
		if len(row.Cells) == maxColumns {
			return "", errorf("Row %d has more than %d cells", row.Number, maxColumns)
		}
		row.Cells = append(row.Cells, Cell{text: cell})
		if text == "" || text[0] != separator {
			break
		}
		text = text[1:]
	}
	text, hasCR := strings.CutPrefix(text, "\r")
	if after, hasLF := strings.CutPrefix(text, "\n"); hasLF || hasCR {
		text = after
	}
	return text, nil
}
