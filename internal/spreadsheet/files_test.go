package spreadsheet_test

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/spreadsheet"
)

// open returns the rows of a file in testdata.
func open(t *testing.T, name string) iter.Seq2[spreadsheet.Row, error] {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".csv") {
		return spreadsheet.CSV(file)
	}
	return spreadsheet.XLSX(file)
}

// TestFiles reads the same table as LibreOffice saves it, and as Excel does.
func TestFiles(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*e*.[cx]*")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`"Name" "Quantity" "Due date" "Notes" "External ID"`,
		`"Größe 5 €" 1500 2026-12-01 "a;b, \"c\"\nline 2" "0042"`,
		`"JOB-1" 3000 2026-12-31 "" "0043"`,
		`"Merged" 7 - "" ""`,
		`"" 8 - "" ""`,
		"",
		`"Last" 9 - "" ""`,
	}
	read := 0
	for _, path := range names {
		name := filepath.Base(path)
		if !strings.HasPrefix(name, "excel") && !strings.HasPrefix(name, "libreoffice") {
			continue
		}
		read++
		var got []string
		for row, err := range open(t, name) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			cells := make([]spreadsheet.Cell, 5)
			copy(cells, row.Cells)
			line := fmt.Sprintf("%q %s %s %q %q", cells[0], cells[1], cells[2], cells[3], cells[4])
			switch {
			case row.Empty():
				line = ""
			case row.Number == 1:
				line = fmt.Sprintf("%q %q %q %q %q", cells[0], cells[1], cells[2], cells[3], cells[4])
			default:
				number, ok := cells[1].Whole()
				date, isDate := cells[2].Date(spreadsheet.MonthFirst)
				if !isDate {
					date = "-"
				}
				if !ok || isDate == cells[2].Empty() {
					t.Errorf("%s, row %d: the quantity is %q and the date %q", name, row.Number, cells[1], cells[2])
				}
				line = fmt.Sprintf("%q %d %s %q %q", cells[0].Text(), number, date, cells[3].Text(), cells[4].Text())
			}
			got = append(got, line)
			if row.Number != len(got) {
				t.Errorf("%s: row %d has the number %d", name, len(got), row.Number)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s was read as\n%s", name, strings.Join(got, "\n"))
		}
	}
	if read != 11 {
		t.Errorf("%d files were read, want 11", read)
	}
}

// TestFormulaErrors reads a workbook whose formulas have failed, and a number with a fraction that looks like thousands.
func TestFormulaErrors(t *testing.T) {
	t.Parallel()
	var cells []spreadsheet.Cell
	for _, row := range read(t, open(t, "formula-errors.xlsx"))[1:] {
		cells = append(cells, row...)
	}
	for i, want := range []bool{true, true, false, false} {
		if got := cells[i].IsFormulaError(); got != want {
			t.Errorf("IsFormulaError of %q is %v", cells[i], got)
		}
	}
	if number, ok := cells[3].Whole(); ok {
		t.Errorf("%q is the whole number %d", cells[3], number)
	}
	if cell := cellOf(t, "#REF!"); cell.IsFormulaError() {
		t.Errorf("%q is a formula error in CSV, where it may be a text", cell)
	}
}

// TestXLSXRefuses reads files that are damaged, or take much memory when they are unpacked.
func TestXLSXRefuses(t *testing.T) {
	t.Parallel()
	const (
		damaged = "The file is not an XLSX workbook, or is damaged"
		large   = "The part xl/worksheets/sheet1.xml of the file has too many elements, or an element that is too large"
	)
	for name, want := range map[string]string{
		"cut.xlsx":           damaged,
		"changed.xlsx":       damaged,
		"not-a-zip.xlsx":     damaged,
		"encrypted.xlsx":     damaged,
		"broken-sheet.xlsx":  damaged,
		"no-sheet.xlsx":      "The workbook has no visible sheet",
		"bomb-size.xlsx":     "The file is larger than 128 MiB when it is unpacked",
		"bomb-text.xlsx":     large,
		"bomb-depth.xlsx":    large,
		"bomb-cells.xlsx":    large,
		"bomb-elements.xlsx": large,
		"wide.xlsx":          damaged,
		"columns.xlsx":       "Row 1 has more than 1000 cells",
	} {
		if got := refusal(open(t, name)); got != want {
			t.Errorf("%s is refused with %q, want %q", name, got, want)
		}
	}
}
