package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Example is an example of a request body or of a response.
type Example struct {
	// Operation is the id of the operation, for example createJob.
	Operation string
	// Status is the status of the response, or 0 for a request.
	Status int
	// MediaType is the media type of the body.
	MediaType string
	// Name is the key in `examples`; "" for a single `example`.
	Name string
	// Component is the name in components/examples; "" for an example that is not there.
	Component string
	// Value is the body, as decoded from JSON: a string for a media type that is not JSON.
	Value any
}

func (e Example) String() string {
	where := "request"
	if e.Status != 0 {
		where = strconv.Itoa(e.Status)
	}
	return strings.TrimSpace(e.Operation + " " + where + " " + e.Name)
}

// shared are the statuses whose examples do not depend on the state of a resource. All operations share these examples.
var shared = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
	http.StatusUnsupportedMediaType, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
}

// key identifies what a test has to show: an example of one operation, or one that all operations share.
func (e Example) key() string {
	if slices.Contains(shared, e.Status) {
		e.Operation = "every operation"
	}
	return e.String() + " " + e.MediaType
}

// Examples returns all examples of the operation: those of the request, and those of each response by status.
func (o *Operation) Examples() []Example { return o.examples }

func (o *Operation) readExamples() []Example {
	var all []Example
	add := func(status int, content openapi3.Content) {
		for _, mediaType := range slices.Sorted(maps.Keys(content)) {
			if strings.HasPrefix(mediaType, "application/vnd.") {
				continue // The bytes of a file can't be printed.
			}
			media := content[mediaType]
			if media.Example != nil {
				all = append(all, Example{Operation: o.ID, Status: status, MediaType: mediaType, Value: plain(media.Example)})
			}
			for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
				shown := media.Examples[name]
				all = append(all, Example{
					Operation: o.ID, Status: status, MediaType: mediaType, Name: name,
					Component: strings.TrimPrefix(shown.Ref, "#/components/examples/"), Value: plain(shown.Value.Value),
				})
			}
		}
	}
	if o.spec.RequestBody != nil {
		add(0, o.spec.RequestBody.Value.Content)
	}
	for _, status := range o.Statuses() {
		add(status, o.spec.Responses.Status(status).Value.Content)
	}
	return all
}

// plain returns the value as encoding/json would decode it.
func plain(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Errorf("contracttest: %w", err))
	}
	return decoded(text)
}

// decoded decodes JSON and keeps numbers as they are written. It returns nil for a text that is no JSON.
func decoded(text []byte) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}
