// Command conformance shows whether a server keeps to the contract: it runs the cases of package conformance against it,
// prints a table, and exits with 1 when one has failed.
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
	URL        string `arg:"" default:"http://localhost:3000" help:"Where the server is (default: ${default}). The cases leave jobs and units behind there: take one that is for tests."`
	Key        string `env:"ROUTECARD_KEY" placeholder:"KEY" help:"API key that may write, for a server that asks for one; better given by the environment."`
	Only       string `placeholder:"REGEXP" help:"Only operations whose id matches."`
	JiraWrites bool   `help:"Also run what writes comments to the server's Jira."`
	Verbose    bool   `short:"v" help:"Name each case."`
}

func main() {
	var line commandLine
	kong.Parse(&line, kong.Name("conformance"), kong.Description("Shows whether a server keeps to Routecard's contract."))
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
