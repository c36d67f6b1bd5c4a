// Package conformance tests whether a server implements the contract. Its black-box cases, one file for each operation, run
// against any server that is reachable over HTTP: Routecard itself, a reverse proxy in front of it, a fork, or a mock.
//
//	make conformance URL=http://localhost:3000
//
// The cases are in cases/, and cases/given.yaml has their starting states. Each case creates its own resources and does not delete
// them. Begin with [Load] and [NewRunner].
package conformance

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed cases/*.yaml
var files embed.FS

// File has the cases of one operation.
type File struct {
	// Operation is the operationId of the contract.
	Operation string `yaml:"operation"`
	// Cases are independent of each other.
	Cases []Case `yaml:"cases"`
}

// Case tests one property of an operation.
type Case struct {
	// Name says what the case tests.
	Name string `yaml:"name"`
	// When is a condition without which the case is skipped, see conditions in runner.go.
	When string `yaml:"when"`
	// Given names starting states of given.yaml.
	Given []string `yaml:"given"`
	// Before lists requests that are sent first and must succeed, such as "POST /api/serials/${unit}/advance {}".
	Before []string `yaml:"before"`
	// Step is the request that the case tests.
	Step `yaml:",inline"`
	// After lists requests that test the effect.
	After []Step `yaml:"after"`
}

// Step is a request and the expected response. In all its texts, ${name} is replaced by a value that an earlier step has kept.
type Step struct {
	// Send is the method and the path, such as "GET /api/jobs/${job}".
	Send string `yaml:"send"`
	// Headers is sent in addition to Content-Type. An empty value removes a header.
	Headers map[string]string `yaml:"headers"`
	// Body is sent as JSON. Text is sent unchanged.
	Body any    `yaml:"body"`
	Text string `yaml:"text"`

	// Status is the expected status.
	Status int `yaml:"status"`
	// Answer is the expected body. Objects in the response may have more properties; everything else must be equal. A text
	// that begins with ~ is a regular expression that must match.
	Answer any `yaml:"answer"`
	// Absent lists properties that the body must not have.
	Absent []string `yaml:"absent"`
	// Message is the expected message of an error. Errors lists the expected messages of all invalid fields; the first one is
	// also the message of the error.
	Message string   `yaml:"message"`
	Errors  []string `yaml:"errors"`
	// Answered has expected headers, compared like texts of the body. An empty value means that the header must be absent.
	Answered map[string]string `yaml:"answered"`
	// Differs maps parts of the response, named as in Keep, to texts that they must not be equal to.
	Differs map[string]string `yaml:"differs"`
	// Keep maps names to parts of the response for later steps: "id", "steps.0.id", "header ETag", or "next page", which is the
	// path and query of the Link header.
	Keep map[string]string `yaml:"keep"`
}

// Load reads all cases. It returns an error for an unknown field, so that a typing error cannot disable a test.
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
			return nil, fmt.Errorf("%s has the operation %s, which must be its name", name, file.Operation)
		}
		all = append(all, file)
	}
	return all, nil
}

// loadGiven reads the starting states by name.
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
