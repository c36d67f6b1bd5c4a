package contract_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const (
	notJSON   = "request body must be valid JSON"
	notObject = "request body must be a JSON object"
)

// TestBodyRefuses checks the message of every rule and the order of the messages.
func TestBodyRefuses(t *testing.T) {
	t.Parallel()
	put := operation(t, []byte(orders), "putOrder")
	for body, want := range map[string][]string{
		`{}`:                        {"title is required", "count is required"},
		`{"title":null,"count":1}`:  {"title is required"},
		`{"title":"","count":1}`:    {"title is required"},
		`{"title":" \n","count":1}`: {"title is required"},
		`{"TITLE":"x","Count":1}`:   {"title is required", "count is required"},
		`{"count":null}`:            {"title is required", "count is required"},
		`{"count":0}`:               {"title is required", "count must be greater than 0"},

		`{"title":1,"count":"1"}`:                          {"title must be a string", "count must be a number"},
		`{"title":"x","count":1,"urgent":1}`:               {"urgent must be a boolean"},
		`{"title":"x","count":1,"urgent":"true"}`:          {"urgent must be a boolean"},
		`{"title":"x","count":1,"weight":"1"}`:             {"weight must be a number"},
		`{"title":"x","count":1,"note":1}`:                 {"note must be a string"},
		`{"title":"x","count":1,"tags":{}}`:                {"tags must be an array"},
		`{"title":"x","count":1,"tags":"a"}`:               {"tags must be an array"},
		`{"title":"x","count":1,"steps":[1]}`:              {"steps.0 must be an object"},
		`{"title":"x","count":1,"steps":[[]]}`:             {"steps.0 must be an object"},
		`{"title":"x","count":1,"steps":[null]}`:           {"steps.0 must be an object"},
		`{"title":"x","count":1,"tags":["a",1,null]}`:      {"tags.1 must be a string", "tags.2 must be a string"},
		`{"title":"x","count":1,"tags":["a","b","a"]}`:     {"tags.2 must not repeat a"},
		`{"title":"x","count":1,"tags":["a","b","c","d"]}`: {"tags must have at most 3 items"},
		`{"title":"x","count":1,"tags":[1,2,3,4]}`:         {"tags must have at most 3 items"},
		`{"title":"x","count":1,"steps":[]}`:               {"steps must have at least 1 item"},

		`{"title":"x","count":1,"kind":"d"}`:                  {"kind must be one of: a, b, c"},
		`{"title":"x","count":1,"kind":""}`:                   {"kind must be one of: a, b, c"},
		`{"title":"x","count":1,"kind":"A"}`:                  {"kind must be one of: a, b, c"},
		`{"title":"x","count":1,"kind":1}`:                    {"kind must be a string"},
		`{"title":"x","count":1,"code":"a"}`:                  {"code must be capital letters"},
		`{"title":"жжжжжж","count":1}`:                        {"title must be at most 5 characters long"},
		`{"title":"a\u0000","count":1}`:                       {"title must not contain NUL characters"},
		`{"title":"x","count":1,"note":"\u0000"}`:             {"note must not contain NUL characters"},
		`{"title":"x","count":1,"kind":"a\u0000"}`:            {"kind must not contain NUL characters"},
		`{"title":"x","count":1,"tags":["","\u0000"]}`:        {"tags.1 must not contain NUL characters"},
		`{"title":"x","count":1,"steps":[{}]}`:                {"steps.0.name is required"},
		`{"title":"x","count":1,"steps":[{"name":""}]}`:       {"steps.0.name is required"},
		`{"title":"x","count":1,"steps":[{"name":"\u0000"}]}`: {"steps.0.name must not contain NUL characters"},
		`{"title":"x","count":1,"steps":[{"name":"a"},{"optional":1,"parts":[1,0.5,"x"]}]}`: {
			"steps.1.name is required", "steps.1.optional must be a boolean",
			"steps.1.parts.1 must be an integer", "steps.1.parts.2 must be a number",
		},
		`{"title":"x","count":1,"steps":[{"name":"a","parts":[1]}]}`: {"steps.0.parts must have at least 2 items"},
		// The required fields in the order of `required`, then the others in the contract's order.
		`{"steps":[{}],"tags":1,"kind":1,"weight":0,"urgent":1,"note":1,"count":-1,"title":1}`: {
			"title must be a string", "count must be greater than 0", "note must be a string", "urgent must be a boolean",
			"weight must be at least 0.5", "kind must be a string", "tags must be an array", "steps.0.name is required",
		},
	} {
		_, err := checkBody(t, put, body)
		wantMessages(t, body, err, want)
	}
}

