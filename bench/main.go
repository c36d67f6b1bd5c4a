package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/routecard/routecard/bench/floor"
)

// floorArgument as the first argument starts a floor.
const floorArgument = "floor"

// bench is one run of the benchmark.
type bench struct {
	quick bool
	// rounds is how often each side of a contest is measured.
	rounds int
	// program is the binary under test.
	program string
	// dir holds the SQLite databases and the program. It is removed at the end.
	dir       string
	postgres  *url.URL
	host      host
	databases int
	began     time.Time
	report    report
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == floorArgument {
		exitOn(floor.Serve(os.Args[2], os.Args[3], os.Stdin, os.Stdout))
		return
	}
	b := bench{began: time.Now()}
	flag.BoolVar(&b.quick, "quick", false, "measure less precisely, with short rounds and smaller tables")
	flag.IntVar(&b.rounds, "rounds", 5, "measure everything `n` times in turns")
	run := flag.String("run", "", "measure only the lines whose name matches this regular `expression`")
	flag.StringVar(&b.program, "binary", "", "measure the Routecard at this `path`; built from this directory unless given")
	compare := flag.String("compare", "", "compare with the Routecard at this `path` in place of the floors")
	dir := flag.String("dir", "", "`directory` for the databases; it must be on a disk. Defaults to the temporary directory")
	flag.Parse()
	exitOn(b.run(*dir, *run, *compare))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(dir, pattern, compare string) (err error) {
	selected, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(dir, "routecard-bench-"); err != nil {
		return err
	}
	defer func() {
		b.host.clean()
		err = errors.Join(err, os.RemoveAll(b.dir))
	}()
	if err := b.build(); err != nil {
		return err
	}
	if err := b.startPostgres(); err != nil {
		return err
	}
	if err := b.describeMachine(); err != nil {
		return err
	}
	all, headings := contests(), [2]string{"Routecard", "floor"}
	if compare != "" {
		all, headings = comparison(compare), [2]string{"new", "old"}
	}
	for _, c := range all {
		if !selected.MatchString(c.what) {
			continue
		}
		if err := c.run(b); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return b.report.write(os.Stdout, headings[0], headings[1])
}

// build builds Routecard as `make build` does, unless there is a program to measure.
func (b *bench) build() error {
	if b.program != "" {
		return nil
	}
	b.say("Building Routecard")
	b.program = filepath.Join(b.dir, "routecard")
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "nomsgpack", "-o", b.program,
		"github.com/routecard/routecard")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build Routecard: %w\n%s", err, output)
	}
	return nil
}

// say writes progress to standard error.
func (b *bench) say(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "%5.0f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, arguments...))
}

// loadTime is how long one round of load is measured.
func (b *bench) loadTime() time.Duration {
	if b.quick {
		return 400 * time.Millisecond
	}
	return time.Second
}
