package server

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// acceptsEventStream reports whether the client prefers a live stream to a list. A tie means a list, because a client that expects
// a list would wait for the end of the stream forever.
func acceptsEventStream(request *http.Request) bool {
	return preferredType(request, jsonType, csvType, streamType) == streamType
}

// preferredType returns the offered media type that the Accept header gives the highest quality. If several have the same
// quality, it is the first. It is JSON if the header accepts none of them, because such clients have always got JSON.
func preferredType(request *http.Request, offers ...string) string {
	accept := strings.Join(request.Header.Values("Accept"), ",")
	best, highest := jsonType, 0.0
	for _, offer := range offers {
		if quality := qualityOf(accept, offer); quality > highest {
			best, highest = offer, quality
		}
	}
	return best
}

// qualityOf returns the quality, from 0 to 1, that an Accept header gives a media type: that of the most specific range which
// includes the type. A range with a wildcard does not include a live stream, which never ends.
func qualityOf(accept, offer string) (quality float64) {
	if accept == "" && offer != streamType {
		return 1
	}
	specific := 0
	for part := range strings.SplitSeq(accept, ",") {
		media, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rank := 0
		switch kind, _, _ := strings.Cut(offer, "/"); {
		case media == offer:
			rank = 3
		case offer == streamType:
		case media == kind+"/*":
			rank = 2
		case media == "*/*":
			rank = 1
		}
		if rank == 0 || rank < specific {
			continue
		}
		value := 1.0
		if text, given := parameters["q"]; given {
			if value, err = strconv.ParseFloat(text, 64); err != nil || value < 0 || value > 1 {
				continue
			}
		}
		if rank > specific {
			specific, quality = rank, value
		} else {
			quality = max(quality, value)
		}
	}
	return quality
}
