package routecard

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// maxFrameBytes bounds one event of a stream. A request is 1 MiB at most, so no event of Routecard comes near it.
const maxFrameBytes = 8 << 20

// errFrameTooLong is returned for a message above the limit. Asking again would only bring the same one.
var errFrameTooLong = errors.New("event stream: an event is too large")

// frame is one message of a stream of Server-Sent Events.
type frame struct {
	// id is the last one that the stream has named: a message without one keeps that of the message before.
	id   string
	data []byte
}

// frameReader takes a stream apart as the HTML standard says (9.2.6): lines end with LF, CR or CRLF, an empty line ends a
// message, lines of data are joined, lines that begin with a colon are comments.
type frameReader struct {
	in *bufio.Reader
	// limit bounds the data of one message, in bytes.
	limit int
	// begun tells that the first line has been read, and with it a byte order mark.
	begun bool
	// afterCR tells that the line before ended with CR, so that a LF now belongs to it.
	afterCR bool
	// lastID is that of the last complete message, with data or without; id is what the lines since have made of it.
	lastID, id string
	// retry is the wait before a reconnection that the server has asked for; 0 unless it has.
	retry time.Duration
}

func newFrameReader(in io.Reader, limit int) *frameReader {
	return &frameReader{in: bufio.NewReader(in), limit: limit}
}

// next returns the next message that has data. A message that the end of the stream cuts off is none: the error is then
// io.EOF, or why the connection ended.
func (r *frameReader) next() (frame, error) {
	var data []byte
	hasData := false
	for {
		line, err := r.line(r.limit - len(data))
		if err != nil {
			return frame{}, err
		}
		if len(line) == 0 {
			r.lastID = r.id
			if hasData {
				return frame{id: r.lastID, data: data}, nil
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

// line returns the next line without its end.
func (r *frameReader) line(limit int) ([]byte, error) {
	var line []byte
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return nil, err
		}
		after := r.afterCR
		r.afterCR = b == '\r'
		switch {
		case b == '\n' && after:
			continue
		case b == '\n' || b == '\r':
			if !r.begun {
				r.begun = true
				line = bytes.TrimPrefix(line, []byte("\uFEFF"))
			}
			return line, nil
		case len(line) >= limit:
			return nil, errFrameTooLong
		}
		line = append(line, b)
	}
}
