// Command bench measures Routecard against floors: hand-written servers for the same requests, see package floor. Each server is a
// separate process with a separate database. They take turns on the same machine, so the ratios can be compared between machines,
// although the figures cannot. Begin with contests.go, which lists what is measured.
//
//	go run -tags nomsgpack ./bench
//	go run -tags nomsgpack ./bench -quick -run 'createJob, SQLite'
//	go run -tags nomsgpack ./bench -compare path/to/another/routecard
//
// All databases are in the temporary directory (TMPDIR), which must be on a disk.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/routecard/routecard/bench/floor"
	"github.com/routecard/routecard/internal/postgrestest"
)

// floorArgument as the first argument starts a floor.
const floorArgument = "floor"

// bench is one run of the benchmark.
type bench struct {
	quick, large bool
	// rounds is how often each side of a contest is measured.
	rounds int
	// program is the binary under test.
	program string
	// peer is the path of package peers' binary. "" omits the comparison with PocketBase.
	peer string
	// dir holds the SQLite databases and the program. It is removed at the end.
	dir string
	// cluster is nil until the first contest on PostgreSQL.
	cluster   *postgrestest.Cluster
	host      host
	databases int
	began     time.Time
	report    report
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == floorArgument {
		exitOn(floor.Serve(os.Args[2], os.Args[3], os.Stderr))
		return
	}
	b := bench{began: time.Now()}
	flag.BoolVar(&b.quick, "quick", false, "measure less precisely, with short rounds and smaller tables")
	flag.BoolVar(&b.large, "large", false, "also measure with 1,000,000 jobs and 10,000,000 units (100,000 of each with -quick), which takes half an hour")
	flag.IntVar(&b.rounds, "rounds", 5, "measure everything `n` times in turns")
	run := flag.String("run", "", "measure only the lines whose name matches this regular `expression`")
	flag.StringVar(&b.program, "binary", "", "measure the Routecard at this `path`; built from this directory unless given")
	flag.StringVar(&b.peer, "peer", "", "also compare with the PocketBase at this `path`, see bench/peers")
	compare := flag.String("compare", "", "compare with the Routecard at this `path` in place of the floors")
	flag.Parse()
	exitOn(b.run(*run, *compare))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(pattern, compare string) (err error) {
	selected, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "routecard-bench-"); err != nil {
		return err
	}
	defer func() {
		b.host.clean()
		err = errors.Join(err, os.RemoveAll(b.dir))
	}()
	if err := b.build(); err != nil {
		return err
	}
	all, headings := contests(b), [2]string{"Routecard", "floor"}
	if compare != "" {
		all, headings = comparison(compare), [2]string{"new", "old"}
	}
	for _, c := range all {
		if c.large && !b.large || !selected.MatchString(c.name()) {
			continue
		}
		b.say(c.name())
		if err := c.run(b); err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
	}
	if err := b.describeMachine(); err != nil {
		return err
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
func (b *bench) say(message string) {
	fmt.Fprintf(os.Stderr, "%5.0f s  %s\n", time.Since(b.began).Seconds(), message)
}

// loadTime is how long one round of load is measured.
func (b *bench) loadTime() time.Duration {
	if b.quick {
		return 400 * time.Millisecond
	}
	return time.Second
}

// manyJobs is how many jobs a large database has.
func (b *bench) manyJobs() int {
	if b.quick {
		return 100_000
	}
	return 1_000_000
}

// manyUnits is how many units a large database has.
func (b *bench) manyUnits() int {
	if b.quick {
		return 100_000
	}
	return 10_000_000
}
