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
	// firstRead is the number of items that a list reads first, and mostRead the largest number that it reads later: enough for
	// the queries to cost little next to the encoding. Large items make a page end earlier, see [store.Page]. A list holds no
	// connection to the database between pages, so that a client that reads slowly delays nobody.
	firstRead, mostRead = 100, 500
	// smallPage is the largest size, in bytes of text, of the pages that a list collects before it begins its response.
	smallPage = 512 << 10
	// bytesPerText is the largest number of bytes of memory for a byte of text in a page: as it comes from the database, as it
	// is decoded, and as it is encoded.
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

// toPage returns a page with the items of the rows. The cursor is the key of the last row.
func toPage[Row, Item any](rows store.Page[Row], items []Item, key func(Row) string) page[Item] {
	out := page[Item]{items: items, bytes: rows.Bytes}
	if rows.More {
		out.next = key(rows.Rows[len(rows.Rows)-1])
	}
	return out
}

// pager returns up to limit items that follow the cursor, fewer if they are large. An empty cursor is the beginning.
type pager[Item any] func(ctx context.Context, cursor string, limit int) (page[Item], error)

// list is a response with an array: one page with a Link to the next one, or all items, streamed.
type list[Item any] struct {
	ctx  context.Context
	work *share
	read pager[Item]
	// page was read last. Its next is where reading continues.
	page page[Item]
	// size is the number of items to read next, and left the number that the client still wants.
	size, left int
	// link returns the Link header of a page that is not the last. It is nil if the client asked for all items.
	link func(next string) string
	// next is the cursor in the Link header, "" for none.
	next string
}

// newList reads the first page, so that an error until then still has its own status.
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
	// The header says where the next page begins. Large items are read twice for that, and not kept.
	ahead := l
	for ahead.unfinished() {
		if err := ahead.readOn(); err != nil {
			return l, err
		}
	}
	l.next = ahead.page.next
	return l, nil
}

// unfinished reports whether the list continues after what was read.
func (l *list[Item]) unfinished() bool { return l.page.next != "" && l.left > 0 }

// readOn reads the next page.
func (l *list[Item]) readOn() (err error) {
	asked := min(l.size, l.left)
	if l.page, err = l.read(l.ctx, l.page.next, asked); err != nil {
		return err
	}
	// The next items are probably as large as these, and PostgreSQL sends all items that a query asks for.
	l.size = min(2*len(l.page.items), mostRead)
	l.left -= len(l.page.items)
	return nil
}

// write sends the list as JSON. After an error the response is incomplete.
func (l list[Item]) write(w http.ResponseWriter) error {
	return l.writeItems(w, jsonType, func() itemWriter[Item] { return newArray[Item](w) })
}

// writeTable sends the list as JSON, or as CSV with the given columns if the client prefers that.
func (l list[Item]) writeTable(w http.ResponseWriter, columns []column[Item]) error {
	w.Header().Add("Vary", "Accept")
	if preferredType(httpRequest(l.ctx), jsonType, csvType) == jsonType {
		return l.write(w)
	}
	return l.writeItems(w, csvType, func() itemWriter[Item] { return newTable(w, columns) })
}

// itemWriter writes the body of a list. The body is complete after end.
type itemWriter[Item any] interface {
	add(*Item) error
	end() error
}

func (l list[Item]) writeItems(w http.ResponseWriter, mediaType string, begin func() itemWriter[Item]) error {
	w.Header().Set("Content-Type", mediaType)
	if l.next != "" {
		w.Header().Set("Link", l.link(l.next))
	}
	w.WriteHeader(http.StatusOK)

	out := begin()
	for {
		l.work.shrink(int64(bytesPerText * l.page.bytes))
		for i := range l.page.items {
			if err := out.add(&l.page.items[i]); err != nil {
				return err
			}
		}
		// The response to HEAD has no body, so the other pages of a streamed list are not read.
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
	if err := out.end(); err != nil || !l.unfinished() {
		return err
	}
	// Otherwise the HTTP server would take the length of the first page for that of the list.
	return http.NewResponseController(w).Flush()
}

// array writes a JSON array, one item after the other.
type array[Item any] struct {
	out       *bufio.Writer
	encoder   *json.Encoder
	separator byte
}

func newArray[Item any](w io.Writer) *array[Item] {
	out := bufio.NewWriterSize(w, piece)
	return &array[Item]{out: out, encoder: json.NewEncoder(out), separator: '['}
}

func (a *array[Item]) add(item *Item) error {
	if err := a.out.WriteByte(a.separator); err != nil {
		return err
	}
	a.separator = ','
	return a.encoder.Encode(item)
}

func (a *array[Item]) end() error {
	if a.separator == '[' {
		a.out.WriteByte('[')
	}
	a.out.WriteString("]\n")
	return a.out.Flush()
}

// nextLink returns a Link header with the request's own URL and the parameter that begins the next page.
func nextLink(ctx context.Context, parameter, next string) string {
	url := *httpRequest(ctx).URL
	query := url.Query()
	query.Set(parameter, next)
	url.RawQuery = query.Encode()
	return "<" + url.RequestURI() + `>; rel="next"`
}

// toCursor returns an opaque cursor.
func toCursor(next string) string { return base64.RawURLEncoding.EncodeToString([]byte(next)) }

// cursorText matches what a cursor contains: ids, numbers, and dates with dots between them.
var cursorText = regexp.MustCompile(`^[a-z0-9_.-]{1,200}$`)

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

// fromNumericCursor returns 0 for the beginning.
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
