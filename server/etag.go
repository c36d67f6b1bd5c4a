package server

import (
	"slices"
	"strconv"
	"strings"

	"github.com/routecard/routecard/store"
)

// toETag returns the entity tag of a version.
func toETag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

// fromIfMatch returns the condition that an If-Match header states. A tag in another form matches no version, see RFC 9110. A
// weak tag (W/), which a proxy may make of ours, matches the version that it names.
func fromIfMatch(header *string) store.Condition {
	if header == nil || strings.TrimSpace(*header) == "*" {
		return store.Condition{}
	}
	versions := []int64{}
	for tag := range strings.SplitSeq(*header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			continue
		}
		if version, err := strconv.ParseInt(tag[1:len(tag)-1], 10, 64); err == nil {
			versions = append(versions, version)
		}
	}
	return store.Condition{Versions: versions}
}

// isCurrent reports whether an If-None-Match header names the version, so that the client has the resource already.
func isCurrent(header *string, version int64) bool {
	known := fromIfMatch(header)
	return header != nil && (known.Versions == nil || slices.Contains(known.Versions, version))
}
