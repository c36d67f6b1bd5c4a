package contract_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
)

// judge reads the same contract with a library that shares no code with this package.
func judge(t testing.TB, source []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// FuzzBody checks that no body makes Check panic, that every accepted body is also valid for the judge, and that the decoded
// body has the values that were sent, except for unknown fields, nulls, and the notation of whole numbers.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"title":"x","count":1}`, `{"title":"x","count":5e1,"weight":0.5,"level":-3.0,"note":null,"urgent":null}`,
		`{"title":"x","count":9007199254740991,"steps":[{"name":"a","parts":[1,2]}],"tags":["a","b"],"kind":"a","code":"A"}`,
		`{"name":"JOB-2024-001","goalQuantity":50,"jiraLabels":["Q1-2024","rush"],"NAME":1}`, `{}`, `null`, `[]`, `"x"`, ``, ` `,
		`{"count":1e400}`, `{"count":-1e400}`, `{"count":1e-999999999}`, `{"count":9007199254740990.5}`, `{"count":-0}`,
		`{"title":"\ud800"}`, `{"title":"\ud83c\udfed","count":1}`, `{"title":"\u0000"}`, "{\"title\":\"\xff\"}", `{"title":1,"title":"x"}`,
		`{"steps":[null,{},{"parts":[null]}]}`, `{} {}`, `{"a":` + strings.Repeat("[", 50), `{"\u0000":1}`,
		`{"\u0074itle":"x","count":1,"_":{"a":["]}\\",{"b":[1e5,true,null]}]}}`, " {\t\"title\" :\"x\"\n, \"count\":1 \r} ",
	} {
		f.Add([]byte(seed))
	}
	type target struct {
		operation *contract.Operation
		schema    *openapi3.Schema
	}
	var targets []target
	for _, source := range [][]byte{[]byte(orders), gen.Contract} {
		doc := judge(f, source)
		loaded, err := contract.Load(source)
		if err != nil {
			f.Fatal(err)
		}
		for _, operation := range loaded.Operations() {
			if operation.TakesBody() && !operation.TakesFile() {
				body := doc.Paths.Find(operation.Path).GetOperation(operation.Method).RequestBody.Value
				schema := body.Content.Get("application/json").Schema.Value
				dropRules(schema)
				targets = append(targets, target{operation, schema})
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, target := range targets {
			body, err := checkBody(t, target.operation, string(raw))
			if err == nil {
				checkAccepted(t, target.operation, target.schema, raw, body)
			} else if !json.Valid(raw) && len(bytes.TrimSpace(raw)) > 0 && err.Message != notJSON {
				t.Errorf("%s: %q is refused with %q, want %q", target.operation.ID, raw, err.Message, notJSON)
			}
		}
	})
}

// dropRules removes the rules between fields from a schema. The server checks them after this package, with sentences of their own.
func dropRules(schema *openapi3.Schema) {
	schema.Not = nil
	for _, property := range schema.Properties {
		dropRules(property.Value)
	}
	if schema.Items != nil {
		dropRules(schema.Items.Value)
	}
}

