package routecard

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stream string
		want   []string // id, then data
	}{
		"one":                       {"id: 7\nevent: serial.advanced\ndata: {}\n\n", []string{"7 {}"}},
		"LF":                        {"data: a\n\ndata: b\n\n", []string{" a", " b"}},
		"CR":                        {"data: a\r\rdata: b\r\r", []string{" a", " b"}},
		"CRLF":                      {"data: a\r\n\r\ndata: b\r\n\r\n", []string{" a", " b"}},
		"CR and LF mixed":           {"id: 1\rdata: a\n\ndata: b\r\n\n", []string{"1 a", "1 b"}},
		"several lines of data":     {"data: {\ndata\ndata:}\n\n", []string{" {\n\n}"}},
		"only one space is removed": {"data:  a\n\n", []string{"  a"}},
		"comments and heartbeat":    {": hello\n\n:\n\n: again\ndata: a\n: inside\n\n", []string{" a"}},
		"an id without data":        {"id: 9\n\ndata: a\n\n", []string{"9 a"}},
		"an id with NUL":            {"id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", []string{"1 a", "1 b"}},
		"an empty id":               {"id: 1\ndata: a\n\nid\ndata: b\n\n", []string{"1 a", " b"}},
		"unknown fields":            {"color: red\ndata: a\nnonsense\n\n", []string{" a"}},
		"byte order mark":           {"\uFEFFdata: a\n\n", []string{" a"}},
		"cut off":                   {"data: a\n\nid: 2\ndata: b\n", []string{" a"}}, // its id is ignored, too
		"empty":                     {"", nil},
	} {
		for _, in := range []io.Reader{strings.NewReader(test.stream), iotest.OneByteReader(strings.NewReader(test.stream))} {
			r := newMessageReader(in, maxMessageBytes)
			var got []string
			for {
				message, err := r.next()
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("%s: %v", name, err)
					}
					break
				}
				got = append(got, message.id+" "+string(message.data))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: got %q", name, got)
			}
		}
	}
}

func TestMessageRetry(t *testing.T) {
	t.Parallel()
	r := newMessageReader(strings.NewReader("retry: 2500\nretry: soon\ndata: a\n\n"), maxMessageBytes)
	if _, err := r.next(); err != nil || r.retry != 2500*time.Millisecond {
		t.Errorf("got %s, %v", r.retry, err)
	}
}

// repeatingReader is a stream that repeats a text without end.
type repeatingReader string

func (r repeatingReader) Read(p []byte) (int, error) {
	return copy(p, strings.Repeat(string(r), len(p)/len(r)+1)), nil
}

func TestMessageSizeIsLimited(t *testing.T) {
	t.Parallel()
	for name, stream := range map[string]repeatingReader{"one line": "data", "many lines": "data: x\n", "empty lines of data": "data:\n"} {
		if _, err := newMessageReader(stream, 1000).next(); !errors.Is(err, errMessageTooLong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte("id: 7\r\nevent: serial.advanced\ndata: {}\r\r\n: heartbeat\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := newMessageReader(strings.NewReader(string(stream)), maxMessageBytes)
		for {
			message, err := r.next()
			if err != nil {
				return
			}
			if strings.ContainsAny(message.id, "\x00\r\n") || len(message.data) > len(stream) {
				t.Errorf("got %q", message)
			}
		}
	})
}
