package routecard_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// threePages serves three pages with two jobs each. The links have no path prefix, although the server may be used under one,
// as behind a proxy.
func threePages(t *testing.T) *script {
	t.Helper()
	return newScript(t, func(w http.ResponseWriter, r *http.Request) {
		page := map[string]int{"": 0, "b": 1, "c": 2}[r.URL.Query().Get("cursor")]
		if page < 2 {
			w.Header().Add("Link", `</docs>; rel="help"; title="a, <b>", </api/jobs?cursor=`+string(rune('b'+page))+`&limit=2>; rel="prefetch next"`)
		}
		w.Write(fmt.Appendf(nil, `[{"id":"job_%d"},{"id":"job_%d"}]`, 2*page, 2*page+1))
	})
}

// collect returns the items of an iterator. It fails the test for an error, and for more than 100 items.
func collect[T any](t *testing.T, items iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for item, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, item); len(all) > 100 {
			t.Fatalf("the list does not end, does a page repeat? Its last items are %+v", all[95:])
		}
	}
	return all
}

func TestAllPages(t *testing.T) {
	t.Parallel()
	server := threePages(t)
	jobs := newClient(t, server.URL+"/shop").AllJobs(t.Context(), &routecard.ListJobsParams{Limit: new(2)})
	for range 2 { // an iterator can be used again, and starts over
		var ids []string
		for _, job := range collect(t, jobs) {
			ids = append(ids, job.ID)
		}
		if want := []string{"job_0", "job_1", "job_2", "job_3", "job_4", "job_5"}; !slices.Equal(ids, want) {
			t.Errorf("got %v", ids)
		}
	}
	once := []string{"/shop/api/jobs?limit=2", "/shop/api/jobs?cursor=b&limit=2", "/shop/api/jobs?cursor=c&limit=2"}
	if got := server.urls(); !slices.Equal(got, slices.Repeat(once, 2)) {
		t.Errorf("requested %q", got)
	}
}

func TestPagesAreRequestedWhenNeeded(t *testing.T) {
	t.Parallel()
	server := threePages(t)
	for job, err := range newClient(t, server.URL).AllJobs(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if job.ID == "job_1" {
			break
		}
	}
	if got := server.urls(); !slices.Equal(got, []string{"/api/jobs?limit=100"}) {
		t.Errorf("requested %q", got)
	}
}

// TestReadCursor reads each list page by page, passing the cursor in the parameter that the list has for it.
func TestReadCursor(t *testing.T) {
	t.Parallel()
	type list func(ctx context.Context, c *routecard.Client, cursor string, option routecard.CallOption) error
	for _, test := range []struct {
		parameter string
		list      list
	}{
		{"cursor", func(ctx context.Context, c *routecard.Client, cursor string, option routecard.CallOption) error {
			_, err := c.ListJobs(ctx, &routecard.ListJobsParams{Cursor: optional(cursor)}, option)
			return err
		}},
		{"cursor", func(ctx context.Context, c *routecard.Client, cursor string, option routecard.CallOption) error {
			_, err := c.ListJobPaths(ctx, "job_1", &routecard.ListJobPathsParams{Cursor: optional(cursor)}, option)
			return err
		}},
		{"cursor", func(ctx context.Context, c *routecard.Client, cursor string, option routecard.CallOption) error {
			_, err := c.ListSerials(ctx, &routecard.ListSerialsParams{Cursor: optional(cursor)}, option)
			return err
		}},
		{"pageToken", func(ctx context.Context, c *routecard.Client, cursor string, option routecard.CallOption) error {
			_, err := c.ListJiraTickets(ctx, &routecard.ListJiraTicketsParams{PageToken: optional(cursor)}, option)
			return err
		}},
		{"after", func(ctx context.Context, c *routecard.Client, cursor string, option routecard.CallOption) error {
			var params routecard.ListEventsParams
			if cursor != "" {
				after, err := strconv.ParseInt(cursor, 10, 64)
				if err != nil {
					return err
				}
				params.After = &after
			}
			_, err := c.ListEvents(ctx, &params, option)
			return err
		}},
	} {
		server := newScript(t, func(w http.ResponseWriter, r *http.Request) {
			if next := map[string]string{"": "1", "1": "2"}[r.URL.Query().Get(test.parameter)]; next != "" {
				w.Header().Set("Link", fmt.Sprintf(`<%s?%s=%s&limit=2>; rel="next"`, r.URL.Path, test.parameter, next))
			}
			w.Write([]byte("[]"))
		})
		c := newClient(t, server.URL)
		cursor := ""
		for i, want := range []string{"1", "2", ""} {
			if err := test.list(t.Context(), c, cursor, routecard.ReadCursor(&cursor)); err != nil {
				t.Fatal(err)
			}
			if cursor != want {
				t.Errorf("page %d of %s: the cursor is %q, want %q", i+1, server.urls()[0], cursor, want)
				break
			}
		}
	}
}

// optional returns a pointer to the text, or nil if it is empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func TestPagesEndWithAnError(t *testing.T) {
	t.Parallel()
	next := []string{"Link", `</api/jobs?cursor=b>; rel=next`}
	for name, second := range map[string]http.HandlerFunc{
		"status":    answers(http.StatusBadRequest, errorBody("cursor must be taken from the Link header of a page")),
		"same page": answers(http.StatusOK, `[]`, next...),
		"no list":   func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, newScript(t, answers(http.StatusOK, `[{"id":"job_1"}]`, next...), second).URL)
			var items, failures int
			for _, err := range c.AllJobs(t.Context(), nil) {
				if err != nil {
					failures++
				} else {
					items++
				}
			}
			if items != 1 || failures != 1 {
				t.Errorf("%d jobs and %d errors", items, failures)
			}
		})
	}
}
