package contract_test

import (
	"net/http"
	"strings"
	"testing"
)

const validOrder = `{"title":"x","count":1}`

func TestParameters(t *testing.T) {
	t.Parallel()
	put := operation(t, []byte(orders), "putOrder")
	for query, want := range map[string][]string{
		"":                                  nil,
		"unknown=%00&x=1&x=2":               nil,
		"size=1":                            nil,
		"size=10&dry=true":                  nil,
		"size=007":                          nil,
		"dry=false&sort=up":                 nil,
		"tag=a&tag=b":                       nil,
		"tag=":                              nil,
		"tag=%D0%B6":                        nil,
		"size=0":                            {"size must be greater than 0"},
		"size=-1":                           {"size must be greater than 0"},
		"size=11":                           {"size must be at most 10"},
		"size=9223372036854775808":          {"size must be at most 10"},
		"size=-9223372036854775809":         {"size must be greater than 0"},
		"size=1" + strings.Repeat("0", 500): {"size must be at most 10"},
		"size=":                             {"size must be a number"},
		"size":                              {"size must be a number"},
		"size=x":                            {"size must be a number"},
		"size=+1":                           {"size must be a number"}, // the plus is a blank
		"size=%201":                         {"size must be a number"},
		"size=1%0A":                         {"size must be a number"},
		"size=0x1":                          {"size must be a number"},
		"size=inf":                          {"size must be a number"},
		"size=-Infinity":                    {"size must be a number"},
		"size=nan":                          {"size must be a number"},
		"size=%D9%A1":                       {"size must be a number"}, // an Arabic 1
		"size=1.5":                          {"size must be an integer"},
		"size=5e0":                          {"size must be an integer"},
		"size=1e999":                        {"size must be an integer"},
		"size=1&size=1":                     {"size must be given once"},
		"dry=":                              {"dry must be a boolean"},
		"dry=1":                             {"dry must be a boolean"},
		"dry=True":                          {"dry must be a boolean"},
		"sort=":                             {"sort must be one of: up, down"},
		"sort=UP":                           {"sort must be one of: up, down"},
		"sort=up%00":                        {"sort must not contain NUL characters"},
		"sort=%ff":                          {"sort must be valid UTF-8"},
		"tag=a&tag=%ff":                     {"tag must be valid UTF-8"},
		"tag=a&tag=%00":                     {"tag.1 must not contain NUL characters"},
		"tag=a&tag=&tag=":                   {"tag must have at most 2 items"},
		"size=%":                            {"query must be percent-encoded correctly"},
		"a;b=1":                             {"query must be percent-encoded correctly"},
		// The parameters of the path first, then those of the operation, in the contract's order.
		"sort=x&dry=x&size=x&tag=%00": {
			"tag.0 must not contain NUL characters", "size must be a number", "dry must be a boolean", "sort must be one of: up, down",
		},
	} {
		_, err := check(t, put, request(query, nil, validOrder))
		wantMessages(t, query, err, want)
	}
}

func TestHeaderParameters(t *testing.T) {
	t.Parallel()
	put := operation(t, []byte(orders), "putOrder")
	for _, c := range []struct {
		values []string
		want   []string
	}{
		{nil, nil},
		{[]string{`"1"`}, nil},
		{[]string{""}, nil},
		{[]string{"жжжжж"}, nil},
		{[]string{"123456"}, []string{"If-Match must be at most 5 characters long"}},
		{[]string{"\xff"}, []string{"If-Match must be valid UTF-8"}},
		{[]string{"1", "2"}, []string{"If-Match must be given once"}},
	} {
		_, err := check(t, put, request("", http.Header{"If-Match": c.values}, validOrder))
		wantMessages(t, strings.Join(c.values, " and "), err, c.want)
	}
}