// TestBody checks the decoded body.
func TestBody(t *testing.T) {
	t.Parallel()
	put := operation(t, []byte(orders), "putOrder")
	for body, want := range map[string]map[string]any{
		`{"title":"x","count":1}`:     {"title": "x", "count": int64(1)},
		`{"title":" x ","count":5e1}`: {"title": " x ", "count": int64(50)},
		`{"title":"x","count":50.0,"weight":0.5,"level":-3}`: {
			"title": "x", "count": int64(50), "weight": json.Number("0.5"), "level": int64(-3),
		},
		`{"title":"x","count":1,"Title":"y","extra":{"a":null}}`: {
			"title": "x", "count": int64(1),
		},
		// Null means absent, except for a nullable field.
		`{"title":"x","count":1,"urgent":null,"tags":null,"kind":null,"note":null}`: {"title": "x", "count": int64(1), "note": nil},
		`{"title":"x","count":1,"tags":[],"steps":[{"name":"a","parts":[1,2.0]}]}`: {
			"title": "x", "count": int64(1), "tags": []any{},
			"steps": []any{map[string]any{"name": "a", "parts": []any{int64(1), int64(2)}}},
		},
		`{"title":"x","count":1,"note":"","code":"AB","kind":"c","urgent":false}`: {
			"title": "x", "count": int64(1), "note": "", "code": "AB", "kind": "c", "urgent": false,
		},
		`{"title":"жжжжж","count":1}`:              {"title": "жжжжж", "count": int64(1)},
		`{"title":"\ud83c\udfed","count":1}`:       {"title": "🏭", "count": int64(1)},
		`{"title":"x","count":1,"note":"\\ud83c"}`: {"title": "x", "count": int64(1), "note": `\ud83c`}, // no escape
		`{"\u0074itle":"x","note":"\"\\\/\b\f\n\r\t\u0416","count":1,"_":["]}\"",{"a":1e5},true,null]}`: {
			"title": "x", "note": "\"\\/\b\f\n\r\tЖ", "count": int64(1),
		},
		`{"title":"\ufffd","count":1}`:            {"title": "\ufffd", "count": int64(1)},
		`{"title":"1","title":"2","count":1}`:     {"title": "2", "count": int64(1)},
		"\t\r\n {\"title\":\"x\",\"count\":1}\n ": {"title": "x", "count": int64(1)},
	} {
		value, err := checkBody(t, put, body)
		if err != nil {
			t.Errorf("%s is refused: %v", body, err)
			continue
		}
		if !reflect.DeepEqual(value, want) {
			t.Errorf("%s is %#v, want %#v", body, value, want)
		}
	}
}

func TestBodyIsNotAnObject(t *testing.T) {
	t.Parallel()
	put := operation(t, []byte(orders), "putOrder")
	for body, want := range map[string]string{
		``: notJSON, ` `: notJSON, `{`: notJSON, `}`: notJSON,
		`{}{}`: notJSON, `{} x`: notJSON, `{},`: notJSON, `{}]`: notJSON,
		"{}\x00": notJSON, "\ufeff{}": notJSON, `{"a":}`: notJSON, `{a:1}`: notJSON,
		"{\"a\":\"\xff\"}": notJSON, "{\"\xc0\xaf\":1}": notJSON, "{\"a\":\"\xed\xa0\x80\"}": notJSON,
		`{"a":"\ud800"}`: notJSON, `{"a":"\udc00"}`: notJSON, `{"a":"\ud800\ud800"}`: notJSON,
		`{"a":"\ud800x"}`: notJSON, `{"a":"\ud800\n"}`: notJSON, `{"\uDBFF":1}`: notJSON,
		`{"a":"\u12"}`: notJSON, `{"a":"\x"}`: notJSON, `{"a":"\`: notJSON,
		`{"a":01}`: notJSON, `{"a":+1}`: notJSON, `{"a":.5}`: notJSON, `{"a":Infinity}`: notJSON,
		`null`: notObject, `[]`: notObject, `[{}]`: notObject, `"{}"`: notObject,
		`1`: notObject, `1e400`: notObject, `true`: notObject, ` null `: notObject,
		strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000): notJSON,
		strings.Repeat(`{"a":`, 100_000):                            notJSON,
	} {
		_, err := checkBody(t, put, body)
		wantMessages(t, fmt.Sprintf("%.100q", body), err, []string{want})
	}
}

// TestOptionalBody checks that an empty body means an empty object if the contract does not require a body.
func TestOptionalBody(t *testing.T) {
	t.Parallel()
	post := operation(t, []byte(orders), "doOrder")
	for _, body := range []string{"", " \n", "{}", `{"reason":null}`} {
		value, err := checkBody(t, post, body)
		if err != nil || value == nil || len(value) != 0 {
			t.Errorf("%q is %#v, %v, want an empty object", body, value, err)
		}
	}
	for body, want := range map[string][]string{
		`{"reason":""}`:       {"reason cannot be empty"},
		`{"reason":" "}`:      {"reason cannot be empty"},
		`{"reason":"longer"}`: {"reason must be at most 5 characters long"},
		`{"reason":0}`:        {"reason must be a string"},
	} {
		_, err := checkBody(t, post, body)
		wantMessages(t, body, err, want)
	}
	_, err := checkBody(t, post, "null")
	wantMessages(t, "null", err, []string{notObject})
}
