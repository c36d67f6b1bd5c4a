package e2e

import (
	"os"
	"testing"
)

// TestDemo checks that the sample shop answers requests, keeps working with --live, and leaves nothing behind.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := program{args: []string{"demo", "--live"}, env: []string{"TMPDIR=" + dir, "TMP=" + dir}}.start(t)
	if jobs := listJobs(t, p); len(jobs) < 12 {
		t.Errorf("the sample shop has %d jobs, want at least 12", len(jobs))
	}
	before := countEvents(t, p)
	await(t, "an operator to move a unit", func() bool { return countEvents(t, p) > before })
	p.terminate()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("the sample shop left %s behind", left[0].Name())
	}
}
