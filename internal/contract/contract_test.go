package contract_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
)

// orders is a contract that uses every rule. The real contract uses most of them, and changes.
const orders = `{"openapi":"3.0.3",
"paths":{"/orders/{id}":{
	"parameters":[{"$ref":"#/components/parameters/Tag"}],
	"put":{"operationId":"putOrder",
		"parameters":[
			{"name":"size","in":"query","schema":{"type":"integer","minimum":1,"maximum":10}},
			{"name":"dry","in":"query","schema":{"type":"boolean"}},
			{"name":"sort","in":"query","schema":{"type":"string","enum":["up","down"]}},
			{"name":"If-Match","in":"header","schema":{"type":"string","maxLength":5}}],
		"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Order"}}}}},
	"post":{"operationId":"doOrder",
		"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Reason"}}}}},
	"get":{"operationId":"getOrder"}}},
"components":{
	"parameters":{"Tag":{"name":"tag","in":"query","schema":{"type":"array","maxItems":2,"items":{"type":"string"}}}},
	"schemas":{
		"Reason":{"type":"object","properties":{"reason":{"type":"string","minLength":1,"maxLength":5}}},
		"Order":{"type":"object","required":["title","count"],"properties":{
			"note":{"type":"string","nullable":true},
			"urgent":{"type":"boolean"},
			"count":{"type":"integer","minimum":1,"maximum":9007199254740991},
			"weight":{"type":"number","minimum":0.5},
			"level":{"type":"integer","minimum":-3,"maximum":3},
			"title":{"type":"string","minLength":1,"maxLength":5},
			"kind":{"type":"string","enum":["a","b","c"]},
			"code":{"type":"string","pattern":"^[A-Z]+$","x-pattern-message":"capital letters"},
			"tags":{"type":"array","uniqueItems":true,"maxItems":3,"items":{"type":"string"}},
			"steps":{"type":"array","minItems":1,"items":{"$ref":"#/components/schemas/Step"}}}},
		"Step":{"type":"object","required":["name"],"properties":{
			"optional":{"type":"boolean"},
			"name":{"type":"string","minLength":1},
			"parts":{"type":"array","minItems":2,"items":{"type":"integer","minimum":1}}}}}}}`

// operation returns the operation with the given id.
func operation(t testing.TB, source []byte, id string) *contract.Operation {
	t.Helper()
	loaded, err := contract.Load(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range loaded.Operations() {
		if operation.ID == id {
			return operation
		}
	}
	t.Fatalf("the contract has no operation %s", id)
	return nil
}

// request returns a request with the given JSON body.
func request(query string, header http.Header, body string) *http.Request {
	r := &http.Request{
		URL: &url.URL{RawQuery: query}, Header: header.Clone(),
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

// check checks a request and returns the decoded body or the error.
func check(t testing.TB, operation *contract.Operation, r *http.Request) (map[string]any, *contract.Error) {
	t.Helper()
	_, body, err := operation.Check(httptest.NewRecorder(), r)
	if err == nil {
		return body, nil
	}
	var refused *contract.Error
	if !errors.As(err, &refused) {
		t.Fatalf("Check returns a %T: %v", err, err)
	}
	if body != nil {
		t.Errorf("Check returns the body %v with the error %v", body, err)
	}
	for _, field := range refused.Fields {
		if field.Field == "" || !strings.HasPrefix(field.Message, field.Field+" ") {
			t.Errorf("the message %q does not begin with the field %q", field.Message, field.Field)
		}
	}
	if len(refused.Fields) > 0 && (refused.Status != http.StatusBadRequest || refused.Message != refused.Fields[0].Message) {
		t.Errorf("the error is %+v, want status 400 and the first field's message", refused)
	}
	return body, refused
}

// checkBody checks a request with the given JSON body.
func checkBody(t testing.TB, operation *contract.Operation, body string) (map[string]any, *contract.Error) {
	t.Helper()
	return check(t, operation, request("", nil, body))
}

// wantMessages compares the messages of all fields.
func wantMessages(t testing.TB, what string, err *contract.Error, want []string) {
	t.Helper()
	var got []string
	if err != nil {
		for _, field := range err.Fields {
			got = append(got, field.Message)
		}
		if got == nil {
			got = append(got, err.Message)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s is refused with\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLoadTheRealContract(t *testing.T) {
	t.Parallel()
	loaded, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	create := loaded.Operation("POST", "/api/jobs")
	if create == nil || create.ID != "createJob" || !create.TakesBody() || create.EmptyBody {
		t.Errorf("POST /api/jobs is %+v", create)
	}
	if advance := loaded.Operation("POST", "/api/serials/{serialId}/advance"); advance == nil || !advance.EmptyBody {
		t.Errorf("POST /api/serials/{serialId}/advance is %+v, want one that takes an empty body", advance)
	}
	get := loaded.Operation("GET", "/api/jobs/{jobId}")
	if get == nil || get.ID != "getJob" || get.TakesBody() || get.Path != "/api/jobs/{jobId}" || get.Method != http.MethodGet {
		t.Errorf("GET /api/jobs/{jobId} is %+v", get)
	}
	if head := loaded.Operation("HEAD", "/api/jobs/{jobId}"); head != get {
		t.Errorf("HEAD is %+v, want what GET is", head)
	}
	if none := loaded.Operation("PATCH", "/api/jobs"); none != nil {
		t.Errorf("PATCH /api/jobs is %+v", none)
	}
}

// TestLoadRefuses checks that Load returns an error for a contract that Check can't apply.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"no JSON":                    {`{"openapi"`, `{openapi`},
		"a missing schema":           {`"$ref":"#/components/schemas/Step"`, `"$ref":"#/components/schemas/Nothing"`},
		"a missing parameter":        {`"$ref":"#/components/parameters/Tag"`, `"$ref":"#/components/parameters/Nothing"`},
		"a broken pattern":           {`"^[A-Z]+$"`, `"["`},
		"a combined body":            {`"Reason":{"type":"object"`, `"Reason":{"allOf":[],"type":"object"`},
		"a combined property":        {`"urgent":{"type":"boolean"}`, `"urgent":{"oneOf":[]}`},
		"a parameter without schema": {`"schema":{"type":"boolean"}`, `"x":1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := strings.Replace(orders, change[0], change[1], 1)
			if source == orders {
				t.Fatal("the contract was not changed")
			}
			if _, err := contract.Load([]byte(source)); err == nil {
				t.Error("Load accepts the contract")
			}
		})
	}
}

// TestComponentNames checks that no two components of the contract share a name, whatever their kinds: some generators put all of
// them into one namespace, and some ignore upper and lower case.
func TestComponentNames(t *testing.T) {
	t.Parallel()
	var document struct {
		Components map[string]map[string]any
	}
	if err := json.Unmarshal(gen.Contract, &document); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, kind := range slices.Sorted(maps.Keys(document.Components)) {
		for name := range document.Components[kind] {
			lower := strings.ToLower(name)
			if other := kinds[lower]; other != "" {
				t.Errorf("%s has %s, as %s has: call an example %sExample", kind, name, other, name)
			}
			kinds[lower] = kind
		}
	}
	if len(kinds) < 300 {
		t.Errorf("the contract has %d components", len(kinds))
	}
}
