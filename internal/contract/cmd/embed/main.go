// Command embed converts the contract from YAML to JSON and keeps the order of its keys. /openapi.json, the explorer, and
// the error messages of the contract check follow that order.
//
// With -copy it copies the contract as it is. With -order the output is for the code generator. It has the line number of each
// property as x-order; the generator sorts the fields of a struct, and so the fields of a response, by x-order. For a request body
// that is a file, it has only the first media type, because the generator gives the bodies of all such types the same name.
//
// With -types the output is for the generator of the Go client's types. It has the schemas as with -order, but only the path and
// query parameters of the operations, because the client builds its requests itself.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func main() {
	order := flag.Bool("order", false, "prepare the output for the code generator")
	types := flag.Bool("types", false, "prepare the output for the generator of the Go client's types")
	plain := flag.Bool("copy", false, "copy the file as it is")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: embed [-order | -types | -copy] FROM.yaml TO")
		os.Exit(2)
	}
	var err error
	if *plain {
		err = copyFile(flag.Arg(0), flag.Arg(1))
	} else {
		err = embed(flag.Arg(0), flag.Arg(1), *order, *types)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// copyFile copies a file, because a Go package can embed only files below its own folder.
func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

func embed(from, to string, order, types bool) error {
	source, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if order || types {
		addOrder(document.Content[0])
		dropOtherFiles(document.Content[0])
	}
	if types {
		keepTypes(document.Content[0])
	}
	var compact, indented bytes.Buffer
	if err := write(&compact, document.Content[0]); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := json.Indent(&indented, compact.Bytes(), "", " "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	return os.WriteFile(to, indented.Bytes(), 0o644)
}

// addOrder adds the line number of every property of every schema as x-order.
func addOrder(node *yaml.Node) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "properties" {
			for j := 1; j < len(child.Content); j += 2 {
				property := child.Content[j]
				property.Content = append(property.Content,
					&yaml.Node{Kind: yaml.ScalarNode, Value: "x-order"},
					&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(property.Line)})
			}
		}
		addOrder(child)
	}
}

// dropOtherFiles removes all media types but the first from request bodies that are not JSON.
func dropOtherFiles(node *yaml.Node) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "requestBody" {
			if content := member(child, "content"); content != nil && content.Content[0].Value != "application/json" {
				content.Content = content.Content[:2]
			}
		}
		dropOtherFiles(child)
	}
}

// keepTypes leaves the schemas, and the parameters of operations in path and query. It puts shared parameters where they are used.
// Otherwise the generator would declare a type for each shared parameter, with a name that the client needs for a function.
func keepTypes(document *yaml.Node) {
	components := member(document, "components")
	shared := member(components, "parameters")
	paths := member(document, "paths")
	for i := 1; i < len(paths.Content); i += 2 {
		keep(paths.Content[i], "parameters", "get", "post", "put", "patch", "delete")
		keepParameters(member(paths.Content[i], "parameters"), shared)
		for j := 0; j < len(paths.Content[i].Content); j += 2 {
			if paths.Content[i].Content[j].Value == "parameters" {
				continue
			}
			operation := paths.Content[i].Content[j+1]
			keep(operation, "operationId", "parameters")
			keepParameters(member(operation, "parameters"), shared)
			nameEnums(operation)
			operation.Content = append(operation.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "responses"}, &yaml.Node{Kind: yaml.MappingNode})
		}
	}
	keep(components, "schemas")
	keep(document, "openapi", "info", "paths", "components")
}

// keepParameters replaces references to shared parameters, and drops headers. It accepts nil.
func keepParameters(parameters, shared *yaml.Node) {
	if parameters == nil {
		return
	}
	var kept []*yaml.Node
	for _, parameter := range parameters.Content {
		if reference := member(parameter, "$ref"); reference != nil {
			parameter = member(shared, strings.TrimPrefix(reference.Value, "#/components/parameters/"))
		}
		if member(parameter, "in").Value != "header" {
			kept = append(kept, parameter)
		}
	}
	parameters.Content = kept
}

// nameEnums gives each value of a parameter a name that no other value has, such as ListJobsParamsStateOpen.
func nameEnums(operation *yaml.Node) {
	parameters := member(operation, "parameters")
	if parameters == nil {
		return
	}
	for _, parameter := range parameters.Content {
		schema := member(parameter, "schema")
		if items := member(schema, "items"); items != nil {
			schema = items
		}
		values := member(schema, "enum")
		if values == nil {
			continue
		}
		prefix := capitalize(member(operation, "operationId").Value) + "Params" + capitalize(member(parameter, "name").Value)
		names := &yaml.Node{Kind: yaml.SequenceNode}
		for _, value := range values.Content {
			names.Content = append(names.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: prefix + capitalize(value.Value)})
		}
		schema.Content = append(schema.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "x-enum-varnames"}, names)
	}
}

func capitalize(word string) string {
	return strings.ToUpper(word[:1]) + word[1:]
}

// member returns the value of a key, or nil.
func member(node *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// keep drops all members of a mapping except those with the given keys.
func keep(node *yaml.Node, keys ...string) {
	var kept []*yaml.Node
	for i := 0; i < len(node.Content); i += 2 {
		if slices.Contains(keys, node.Content[i].Value) {
			kept = append(kept, node.Content[i], node.Content[i+1])
		}
	}
	node.Content = kept
}

// write appends the node as JSON.
func write(out *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		out.WriteByte('{')
		for i := 0; i < len(node.Content); i += 2 {
			if i > 0 {
				out.WriteByte(',')
			}
			// Every key is a string in JSON, including a status such as 200.
			if err := encode(out, node.Content[i].Value); err != nil {
				return err
			}
			out.WriteByte(':')
			if err := write(out, node.Content[i+1]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := write(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.ScalarNode:
		var value any
		if err := node.Decode(&value); err != nil {
			return err
		}
		return encode(out, value)
	default:
		return fmt.Errorf("line %d: the contract must not use anchors and aliases", node.Line)
	}
}

func encode(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
