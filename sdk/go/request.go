package routecard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// get reads what the segments below /api name. params is nil, or a pointer to a struct of query parameters, see toQuery.
func (c *Client) get(ctx context.Context, options []CallOption, params any, segments ...string) (response, error) {
	req, err := c.newRequest(ctx, http.MethodGet, params, nil, segments)
	if err != nil {
		return response{}, err
	}
	return c.do(ctx, req, options)
}

func (c *Client) post(ctx context.Context, options []CallOption, body any, segments ...string) (response, error) {
	return c.doJSON(ctx, http.MethodPost, options, body, segments)
}

func (c *Client) put(ctx context.Context, options []CallOption, body any, segments ...string) (response, error) {
	return c.doJSON(ctx, http.MethodPut, options, body, segments)
}

func (c *Client) patch(ctx context.Context, options []CallOption, body any, segments ...string) (response, error) {
	return c.doJSON(ctx, http.MethodPatch, options, body, segments)
}

func (c *Client) delete(ctx context.Context, options []CallOption, segments ...string) error {
	req, err := c.newRequest(ctx, http.MethodDelete, nil, nil, segments)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, req, options)
	return err
}

func (c *Client) doJSON(ctx context.Context, method string, options []CallOption, body any, segments []string) (response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return response{}, err
	}
	req, err := c.newRequest(ctx, method, nil, bytes.NewReader(text), segments)
	if err != nil {
		return response{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(ctx, req, options)
}

// newRequest returns a request for what the segments below /api name. A segment can contain any characters.
func (c *Client) newRequest(ctx context.Context, method string, params any, body io.Reader, segments []string) (*http.Request, error) {
	var address strings.Builder
	address.WriteString(c.server + "/api")
	for _, segment := range segments {
		address.WriteString("/" + url.PathEscape(segment))
	}
	req, err := http.NewRequestWithContext(ctx, method, address.String(), body)
	if err != nil {
		return nil, err
	}
	req.URL.RawQuery = toQuery(params).Encode()
	return req, nil
}

// toQuery returns the fields of a struct of parameters that are set, under the names of their tags. The items of a list become
// one parameter each, as the contract has it. params is a pointer, which may be nil.
func toQuery(params any) url.Values {
	query := url.Values{}
	fields := reflect.Indirect(reflect.ValueOf(params))
	if !fields.IsValid() {
		return query
	}
	for field, value := range fields.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("form"), ",")
		value = reflect.Indirect(value)
		switch {
		case !value.IsValid():
		case value.Kind() == reflect.Slice:
			for i := range value.Len() {
				query.Add(name, fmt.Sprint(value.Index(i)))
			}
		default:
			query.Set(name, fmt.Sprint(value))
		}
	}
	return query
}
