package routecard_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen/client"
	routecard "github.com/routecard/routecard/sdk/go"
)

// TestEveryOperationHasAMethod fails when an operation of the contract is missing in Client.
func TestEveryOperationHasAMethod(t *testing.T) {
	t.Parallel()
	ours := reflect.TypeFor[*routecard.Client]()
	for method := range reflect.TypeFor[client.ClientInterface]().Methods() {
		if strings.HasSuffix(method.Name, "WithBody") {
			continue
		}
		if _, ok := ours.MethodByName(method.Name); !ok {
			t.Errorf("Client has no method %s", method.Name)
		}
	}
}

// unnamed lists the names of the contract that types.go leaves out, with the reason.
var unnamed = map[string]string{
	"Error":                             "the Error of this package also has the headers' values",
	"ErrorOutcome":                      "has one value, which is ErrOutcomeUnknown",
	"Unknown":                           "is ErrOutcomeUnknown",
	"ListJobsParamsInclude":             "its values have names",
	"ListJobsParamsIncludeProgress":     "is called IncludeProgress",
	"ListJobsParamsIncludeDistribution": "is called IncludeDistribution",
}

// TestEveryTypeHasAName checks that types.go names each type and enum value that a method takes or returns, so that programs
// need not import the generated package.
func TestEveryTypeHasAName(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for method := range reflect.TypeFor[*routecard.Client]().Methods() {
		addTypeNames(method.Type, used)
	}
	ours := exported(t, "types.go")
	for name, of := range exported(t, "../../gen/client/client.gen.go") {
		if (used[name] || used[of]) && ours[name] == "" && unnamed[name] == "" {
			t.Errorf("types.go has no %s", name)
		}
	}
}

// addTypeNames adds the names of all types of the contract that t consists of.
func addTypeNames(t reflect.Type, names map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		addTypeNames(t.Elem(), names)
	case reflect.Func: // iterators are functions, too
		for in := range t.Ins() {
			addTypeNames(in, names)
		}
		for out := range t.Outs() {
			addTypeNames(out, names)
		}
	default:
	}
	if t.PkgPath() != reflect.TypeFor[client.Job]().PkgPath() || names[t.Name()] {
		return
	}
	names[t.Name()] = true
	if t.Kind() == reflect.Struct {
		for field := range t.Fields() {
			addTypeNames(field.Type, names)
		}
	}
}

// exported returns the types and constants of a file: "type" for a type, and the type's name for a constant.
func exported(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names[spec.Name.Name] = "type"
			case *ast.ValueSpec:
				of := "constant"
				if typed, ok := spec.Type.(*ast.Ident); ok {
					of = typed.Name
				}
				names[spec.Names[0].Name] = of
			}
		}
	}
	return names
}

// TestNoServerAmongTheDependencies checks that a program with this client links neither the server nor a database driver.
func TestNoServerAmongTheDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dependency := range strings.Lines(string(out)) {
		for _, unwanted := range []string{
			"github.com/gin-gonic/", "gorm.io/", "github.com/jackc/", "sqlite",
			"github.com/routecard/routecard/server", "github.com/routecard/routecard/store", "github.com/routecard/routecard/models",
		} {
			if strings.Contains(dependency, unwanted) {
				t.Errorf("the client depends on %s", dependency)
			}
		}
	}
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
