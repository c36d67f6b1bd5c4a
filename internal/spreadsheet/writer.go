package spreadsheet

import (
	"bufio"
	"strings"
)

// Writer writes CSV as RFC 4180 describes it: commas, quotes where needed, and CRLF at the end of each row. Package encoding/csv
// cannot do that, because with CRLF it changes the line breaks in cells too.
type Writer struct{ Out *bufio.Writer }

// Row writes one row. The cells are written as they are: pass texts through [Guard]. Errors are kept, and returned by the Flush
// of Out.
func (w Writer) Row(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			w.Out.WriteByte(',')
		}
		if strings.ContainsAny(cell, ",;\t\"\r\n") {
			cell = quote(cell)
		}
		w.Out.WriteString(cell)
	}
	_, err := w.Out.WriteString("\r\n")
	return err
}
