package contracttest

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// stream judges Server-Sent Events as they arrive, in pieces of any size.
type stream struct {
	schema *openapi3.Schema
	found  findings

	rest            []byte
	id, event, data string
}

func newStream(event *openapi3.Schema) *stream { return &stream{schema: event} }

// write takes the next piece. A line that is not at its end yet waits for the rest.
func (s *stream) write(piece []byte) {
	s.rest = append(s.rest, piece...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return
		}
		s.rest = rest
		s.line(string(line))
	}
}

func (s *stream) line(line string) {
	name, value, _ := bytes.Cut([]byte(line), []byte(": "))
	switch {
	case line == "":
		s.dispatch()
	case len(name) == 0:
		// A comment, such as the heartbeat.
	case string(name) == "id":
		s.id = string(value)
	case string(name) == "event":
		s.event = string(value)
	case string(name) == "data":
		s.data = string(value)
	default:
		s.found.add(CheckStream, "the line %q is no field of an event", line)
	}
}

// dispatch judges the event that has ended.
func (s *stream) dispatch() {
	if s.id == "" && s.event == "" && s.data == "" {
		return
	}
	checkJSON(s.schema, []byte(s.data), &s.found)
	var event struct {
		Seq  int64
		Type string
	}
	if json.Unmarshal([]byte(s.data), &event) == nil && (s.id != strconv.FormatInt(event.Seq, 10) || s.event != event.Type) {
		s.found.add(CheckStream, "id %q and event %q stand before %s", s.id, s.event, s.data)
	}
	s.id, s.event, s.data = "", "", ""
}
