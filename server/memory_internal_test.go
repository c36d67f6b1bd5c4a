package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"github.com/routecard/routecard/store"
)

// TestListOfLargeItems has a reader that ends its pages early, because the items are large. A page for the client still has
// as many items as the client asked for, and its Link begins after the last of them.
func TestListOfLargeItems(t *testing.T) {
	t.Parallel()
	const total = 40
	for _, perRead := range []int{1, 3, 1000} {
		for _, bytes := range []int{10, smallPage / 2, smallPage} {
			for _, limit := range []int{1, 7, 10, total - 1, total, total + 1} {
				most := 0
				url, _ := serveRoute(t, func(c *gin.Context) {
					l, err := newList(c, nil, &limit, func(_ context.Context, cursor string, limit int) (page[string], error) {
						from, _ := strconv.Atoi(cursor)
						end := min(from+limit, from+perRead, total)
						p := page[string]{bytes: (end - from) * bytes}
						for i := from; i < end; i++ {
							p.items = append(p.items, strconv.Itoa(i))
						}
						if end < total {
							p.next = strconv.Itoa(end)
						}
						most = max(most, limit)
						return p, nil
					})
					l.link = func(next string) string { return next }
					if err == nil {
						err = l.write(c.Writer)
					}
					if err != nil {
						_ = c.Error(err)
					}
				})
				response, err := http.Get(url)
				if err != nil {
					t.Fatal(err)
				}
				var items []string
				err = json.NewDecoder(response.Body).Decode(&items)
				_ = response.Body.Close()
				name := fmt.Sprintf("%d a read, %d bytes each, limit %d", perRead, bytes, limit)
				if want := min(limit, total); err != nil || len(items) != want || items[want-1] != strconv.Itoa(want-1) {
					t.Errorf("%s: the items are %v: %v", name, items, err)
				}
				wantLink := ""
				if limit < total {
					wantLink = strconv.Itoa(limit)
				}
				if link := response.Header.Get("Link"); link != wantLink {
					t.Errorf("%s: the Link is %q, want %q", name, link, wantLink)
				}
				if most > limit {
					t.Errorf("%s: %d were read at once", name, most)
				}
			}
		}
	}
}

// TestShare has two requests take shares of one budget. The second waits until the first gives enough back, and fails when it
// waits too long or its client leaves.
func TestShare(t *testing.T) {
	t.Parallel()
	budget := semaphore.NewWeighted(100)
	first, second := share{budget: budget}, share{budget: budget}
	if err := first.take(t.Context(), 80, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := second.take(t.Context(), 30, time.Millisecond); !errors.Is(err, store.ErrBusy) {
		t.Errorf("the error is %v, want ErrBusy", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := second.take(ctx, 30, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("the error without a client is %v", err)
	}
	first.shrink(90)
	first.shrink(70)
	if err := second.take(t.Context(), 30, time.Minute); err != nil {
		t.Error(err)
	}
	first.shrink(0)
	second.shrink(0)
	if !budget.TryAcquire(100) {
		t.Error("the shares were not given back")
	}
}
