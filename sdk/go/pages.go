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

// pageSize is the default page size of iterators: the largest that every list allows, including the list of Jira tickets.
const pageSize = 100

// all iterates over the items of all pages of a list, see get for its arguments. It requests a page when the page before is used
// up. An error ends the iteration.
func all[T any](ctx context.Context, c *Client, options []CallOption, params any, segments ...string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		first, err := c.newRequest(ctx, http.MethodGet, params, nil, segments)
		if err != nil {
			yield(zero, err)
			return
		}
		query := first.URL.Query()
		if !query.Has("limit") {
			query.Set("limit", strconv.Itoa(pageSize))
		}
		for len(query) > 0 {
			req := first.Clone(ctx)
			req.URL.RawQuery = query.Encode()
			res, err := c.do(ctx, req, options)
			items, err := decode[[]T](res, err)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			next := nextQuery(res.header)
			if next.Encode() == query.Encode() {
				yield(zero, errors.New("the link to the next page leads to the same page"))
				return
			}
			query = next
		}
	}
}

// linkPattern matches one link of a Link header (RFC 8288) with its parameters, and parameterPattern matches one parameter.
var (
	linkPattern      = regexp.MustCompile(`<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)`)
	parameterPattern = regexp.MustCompile(`([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]*))`)
)

// nextQuery returns the query of the link to the next page, or nil if there is none. It ignores the link's host and path: the
// client keeps those of the first page, because a proxy may have changed them.
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
