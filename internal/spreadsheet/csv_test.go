package spreadsheet_test

import (
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/routecard/routecard/internal/spreadsheet"
)

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// read returns the cells of all rows.
func read(t failer, rows iter.Seq2[spreadsheet.Row, error]) [][]spreadsheet.Cell {
	t.Helper()
	var all [][]spreadsheet.Cell
	for row, err := range rows {
		if err != nil {
			t.Fatalf("%v", err)
		}
		if row.Number != len(all)+1 {
			t.Fatalf("row %d has the number %d", len(all)+1, row.Number)
		}
		all = append(all, slices.Clone(row.Cells))
	}
	return all
}

// texts returns the texts of the cells.
func texts(rows [][]spreadsheet.Cell) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			out[i] = append(out[i], cell.String())
		}
	}
	return out
}

func inUTF16(text string, bigEndian bool) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		low, high := byte(unit), byte(unit>>8)
		if bigEndian {
			low, high = high, low
		}
		out = append(out, low, high)
	}
	return string(out)
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][][]string{
		"":                        {},
		"a,b\r\n1,2\r\n":          {{"a", "b"}, {"1", "2"}},
		"a,b\n1,2":                {{"a", "b"}, {"1", "2"}},
		"a,b\r1,2\r":              {{"a", "b"}, {"1", "2"}},
		"a;b\n1,5;2":              {{"a", "b"}, {"1,5", "2"}},
		"a\tb\n1,5\t2;":           {{"a", "b"}, {"1,5", "2;"}},
		"\"x;y;z\",b\n1,2":        {{"x;y;z", "b"}, {"1", "2"}},
		"\n;;\na;b\n1,,,,;2":      {{""}, {"", "", ""}, {"a", "b"}, {"1,,,,", "2"}},
		"sep=;\r\na;b,c,d,e\n":    {{"a", "b,c,d,e"}},
		"SEP=\t\na\tb,c,d,e\n":    {{"a", "b,c,d,e"}},
		"a,b\n,\n\n1,":            {{"a", "b"}, {"", ""}, {""}, {"1", ""}},
		"a\n\"x\"\"y\r\nz\n\"\n":  {{"a"}, {"x\"y\r\nz\n"}},
		"a,b\nx\"y,\" z\"\n":      {{"a", "b"}, {"x\"y", " z"}},
		"\ufeffa,b\n1,2":          {{"a", "b"}, {"1", "2"}},
		"Gr\xf6\xdfe;\x80\n1;2\n": {{"Größe", "€"}, {"1", "2"}},
		"\xff\xfe" + inUTF16("a\tö😀\r\n1\t2\r\n", false): {{"a", "ö😀"}, {"1", "2"}},
		"\xfe\xff" + inUTF16("a\tö😀\r\n", true):          {{"a", "ö😀"}},
		inUTF16("a;ö\n", false):                          {{"a", "ö"}},
		inUTF16("a;ö\n", true):                           {{"a", "ö"}},
	} {
		if got := texts(read(t, spreadsheet.CSV([]byte(file)))); !reflect.DeepEqual(got, want) {
			t.Errorf("%q was read as %q, want %q", file, got, want)
		}
	}
}

func TestCSVRefuses(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"a,b\n\"x,2\n":                     "Row 2: a double quote is not closed",
		"a,b\n\"x\"y,2\n":                  "Row 2: text follows a cell in double quotes; a double quote inside a cell is written twice",
		"\ufeffa,b\n\xff":                  "The file begins like UTF-8, but is not valid UTF-8",
		"a\n" + strings.Repeat(",", 1000):  "Row 2 has more than 1000 cells",
		strings.Repeat(",", 1<<20) + "\n1": "Row 1 has more than 1000 cells",
	} {
		if got := refusal(spreadsheet.CSV([]byte(file))); got != want {
			t.Errorf("%.20q is refused with %q, want %q", file, got, want)
		}
	}
}

// refusal returns the message of the error with which the rows end, "" for none.
func refusal(rows iter.Seq2[spreadsheet.Row, error]) string {
	for _, err := range rows {
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

func TestSplitList(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                      {},
		" ":                     {},
		"a":                     {"a"},
		"Q1-2024, rush":         {"Q1-2024", "rush"},
		"a,,b,":                 {"a", "b"},
		`"a, b" , c`:            {"a, b", "c"},
		`""`:                    {""},
		`"",""`:                 {"", ""},
		`"say ""hello"""," x "`: {`say "hello"`, " x "},
		`5" pipe`:               {`5" pipe`},
	} {
		if got, ok := spreadsheet.SplitList(text); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("SplitList(%q) is %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{`"a`, `"a"b`, `x,"`} {
		if got, ok := spreadsheet.SplitList(text); ok {
			t.Errorf("SplitList(%q) is %q", text, got)
		}
	}
}
