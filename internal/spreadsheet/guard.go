package spreadsheet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// formulaStarts are the characters with which a spreadsheet begins a formula, and the apostrophe, which keeps it from doing
	// so. Excel for East Asian languages takes the full-width forms too.
	formulaStarts = "=+-@\uff1d\uff0b\uff0d\uff20'"
	// cellEnds are the characters after which a spreadsheet may begin a new cell. A German Excel opens a file with commas as if
	// they were semicolons, and does not see the quotes then.
	cellEnds = ",;\t\r\n"
)

// Guard returns the text of a cell in which no formula can begin: it inserts an apostrophe before each character that begins a
// formula at the start of the text, or after a comma, a semicolon, a tab, or a line break. Spaces, control characters, and
// double quotes before it do not count. A text that is empty or has only spaces gets an apostrophe too, because an empty cell
// stands for no value. [Unguard] returns the text as it was.
func Guard(text string) string {
	if strings.TrimSpace(text) == "" {
		return "'" + text
	}
	if !strings.ContainsAny(text, formulaStarts) {
		return text
	}
	var out strings.Builder
	start := true
	for i, char := range text {
		if start && strings.ContainsRune(formulaStarts, char) {
			out.WriteByte('\'')
		}
		start = startsCell(start, char)
		// The bytes and not the character, which is U+FFFD for bytes that are not UTF-8.
		out.WriteString(text[i : i+runeLength(text[i:])])
	}
	return out.String()
}

// Unguard removes the apostrophes that [Guard] has inserted. It keeps all others, such as that of 's-Hertogenbosch.
func Unguard(text string) string {
	if after, found := strings.CutPrefix(text, "'"); found && strings.TrimSpace(after) == "" {
		return after
	}
	if !strings.Contains(text, "'") {
		return text
	}
	var out strings.Builder
	start := true
	for rest := text; rest != ""; {
		char, length := utf8.DecodeRuneInString(rest)
		if start && char == '\'' {
			if next, nextLength := utf8.DecodeRuneInString(rest[length:]); strings.ContainsRune(formulaStarts, next) && nextLength > 0 {
				rest = rest[length:]
				char, length = next, nextLength
			}
		}
		start = startsCell(start, char)
		out.WriteString(rest[:length])
		rest = rest[length:]
	}
	return out.String()
}

// startsCell reports whether the character after char may be the first of a cell. start says whether char itself may be the first.
func startsCell(start bool, char rune) bool {
	if strings.ContainsRune(cellEnds, char) {
		return true
	}
	return start && (char == '"' || unicode.IsSpace(char) || unicode.IsControl(char) || unicode.Is(unicode.Cf, char))
}

func runeLength(text string) int {
	_, length := utf8.DecodeRuneInString(text)
	return length
}
