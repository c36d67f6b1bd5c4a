// Command bench measures Routecard against floors: programs that do by hand, and with the fewest means, what it does. All
// run as processes of their own, in turns, on the same machine in the same minutes, so that their ratios hold even where
// the figures change from machine to machine. It prints a Markdown table.
//
//	go run ./bench           # seven minutes or so
//	go run ./bench -quick    # about two, with smaller tables and fewer rounds
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/routecard/routecard/bench/floor"
)

func main() {
	// The benchmark starts itself again for the floors, which are processes of their own like Routecard.
	if len(os.Args) == 4 && os.Args[1] == floorArgument {
		exitOn(floor.Serve(os.Args[2], os.Args[3], os.Stdin, os.Stdout))
		return
	}
	var o options
	flag.BoolVar(&o.quick, "quick", false, "about two minutes: smaller tables, fewer and shorter rounds")
	flag.StringVar(&o.dir, "dir", "", "where databases go while it runs (a disk, or durability costs nothing); the system's temporary directory unless given")
	flag.StringVar(&o.only, "only", "", "run only sections whose name begins so: "+strings.Join(sectionNames(), ", "))
	flag.StringVar(&o.binary, "binary", "", "measure this program instead of building Routecard")
	flag.Parse()
	exitOn(run(o, os.Stdout, os.Stderr))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything, reports on progress, and prints the table at the end.
func run(o options, out, progress io.Writer) (err error) {
	b, err := newBench(o, progress)
	if err != nil {
		return err
	}
	defer b.close()
	defer func() {
		if cause := recover(); cause != nil {
			err = found(cause)
		}
	}()
	if err := b.prepare(); err != nil {
		return err
	}
	for _, section := range sections {
		if !strings.HasPrefix(section.name, o.only) {
			continue
		}
		b.say("%s", section.name)
		if err := section.measure(b); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	return b.report.write(out)
}
