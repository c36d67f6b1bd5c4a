package spreadsheet_test

import (
	"testing"

	"github.com/routecard/routecard/internal/spreadsheet"
)

// cellOf returns the cell of a CSV file with one cell.
func cellOf(t *testing.T, text string) spreadsheet.Cell {
	t.Helper()
	return read(t, spreadsheet.CSV([]byte(write([]string{text}))))[0][0]
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"50": 50, " 50 ": 50, "0": 0, "-3": -3, "007": 7,
		"1,500": 1500, "1.500": 1500, "1 500": 1500, "1\u00a0500": 1500, "1\u202f500": 1500, "1'500": 1500, "1’500": 1500,
		"12,345,678": 12345678, "12.345.678": 12345678, "-1,500": -1500,
		"50.0": 50, "50.00": 50, "50,00": 50, "1,500.00": 1500, "1.500,00": 1500, "1 500,0": 1500,
		"9223372036854775807": 9223372036854775807,
	} {
		if got, ok := cellOf(t, text).Whole(); !ok || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"x", "5 pcs", "1.5", "1,5", "1,50,000", "1,500.000", "1.500.00", "1,500'000", "1,,500", ",500", "--1", "+5", "5e1", "0x10",
		"9223372036854775808", "½", "१", "1 ,500", "1500,000",
	} {
		if got, ok := cellOf(t, text).Whole(); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, want string
		order      spreadsheet.DateOrder
	}{
		{"2026-12-01", "2026-12-01", spreadsheet.AnyOrder},
		{" 2026-12-01 ", "2026-12-01", spreadsheet.AnyOrder},
		{"2026-12-01 00:00:00", "2026-12-01", spreadsheet.AnyOrder},
		{"2026-12-01T00:00:00.000Z", "2026-12-01", spreadsheet.AnyOrder},
		{"2026/12/1", "2026-12-01", spreadsheet.AnyOrder},
		{"1.12.2026", "2026-12-01", spreadsheet.AnyOrder},
		{"01.12.2026", "2026-12-01", spreadsheet.MonthFirst},
		{"31/12/2026", "2026-12-31", spreadsheet.AnyOrder},
		{"12/31/2026", "2026-12-31", spreadsheet.AnyOrder},
		{"1/1/2026", "2026-01-01", spreadsheet.AnyOrder},
		{"01/12/2026", "2026-12-01", spreadsheet.DayFirst},
		{"01/12/2026", "2026-01-12", spreadsheet.MonthFirst},
		{"29.02.2028", "2028-02-29", spreadsheet.AnyOrder},
	} {
		if got, ok := cellOf(t, c.text).Date(c.order); !ok || got != c.want {
			t.Errorf("%q with the order %q is %q, %v, want %q", c.text, c.order, got, ok, c.want)
		}
	}
	for _, c := range []struct {
		text  string
		order spreadsheet.DateOrder
	}{
		{"01/12/2026", spreadsheet.AnyOrder},
		{"31/12/2026", spreadsheet.MonthFirst},
		{"12/31/2026", spreadsheet.DayFirst},
		{"2026-02-29", spreadsheet.AnyOrder},
		{"29.02.2026", spreadsheet.AnyOrder},
		{"2026-13-01", spreadsheet.AnyOrder},
		{"00.12.2026", spreadsheet.AnyOrder},
		{"1.12.26", spreadsheet.AnyOrder},
		{"46357", spreadsheet.AnyOrder},
		{"2026-12-01 08:30", spreadsheet.AnyOrder},
		{"Friday", spreadsheet.AnyOrder},
	} {
		if got, ok := cellOf(t, c.text).Date(c.order); ok {
			t.Errorf("%q with the order %q is %q", c.text, c.order, got)
		}
	}
}
