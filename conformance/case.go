// Package conformance is the contract kit: black-box cases, one file for each operation, that show whether a server keeps
// to the contract. They run against any server that can be reached over HTTP: Routecard itself, a proxy before it, a fork, a
// mock.
//
//	make conformance URL=http://localhost:3000
//
// The cases are in cases/, and cases/given.yaml has what they start from. Each makes its own things and leaves them behind.
package conformance

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed cases/*.yaml
var files embed.FS

// File is what there is to show of one operation.
type File struct {
	// Operation is the operationId of the contract.
	Operation string `yaml:"operation"`
	// Cases are independent of each other.
	Cases []Case `yaml:"cases"`
}

// Case is one thing that a caller relies on.
type Case struct {
	// Name says what is shown.
	Name string `yaml:"name"`
	// When is what the server must have for the case to make sense, see conditions in runner.go.
	When string `yaml:"when"`
	// Given names what exists before, by given.yaml.
	Given []string `yaml:"given"`
	// Before are requests that must succeed: "POST /api/serials/${unit}/advance {}".
	Before []string `yaml:"before"`
	// Step is the request that the case is about.
	Step `yaml:",inline"`
	// After are requests that show what has come of it.
	After []Step `yaml:"after"`
}

// Step is a request and what must be answered. In every text of it ${name} stands for what an earlier step has kept.
type Step struct {
	// Send is the method and the path: "GET /api/jobs/${job}".
	Send string `yaml:"send"`
	// Headers are sent besides Content-Type.
	Headers map[string]string `yaml:"headers"`
	// Body is sent as JSON, Text as it is.
	Body any    `yaml:"body"`
	Text string `yaml:"text"`

	// Status is the one that must be answered.
	Status int `yaml:"status"`
	// Answer is what the body must hold: an object may have more than it names, all else is equal. A text that begins with
	// ~ is a regular expression.
	Answer any `yaml:"answer"`
	// Absent are fields that the body must not have.
	Absent []string `yaml:"absent"`
	// Message is the sentence of an error, and Errors are all failures of a validation, the first of which is its sentence.
	Message string   `yaml:"message"`
	Errors  []string `yaml:"errors"`
	// Answered are headers of the answer, by the same rule as texts of the body; empty for one that must not be there.
	Answered map[string]string `yaml:"answered"`
	// Keep gives names to parts of the answer: "id", "steps.0.id", "header ETag".
	Keep map[string]string `yaml:"keep"`
}

// Load reads all cases. It fails on a field that it does not know, so that nothing is left out by a typing error.
func Load() ([]File, error) {
	names, err := fs.Glob(files, "cases/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []File
	for _, name := range names {
		if path.Base(name) == "given.yaml" {
			continue
		}
		var file File
		if err := decode(name, &file); err != nil {
			return nil, err
		}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); file.Operation != want {
			return nil, fmt.Errorf("%s is about %s, and should be called so", name, file.Operation)
		}
		all = append(all, file)
	}
	return all, nil
}

// loadGiven reads what cases start from, by name.
func loadGiven() (map[string][]Step, error) {
	given := map[string][]Step{}
	err := decode("cases/given.yaml", &given)
	return given, err
}

func decode(name string, into any) error {
	source, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s has more than one document", name)
	}
	return nil
}

// Operations are the ids that the files are about, in order.
func Operations(all []File) []string {
	var ids []string
	for _, file := range all {
		ids = append(ids, file.Operation)
	}
	slices.Sort(ids)
	return ids
}
