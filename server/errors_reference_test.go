package server_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryErrorIsInTheReference reads the messages in the source code, and checks that docs/reference/errors.md has each. The
// page is generated from the examples of the contract, so a message that is missing there needs an example.
func TestEveryErrorIsInTheReference(t *testing.T) {
	t.Parallel()
	reference, err := os.ReadFile("../docs/reference/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, folder := range []string{"../models", "../store", "../store/internal/database", "../internal/contract", "."} {
		found, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	count := 0
	for _, file := range files {
		// The commands for keys print their errors.
		if strings.HasSuffix(file, "_test.go") || file == "../store/keys.go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if pattern := messageOf(node); pattern != "" {
				count++
				if !regexp.MustCompile(`(?m)\| ` + pattern + ` \|`).Match(reference) {
					t.Errorf("%s: docs/reference/errors.md does not have %s", file, pattern)
				}
			}
			return true
		})
	}
	if count < 40 {
		t.Errorf("only %d messages were found in the source code", count)
	}
}

// messageOf returns a regular expression for the message of an error that the node makes, or "".
func messageOf(node ast.Node) string {
	switch node := node.(type) {
	case *ast.CallExpr:
		texts := make([]string, len(node.Args))
		for i, argument := range node.Args {
			texts[i] = textOf(argument)
		}
		switch nameOf(node.Fun) {
		case "ConflictError", "UpstreamError":
			return texts[0]
		case "NotFoundError":
			return texts[0] + " not found: .+"
		case "InvalidError":
			return texts[0] + " " + texts[1]
		}
	case *ast.CompositeLit:
		name := nameOf(node.Type)
		if name == "statusError" && len(node.Elts) == 2 {
			return textOf(node.Elts[1])
		}
		for _, element := range node.Elts {
			field, ok := element.(*ast.KeyValueExpr)
			if ok && name == "Error" && nameOf(field.Key) == "Message" && strings.Trim(textOf(field.Value), ".+ ") != "" {
				return textOf(field.Value)
			}
		}
	}
	return ""
}

func nameOf(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return expression.Sel.Name
	default:
		return ""
	}
}

// textOf returns a regular expression for the text of an expression. What is not a literal may be any text.
func textOf(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(expression.Value)
		if err != nil {
			return ".+"
		}
		return formatVerb.ReplaceAllString(regexp.QuoteMeta(text), ".+")
	case *ast.BinaryExpr:
		return textOf(expression.X) + textOf(expression.Y)
	case *ast.CallExpr:
		if nameOf(expression.Fun) == "Sprintf" && !slices.Contains([]string{"", ".+"}, textOf(expression.Args[0])) {
			return textOf(expression.Args[0])
		}
	}
	return ".+"
}

var formatVerb = regexp.MustCompile(`%[a-z]`)
