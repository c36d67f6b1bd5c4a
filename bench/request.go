package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/routecard/routecard/bench/load"
)

// request sends one request on a connection of its own, and decodes the answer unless into is nil. The time is that from
// the first byte sent to the last one received.
func (p *process) request(method, path string, body, into any) (time.Duration, error) {
	text := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		text = string(encoded)
	}
	connection, err := load.Dial(p.address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = connection.Close() }()
	var answer bytes.Buffer
	out := io.Writer(&answer)
	if into == nil {
		out = io.Discard
	}
	message := load.Request(method, path, text)
	begun := time.Now()
	status, err := connection.Do(message, out)
	took := time.Since(begun)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if status >= http.StatusMultipleChoices {
		return 0, fmt.Errorf("%s %s: status %d %s", method, path, status, answer.Bytes())
	}
	if into != nil {
		err = json.Unmarshal(answer.Bytes(), into)
	}
	return took, err
}

// typical is the median time of a GET that is sent so often, one after the other.
func (p *process) typical(path string, times int) (float64, error) {
	var taken samples
	for range times {
		took, err := p.request(http.MethodGet, path, nil, nil)
		if err != nil {
			return 0, err
		}
		taken = append(taken, float64(took))
	}
	return taken.median(), nil
}

// made is what an answer says of a thing that was created.
type made struct {
	ID string `json:"id"`
}

// create sends a POST and returns the new thing's id.
func (p *process) create(path string, body any) (string, error) {
	var thing made
	_, err := p.request(http.MethodPost, path, body, &thing)
	return thing.ID, err
}
