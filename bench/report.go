package main

import (
	"fmt"
	"io"
	"strings"
)

// report collects what is printed at the end.
type report struct {
	facts []string
	lines []line
	notes []string
}

// line is one row of the table.
type line struct {
	what, measured, floor, ratio string
	// mark is what is asked for, "" where nothing is.
	mark string
	met  bool
}

func (r *report) fact(format string, arguments ...any) {
	r.facts = append(r.facts, fmt.Sprintf(format, arguments...))
}

func (r *report) note(format string, arguments ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, arguments...))
}

// compare adds a line for measurements against their floor. met is asked with the median of the ratios.
func (r *report) compare(what string, measured, against samples, show func(float64) string, mark string, met func(float64) bool) {
	ratios := measured.over(against)
	r.lines = append(r.lines, line{
		what:     what,
		measured: measured.show(show),
		floor:    against.show(show),
		ratio:    ratios.show(ratio),
		mark:     mark,
		met:      met != nil && met(ratios.median()),
	})
}

// bound adds a line for measurements that have a bound and no floor.
func (r *report) bound(what string, measured samples, show func(float64) string, mark string, met func(float64) bool) {
	r.lines = append(r.lines, line{
		what: what, measured: measured.show(show), mark: mark, met: met != nil && met(measured.median()),
	})
}

func atLeast(bound float64) func(float64) bool { return func(v float64) bool { return v >= bound } }

func atMost(bound float64) func(float64) bool { return func(v float64) bool { return v <= bound } }

func below(bound float64) func(float64) bool { return func(v float64) bool { return v < bound } }

// write prints the report as Markdown.
func (r *report) write(out io.Writer) error {
	var text strings.Builder
	for _, fact := range r.facts {
		text.WriteString("- " + fact + "\n")
	}
	text.WriteString("\n| what | measured | floor | ratio | mark | met |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, l := range r.lines {
		met := ""
		if l.mark != "" {
			met = "no"
			if l.met {
				met = "yes"
			}
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s |\n", l.what, l.measured, l.floor, l.ratio, l.mark, met)
	}
	text.WriteString("\nMedians of the rounds, with the lowest and the highest in parentheses; ratios are taken round by round.\n")
	for _, note := range r.notes {
		text.WriteString("- " + note + "\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}
