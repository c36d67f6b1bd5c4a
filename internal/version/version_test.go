package version

import (
	"runtime/debug"
	"testing"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "8c1a2b3"}
	modified := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, test := range []struct {
		name  string
		built debug.BuildInfo
		want  Info
	}{
		{"go run outside a repository", debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "(devel)"}}, Info{number, "", "go1.26.0"}},
		{"go install of a tag", debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}}, Info{"1.2.3", "", "go1.26.0"}},
		{
			"go build in a repository",
			debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261126202033-8c1a2b3d4e5f"}, Settings: []debug.BuildSetting{revision}},
			Info{number, "8c1a2b3", ""},
		},
		{"go build with changes", debug.BuildInfo{Settings: []debug.BuildSetting{modified, revision}}, Info{number, "8c1a2b3+dirty", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := describe(&test.built); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
