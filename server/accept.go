package server

import (
	"mime"
	"strconv"
	"strings"
)

// prefersEventStream reports whether the Accept headers prefer a live stream to a list. They must name text/event-stream, with a
// higher quality than that of application/json or of the wildcard that includes it. A tie means a list, because a client that
// expects a list would wait for the end of the stream forever.
func prefersEventStream(accept []string) bool {
	var stream float64
	// The most specific range decides about application/json, see RFC 9110, 12.5.1.
	list := map[string]float64{}
	for element := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		quality, err := strconv.ParseFloat(parameters["q"], 64)
		if err != nil {
			quality = 1
		}
		if media == "text/event-stream" {
			stream = quality
		} else {
			list[media] = quality
		}
	}
	for _, media := range []string{"application/json", "application/*", "*/*"} {
		if quality, ok := list[media]; ok {
			return stream > quality
		}
	}
	return stream > 0
}
