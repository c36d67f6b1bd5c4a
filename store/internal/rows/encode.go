package rows

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Encoder encodes rows of one table for a hash. The encoding of a row does not depend on the database, on the order of the
// model's fields, or on columns that are NULL, so that a later migration may add columns.
type Encoder[Row any] struct{ columns []column }

// NewEncoder returns an encoder for the model.
func NewEncoder[Row any]() *Encoder[Row] {
	columns := slices.Clone(tableOf[Row]().all)
	slices.SortFunc(columns, func(a, b column) int { return strings.Compare(a.name, b.name) })
	return &Encoder[Row]{columns}
}

// Append appends the encoding of a row: for each column that is not NULL, in the order of their names, the name and the
// value; then an empty name. Names and values have their length in bytes before them, as a number of 4 bytes, the most
// significant first. Numbers are in decimal digits, booleans are true or false.
func (e *Encoder[Row]) Append(encoded []byte, row *Row) ([]byte, error) {
	fields := reflect.ValueOf(row).Elem()
	for i := range e.columns {
		value, err := e.columns[i].value(fields)
		if err != nil {
			return nil, fmt.Errorf("rows: column %s: %w", e.columns[i].name, err)
		}
		if value == nil {
			continue
		}
		encoded = appendText(encoded, e.columns[i].name)
		switch value := value.(type) {
		case string:
			encoded = appendText(encoded, value)
		case int64:
			encoded = appendText(encoded, strconv.FormatInt(value, 10))
		case bool:
			encoded = appendText(encoded, strconv.FormatBool(value))
		default:
			return nil, fmt.Errorf("rows: column %s is a %T", e.columns[i].name, value)
		}
	}
	return appendText(encoded, ""), nil
}

func appendText(encoded []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(encoded, uint32(len(text))), text...)
}
