package spreadsheet_test

import (
	"bufio"
	"encoding/csv"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/internal/spreadsheet"
)

// TestGuard checks that Guard inserts an apostrophe exactly where a formula could begin.
func TestGuard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      "'",
		" \r\n":                 "' \r\n",
		"'":                     "''",
		"' ":                    "'' ",
		"JOB-2024-001":          "JOB-2024-001",
		"=1+1":                  "'=1+1",
		"+1":                    "'+1",
		"-1":                    "'-1",
		"@SUM(A1)":              "'@SUM(A1)",
		"\uff1d1":               "'\uff1d1",
		" =1":                   " '=1",
		"\t=1":                  "\t'=1",
		"\r\n=1":                "\r\n'=1",
		"\ufeff=1":              "\ufeff'=1",
		"\u00a0@x":              "\u00a0'@x",
		`"=1`:                   `"'=1`,
		`a;"=1`:                 `a;"'=1`,
		"a,=1":                  "a,'=1",
		"a;=1":                  "a;'=1",
		"a; -0.1":               "a; '-0.1",
		"Saw\n- deburr\n- pack": "Saw\n'- deburr\n'- pack",
		"a=b+c-d@e":             "a=b+c-d@e",
		"it's":                  "it's",
		"'s-Hertogenbosch":      "''s-Hertogenbosch",
		"''=":                   "'''=",
		"a\xff=":                "a\xff=",
	} {
		got := spreadsheet.Guard(text)
		if got != want {
			t.Errorf("Guard(%q) is %q, want %q", text, got, want)
		}
		if back := spreadsheet.Unguard(got); back != text {
			t.Errorf("Unguard(%q) is %q, want %q", got, back, text)
		}
	}
}

// TestUnguard checks that apostrophes which Guard has not inserted stay.
func TestUnguard(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"'s-Hertogenbosch", "it's", "1'500", "a;'b", "a'=b"} {
		if got := spreadsheet.Unguard(text); got != text {
			t.Errorf("Unguard(%q) is %q", text, got)
		}
	}
}

// hostile draws texts of what spreadsheets and CSV treat in a special way.
var hostile = rapid.StringOf(rapid.OneOf(
	rapid.RuneFrom([]rune("=+-@'\",;\t\r\n \u00a0\uff1d\uff0b\uff0d\uff20\ufeff\u2028|a1é世😀")), rapid.Rune(),
))

// TestRoundTrip checks that texts and lists come back as they were written, whatever the text contains, and that a spreadsheet
// which splits the file in another way finds no formula either.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(hostile, 1, 4).Draw(t, "texts")
		labels := rapid.SliceOfN(hostile, 0, 4).Draw(t, "labels")
		cells := []string{"1"} // A file that begins with a byte order mark or sep= would be read in another way.
		for _, text := range append(texts, spreadsheet.JoinList(labels)) {
			cells = append(cells, spreadsheet.Guard(text))
		}
		file := write(cells, []string{"2"})

		rows := read(t, spreadsheet.CSV([]byte(file)))
		if len(rows) != 2 || len(rows[0]) != len(cells) {
			t.Fatalf("%q was read as %q", file, rows)
		}
		for i, text := range texts {
			if got := rows[0][i+1].Text(); got != text {
				t.Errorf("%q came back as %q", text, got)
			}
		}
		if got, ok := rows[0][len(cells)-1].List(); !ok || !reflect.DeepEqual(got, labels) {
			t.Errorf("the labels %q came back as %q, %v", labels, got, ok)
		}
		for _, separator := range ",;\t" {
			for _, lazy := range []bool{true, false} {
				foreign := csv.NewReader(strings.NewReader(file))
				foreign.Comma, foreign.LazyQuotes, foreign.FieldsPerRecord = separator, lazy, -1
				records, _ := foreign.ReadAll()
				for _, record := range records {
					for _, cell := range record {
						if cell = strings.TrimLeft(cell, " \t\r\n\"\u00a0\ufeff\u2028"); cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
							t.Errorf("%q has the formula %q with the separator %q", file, cell, separator)
						}
					}
				}
			}
		}
	})
}

func write(rows ...[]string) string {
	var file strings.Builder
	w := spreadsheet.Writer{Out: bufio.NewWriter(&file)}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			return err.Error()
		}
	}
	if err := w.Out.Flush(); err != nil {
		return err.Error()
	}
	return file.String()
}
