// Package spreadsheet reads the rows of CSV and XLSX files, and writes CSV. It says what a cell means as a text, a whole number, a
// date, or a list, and makes sure that no text becomes a formula where a spreadsheet opens the CSV.
//
// The package knows no HTTP, no database, and no field of a job. Begin with [CSV] and [XLSX], which read files, and [Writer].
package spreadsheet

import "fmt"

const (
	// maxColumns is the largest number of cells in a row.
	maxColumns = 1000
	// maxUnpacked is the largest size of an XLSX file in bytes after it is unpacked.
	maxUnpacked = 128 << 20
)

// Row is a row of a file.
type Row struct {
	// Number is the number of the row, as a spreadsheet shows it: the first row of the file is 1.
	Number int
	// Cells are the cells of the row from left to right. Empty cells at the end may be missing. The slice is valid until the
	// next row is read.
	Cells []Cell
}

// Empty reports whether all cells of the row are empty.
func (r Row) Empty() bool {
	for _, cell := range r.Cells {
		if !cell.Empty() {
			return false
		}
	}
	return true
}

// Error says why a file cannot be read. It is a sentence for the user.
type Error struct{ message string }

func (e *Error) Error() string { return e.message }

func errorf(format string, args ...any) *Error { return &Error{fmt.Sprintf(format, args...)} }
