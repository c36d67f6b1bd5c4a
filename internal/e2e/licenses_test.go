package e2e

import (
	"debug/buildinfo"
	"strings"
	"testing"
)

// TestLicenses checks that `routecard licenses` names every module that is linked into the binary, and what it embeds.
func TestLicenses(t *testing.T) {
	t.Parallel()
	r := runCommand(t, "licenses")
	wantEqual(t, "the exit code", r.code, 0)
	wantEqual(t, "standard error", r.stderr, "")
	info, err := buildinfo.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) < 10 {
		t.Fatalf("the binary names %d modules", len(info.Deps))
	}
	for _, module := range info.Deps {
		if !strings.Contains(r.stdout, "\n"+module.Path+" "+module.Version+"\n") {
			t.Errorf("the licenses lack %s %s", module.Path, module.Version)
		}
	}
	for _, part := range []string{"\nGo standard library\n", "\nSwagger UI\n", "Apache License", "Permission is hereby granted", "Redistribution and use"} {
		if !strings.Contains(r.stdout, part) {
			t.Errorf("the licenses lack %q", part)
		}
	}
}
