package jira

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Mon, 15 Jan 2024 10:30:00 GMT"
	for _, tc := range []struct {
		value, date string
		want        time.Duration // -1 for none
	}{
		{"", date, -1},
		{"0", "", 0},
		{"1", "", time.Second},
		{" 120 ", "", 2 * time.Minute},
		{"99999999999999999999", "", -1},
		{"-1", "", -1},
		{"+1", "", -1},
		{"1.5", "", -1},
		{"1h", "", -1},
		{"soon", date, -1},
		{"Mon, 15 Jan 2024 10:30:05 GMT", date, 5 * time.Second},
		{"Monday, 15-Jan-24 10:30:05 GMT", date, 5 * time.Second},
		{"Mon, 15 Jan 2024 10:29:00 GMT", date, 0},
		{"Mon, 15 Jan 2024 10:30:05 GMT", "", -1},
		{"2024-01-15T10:30:05Z", date, -1},
	} {
		header := http.Header{"Retry-After": {tc.value}, "Date": {tc.date}}
		got, ok := retryAfter(header)
		if !ok {
			got = -1
		}
		if got != tc.want {
			t.Errorf("retryAfter(%q, %q) = %v, want %v", tc.value, tc.date, got, tc.want)
		}
	}
}

// endless is a body that never ends, and counts what was read of it.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return len(p), nil
}

func TestReadBodyStopsReading(t *testing.T) {
	t.Parallel()
	body := &endless{}
	_, err := readBody(&http.Response{Body: io.NopCloser(body), ContentLength: -1}, 1000)
	if !errors.Is(err, errTooLarge) || body.read > 1001 {
		t.Errorf("err = %v after %d bytes", err, body.read)
	}
	body = &endless{}
	_, err = readBody(&http.Response{Body: io.NopCloser(body), ContentLength: 1001}, 1000)
	if !errors.Is(err, errTooLarge) || body.read != 0 {
		t.Errorf("announced: err = %v after %d bytes", err, body.read)
	}
	whole := strings.Repeat("x", 1000)
	got, err := readBody(&http.Response{Body: io.NopCloser(strings.NewReader(whole)), ContentLength: -1}, 1000)
	if err != nil || !bytes.Equal(got, []byte(whole)) {
		t.Errorf("at the bound: %d bytes, %v", len(got), err)
	}
}

func TestCommentLines(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`"a\nb"`:                       "a|b",
		`"a\r\nb"`:                     "a|b",
		`"{quote}\na\n{quote}\nb"`:     "b",
		`"{quote}a{quote}\nb"`:         "{quote}a{quote}|b",
		`"a\n{quote}b\nc{quote}\nd"`:   "a|d",
		`null`:                         "",
		`7`:                            "",
		`{"type":"doc"}`:               "",
		`{"type":"doc","content":"x"}`: "",
		`{"type":"doc","content":[{"type":"heading","content":[{"type":"text","text":"a\nb"}]}]}`:                                                "a|b",
		`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"},{"type":"hardBreak"},{"type":"text","text":"b"}]}]}`: "a|b",
		`{"type":"doc","content":[{"type":"paragraph"},{"type":"rule"},{"type":"panel","content":[{"type":"paragraph"}]}]}`:                      "",
	} {
		if got := strings.Join(commentLines([]byte(body)), "|"); got != want {
			t.Errorf("commentLines(%s) = %q, want %q", body, got, want)
		}
	}
}
