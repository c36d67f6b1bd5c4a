//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocs runs the shell blocks of README.md and of each page in docs, in their order, in a new folder for each page. It
// compares the output of a block with the json or text block that follows it. Ids and keys stand for those of the run; times,
// hashes, and the version stand for any. "…" stands for any text within a line.
//
// A block that starts a server leaves it running until the next such block, or until the comment <!-- stop the server -->. A page
// that does not begin with such a block gets a server without settings. Shell blocks that cannot run here are marked console or bat, and a reason follows: ```console needs root.
func TestDocs(t *testing.T) {
	t.Parallel()
	for _, page := range docPages(t) {
		t.Run(strings.TrimPrefix(page, "../../"), func(t *testing.T) {
			t.Parallel()
			blocks := codeBlocks(t, page)
			reader := &docReader{t: t, dir: realPath(t, t.TempDir()), state: filepath.Join(t.TempDir(), "variables"), actual: map[string]string{}}
			for i, b := range blocks {
				if b.language == stopServer {
					reader.stop()
				}
				if b.language != "sh" {
					continue
				}
				var printed *codeBlock
				if i+1 < len(blocks) && slices.Contains([]string{"json", "text"}, blocks[i+1].language) {
					printed = &blocks[i+1]
				}
				reader.run(b, printed)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// docPages returns the paths of README.md and of the pages in docs, relative to this package.
func docPages(t *testing.T) []string {
	t.Helper()
	pages := []string{"../../README.md"}
	err := filepath.WalkDir("../../docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".md" {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// realPath returns the path without symbolic links, as programs print it.
func realPath(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// stopServer is the language of a block that stands for the comment.
const stopServer = "<!-- stop the server -->"

// codeBlock is a fenced block of a page.
type codeBlock struct {
	page string
	// line is where the text begins, counted from 1.
	line           int
	language, note string
	// text has no indentation that the fence has too.
	text string
}

func (b codeBlock) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

var codeFence = regexp.MustCompile("^( *)```(\\S*) *(.*)$")

// codeBlocks returns the fenced blocks of a page. It fails the test for a block without a known language, and for a shell block
// that is not run and gives no reason.
func codeBlocks(t *testing.T, page string) []codeBlock {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []codeBlock
	var open *codeBlock
	indentation := ""
	for i, line := range strings.Split(string(content), "\n") {
		fence := codeFence.FindStringSubmatch(line)
		switch {
		case open == nil && strings.TrimSpace(line) == stopServer:
			blocks = append(blocks, codeBlock{page: page, line: i + 1, language: stopServer})
		case fence == nil && open != nil:
			open.text += strings.TrimPrefix(line, indentation) + "\n"
		case fence != nil && open == nil:
			indentation = fence[1]
			open = &codeBlock{page: page, line: i + 2, language: fence[2], note: fence[3]}
		case fence != nil:
			blocks = append(blocks, *open)
			open = nil
		}
	}
	for _, b := range blocks {
		switch b.language {
		case stopServer, "sh", "json", "text", "ini", "sql", "xml", "yaml", "mermaid":
		case "console", "bat":
			if b.note == "" {
				t.Errorf("%s: a shell block that no test runs says why, as in ```console needs root", b)
			}
		default:
			t.Errorf("%s: the block has the language %q, which says neither that it runs nor what it is", b, b.language)
		}
	}
	return blocks
}

// docReader does what a page says.
type docReader struct {
	t *testing.T
	// dir is the working directory.
	dir string
	// state is a file with the shell variables that the blocks have set.
	state string
	// began is whether a server was started. server is nil while none runs.
	began  bool
	server *process
	// actual has the id or key of this run for each one that the page prints.
	actual map[string]string
}

const docAddress = "http://localhost:3000"

// serverCommand matches a last line that starts a server, which runs until it is stopped.
var serverCommand = regexp.MustCompile(`(?m)^routecard( +(serve|demo)\b.*| +--[a-z-]+=? .*| *(#.*)?)\n*\z`)

// run runs a block and compares what it writes to standard output with the printed block, if there is one. Without one, the block
// must not print an error of the API.
func (r *docReader) run(b codeBlock, printed *codeBlock) {
	r.t.Helper()
	if serverCommand.MatchString(b.text) {
		r.serve(b.text)
		return
	}
	if !r.began {
		r.serve("routecard\n")
	}
	script := b.text
	if r.server != nil {
		script = strings.ReplaceAll(script, docAddress, r.server.url)
	}
	for fromPage, actual := range r.actual {
		script = strings.ReplaceAll(script, fromPage, actual)
	}
	command := r.shell(script + "\nexport -p >'" + r.state + "'\n")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		r.t.Errorf("%s: %v\n%s%s", b, err, &stdout, &stderr)
		return
	}
	output := strings.ReplaceAll(stdout.String(), r.dir, "/shop")
	if r.server != nil {
		output = strings.ReplaceAll(output, r.server.url, docAddress)
	}
	switch {
	case printed != nil:
		r.compare(*printed, output)
	case strings.Contains(output, `"statusCode":`):
		r.t.Errorf("%s: the page does not show this error:\n%s", b, output)
	}
}

// shell returns a command that runs a script with the variables of the earlier blocks.
func (r *docReader) shell(script string) *exec.Cmd {
	command := program{dir: r.dir}.command(r.t)
	command.Path, command.Args = "/bin/sh", []string{"sh", "-c", "set -ea\n[ ! -f '" + r.state + "' ] || . '" + r.state + "'\n" + script}
	command.Env = append(command.Env, "ROUTECARD_ADDR=localhost:0", "PATH="+binaryDir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return command
}

// serve stops the server if one runs, and starts one by the script, whose last line starts a server.
func (r *docReader) serve(script string) {
	r.t.Helper()
	r.stop()
	r.began = true
	begin := strings.LastIndex("\n"+script, "\nroutecard")
	r.server = startProcess(r.t, r.shell(script[:begin]+"exec "+script[begin:]))
}

// stop stops the server if one runs.
func (r *docReader) stop() {
	r.t.Helper()
	if r.server != nil {
		r.server.terminate()
		r.server = nil
	}
}

// docVariable matches what differs from run to run: ids and keys, and then times, hashes, the version, and what the page
// leaves out.
var docVariable = regexp.MustCompile(`((?:job|path|step|evt|tpl)_[0-9a-z]{26}|rck_[0-9A-Za-z_-]+)` +
	`|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\d{8}T\d{6}Z)|([0-9a-f]{64})|("version":"[^"]+")|(…)`)

// compare compares the output of a block with what the page prints, and remembers which ids of the page stand for which ids of
// this run.
func (r *docReader) compare(printed codeBlock, output string) {
	r.t.Helper()
	want := strings.TrimSpace(printed.text)
	var pattern strings.Builder
	var ids []string
	end := 0
	for _, found := range docVariable.FindAllStringSubmatchIndex(want, -1) {
		pattern.WriteString(regexp.QuoteMeta(want[end:found[0]]))
		end = found[1]
		switch text := want[found[0]:found[1]]; {
		case found[2] >= 0:
			kind, _, _ := strings.Cut(text, "_")
			pattern.WriteString("(" + kind + "_[0-9A-Za-z_-]+)")
			ids = append(ids, text)
		case found[4] >= 0:
			pattern.WriteString(regexp.MustCompile(`\d+`).ReplaceAllString(regexp.QuoteMeta(text), `\d+`))
		case found[6] >= 0:
			pattern.WriteString("[0-9a-f]{64}")
		case found[8] >= 0:
			pattern.WriteString(`"version":"[^"]+"`)
		default:
			pattern.WriteString(".*")
		}
	}
	pattern.WriteString(regexp.QuoteMeta(want[end:]))
	got := regexp.MustCompile("^" + pattern.String() + "$").FindStringSubmatch(strings.TrimSpace(output))
	if got == nil {
		r.t.Errorf("%s: the page prints\n%s\nand the output is\n%s", printed, want, output)
		return
	}
	for i, id := range ids {
		if known, ok := r.actual[id]; ok && known != got[i+1] {
			r.t.Errorf("%s: %s stood for %s before, and stands for %s here", printed, id, known, got[i+1])
		}
		r.actual[id] = got[i+1]
	}
}

var (
	docCode    = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	docLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	docHeading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInSlug  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestDocLinks checks that each link to a file of the repository, or to a heading, leads somewhere.
func TestDocLinks(t *testing.T) {
	t.Parallel()
	pages := append(docPages(t), "../../CONTRIBUTING.md", "../../SECURITY.md", "../../CHANGELOG.md", "../../sdk/go/README.md", "../../sdk/typescript/README.md")
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range docLink.FindAllStringSubmatch(docCode.ReplaceAllString(string(content), "code"), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			path, heading, _ := strings.Cut(link[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", page, link[1])
				continue
			}
			if heading != "" && !slices.Contains(headingSlugs(t, target), heading) {
				t.Errorf("%s: the link %s names a heading that %s does not have", page, link[1], target)
			}
		}
	}
}

// headingSlugs returns the anchors of a page's headings, as GitHub makes them.
func headingSlugs(t *testing.T, page string) []string {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var slugs []string
	for _, heading := range docHeading.FindAllStringSubmatch(string(content), -1) {
		slugs = append(slugs, strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-"))
	}
	return slugs
}
