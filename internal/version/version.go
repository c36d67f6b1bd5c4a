// Package version identifies the build of Routecard. It does not depend on commands, HTTP, or databases.
package version

import (
	"regexp"
	"runtime/debug"
	"strings"
)

// number and commit are set by -ldflags in a release. The number in the source is the version that the source becomes.
var (
	number = "0.2.0"
	commit = ""
)

// Info describes a build.
type Info struct {
	// Version is a semantic version without a leading v.
	Version string
	// Commit is the id of the commit, followed by "+dirty" if the build has changes that were not committed. It is empty if
	// the build does not know its commit.
	Commit string
	// Go is the version of Go, such as "go1.26.0".
	Go string
}

// released matches the version of a module that was tagged. The versions that Go makes up for other commits do not match.
var released = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// Get returns the build that runs. `go install` records the version, and `go build` in a repository records the commit.
func Get() Info {
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return Info{Version: number, Commit: commit}
	}
	return describe(built)
}

func describe(built *debug.BuildInfo) Info {
	info := Info{Version: number, Commit: commit, Go: built.GoVersion}
	if commit != "" {
		return info
	}
	if released.MatchString(built.Main.Version) {
		info.Version = strings.TrimPrefix(built.Main.Version, "v")
	}
	dirty := ""
	for _, setting := range built.Settings {
		switch {
		case setting.Key == "vcs.revision":
			info.Commit = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			dirty = "+dirty"
		}
	}
	if info.Commit != "" {
		info.Commit += dirty
	}
	return info
}
