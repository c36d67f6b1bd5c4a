package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestLicensesAreCurrent collects the licenses again and compares them with the file in the repository.
func TestLicensesAreCurrent(t *testing.T) {
	t.Parallel()
	want, err := collect("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../licenses.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("internal/cli/licenses.txt is out of date: run `make generate` and commit it")
	}
}

// TestModuleWithoutALicense checks that a module cannot be left out unnoticed.
func TestModuleWithoutALicense(t *testing.T) {
	t.Parallel()
	found := licenses{owners: map[string][]string{}}
	dir := t.TempDir()
	if err := found.addPackage("example.com/none v1.0.0", dir, dir); err == nil || !strings.Contains(err.Error(), "has no license file") {
		t.Errorf("the error is %v", err)
	}
}
