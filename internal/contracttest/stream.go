package contracttest

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// streamChecker checks Server-Sent Events as they arrive, in chunks of any size.
type streamChecker struct {
	schema *openapi3.Schema
	found  findings

	// rest is an incomplete line.
	rest            []byte
	id, event, data string
}

// write adds a chunk. It keeps an incomplete line for the next call.
func (s *streamChecker) write(chunk []byte) {
	s.rest = append(s.rest, chunk...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return
		}
		s.rest = rest
		s.line(string(line))
	}
}

func (s *streamChecker) line(line string) {
	name, value, _ := bytes.Cut([]byte(line), []byte(": "))
	switch {
	case line == "":
		s.dispatch()
	case len(name) == 0:
		// A comment, such as a heartbeat.
	case string(name) == "id":
		s.id = string(value)
	case string(name) == "event":
		s.event = string(value)
	case string(name) == "data":
		s.data = string(value)
	default:
		s.found.add("stream", "the line %q is not a field of an event", line)
	}
}

// dispatch checks the event that an empty line has ended.
func (s *streamChecker) dispatch() {
	if s.id == "" && s.event == "" && s.data == "" {
		return
	}
	checkJSON(s.schema, []byte(s.data), &s.found)
	var event struct {
		Seq  int64
		Type string
	}
	if json.Unmarshal([]byte(s.data), &event) == nil && (s.id != strconv.FormatInt(event.Seq, 10) || s.event != event.Type) {
		s.found.add("stream", "id %q and event %q do not match the data %s", s.id, s.event, s.data)
	}
	s.id, s.event, s.data = "", "", ""
}
