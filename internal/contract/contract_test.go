package contract_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
)

// orders is a contract that uses every rule: the real one uses most, and changes.
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
			"count":{"type":"integer","minimum":0,"exclusiveMinimum":true,"maximum":9007199254740991},
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

// operation finds one in a contract by its id.
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

// messages are the sentences of failures; each must begin with its field.
func messages(t testing.TB, failures []contract.Failure) []string {
	t.Helper()
	all := []string{}
	for _, failure := range failures {
		if !strings.HasPrefix(failure.Message, failure.Field+" ") {
			t.Errorf("the message %q does not begin with the field %q", failure.Message, failure.Field)
		}
		all = append(all, failure.Message)
	}
	return all
}

func wantMessages(t testing.TB, what string, got []contract.Failure, want []string) {
	t.Helper()
	if sentences := messages(t, got); !slices.Equal(sentences, want) {
		t.Errorf("%s fails with\n%s\nwant\n%s", what, strings.Join(sentences, "\n"), strings.Join(want, "\n"))
	}
}

func TestLoadTheRealContract(t *testing.T) {
	t.Parallel()
	loaded, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	create := loaded.Operation("POST", "/api/jobs")
	if create == nil || create.ID != "createJob" || !create.TakesBody() || !create.BodyRequired {
		t.Errorf("POST /api/jobs is %+v", create)
	}
	get := loaded.Operation("GET", "/api/jobs/:jobId")
	if get == nil || get.ID != "getJob" || get.TakesBody() || get.Path != "/api/jobs/{jobId}" || get.Method != http.MethodGet {
		t.Errorf("GET /api/jobs/:jobId is %+v", get)
	}
	if head := loaded.Operation("HEAD", "/api/jobs/:jobId"); head != get {
		t.Errorf("HEAD is %+v, want what GET is", head)
	}
	if none := loaded.Operation("PATCH", "/api/jobs"); none != nil {
		t.Errorf("PATCH /api/jobs is %+v", none)
	}
}

// TestLoadRefuses checks that a contract which can't be held to is found at the start, and not by a request.
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
				t.Error("the contract was taken")
			}
		})
	}
}
