// Command licenses writes the licenses of everything that the routecard binary contains to a file, which `routecard licenses`
// prints: Go's standard library, every module that is linked on any of the systems in targets, and the embedded Swagger UI.
// It fails if one of them has no license file.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// targets are the systems for which the binary is built. Some modules are linked on one of them only.
var targets = []string{"linux", "darwin", "windows"}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: licenses ROOT FILE")
		os.Exit(2)
	}
	text, err := collect(os.Args[1])
	if err == nil {
		err = os.WriteFile(os.Args[2], text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// collect returns the text for the repository at root.
func collect(root string) ([]byte, error) {
	found := licenses{owners: map[string][]string{}}
	goroot, err := run(root, "", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	docs := filepath.Join(root, "server", "docs")
	err = errors.Join(
		found.addFiles("Routecard", filepath.Join(root, "LICENSE")),
		found.addFiles("Go standard library", filepath.Join(strings.TrimSpace(goroot), "LICENSE")),
		found.addFiles("Swagger UI", filepath.Join(docs, "LICENSE.swagger-ui"), filepath.Join(docs, "NOTICE.swagger-ui"),
			filepath.Join(docs, "swagger-ui-bundle.js.LICENSE.txt")),
	)
	for _, system := range targets {
		packages, listErr := run(root, system, "list", "-tags", "nomsgpack", "-deps", "-f",
			`{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{"\t"}}{{$.Dir}}{{end}}{{end}}`, ".")
		err = errors.Join(err, listErr)
		for line := range strings.Lines(packages) {
			if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 3 {
				err = errors.Join(err, found.addPackage(fields[0], fields[1], fields[2]))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	found.write(&out)
	return out.Bytes(), nil
}

// run runs the go command for an operating system, "" for this one, and returns its standard output.
func run(dir, system string, args ...string) (string, error) {
	command := exec.Command("go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if system != "" {
		command.Env = append(command.Env, "GOOS="+system, "GOARCH=amd64")
	}
	var failure bytes.Buffer
	command.Stderr = &failure
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, failure.Bytes())
	}
	return string(out), nil
}

// licenses has each license text once, however many owners share it.
type licenses struct {
	texts  []string
	owners map[string][]string
}

// licenseFile matches the names of files that a binary distribution has to repeat.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents)([-._].*)?$`)

// addPackage adds the license files in the directory of a package and in the directories above it, up to its module's.
func (l *licenses) addPackage(module, moduleDir, dir string) error {
	for {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() && licenseFile.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go" {
				if err := l.addFiles(module, filepath.Join(dir, entry.Name())); err != nil {
					return err
				}
			}
		}
		if dir == moduleDir {
			break
		}
		dir = filepath.Dir(dir)
	}
	for _, owners := range l.owners {
		if slices.Contains(owners, module) {
			return nil
		}
	}
	return fmt.Errorf("%s has no license file", module)
}

func (l *licenses) addFiles(owner string, files ...string) error {
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text := strings.Trim(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n")
		if l.owners[text] == nil {
			l.texts = append(l.texts, text)
		}
		if !slices.Contains(l.owners[text], owner) {
			l.owners[text] = append(l.owners[text], owner)
		}
	}
	return nil
}

// write writes each text below the names of its owners.
func (l *licenses) write(out io.Writer) {
	fmt.Fprintln(out, "The routecard binary contains the following software.")
	for _, text := range l.texts {
		fmt.Fprintf(out, "\n%s\n", strings.Repeat("=", 80))
		for _, owner := range l.owners[text] {
			fmt.Fprintln(out, owner)
		}
		fmt.Fprintf(out, "%s\n\n%s\n", strings.Repeat("-", 80), text)
	}
}
