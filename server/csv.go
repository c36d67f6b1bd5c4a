package server

import (
	"bufio"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

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

// preferredType returns the offered media type that the Accept header gives the highest quality. Of several it is the first. It is
// JSON if the header accepts none, because such a client was always answered in JSON.
func preferredType(request *http.Request, offers ...string) string {
	accept := strings.Join(request.Header.Values("Accept"), ",")
	best, highest := jsonType, 0.0
	for _, offer := range offers {
		if quality := qualityOf(accept, offer); quality > highest {
			best, highest = offer, quality
		}
	}
	return best
}

// qualityOf returns the quality, from 0 to 1, that an Accept header gives a media type: that of the most specific range which
// includes the type. A range with a wildcard does not include a live stream, which never ends.
func qualityOf(accept, offer string) (quality float64) {
	if accept == "" && offer != streamType {
		return 1
	}
	specific := 0
	for part := range strings.SplitSeq(accept, ",") {
		media, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rank := 0
		switch kind, _, _ := strings.Cut(offer, "/"); {
		case media == offer:
			rank = 3
		case offer == streamType:
		case media == kind+"/*":
			rank = 2
		case media == "*/*":
			rank = 1
		}
		if rank == 0 || rank < specific {
			continue
		}
		value := 1.0
		if text, given := parameters["q"]; given {
			if value, err = strconv.ParseFloat(text, 64); err != nil || value < 0 || value > 1 {
				continue
			}
		}
		if rank > specific {
			specific, quality = rank, value
		} else {
			quality = max(quality, value)
		}
	}
	return quality
}
