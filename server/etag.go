package server

import (
	"strconv"
	"strings"

	"github.com/routecard/routecard/store"
)

// toETag is the version of a thing as an entity tag.
func toETag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

// fromIfMatch reads the versions that an If-Match header names. A tag that is none of ours matches no version, as RFC 9110
// asks; one that a proxy weakened in passing (W/) is still the version that it was.
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
