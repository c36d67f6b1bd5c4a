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

// An operation that is new in the contract has a method here, too.
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

// unnamed are the contract's names that types.go leaves out, and why.
var unnamed = map[string]string{
	"Error":                         "the client's own Error knows more than the body says",
	"ListJobsParamsInclude":         "has one value, which is named",
	"ListJobsParamsIncludeProgress": "is called IncludeProgress",
}

// Whoever uses this package needs no generated one: each type and each enum value that a call takes or returns has a name
// here.
func TestEveryTypeHasAName(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for method := range reflect.TypeFor[*routecard.Client]().Methods() {
		use(method.Type, used)
	}
	ours := exported(t, "types.go")
	for name, of := range exported(t, "../../gen/client/client.gen.go") {
		if (used[name] || used[of]) && ours[name] == "" && unnamed[name] == "" {
			t.Errorf("types.go has no %s", name)
		}
	}
}

// use adds the names of the contract's types that a type is made of.
func use(t reflect.Type, names map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		use(t.Elem(), names)
	case reflect.Func: // iterators are functions, too
		for in := range t.Ins() {
			use(in, names)
		}
		for out := range t.Outs() {
			use(out, names)
		}
	default:
	}
	if t.PkgPath() != reflect.TypeFor[client.Job]().PkgPath() || names[t.Name()] {
		return
	}
	names[t.Name()] = true
	if t.Kind() == reflect.Struct {
		for field := range t.Fields() {
			use(field.Type, names)
		}
	}
}

// exported lists the exported types and constants of a file, each constant with its type.
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

// A program that calls Routecard links no server and no database.
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

// The program in the README compiles.
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
