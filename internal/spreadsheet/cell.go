package spreadsheet

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Cell is a cell of a file.
type Cell struct {
	text string
	// stored reports whether a number is written as an XLSX file stores it, with a decimal point and without separators, and a
	// date as a number of days.
	stored bool
	// from1904 reports whether the days of dates count from 1904. Otherwise they count from 1900.
	from1904 bool
}

// Empty reports whether the cell is empty. A cell with spaces only is empty.
func (c Cell) Empty() bool { return strings.TrimSpace(c.text) == "" }

// String returns the text of the cell in the file.
func (c Cell) String() string { return c.text }

// formulaErrors are what a formula can result in besides a value.
var formulaErrors = []string{
	"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!",
}

// IsFormulaError reports whether the cell of an XLSX file has a formula that has failed.
func (c Cell) IsFormulaError() bool { return c.stored && slices.Contains(formulaErrors, c.text) }

// Text returns the text that the cell stands for, see [Unguard].
func (c Cell) Text() string { return Unguard(c.text) }

// List returns the items of the list that the cell stands for, see [SplitList].
func (c Cell) List() (items []string, ok bool) { return SplitList(c.Text()) }

// thousands matches a whole number with separators, which must be the same one throughout, and zeros as decimals.
var thousands = regexp.MustCompile(`^[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3})+|(?:[ \x{a0}\x{202f}\x{2009}][0-9]{3})+|(?:['’][0-9]{3})+)$`)

// Whole returns the whole number that the cell stands for. It reports false if the cell is not a number, has a fraction, or is
// beyond 64 bits. A sign is allowed, so that the caller can say what is wrong with a negative number.
func (c Cell) Whole() (number int64, ok bool) {
	text := strings.TrimSpace(c.text)
	if c.stored {
		if value, err := strconv.ParseFloat(text, 64); err == nil {
			return int64(value), value == math.Trunc(value) && math.Abs(value) < 1<<63
		}
	}
	digits, negative := strings.CutPrefix(text, "-")
	for _, point := range []string{".", ","} {
		// Zeros after the decimal point, as in 1,500.00. Three zeros are thousands.
		if whole, zeros, found := cutLast(digits, point); found && (zeros == "0" || zeros == "00") && !strings.Contains(whole, point) {
			digits = whole
			break
		}
	}
	if thousands.MatchString(digits) {
		digits = strings.Map(func(char rune) rune {
			if '0' <= char && char <= '9' {
				return char
			}
			return -1
		}, digits)
	}
	// 63 bits, because ParseUint takes no sign.
	magnitude, err := strconv.ParseUint(digits, 10, 63)
	if negative {
		return -int64(magnitude), err == nil
	}
	return int64(magnitude), err == nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// DateOrder says how a date with slashes is read.
type DateOrder string

// The orders of dates with slashes. Without one, a date that can be read in two ways is not a date.
const (
	AnyOrder   DateOrder = ""
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
)

// A time of midnight is what Excel adds to a date in some exports.
var (
	yearFirst = regexp.MustCompile(`^([0-9]{4})([-/.])([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$`)
	dayFirst  = regexp.MustCompile(`^([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4})(?: 00:00(?::00)?)?$`)
)

// Date returns the date that the cell stands for, like 2026-12-01. It reports false if the cell is not a date, or is one that
// can be read in two ways.
func (c Cell) Date(order DateOrder) (date string, ok bool) {
	text := strings.TrimSpace(c.text)
	if c.stored {
		if days, err := strconv.ParseFloat(text, 64); err == nil {
			// Day 1 is the first date, and day 2958465 is the last day of the year 9999.
			if days < 1 || days >= 2958466 {
				return "", false
			}
			at, err := excelize.ExcelDateToTime(math.Floor(days), c.from1904)
			return at.Format(time.DateOnly), err == nil
		}
	}
	if parts := yearFirst.FindStringSubmatch(text); parts != nil {
		return dateOf(parts[1], parts[3], parts[4])
	}
	parts := dayFirst.FindStringSubmatch(text)
	if parts == nil {
		return "", false
	}
	byDay, isByDay := dateOf(parts[4], parts[3], parts[1])
	byMonth, isByMonth := dateOf(parts[4], parts[1], parts[3])
	switch {
	case parts[2] == "." || order == DayFirst:
		return byDay, isByDay
	case order == MonthFirst:
		return byMonth, isByMonth
	case isByDay && isByMonth && byDay != byMonth:
		return "", false
	case isByDay:
		return byDay, true
	default:
		return byMonth, isByMonth
	}
}

// dateOf returns a date like 2026-12-01, and whether there is such a day.
func dateOf(year, month, day string) (date string, ok bool) {
	pad := func(digits string) string { return strings.Repeat("0", 2-len(digits)) + digits }
	date = year + "-" + pad(month) + "-" + pad(day)
	_, err := time.Parse(time.DateOnly, date)
	return date, err == nil
}
