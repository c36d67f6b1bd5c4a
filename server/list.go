package server

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/routecard/routecard/models"
)

// streamPage is how many things a streamed list reads at a time: enough that the queries cost nothing beside the
// encoding, little enough that memory does not notice. Between pages no connection to the database is held, so a client
// that reads slowly keeps nobody waiting.
const streamPage = 500

// pager reads up to limit things that come after the cursor, and returns where the next page begins, or "" at the end. An
// empty cursor is the beginning.
type pager[Item any] func(ctx context.Context, cursor string, limit int) (items []Item, next string, err error)

// list answers with a bare array: one page with a Link to the next, or everything, streamed.
type list[Item any] struct {
	ctx   context.Context
	read  pager[Item]
	first []Item
	next  string
	// page tells that the client asked for a page and not for everything.
	page bool
	// link makes the Link header of a page that is not the last.
	link func() string
}

// newList reads the first page, so that a failure up to there still has its own status.
func newList[Item any](ctx context.Context, cursor *string, limit *int, read pager[Item]) (list[Item], error) {
	l := list[Item]{ctx: ctx, read: read, page: limit != nil}
	from, err := fromCursor(cursor)
	if err != nil {
		return l, err
	}
	size := streamPage
	if l.page {
		size = *limit
	}
	l.first, l.next, err = read(ctx, from, size)
	l.link = func() string { return nextLink(ctx, "cursor", toCursor(l.next)) }
	return l, err
}

// write sends the list. An error means that the answer is incomplete.
func (l list[Item]) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	if l.page && l.next != "" {
		w.Header().Set("Link", l.link())
	}
	w.WriteHeader(http.StatusOK)

	out := bufio.NewWriterSize(patientWriter{w}, piece)
	encoder := json.NewEncoder(out)
	separator := byte('[')
	items, next := l.first, l.next
	for {
		for i := range items {
			if err := out.WriteByte(separator); err != nil {
				return err
			}
			separator = ','
			if err := encoder.Encode(&items[i]); err != nil {
				return err
			}
		}
		// The response to HEAD has no body, so the other pages are not read.
		if l.page || next == "" || httpRequest(l.ctx).Method == http.MethodHead {
			break
		}
		var err error
		if items, next, err = l.read(l.ctx, next, streamPage); err != nil {
			return err
		}
	}
	if separator == '[' {
		out.WriteByte('[')
	}
	out.WriteString("]\n")
	return out.Flush()
}

const (
	// slowReader is how long a client may take to read a piece of a streamed answer before it is cut off.
	slowReader = 30 * time.Second
	// piece is how many bytes that is.
	piece = 32 << 10
)

// patientWriter gives the client its time anew for each piece, so that only one that stops reading is cut off, and not a
// slow line or a long answer.
type patientWriter struct{ to http.ResponseWriter }

func (p patientWriter) Write(text []byte) (written int, err error) {
	for part := range slices.Chunk(text, piece) {
		deadline := time.Now().Add(slowReader) //nolint:forbidigo // The network's clock is the real one.
		// An answer that is rendered to memory has no deadline, and nothing to wait for either.
		_ = http.NewResponseController(p.to).SetWriteDeadline(deadline)
		n, err := p.to.Write(part)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// cut takes off what was read past the limit to learn whether there is more, and tells where that begins: after key of
// the last row that stays.
func cut[Row any](rows []Row, limit int, key func(Row) string) (kept []Row, next string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], key(rows[limit-1])
}

// nextLink is a Link header to the request's own URL with another beginning.
func nextLink(ctx context.Context, parameter, next string) string {
	url := *httpRequest(ctx).URL
	query := url.Query()
	query.Set(parameter, next)
	url.RawQuery = query.Encode()
	return "<" + url.RequestURI() + `>; rel="next"`
}

// toCursor makes a cursor, which nobody is to read anything into.
func toCursor(next string) string { return base64.RawURLEncoding.EncodeToString([]byte(next)) }

// cursorText is what a cursor of ours holds: an id or a number.
var cursorText = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

func fromCursor(cursor *string) (string, error) {
	if cursor == nil {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || !cursorText.Match(text) {
		return "", errForeignCursor
	}
	return string(text), nil
}

var errForeignCursor = models.InvalidError("cursor", "must be taken from the Link header of a page")

// fromNumericCursor is 0 at the beginning.
func fromNumericCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	number, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return 0, errForeignCursor
	}
	return number, nil
}
