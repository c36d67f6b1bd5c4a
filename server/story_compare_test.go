package server_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/routecard/routecard/internal/contracttest"
)

// printedText returns the example as the body of a response.
func printedText(example *contracttest.Example) string {
	if text, ok := example.Value.(string); ok {
		return text
	}
	text, _ := json.Marshal(example.Value)
	return string(text)
}

// parse returns the body of a response as a value that can be compared. Of an event of a stream it is a list of its lines, with
// the data decoded, and of CSV a list of rows, each a list of its cells.
func parse(media, text string) any {
	if media == "text/csv" {
		return parseCSV(text)
	}
	if media != "text/event-stream" {
		var value any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			return err.Error()
		}
		return value
	}
	var lines []any
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			lines = append(lines, parse("application/json", data))
		} else {
			lines = append(lines, line)
		}
	}
	return lines
}

func parseCSV(text string) any {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return err.Error()
	}
	var list []any
	for _, row := range rows {
		var cells []any
		for _, cell := range row {
			cells = append(cells, cell)
		}
		list = append(list, cells)
	}
	return list
}

// toReal replaces the printed ids in a text by the server's.
func (s *told) toReal(text string) string { return replaceIDs(text, s.real) }

// toPrinted replaces the server's ids in a text by the printed ones.
func (s *told) toPrinted(text string) string { return replaceIDs(text, s.printed) }

func replaceIDs(text string, by map[string]string) string {
	return idInText.ReplaceAllStringFunc(text, func(id string) string {
		if other, ok := by[id]; ok {
			return other
		}
		return id
	})
}

// idInText matches an id that the server makes, such as job_01h455vb4pex5vsknk084sn02q.
var idInText = regexp.MustCompile(`\b[a-z]+_[0-9a-z]{26}\b`)

// compare returns the differences of a response from the printed example. Ids of the server that were not seen before are
// taken for the printed ids in their places.
func (s *told) compare(printed, got any, where string) []string {
	if printed, ok := printed.(string); ok {
		if got, ok := got.(string); ok {
			return s.compareText(printed, got, where)
		}
	}
	var found []string
	switch printed := printed.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{differ(where, printed, got)}
		}
		for name := range object {
			if _, ok := printed[name]; !ok {
				found = append(found, fmt.Sprintf("%s.%s is not in the example, but the server answers %v", where, name, object[name]))
			}
		}
		for name, value := range printed {
			if part, ok := object[name]; ok {
				found = append(found, s.compare(value, part, where+"."+name)...)
			} else {
				found = append(found, fmt.Sprintf("%s.%s is in the example, but not in the response", where, name))
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(printed) {
			return []string{differ(where, printed, got)}
		}
		for i := range printed {
			found = append(found, s.compare(printed[i], list[i], fmt.Sprintf("%s.%d", where, i))...)
		}
	default:
		if !reflect.DeepEqual(printed, got) {
			found = append(found, differ(where, printed, got))
		}
	}
	return found
}

func (s *told) compareText(printed, got, where string) []string {
	isID := idInText.FindString(printed) == printed && idInText.FindString(got) == got
	samePrefix := strings.Split(printed, "_")[0] == strings.Split(got, "_")[0]
	if isID && samePrefix && s.real[printed] == "" && s.printed[got] == "" && printed != "" {
		s.real[printed], s.printed[got] = got, printed
		return nil
	}
	// An id that is new in this response may be in several of its places.
	if printed != got && (!isID || s.printed[got] != printed) {
		return []string{differ(where, printed, got)}
	}
	return nil
}

func differ(where string, printed, got any) string {
	return fmt.Sprintf("%s: the example says %v, the server %v", strings.TrimPrefix(where, "."), printed, got)
}
