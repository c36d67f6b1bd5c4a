package server_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var updateExamples = flag.Bool("update-examples", false,
	"write the responses of the story into the examples of openapi.yaml (with -run 'TestStory$/sqlite'; look at the diff)")

// contractFile is the contract that `make generate` reads.
const contractFile = "../openapi.yaml"

// updated returns the response of a scene as an example: in place of each id of the server there is a printed one.
func (s *told) updated(text string) string {
	return idInText.ReplaceAllStringFunc(s.toPrinted(text), func(id string) string {
		if _, isPrinted := s.real[id]; isPrinted || slices.Contains(storyNames, id) {
			return id
		}
		prefix, _, _ := strings.Cut(id, "_")
		printed := fmt.Sprintf("%s_01hm6c%04dq7v3xk8rtn2mwz5e", prefix, len(s.real))
		s.real[printed], s.printed[id] = id, printed
		return printed
	})
}

// toJSON returns the body of a response as JSON: CSV as a string, without the carriage returns that a block of YAML can't have.
func toJSON(media, text string) string {
	if media != "text/csv" {
		return text
	}
	encoded, _ := json.Marshal(strings.ReplaceAll(text, "\r\n", "\n"))
	return string(encoded)
}

// writeExamples replaces the values of examples in the contract. values are JSON texts, by the names in components/examples.
func writeExamples(t *testing.T, values map[string]string) {
	t.Helper()
	source, err := os.ReadFile(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	examples := member(member(document.Content[0], "components"), "examples")
	lines := bytes.SplitAfter(source, []byte("\n"))
	// From the end, so that the numbers of the lines before stay right.
	for i := len(examples.Content) - 2; i >= 0; i -= 2 {
		text, ok := values[examples.Content[i].Value]
		if !ok {
			continue
		}
		begin := member(examples.Content[i+1], "value").Line - 1
		end := len(lines)
		if i+2 < len(examples.Content) {
			end = examples.Content[i+2].Line - 1
		}
		var value yaml.Node
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		toBlock(&value)
		var out bytes.Buffer
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(2)
		if err := encoder.Encode(&value); err != nil {
			t.Fatal(err)
		}
		if value.Content[0].Kind == yaml.ScalarNode {
			lines = append(append(lines[:begin:begin], []byte("      value: |\n"+indent(value.Content[0].Value))), lines[end:]...)
			continue
		}
		var indented []byte
		for line := range bytes.Lines(out.Bytes()) {
			indented = append(append(indented, "        "...), line...)
		}
		lines = append(append(lines[:begin:begin], indented), lines[end:]...)
	}
	if err := os.WriteFile(contractFile, bytes.Join(lines, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}

// indent indents the lines of a text like the value of an example.
func indent(text string) string {
	return "        " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n        ") + "\n"
}

// toBlock gives the nodes of a JSON text the style of the contract.
func toBlock(node *yaml.Node) {
	node.Style = 0
	flat := true
	for _, child := range node.Content {
		toBlock(child)
		flat = flat && child.Kind == yaml.ScalarNode
	}
	if node.Kind == yaml.SequenceNode && flat {
		node.Style = yaml.FlowStyle
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" {
		if text, err := yaml.Marshal(node); err == nil && (text[0] == '"' || text[0] == '\'') {
			node.Style = yaml.SingleQuotedStyle
		}
	}
}

func member(node *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	panic("the contract has no " + cmp.Or(name, "name"))
}