func checkAccepted(t *testing.T, operation *contract.Operation, schema *openapi3.Schema, raw []byte, value map[string]any) {
	t.Helper()
	if !utf8.Valid(raw) {
		t.Errorf("%s: accepted %q, which is not UTF-8", operation.ID, raw)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("%s: %q: %v", operation.ID, raw, err)
	}
	var judged any
	if err := json.Unmarshal(encoded, &judged); err != nil {
		return // A number beyond float64, which the judge can't read.
	}
	if err := schema.VisitJSON(judged, openapi3.VisitAsRequest()); err != nil {
		t.Errorf("%s: accepted %q: %v", operation.ID, raw, err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var sent map[string]any
	if err := decoder.Decode(&sent); err != nil {
		t.Fatalf("%s: accepted %q: %v", operation.ID, raw, err)
	}
	if !same(schema, sent, value) {
		t.Errorf("%s: %q became %#v", operation.ID, raw, value)
	}
}

// same compares a value as sent, decoded by encoding/json, with the decoded value that Check returns.
func same(schema *openapi3.Schema, sent, got any) bool {
	switch got := got.(type) {
	case map[string]any:
		object, ok := sent.(map[string]any)
		if !ok {
			return false
		}
		kept := 0
		for name, property := range schema.Properties {
			value, found := got[name]
			if found {
				kept++
			}
			if !found && object[name] == nil {
				continue
			}
			if _, wasSent := object[name]; !wasSent || !found || !same(property.Value, object[name], value) {
				return false
			}
		}
		return kept == len(got)
	case []any:
		items, ok := sent.([]any)
		return ok && slices.EqualFunc(items, got, func(sent, got any) bool { return same(schema.Items.Value, sent, got) })
	case int64:
		digits, ok := sent.(json.Number)
		if !ok || len(digits) > 1000 {
			return ok
		}
		exact, ok := new(big.Rat).SetString(digits.String())
		return ok && exact.Cmp(new(big.Rat).SetInt64(got)) == 0
	default:
		return sent == got
	}
}

// FuzzParameters checks that no query and no header makes Check panic, and that every accepted query is also valid for the
// judge.
func FuzzParameters(f *testing.F) {
	for _, seed := range []string{
		"", "limit=10", "limit=0", "limit=1e3", "limit=99999999999999999999", "limit=-9223372036854775809", "limit=1&limit=2",
		"q=%00", "q=%ff", "q=%", "q=a;b", "jiraLabel=a&jiraLabel=b", "include=progress", "include=", "cursor=am9i", "size=1&dry=true&sort=up&tag=a",
		"after=9007199254740991", "after=-1", "status=completed", "%71=x", "q", "=", "&&", "limit=+1", "limit=%2B1", "limit=NaN",
	} {
		f.Add(seed, `"1"`)
	}
	f.Add("", "")
	f.Add("", "\xff")
	f.Add("", strings.Repeat("x", 2000))
	var operations []*contract.Operation
	docs := map[*contract.Operation]*openapi3.T{}
	for _, source := range [][]byte{[]byte(orders), gen.Contract} {
		loaded, err := contract.Load(source)
		if err != nil {
			f.Fatal(err)
		}
		doc := judge(f, source)
		for _, operation := range loaded.Operations() {
			operations = append(operations, operation)
			docs[operation] = doc
		}
	}
	f.Fuzz(func(t *testing.T, query, header string) {
		for _, operation := range operations {
			// Without a Content-Type the check ends after the parameters.
			r := request(query, http.Header{"If-Match": {header}}, "")
			r.Header.Del("Content-Type")
			if _, err := check(t, operation, r); err != nil && err.Status != http.StatusUnsupportedMediaType {
				continue
			}
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatalf("%s: accepted %q: %v", operation.ID, query, err)
			}
			item := docs[operation].Paths.Find(operation.Path)
			for _, parameter := range slices.Concat(item.Parameters, item.GetOperation(operation.Method).Parameters) {
				if sent, found := values[parameter.Value.Name]; found && parameter.Value.In == "query" {
					checkParameter(t, parameter.Value, sent)
				}
			}
		}
	})
}

func checkParameter(t *testing.T, parameter *openapi3.Parameter, sent []string) {
	t.Helper()
	schema := parameter.Schema.Value
	var value any = sent[0]
	switch {
	case schema.Type.Is("array"):
		items := make([]any, len(sent))
		for i := range sent {
			items[i] = sent[i]
		}
		value = items
	case schema.Type.Is("integer"), schema.Type.Is("boolean"):
		if err := json.Unmarshal([]byte(strings.TrimLeft(strings.TrimPrefix(sent[0], "+"), "0")), &value); err != nil {
			value = float64(0) // nothing but zeros
		}
	}
	if err := schema.VisitJSON(value, openapi3.VisitAsRequest()); err != nil {
		t.Errorf("accepted %s=%q: %v", parameter.Name, sent, err)
	}
}
