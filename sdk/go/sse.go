package routecard

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// maxMessageBytes limits the data of one message of a stream. A request is at most 1 MiB, so every event is far smaller.
const maxMessageBytes = 8 << 20

// errMessageTooLong is returned for a message above the limit. A new connection would receive the same message again.
var errMessageTooLong = errors.New("event stream: an event is too large")

// message is one message of a stream of Server-Sent Events.
type message struct {
	// id is the last id in the stream so far: a message without an id has the id of the message before it.
	id   string
	data []byte
}

// messageReader parses a stream of Server-Sent Events as the HTML standard (9.2.6) says: lines end with LF, CR, or CRLF, an
// empty line ends a message, the data lines of a message are joined, and lines that begin with a colon are comments.
type messageReader struct {
	in *bufio.Reader
	// limit is the maximum size of the data of one message, in bytes.
	limit int
	// begun reports whether the first line, which may begin with a byte order mark, has been read.
	begun bool
	// afterCR reports whether the previous line ended with CR. A LF that follows belongs to that line end.
	afterCR bool
	// lastID is the id after the last complete message. id also includes the lines read since then.
	lastID, id string
	// retry is the wait before a new connection that the server asks for; 0 by default.
	retry time.Duration
}

func newMessageReader(in io.Reader, limit int) *messageReader {
	return &messageReader{in: bufio.NewReader(in), limit: limit}
}

// next returns the next message that has data. It discards an incomplete message at the end of the stream and returns io.EOF
// or the error of the connection.
func (r *messageReader) next() (message, error) {
	var data []byte
	hasData := false
	for {
		line, err := r.line(r.limit - len(data))
		if err != nil {
			return message{}, err
		}
		if len(line) == 0 {
			r.lastID = r.id
			if hasData {
				return message{id: r.lastID, data: data}, nil
			}
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "data":
			if hasData {
				data = append(data, '\n')
			}
			data, hasData = append(data, value...), true
		case "id":
			if !bytes.ContainsRune(value, 0) {
				r.id = string(value)
			}
		case "retry":
			if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
				r.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

// line returns the next line without its line end. It returns errMessageTooLong for a line of more than limit bytes.
func (r *messageReader) line(limit int) ([]byte, error) {
	var line []byte
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return nil, err
		}
		afterCR := r.afterCR
		r.afterCR = b == '\r'
		switch {
		case b == '\n' && afterCR:
			continue
		case b == '\n' || b == '\r':
			if !r.begun {
				r.begun = true
				line = bytes.TrimPrefix(line, []byte("\uFEFF"))
			}
			return line, nil
		case len(line) >= limit:
			return nil, errMessageTooLong
		}
		line = append(line, b)
	}
}
