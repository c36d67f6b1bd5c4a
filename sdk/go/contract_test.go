package routecard_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

// contract is what the tests need of the contract.
type contract struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct{ Parameters map[string]parameter }
}

type operation struct {
	OperationID string
	Parameters  []parameter
	RequestBody *struct {
		Content map[string]json.RawMessage
	}
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name, In string
	Schema   struct{ Type string }
}

func readContract(t *testing.T) contract {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "gen", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRequests calls the method of each operation with every parameter set, and compares the request with the contract. It fails
// when an operation has no method, and when the method misses a parameter or has one too many.
func TestRequests(t *testing.T) {
	t.Parallel()
	c := readContract(t)
	operations := 0
	for path, item := range c.Paths {
		for verb, text := range item {
			if !slices.Contains([]string{"get", "post", "put", "patch", "delete"}, verb) {
				continue
			}
			operations++
			var o operation
			if err := json.Unmarshal(text, &o); err != nil {
				t.Fatal(err)
			}
			t.Run(o.OperationID, func(t *testing.T) {
				t.Parallel()
				request, body := call(t, o.OperationID)
				wanted := "/base" + path
				for i := 1; strings.Contains(wanted, "{"); i++ {
					begin, end := strings.Index(wanted, "{"), strings.Index(wanted, "}")
					wanted = wanted[:begin] + fmt.Sprintf("%d%%2F%%C3%%A4%%3F%%20%%25", i) + wanted[end+1:]
				}
				if got := request.Method + " " + request.URL.EscapedPath(); got != strings.ToUpper(verb)+" "+wanted {
					t.Errorf("the request is %s, want %s %s", got, strings.ToUpper(verb), wanted)
				}
				query := map[string][]string{}
				for _, p := range o.Parameters {
					if name, shared := strings.CutPrefix(p.Ref, "#/components/parameters/"); shared {
						p = c.Components.Parameters[name]
					}
					if p.In == "query" {
						query[p.Name] = map[string][]string{
							"string": {"ä &=+"}, "integer": {"7"}, "boolean": {"true"}, "array": {"ä &=+", "ä &=+"},
						}[p.Schema.Type]
						if p.Schema.Type == "" { // a reference: a text, or the mode of an import
							query[p.Name] = []string{"ä &=+"}
						}
					}
				}
				if got := map[string][]string(request.URL.Query()); !maps.EqualFunc(got, query, slices.Equal) {
					t.Errorf("the query is %q, want %q", got, query)
				}
				mediaType := request.Header.Get("Content-Type")
				if o.RequestBody == nil {
					if mediaType != "" || body != "" {
						t.Errorf("the request has a body of type %q: %s", mediaType, body)
					}
				} else if _, ok := o.RequestBody.Content[mediaType]; !ok || body == "" {
					t.Errorf("the body of type %q is %q", mediaType, body)
				}
			})
		}
	}
	if operations < 40 {
		t.Errorf("the contract has %d operations", operations)
	}
}

// recorder keeps the last request and its body, and returns null for each.
type recorder struct {
	request *http.Request
	body    string
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.request = request
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		r.body = string(body)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("null"))}, nil
}

// call calls the method of an operation and returns the request.
func call(t *testing.T, operationID string) (request *http.Request, body string) {
	t.Helper()
	var sent recorder
	c, err := routecard.New("http://localhost/base/", routecard.WithHTTPClient(&http.Client{Transport: &sent}))
	if err != nil {
		t.Fatal(err)
	}
	method := reflect.ValueOf(c).MethodByName(strings.ToUpper(operationID[:1]) + operationID[1:])
	if !method.IsValid() {
		t.Fatal("Client has no such method")
	}
	arguments := []reflect.Value{reflect.ValueOf(t.Context())}
	texts := 0
	for i := 1; i < method.Type().NumIn()-1; i++ { // without the options
		argument := reflect.New(method.Type().In(i)).Elem()
		switch argument.Kind() {
		case reflect.String:
			texts++
			argument.SetString(fmt.Sprintf("%d/ä? %%", texts))
			if operationID == "importJobs" {
				argument.SetString("text/csv")
			}
		case reflect.Slice:
			argument.SetBytes([]byte("name\r\n"))
		case reflect.Pointer: // of parameters
			fill(argument)
		default: // a body
		}
		arguments = append(arguments, argument)
	}
	results := method.Call(arguments)
	if err := results[len(results)-1].Interface(); err != nil {
		t.Fatal(err)
	}
	return sent.request, sent.body
}

// fill sets everything that a parameter consists of.
func fill(value reflect.Value) {
	switch value.Kind() {
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem())
	case reflect.Struct:
		for _, field := range value.Fields() {
			fill(field)
		}
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		fill(value.Index(0))
		fill(value.Index(1))
	case reflect.String:
		value.SetString("ä &=+")
	case reflect.Bool:
		value.SetBool(true)
	default:
		value.SetInt(7)
	}
}

// TestModules checks that a program with this client inherits no other module than the one that is listed here.
func TestModules(t *testing.T) {
	t.Parallel()
	got := goCommand(t, "list", "-m", "-f", "{{.Path}}", "all")
	if want := "github.com/routecard/routecard/sdk/go\ngithub.com/oapi-codegen/nullable\n"; got != want {
		t.Errorf("the modules are\n%swant\n%s", got, want)
	}
}

// TestDocumentation checks that `go doc` shows the fields of a type of the contract, and its values, and that the package is
// described once.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	job := goCommand(t, "doc", "Job")
	for _, line := range []string{"type Job struct {", "GoalQuantity GoalQuantity `json:\"goalQuantity\"`", "// GoalQuantity Number of units to make."} {
		if !strings.Contains(job, line) {
			t.Errorf("go doc Job has no %s:\n%s", line, job)
		}
	}
	all := goCommand(t, "doc", "-all")
	if !strings.Contains(all, `Damaged        ScrapReason = "damaged"`) {
		t.Error("go doc -all has no value of ScrapReason")
	}
	for _, unwanted := range []string{"openapi HTTP API", "RequestWithBody", "JSONRequestBody", "RequestEditorFn", "= client."} {
		if strings.Contains(all, unwanted) {
			t.Errorf("the documentation mentions %s", unwanted)
		}
	}
}

func goCommand(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", arguments...).Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(arguments, " "), err)
	}
	return string(output)
}

// TestReadme compiles the program in the README.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	program, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("the README has no program")
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "vet", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
