package routecard

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pageSize is how many things an iterator asks for at a time, unless the caller says: as many as every list allows, that of
// Jira's tickets included.
const pageSize = 100

// all returns a function that takes what a generated request constructor returns, and iterates over the things of all
// pages. It asks for a page when the one before is used up. An error ends the iteration.
func all[T any](ctx context.Context, c *Client, options []CallOption) func(*http.Request, error) iter.Seq2[T, error] {
	return func(first *http.Request, err error) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			var none T
			if err != nil {
				yield(none, err)
				return
			}
			query := first.URL.Query()
			if !query.Has("limit") {
				query.Set("limit", strconv.Itoa(pageSize))
			}
			for len(query) > 0 {
				req := first.Clone(ctx)
				req.URL.RawQuery = query.Encode()
				got, err := c.do(ctx, options)(req, nil)
				items, err := decode[[]T](got, err)
				if err != nil {
					yield(none, err)
					return
				}
				for _, item := range items {
					if !yield(item, nil) {
						return
					}
				}
				next := nextQuery(got.header)
				if next.Encode() == query.Encode() {
					yield(none, errors.New("the link to the next page leads to the same page"))
					return
				}
				query = next
			}
		}
	}
}

// A link of a Link header (RFC 8288) with its parameters, and one parameter.
var (
	linkPattern      = regexp.MustCompile(`<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)`)
	parameterPattern = regexp.MustCompile(`([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]*))`)
)

// nextQuery is the query of the link to the next page, empty when there is none. Only the query is followed: server and path
// stay those of the first page, whatever a proxy has made of them.
func nextQuery(header http.Header) url.Values {
	for _, link := range linkPattern.FindAllStringSubmatch(strings.Join(header.Values("Link"), ", "), -1) {
		for _, parameter := range parameterPattern.FindAllStringSubmatch(link[2], -1) {
			relations := strings.Fields(strings.ToLower(parameter[2] + parameter[3]))
			if !strings.EqualFold(parameter[1], "rel") || !slices.Contains(relations, "next") {
				continue
			}
			if target, err := url.Parse(link[1]); err == nil {
				return target.Query()
			}
		}
	}
	return nil
}
