package server

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

const (
	// firstRead is how many things a list reads at first, and mostRead how many at a time later: enough that the queries cost
	// nothing beside the encoding. Large things make a page end earlier, see [store.Page]. Between pages no connection to the
	// database is held, so a client that reads slowly keeps nobody waiting.
	firstRead, mostRead = 100, 500
	// smallPage is how many bytes of text the pages that a list collects before it begins its answer may have.
	smallPage = 512 << 10
	// bytesPerText is how many bytes of memory a byte of text in a page takes at the most: as it came from the database, as
	// it was decoded, and as it is encoded.
	bytesPerText = 4
	// pageReserve is the memory that a page may take before its size is known.
	pageReserve = 4 << 20
)

// page is a part of a list.
type page[Item any] struct {
	items []Item
	// next is the cursor of the page that follows, "" at the end.
	next string
	// bytes is the length of the items' texts.
	bytes int
}

// toPage makes a page of items from the rows that they show. The cursor is the key of the last row.
func toPage[Row, Item any](rows store.Page[Row], items []Item, key func(Row) string) page[Item] {
	out := page[Item]{items: items, bytes: rows.Bytes}
	if rows.More {
		out.next = key(rows.Rows[len(rows.Rows)-1])
	}
	return out
}

// pager reads up to limit things that come after the cursor; fewer, when they are large. An empty cursor is the beginning.
type pager[Item any] func(ctx context.Context, cursor string, limit int) (page[Item], error)

// list answers with a bare array: one page with a Link to the next, or everything, streamed.
type list[Item any] struct {
	ctx  context.Context
	work *share
	read pager[Item]
	// page is what was read last. Its next is where reading goes on.
	page page[Item]
	// size is how many things are read next, and left how many the client still wants.
	size, left int
	// link makes the Link header of a page that is not the last. It is nil where the client asked for everything.
	link func(next string) string
	// next is the cursor in the Link header, "" for none.
	next string
}

// newList reads the first page, so that a failure up to there still has its own status.
func newList[Item any](ctx context.Context, cursor *string, limit *int, read pager[Item]) (list[Item], error) {
	l := list[Item]{ctx: ctx, work: &sharesOf(ctx).work, read: read, size: firstRead, left: math.MaxInt}
	from, err := fromCursor(cursor)
	if err != nil {
		return l, err
	}
	l.page.next = from
	if limit != nil {
		l.left = *limit
		l.link = func(next string) string { return nextLink(ctx, "cursor", toCursor(next)) }
	}
	if err := l.work.take(ctx, pageReserve, busyWait); err != nil {
		return l, err
	}
	if err := l.readOn(); err != nil || l.link == nil {
		return l, err
	}
	for l.unfinished() && l.page.bytes < smallPage {
		first := l.page
		if err := l.readOn(); err != nil {
			return l, err
		}
		l.page.items = append(first.items, l.page.items...)
		l.page.bytes += first.bytes
	}
	// The header tells where the next page begins. Large things are read twice for it, and not kept.
	ahead := l
	for ahead.unfinished() {
		if err := ahead.readOn(); err != nil {
			return l, err
		}
	}
	l.next = ahead.page.next
	return l, nil
}

// unfinished tells whether the list goes on after what was read.
func (l *list[Item]) unfinished() bool { return l.page.next != "" && l.left > 0 }

// readOn reads the page that follows.
func (l *list[Item]) readOn() (err error) {
	asked := min(l.size, l.left)
	if l.page, err = l.read(l.ctx, l.page.next, asked); err != nil {
		return err
	}
	// The next things are probably as large as these. PostgreSQL sends all that is asked for.
	l.size = min(2*len(l.page.items), mostRead)
	l.left -= len(l.page.items)
	return nil
}

// write sends the list. An error means that the answer is incomplete.
func (l list[Item]) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	if l.next != "" {
		w.Header().Set("Link", l.link(l.next))
	}
	w.WriteHeader(http.StatusOK)

	out := newArray(w)
	for {
		l.work.shrink(int64(bytesPerText * l.page.bytes))
		for i := range l.page.items {
			if err := out.add(&l.page.items[i]); err != nil {
				return err
			}
		}
		// The response to HEAD has no body, so the other pages are not read.
		if !l.unfinished() || httpRequest(l.ctx).Method == http.MethodHead {
			break
		}
		l.page.items = nil
		l.work.shrink(0)
		if err := l.work.take(l.ctx, pageReserve, slowReader); err != nil {
			return err
		}
		if err := l.readOn(); err != nil {
			return err
		}
	}
	return out.end()
}

// array writes a JSON array, one item after the other.
type array struct {
	out       *bufio.Writer
	encoder   *json.Encoder
	separator byte
}

func newArray(w io.Writer) *array {
	out := bufio.NewWriterSize(w, piece)
	return &array{out: out, encoder: json.NewEncoder(out), separator: '['}
}

func (a *array) add(item any) error {
	if err := a.out.WriteByte(a.separator); err != nil {
		return err
	}
	a.separator = ','
	return a.encoder.Encode(item)
}

func (a *array) end() error {
	if a.separator == '[' {
		a.out.WriteByte('[')
	}
	a.out.WriteString("]\n")
	return a.out.Flush()
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
