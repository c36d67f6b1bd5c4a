package routecard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// threePages serves jobs under a path, as a proxy would, two on a page, with links that know nothing of the proxy.
func threePages(t *testing.T, asked *[]string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RequestURI())
		page := map[string]int{"": 0, "b": 1, "c": 2}[r.URL.Query().Get("cursor")]
		if page < 2 {
			w.Header().Add("Link", `</docs>; rel="help"; title="a, <b>", </api/jobs?cursor=`+string(rune('b'+page))+`&limit=2>; rel="prefetch next"`)
		}
		w.Write(fmt.Appendf(nil, `[{"id":"job_%d"},{"id":"job_%d"}]`, 2*page, 2*page+1))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAllPages(t *testing.T) {
	t.Parallel()
	var asked []string
	c := newClient(t, threePages(t, &asked).URL+"/shop")
	jobs := c.AllJobs(t.Context(), &routecard.ListJobsParams{Limit: new(2)})
	for range 2 { // an iterator begins anew each time
		asked = nil
		var ids []string
		for job, err := range jobs {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, job.ID)
		}
		if want := []string{"job_0", "job_1", "job_2", "job_3", "job_4", "job_5"}; !slices.Equal(ids, want) {
			t.Errorf("got %v", ids)
		}
		if want := []string{"/shop/api/jobs?limit=2", "/shop/api/jobs?cursor=b&limit=2", "/shop/api/jobs?cursor=c&limit=2"}; !slices.Equal(asked, want) {
			t.Errorf("asked %q", asked)
		}
	}
}

func TestPagesAreReadWhenNeeded(t *testing.T) {
	t.Parallel()
	var asked []string
	c := newClient(t, threePages(t, &asked).URL)
	for job, err := range c.AllJobs(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if job.ID == "job_1" {
			break
		}
	}
	if want := []string{"/api/jobs?limit=100"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
}

func TestReadCursor(t *testing.T) {
	t.Parallel()
	var asked []string
	c := newClient(t, threePages(t, &asked).URL)
	cursor, seen := "", []string{}
	for {
		params := routecard.ListJobsParams{Limit: new(2)}
		if cursor != "" {
			params.Cursor = &cursor
		}
		if _, err := c.ListJobs(t.Context(), &params, routecard.ReadCursor(&cursor)); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, cursor)
		if cursor == "" {
			break
		}
	}
	if !slices.Equal(seen, []string{"b", "c", ""}) {
		t.Errorf("cursors: %q", seen)
	}
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
