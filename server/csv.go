package server

import (
	"bufio"
	"io"

	"github.com/routecard/routecard/internal/spreadsheet"
)

const (
	jsonType   = "application/json"
	csvType    = "text/csv"
	streamType = "text/event-stream"
)

// column is a column of a list as CSV.
type column[Item any] struct {
	name string
	// cell returns the cell of an item, "" for a value that is absent.
	cell func(*Item) string
}

// table writes items as rows of CSV.
type table[Item any] struct {
	out     spreadsheet.Writer
	columns []column[Item]
	cells   []string
}

// newTable returns a table whose header row is written.
func newTable[Item any](w io.Writer, columns []column[Item]) *table[Item] {
	t := &table[Item]{out: spreadsheet.Writer{Out: bufio.NewWriterSize(w, piece)}, columns: columns}
	for _, column := range columns {
		t.cells = append(t.cells, column.name)
	}
	_ = t.out.Row(t.cells) // Flush returns the error.
	return t
}

func (t *table[Item]) add(item *Item) error {
	for i, column := range t.columns {
		t.cells[i] = column.cell(item)
	}
	return t.out.Row(t.cells)
}

func (t *table[Item]) end() error { return t.out.Out.Flush() }

// toCell returns the cell of a text, or an empty cell for nil.
func toCell[Text ~string](text *Text) string {
	if text == nil {
		return ""
	}
	return spreadsheet.Guard(string(*text))
}

// toListCell returns the cell of a list, or an empty cell for nil.
func toListCell(items *[]string) string {
	if items == nil {
		return ""
	}
	return spreadsheet.Guard(spreadsheet.JoinList(*items))
}
