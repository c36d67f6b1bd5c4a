// Command conformance checks whether a server implements the contract: it runs the cases of package conformance against the server,
// prints a table, and exits with 1 if a case has failed.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/routecard/routecard/conformance"
)

type commandLine struct {
	URL        string `arg:"" default:"http://localhost:3000" help:"URL of the server (default: ${default}). Use a server that is only for tests: the cases do not delete their jobs and units."`
	Key        string `env:"ROUTECARD_KEY" placeholder:"KEY" help:"API key with the role write, for a server that requires one. Use the environment, because other users of the machine can read flags."`
	Only       string `placeholder:"REGEXP" help:"Only operations whose id matches."`
	JiraWrites bool   `help:"Also run the cases that write comments to the server's Jira."`
	Verbose    bool   `short:"v" help:"Name each case."`
}

func main() {
	var line commandLine
	kong.Parse(&line, kong.Name("conformance"), kong.Description("Checks whether a server implements Routecard's contract."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	passed, err := run(ctx, line)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

func run(ctx context.Context, line commandLine) (passed bool, err error) {
	only, err := regexp.Compile(line.Only)
	if err != nil {
		return false, err
	}
	files, err := conformance.Load()
	if err != nil {
		return false, err
	}
	runner, err := conformance.NewRunner(ctx, conformance.Target{
		URL: strings.TrimSuffix(line.URL, "/"), Key: line.Key, JiraWrites: line.JiraWrites,
	})
	if err != nil {
		return false, err
	}
	var results []conformance.Result
	for _, file := range files {
		if !only.MatchString(file.Operation) {
			continue
		}
		for _, c := range file.Cases {
			result := runner.Run(ctx, file.Operation, c)
			if line.Verbose {
				fmt.Printf("%s %s: %s\n", verdict(result), file.Operation, c.Name)
			}
			results = append(results, result)
		}
	}
	return conformance.Report(os.Stdout, results), ctx.Err()
}

func verdict(result conformance.Result) string {
	switch {
	case result.Err != nil:
		return "FAIL"
	case result.Skipped != "":
		return "skip"
	default:
		return "ok  "
	}
}
