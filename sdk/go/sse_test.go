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

func TestFrames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stream string
		want   []string // id, then data
	}{
		"one":                    {"id: 7\nevent: serial.advanced\ndata: {}\n\n", []string{"7 {}"}},
		"LF":                     {"data: a\n\ndata: b\n\n", []string{" a", " b"}},
		"CR":                     {"data: a\r\rdata: b\r\r", []string{" a", " b"}},
		"CRLF":                   {"data: a\r\n\r\ndata: b\r\n\r\n", []string{" a", " b"}},
		"CR and LF mixed":        {"id: 1\rdata: a\n\ndata: b\r\n\n", []string{"1 a", "1 b"}},
		"several lines of data":  {"data: {\ndata\ndata:}\n\n", []string{" {\n\n}"}},
		"one blank only goes":    {"data:  a\n\n", []string{"  a"}},
		"comments and heartbeat": {": hello\n\n:\n\n: again\ndata: a\n: inside\n\n", []string{" a"}},
		"an id without data":     {"id: 9\n\ndata: a\n\n", []string{"9 a"}},
		"an id with NUL":         {"id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", []string{"1 a", "1 b"}},
		"the id is taken back":   {"id: 1\ndata: a\n\nid\ndata: b\n\n", []string{"1 a", " b"}},
		"unknown fields":         {"color: red\ndata: a\nnonsense\n\n", []string{" a"}},
		"byte order mark":        {"\uFEFFdata: a\n\n", []string{" a"}},
		"cut off":                {"data: a\n\nid: 2\ndata: b\n", []string{" a"}}, // and its id is not remembered either
		"empty":                  {"", nil},
	} {
		for _, in := range []io.Reader{strings.NewReader(test.stream), iotest.OneByteReader(strings.NewReader(test.stream))} {
			r := newFrameReader(in, maxFrameBytes)
			var got []string
			for {
				frame, err := r.next()
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("%s: %v", name, err)
					}
					break
				}
				got = append(got, frame.id+" "+string(frame.data))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: got %q", name, got)
			}
		}
	}
}

func TestFrameRetry(t *testing.T) {
	t.Parallel()
	r := newFrameReader(strings.NewReader("retry: 2500\nretry: soon\ndata: a\n\n"), maxFrameBytes)
	if _, err := r.next(); err != nil || r.retry != 2500*time.Millisecond {
		t.Errorf("got %s, %v", r.retry, err)
	}
}

// endless is a stream that says the same for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	return copy(p, strings.Repeat(string(e), len(p)/len(e)+1)), nil
}

func TestFramesAreBounded(t *testing.T) {
	t.Parallel()
	for name, stream := range map[string]endless{"one line": "data", "many lines": "data: x\n", "empty lines of data": "data:\n"} {
		if _, err := newFrameReader(stream, 1000).next(); !errors.Is(err, errFrameTooLong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("id: 7\r\nevent: serial.advanced\ndata: {}\r\r\n: heartbeat\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := newFrameReader(strings.NewReader(string(stream)), maxFrameBytes)
		for {
			frame, err := r.next()
			if err != nil {
				return
			}
			if strings.ContainsAny(frame.id, "\x00\r\n") || len(frame.data) > len(stream) {
				t.Errorf("got %q", frame)
			}
		}
	})
}
